"""How two values agree, in a few named steps for each kind of value.

Each function is symmetric and looks at two values only; what a step is worth is for the
parameters to say. `MISSING` where one of the two is not known: it is worth nothing.
"""

from rapidfuzz.distance import OSA, JaroWinkler

MISSING = "missing"
SAME = "same"
NEAR = "near"
OTHER = "other"
SHORT = "short"
PART = "part"
PART_FIRST = "part_first"
PART_LAST = "part_last"
MIXED = "mixed"
FAINT = "faint"

NEARLY = 0.88
NEARLY_BY_EDITS = 0.8
FAINTLY = 0.55
_DEFAULT_DAYS = frozenset({"0101", "0701", "1231"})
_CLOSE_YEARS = 2
_ESTIMATE_YEARS = 5
_DISTRICT = 6
_BIRTH = 12

INITIAL = "initial"

Word = tuple[str, str]
"""A word that both names have, and how: `same`, `near`, `short` or `initial`."""


def names(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, list[Word]]:
    """Return how two names agree, whatever the order of words, and the words that do.

    `same` all words; `near` all words, some with an error; `short` all words, some
    abbreviated; `faint` all words, some with many errors; `part` one name has more words,
    `part_first` and `part_last` only one word is common, the longer name's first or another,
    which may be the family's; `mixed` some words agree and others contradict each other;
    `other` none agrees.
    """
    if not a or not b:
        return MISSING, []
    if a == b:
        return SAME, [(word, SAME) for word in a]
    if len(a) > len(b) or (len(a) == len(b) and a > b):
        a, b = b, a
    left, rest, found = _in_common(a, b)
    if not left and not rest:
        return SAME, found
    if a[0][0] == b[0][0] and "".join(a) == "".join(b):
        return NEAR, [(word, NEAR) for word in b]
    unmatched = _pair(left, rest, found) if left else 0
    level = _name_level(found, unmatched, extra=len(left) + len(rest))
    if level == PART and len(found) == 1:
        level = PART_LAST if b[0] in rest else PART_FIRST
    return level, found


def _in_common(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], list[str], list[Word]]:
    """Return what is left of both names without their common words, and these."""
    left, rest = [], list(b)
    found: list[Word] = []
    for word in a:
        if word in rest:
            rest.remove(word)
            found.append((word, SAME))
        else:
            left.append(word)
    return left, rest, found


def _pair(left: list[str], rest: list[str], found: list[Word]) -> int:
    """Pair what is not equal, the most alike first; return how many words found no partner."""
    if len(left) == 1 == len(rest):
        return _pair_of_one(left, rest, found)
    _join(left, rest, found)
    _join(rest, left, found)
    alike = []
    for one in left:
        for other in rest:
            likeness, how = likeness_of(one, other)
            if how != OTHER:
                alike.append((-likeness, one, other, how))
    if len(alike) > 1:
        alike.sort()
    for _, one, other, how in alike:
        if one in left and other in rest:
            left.remove(one)
            rest.remove(other)
            found.append((max(one, other, key=len), how))
    return min(len(left), len(rest))


def _pair_of_one(left: list[str], rest: list[str], found: list[Word]) -> int:
    """Pair the only word that is left of each."""
    how = likeness_of(left[0], rest[0])[1]
    if how == OTHER:
        return 1
    found.append((max(left.pop(), rest.pop(), key=len), how))
    return 0


def _join(left: list[str], rest: list[str], found: list[Word]) -> None:
    """Pair a word that is two of the other name's, written as one."""
    if len(rest) == 1:
        return
    for word in left:
        for one in rest:
            end = word[len(one) :]
            if end and word.startswith(one) and rest.count(end) > (end == one):
                left.remove(word)
                rest.remove(one)
                rest.remove(end)
                found += [(one, NEAR), (end, NEAR)]
                return


