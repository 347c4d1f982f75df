"""Names as they are written on the ground, folded so that the same name compares equal.

Two folds, both pure functions of the text. `fold_name` undoes only how a name is typed:
case, accents, punctuation, titles and degrees. `name_key` also undoes how it is spelled:
old spelling (oe, dj, tj, j, ch), doubled letters and common short forms. The first says
"the same name"; the second finds people, and on purpose puts different names together.
"""

import re
import unicodedata
from functools import lru_cache

_TITLES = frozenset(
    {"alm", "almh", "bapak", "dr", "dra", "drg", "drs", "h", "haji", "hajjah", "hj", "ibu", "ir"}
    | {"kh", "ny", "nyonya", "pdt", "prof", "romo", "sdr", "sdri", "suster", "tn", "tuan"}
    | {"ust", "ustad", "ustadz"}
)
_DEGREES = frozenset(
    {"amd", "apt", "dipl", "ma", "mag", "mba", "mh", "mkes", "mkom", "mm", "mpd", "msi", "mt"}
    | {"ners", "phd", "sag", "se", "sfil", "sh", "sip", "skep", "skm", "skom", "sos", "spd"}
    | {"spdi", "ssi", "ssos", "st", "sth", "stp", "amdkeb", "amdkep", "sked", "mhum", "shut"}
)
_DOTTED_DEGREE = re.compile(
    r"\s(?:[SM]\.[A-Z][a-z]{1,3}|A\.Md|Ph\.D|S\.[HET])(?:\.[A-Za-z]{1,4})*\.?$"
)
_APOSTROPHES = str.maketrans("", "", "'`\u2018\u2019\u02bc\u02bb")
_SHORT_FORMS = {
    "muhammad": "moh mohd mhd muh muhd mochamad mochammad mohamad mohammad mohamed muhamad",
    "maria": "mar",
    "yohanes": "yoh johanes johannes yohannes",
    "fransiskus": "frans fransiscus franciscus",
    "abdul": "abd",
}
_FEWEST_OF_A_FORM = 3
_FEWEST_WITHIN_A_FORM = 4
_FEWEST_BEGUN = 2
_AMBIGUOUS_M = {"L": "muhammad", "P": "maria"}
_SPELLINGS = (
    ("oe", "u"),
    ("dj", "j"),
    ("tj", "c"),
    ("chr", "kr"),
    ("khr", "kr"),
    ("ch", "h"),
    ("kh", "h"),
    ("y", "j"),
    ("ph", "f"),
    ("v", "f"),
    ("th", "t"),
)
_DOUBLED = re.compile(r"(.)\1+")
_ASCII_WORD = re.compile("[a-z0-9]+")


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """Return `name` in lower-case letters, digits and single spaces, without titles.

    A name made of titles only keeps the last one; only a text without any letter or digit
    folds to nothing. Folding a fold changes nothing.
    """
    words = _words(_without_degrees(name))
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    return " ".join(words)


def name_key(name: str, sex: str | None = None) -> str:
    """Return the key under which all spellings of a name meet.

    A lone "M." is Muhammad for a man and Maria for a woman, and stays "m" where `sex` is
    not known. Keys are for comparing, never for showing.
    """
    return " ".join([_word_key(word, sex) for word in fold_name(name).split()])


def search_key(name: str, sex: str | None = None) -> str:
    """Return the text to index for a name: its key, and what a lone "M." may stand for.

    What `search_tokens` returns is looked up in it; the order of words does not matter.
    """
    key = name_key(name)
    if "m" not in key.split():
        return key
    readings = [_AMBIGUOUS_M[sex]] if sex in _AMBIGUOUS_M else list(_AMBIGUOUS_M.values())
    return " ".join([key, *map(_respell, readings)])


def search_tokens(query: str) -> tuple[tuple[str, ...], ...]:
    """Return for each word of a query its ways, of which one must occur in a match's `search_key`.

    The beginning of a name finds it, in old and new spelling alike, and what is, begins or is a
    longer part of a short form also finds its long form: "moh" finds Mohtar and Muhammad. As typed
    comes first. The last word may be broken off within an old spelling, "so" of Soeharto.
    """
    words = fold_name(query).split()
    ways = [_ways(word) for word in words[:-1]] + [
        _ways(word, *_begun(word)) for word in words[-1:]
    ]
    return tuple(dict.fromkeys(ways))


def _without_degrees(name: str) -> str:
    if "," in name:
        before, *after = name.split(",")
        if before.strip() and all(_is_degree(part) for part in after):
            name = before
    if "." not in name:
        return name  # no degree is written without a point, nor left without its comma
    stripped = _DOTTED_DEGREE.sub("", name)
    while stripped != name:
        name, stripped = stripped, _DOTTED_DEGREE.sub("", stripped)
    return name


def _is_degree(part: str) -> bool:
    bare = "".join(_words(part))
    return not bare or bare in _DEGREES or _DOTTED_DEGREE.fullmatch(" " + part.strip()) is not None


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.translate(_APOSTROPHES).lower())
    folded = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    decomposed = unicodedata.normalize("NFKD", folded)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in letters).split()


@lru_cache(maxsize=16384)  # names are made of few words
def _respell(word: str) -> str:
    for old, new in _SPELLINGS:
        word = word.replace(old, new)
    return _DOUBLED.sub(r"\1", word)


_LONG_FORMS = {
    _respell(short): _respell(long)
    for long, forms in _SHORT_FORMS.items()
    for short in forms.split()
}


def _word_key(word: str, sex: str | None) -> str:
    if word == "m":
        return _respell(_AMBIGUOUS_M.get(sex or "", word))
    respelled = _respell(word)
    return _LONG_FORMS.get(respelled, respelled)


def _ways(word: str, *more: str) -> tuple[str, ...]:
    """Return what finds a word, itself first. ``more``: what it may become when typed on."""
    spelled = tuple(dict.fromkeys(map(_respell, (word, *more))))
    longs = {
        long for form, long in _LONG_FORMS.items() if any(_is_of(form, part) for part in spelled)
    }
    return (*spelled, *sorted(long for long in longs if not any(part in long for part in spelled)))


def _is_of(form: str, part: str) -> bool:
    if len(part) >= _FEWEST_WITHIN_A_FORM:
        return part in form
    return len(part) >= _FEWEST_OF_A_FORM and form.startswith(part)


def _begun(word: str) -> tuple[str, ...]:
    """Return a word with each old spelling completed of which it ends in the beginning."""
    if len(word) < _FEWEST_BEGUN:
        return ()
    return tuple(
        word + old[size:]
        for old, _ in _SPELLINGS
        for size in range(1, len(old))
        if word.endswith(old[:size])
    )
