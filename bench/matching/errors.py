"""What goes wrong between a person and their record: names, dates, numbers, villages.

The forms of names are listed here from how people are called, written from the spelling reform of
1972 or taken from pseudopeople; nothing is read from the normaliser. `NAME_ERRORS` says how often.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta

from bench.matching.noise import Misspellings
from tests.support.synthetic import TODAY

CALLED = {
    "Muhammad": "Moh.|M.|Mhd|Muh.|Mohamad|Mohammad|Muhamad|Mohd",
    "Maria": "M.|Mar.|Ma.|Mery",
    "Yohanes": "Yoh.|Johanes|Yohannes|Anis|Jon|Yan",
    "Fransiskus": "Frans|Fr.|Fransiscus|Sisko|Franz",
    "Fransiska": "Siska|Fr.|Fransisca",
    "Antonius": "Anton|Ant.|Toni",
    "Aloysius": "Alo|Aloisius|Alosius|Wisius",
    "Stefanus": "Stef|Stephanus|Evan|Stevanus",
    "Theresia": "Teresia|Tere|Th.|Theresa",
    "Katarina": "Kat|Katharina|Rina|Catharina",
    "Elisabet": "Elis|Elisabeth|Lisa|Elizabeth",
    "Margareta": "Marg.|Margaretha|Reta|Ita",
    "Kristina": "Christina|Tina|Kris",
    "Kristoforus": "Kristo|Christoforus|Kris",
    "Hendrikus": "Hendrik|Hend.|Endi",
    "Benediktus": "Beni|Ben|Benediktus",
    "Bernadeta": "Bernadetha|Deta|Berna",
    "Yosef": "Josef|Yosep|Joseph|Osep|Yos.",
    "Petrus": "Piet|Pet.|Piter",
    "Paulus": "Paul|Polus",
    "Vinsensius": "Sensi|Vincentius|Vins",
    "Dominikus": "Domi|Dominicus|Minggus",
    "Gregorius": "Goris|Gregor",
    "Veronika": "Vero|Veronica|Ika",
    "Yustina": "Justina|Yus",
    "Yuliana": "Juliana|Yuli",
    "Abdul": "Abd.|Abdoel|A.",
    "Ahmad": "Achmad|Akhmad|Amad",
    "Ibrahim": "Ibr.|Brahim",
    "Fatimah": "Patimah|Fatima",
    "Siti": "Sitti|St.|Siti",
    "Nur": "Noor|Nr.|Nurul",
    "Agus": "Agustinus|Gus",
}
OLD = (("sy", "sj"), ("ny", "nj"), ("kh", "ch"), ("j", "dj"), ("c", "tj"), ("y", "j"), ("u", "oe"))
TITLES = "Bpk.|Ibu|H.|Hj.|Sdr.|Alm.|Drs.".split("|")
DEGREES = ", S.Pd|, SE|, S.Sos|, A.Md".split("|")
NAME_ERRORS = {
    "none": 52.0,
    "short": 10.0,
    "old_spelling": 5.0,
    "title": 4.0,
    "order": 2.5,
    "dropped": 8.0,
    "initial": 3.0,
    "clipped": 1.5,
    "joined": 1.0,
    "added": 2.0,
    "typo": 7.0,
    "scan": 1.0,
    "sound": 4.0,
}
DATE_ERRORS = {"none": 80.0, "year_only": 9.0, "swapped": 4.0, "default_day": 3.0, "mistyped": 4.0}
SECOND_ERROR, TRUE_DAY_TOLD = 0.12, 0.3

Words = list[str]
Change = Callable[[Words, random.Random, Misspellings], Words]


def misname(name: str, chance: random.Random, table: Misspellings) -> tuple[str, tuple[str, ...]]:
    """Return a name as an officer wrote it, and the kinds of errors that changed it."""
    words, kinds = name.split(), []
    for _ in range(2 if chance.random() < SECOND_ERROR else 1):
        kind = chance.choices(tuple(NAME_ERRORS), tuple(NAME_ERRORS.values()))[0]
        changed = CHANGES[kind](list(words), chance, table) if kind in CHANGES else words
        if changed != words and any(changed):
            words = changed
            kinds.append(kind)
    return " ".join(words), tuple(kinds)


def _short(words: Words, chance: random.Random, _: Misspellings) -> Words:
    at = [place for place, word in enumerate(words) if word in CALLED]
    if at:
        place = chance.choice(at)
        words[place] = chance.choice(CALLED[words[place]].split("|"))
    return words


def _old(words: Words, chance: random.Random, _: Misspellings) -> Words:
    chosen = [pair for pair in OLD if chance.random() < 0.8]
    return [_respelt(word, chosen) for word in words]


def _respelt(word: str, rules: list[tuple[str, str]]) -> str:
    lower, out = word.lower(), ""
    while lower:
        new, old = next(((n, o) for n, o in rules if lower.startswith(n)), (lower[0], lower[0]))
        out, lower = out + old, lower[len(new) :]
    return out.capitalize()


def _title(words: Words, chance: random.Random, _: Misspellings) -> Words:
    if chance.random() < 0.7:
        return [chance.choice(TITLES), *words]
    return [*words[:-1], words[-1] + chance.choice(DEGREES)]


def _order(words: Words, chance: random.Random, _: Misspellings) -> Words:
    return [*words[1:], words[0]] if chance.random() < 0.5 else words[::-1]


def _dropped(words: Words, chance: random.Random, _: Misspellings) -> Words:
    if len(words) > 1:
        del words[chance.choices(range(len(words)), [1, *[2] * (len(words) - 1)])[0]]
    return words


def _initial(words: Words, chance: random.Random, _: Misspellings) -> Words:
    if len(words) > 1:
        place = chance.randrange(len(words))
        words[place] = words[place][0] + chance.choice(("", "."))
    return words


def _clipped(words: Words, chance: random.Random, _: Misspellings) -> Words:
    place = chance.randrange(len(words))
    word = words[place]
    if len(word) > 5:
        half = chance.randint(3, len(word) - 2)
        words[place] = word[:half] if chance.random() < 0.5 else word[half:].capitalize()
    return words


def _joined(words: Words, chance: random.Random, _: Misspellings) -> Words:
    if len(words) > 1:
        at = chance.randrange(len(words) - 1)
        return [*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]]
    word = words[0]
    return [word[:3], word[3:].capitalize()] if len(word) > 5 else words


def _added(words: Words, chance: random.Random, _: Misspellings) -> Words:
    return [*words, chance.choice(tuple(CALLED))]


def _misspelt(kind: str) -> Change:
    def change(words: Words, chance: random.Random, table: Misspellings) -> Words:
        place = chance.randrange(len(words))
        forms = table[kind].get(words[place].lower(), ())
        if forms:
            words[place] = chance.choice(forms).capitalize()
        return words

    return change


CHANGES: dict[str, Change] = {
    "short": _short,
    "old_spelling": _old,
    "title": _title,
    "order": _order,
    "dropped": _dropped,
    "initial": _initial,
    "clipped": _clipped,
    "joined": _joined,
    "added": _added,
    "typo": _misspelt("typo"),
    "scan": _misspelt("scan"),
    "sound": _misspelt("sound"),
}


def mistype(number: str, chance: random.Random) -> str:
    """Return 16 digits with one wrong or two neighbours changed about: never the same ones."""
    at = chance.randrange(1, len(number))
    if chance.random() < 0.35 and number[at] != number[at - 1]:
        return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :]
    wrong = chance.choice([digit for digit in "0123456789" if digit != number[at]])
    return number[:at] + wrong + number[at + 1 :]


def misdate(listed: date, born: date, chance: random.Random) -> tuple[date, str, str | None]:
    """Return a birth date as told, its precision, and the kind of error, if any."""
    if born != listed and chance.random() < TRUE_DAY_TOLD:
        return born, "day", "register_default"
    kind = chance.choices(tuple(DATE_ERRORS), tuple(DATE_ERRORS.values()))[0]
    if kind == "year_only":
        return date(_year_told(listed, chance), 1, 1), "year", kind
    told = {"default_day": _default_day, "swapped": _swapped, "mistyped": _near}
    wrong = told[kind](listed, chance) if kind in told else listed
    return wrong, "day", kind if wrong != listed else None


def _year_told(born: date, chance: random.Random) -> int:
    off = chance.choices((0, 1, -1, 2, -2), (70, 12, 12, 3, 3))[0]
    return min(born.year + off, TODAY.year - 1)


def _default_day(born: date, _: random.Random) -> date:
    return born.replace(month=1, day=1)


def _swapped(born: date, _: random.Random) -> date:
    return born.replace(month=born.day, day=born.month) if born.day <= 12 else born


def _near(born: date, chance: random.Random) -> date:
    done = chance.random()
    if done < 0.4:
        return born.replace(day=chance.randint(1, 28))
    if done < 0.6:
        return born.replace(month=chance.randint(1, 12), day=min(born.day, 28))
    if done < 0.9:
        moved = born.replace(
            year=born.year + chance.choice((-10, -1, -1, 1, 1)), day=min(born.day, 28)
        )
        return min(moved, TODAY)
    return born - timedelta(days=chance.choice((1, 2, 30)))