def likeness_of(one: str, other: str) -> tuple[float, str]:
    """Return how alike two words are (1 at most), and what is to be made of it."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) == 1:
        return (0.7, INITIAL) if long.startswith(short) else (0.0, OTHER)
    if (short in long or long.startswith(short[:3])) and _stands_for(short, long):
        return 0.95, SHORT
    likeness = JaroWinkler.similarity(one, other, score_cutoff=NEARLY)
    if likeness:
        return likeness, NEAR
    letters = OSA.normalized_similarity(one, other, score_cutoff=FAINTLY)
    if letters >= NEARLY_BY_EDITS:
        return letters, NEAR
    return letters, FAINT if letters else OTHER


def _stands_for(short: str, long: str) -> bool:
    """Tell whether a word is part of a longer one, or a pet name made of its beginning."""
    if len(short) >= 3 and short in long:
        return len(long) - len(short) >= 2
    return len(short) <= 5 and len(long) >= 7 and long[:3] == short[:3]


def _name_level(found: list[Word], unmatched: int, *, extra: int) -> str:
    if not found:
        return OTHER
    if unmatched:
        return MIXED
    if extra:
        return PART
    manners = {how for _, how in found}
    if FAINT in manners:
        return FAINT
    return NEAR if NEAR in manners else SHORT


def dates(a: str, a_precision: str, b: str, b_precision: str) -> str:
    """Return how two dates (YYYYMMDD) agree, as far as the vaguer of the two is known."""
    if not a or not b:
        return MISSING
    if a_precision != "d" or b_precision != "d":
        return _vague_dates(a, b, {a_precision, b_precision})
    if a == b:
        return "default_day" if a[4:] in _DEFAULT_DAYS else SAME
    if a[:4] == b[:4]:
        return _same_year(a, b)
    if a[4:] == b[4:] and (abs(int(a[:4]) - int(b[:4])) == 1 or _one_slip(a, b)):
        return "year_slip"
    return "close_year" if abs(int(a[:4]) - int(b[:4])) <= _CLOSE_YEARS else OTHER


def _same_year(a: str, b: str) -> str:
    if a[4:6] == b[6:] and a[6:] == b[4:6]:
        return "swapped"
    if a[4:6] == b[4:6] or a[6:] == b[6:]:
        return "slip" if _one_slip(a, b) else "two_of_three"
    return "year"


def _one_slip(a: str, b: str) -> bool:
    return OSA.distance(a, b, score_cutoff=1) == 1


def _vague_dates(a: str, b: str, precisions: set[str]) -> str:
    apart = abs(int(a[:4]) - int(b[:4]))
    if "e" in precisions:
        return "estimate" if apart <= _ESTIMATE_YEARS else OTHER
    if apart:
        return "about" if apart <= _CLOSE_YEARS else OTHER
    if precisions <= {"d", "m"}:
        return "month" if a[4:6] == b[4:6] else "year"
    return "year_known"


def regions(a: str, b: str) -> str:
    """Return the deepest level at which two dotted region codes agree."""
    if not a or not b:
        return MISSING
    if a == b:
        return SAME
    if a[:8] == b[:8]:
        return "district"
    return "regency" if a[:5] == b[:5] else OTHER


def niks(a: str, b: str) -> str:
    """Return how two NIKs agree.

    All but `same` and `other` are one slip of the finger, but not all slips are alike: twins,
    and all who were born on one day in one district, differ in the last four digits only
    (`serial`), most who were born on one day in the first six only (`district`).
    """
    if not a or not b:
        return MISSING
    if a == b:
        return SAME
    if a[:_BIRTH] == b[:_BIRTH]:
        return "serial" if OSA.distance(a, b, score_cutoff=1) == 1 else OTHER
    if a[_DISTRICT:] == b[_DISTRICT:]:
        return "district" if OSA.distance(a, b, score_cutoff=1) == 1 else OTHER
    return NEAR if OSA.distance(a, b, score_cutoff=1) == 1 else OTHER


def numbers(a: str, b: str) -> str:
    """Return how two identifying numbers agree: `near` is one slip of the finger."""
    if not a or not b:
        return MISSING
    if a == b:
        return SAME
    return NEAR if OSA.distance(a, b, score_cutoff=1) == 1 else OTHER


def codes(a: str, b: str) -> str:
    """Return whether two codes are the same."""
    if not a or not b:
        return MISSING
    return SAME if a == b else OTHER
