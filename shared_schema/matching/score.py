"""The match weight of two people, in bits, and the parts it is the sum of.

Two people who are not one may be strangers, relatives under one roof, or namesakes. Relatives
share the family card, the village, the mother and half the name without being one person, and
counted as independent evidence those would merge them; namesakes share the rarest name. So
every comparison is weighed against all three, and the weight is the lowest of the sums: the
evidence against the likeliest mistake.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log2

from shared_schema.matching import levels
from shared_schema.matching.levels import MISSING
from shared_schema.matching.parameters import Parameters, Triple
from shared_schema.matching.people import Comparable

AGAINST = ("stranger", "relative", "namesake")
_HOPELESS = -10.0
_places = lru_cache(4096)(levels.names)  # there are few
_NO_WORDS: tuple[()] = ()
_FEWER = ("", "household", "namesakes")

_NAME_CONFLICTS = frozenset({levels.OTHER, levels.MIXED})
_BIRTH_CONFLICTS = frozenset({levels.OTHER, "close_year"})
_ABOUT = frozenset({"about", "year_slip"})
_WHOLE_NAMES = frozenset({levels.SAME, levels.NEAR, levels.SHORT})
_CONFIRMED = frozenset({levels.SAME, levels.NEAR})
_LIKE_BIRTH = frozenset({levels.SAME, "default_day", "slip", "swapped", "year_slip", "year_known"})


Seen = tuple[str, str, Sequence[tuple[str, str]]]
"""A comparison, its level, and for names the words in which they agree, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one comparison contributes: its level, and the bits for (or against) one person."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`weight` is the sum of the bits of `parts`; `against` whom they were weighed.

    `guards` names what forbids to call the two one person without a human, however high the
    weight: `name`, `birth_date`, `sex`, `nik` contradict each other, `nik_alone` the NIK is
    the same but neither name nor birth date are.
    """

    weight: float
    parts: tuple[Part, ...]
    against: str
    guards: frozenset[str]


def score(a: Comparable, b: Comparable, parameters: Parameters) -> Score:
    """Return how strongly two people's values speak for one person; symmetric in the two."""
    return explained(seen(a, b), parameters)


def explained(found: Sequence[Seen], parameters: Parameters) -> Score:
    """Return the score of what was seen, with its parts."""
    sums = weighed(found, parameters)
    weight = min(sums)
    who = sums.index(weight)
    parts = tuple(
        Part(comparison=comparison, level=level, bits=bits)
        for comparison, level, bits in parts_of(found, who, parameters)
    )
    return Score(weight=weight, parts=parts, against=AGAINST[who], guards=guards_of(found))


def parts_of(
    found: Sequence[Seen], who: int, parameters: Parameters
) -> list[tuple[str, str, float]]:
    """Return comparison, level and bits of what was seen, against one of `AGAINST` by its place."""
    parts = [
        (comparison, level, evidence(comparison, level, words, parameters)[who])
        for comparison, level, words in found
        if level != MISSING
    ]
    if who:
        parts.append((_FEWER[who], AGAINST[who], parameters.fewer[who]))
    return parts


def is_hopeless(found: Sequence[Seen], parameters: Parameters) -> bool:
    """Tell whether two are likely relatives or strangers whatever their parents are called.

    `found` is of the persons. The lowest sum counts, and parents, whom relatives share, can
    raise the one against relatives by little.
    """
    best = weighed(found, parameters)[1] + parameters.most_of_family[1]
    return chance(best, parameters) < _HOPELESS


def weighed(found: Sequence[Seen], parameters: Parameters, before: Triple | None = None) -> Triple:
    """Return the weight of what was seen against each of `AGAINST`; the lowest counts.

    `before`: the weight of what was seen already, to which this is added.
    """
    stranger, relative, namesake = parameters.fewer if before is None else before
    bits = parameters.bits
    for comparison, level, words in found:
        if level != MISSING:
            one, two, three = bits[comparison][level]
            stranger += one + rarity(words, parameters) if words else one
            relative += two
            namesake += three
    return stranger, relative, namesake


def seen(a: Comparable, b: Comparable) -> list[Seen]:
    """Return for each comparison its level, and for names the words in which they agree."""
    return seen_of_person(a, b) + seen_of_family(a, b)


def seen_of_person(a: Comparable, b: Comparable) -> list[Seen]:
    """Return what is seen of the two themselves.

    Where both were born on about one day a NIK says less, since it holds the day: this is a
    comparison of its own.
    """
    born = levels.dates(a.birth, a.precision, b.birth, b.precision)
    nik = "nik_same_birth" if born in _LIKE_BIRTH else "nik"
    return [
        ("name", *levels.names(a.name, b.name)),
        ("birth_date", born, _NO_WORDS),
        ("sex", levels.codes(a.sex, b.sex), _NO_WORDS),
        (nik, levels.niks(a.nik, b.nik), _NO_WORDS),
        ("family_card", levels.numbers(a.card, b.card), _NO_WORDS),
        ("village", levels.regions(a.village, b.village), _NO_WORDS),
    ]


def seen_of_family(a: Comparable, b: Comparable) -> list[Seen]:
    """Return what is seen of parents and place of birth, which relatives share."""
    return [
        ("mother", *levels.names(a.mother, b.mother)),
        ("father", *levels.names(a.father, b.father)),
        ("birth_place", _places(a.birth_place, b.birth_place)[0], _NO_WORDS),
    ]


def evidence(
    comparison: str, level: str, words: Sequence[tuple[str, str]], parameters: Parameters
) -> Triple:
    """Return the bits of one level for one person against each of `AGAINST`.

    Among strangers a rare word says more; relatives and namesakes share their rare words.
    """
    bits = parameters.bits[comparison][level]
    return (bits[0] + rarity(words, parameters), bits[1], bits[2]) if words else bits


def rarity(words: Sequence[tuple[str, str]], parameters: Parameters) -> float:
    """Return the bits by which agreement in these words is rarer than agreement in any."""
    known, unseen, most = parameters.rarity, parameters.unseen, parameters.manner
    bits = 0.0
    for word, how in words:
        rare, limit = known.get(word, unseen), most[how]
        bits += min(limit, rare)
    return min(bits, parameters.most_name_bits)


def guards_of(found: Sequence[Seen]) -> frozenset[str]:
    """Return what forbids to call the two one person without a human."""
    level = {comparison: level for comparison, level, _ in found}
    nik = level.get("nik") or level["nik_same_birth"]
    name, birth = level["name"], level["birth_date"]
    guards = []
    if name in _NAME_CONFLICTS or (name == levels.PART_LAST and nik not in _CONFIRMED):
        guards.append("name")
    if birth in _BIRTH_CONFLICTS or (birth in _ABOUT and name not in _WHOLE_NAMES):
        guards.append("birth_date")
    if level["sex"] == levels.OTHER:
        guards.append("sex")
    if nik == levels.OTHER:
        guards.append("nik")
    elif nik == levels.SAME and name == levels.OTHER:
        guards.append("nik_alone")
    return frozenset(guards)


def chance(weight: float, parameters: Parameters) -> float:
    """Return the odds, as bits, that a candidate of this weight is the arriving person."""
    slope, offset = parameters.calibration
    return slope * (weight + parameters.prior) + offset


def bits_of(probability: float) -> float:
    """Return a probability as bits of odds."""
    return log2(probability / (1 - probability))
