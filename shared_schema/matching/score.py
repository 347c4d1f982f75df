"""The match weight of two people, in bits, and the parts it is the sum of.

Two people who are not one may be strangers, or relatives under one roof: these share the
family card, the village, the mother and half the name without being one person, and counted
as independent evidence those would merge them. So every comparison is weighed against both,
and the weight is the lower of the two sums: the evidence against the likelier mistake.
"""

from dataclasses import dataclass
from math import log2

from shared_schema.matching import levels
from shared_schema.matching.levels import MISSING
from shared_schema.matching.parameters import Parameters
from shared_schema.matching.people import Comparable

STRANGER = "stranger"
RELATIVE = "relative"

_NAME_CONFLICTS = frozenset({levels.OTHER, levels.MIXED})
_BIRTH_CONFLICTS = frozenset({levels.OTHER, "close_year", "year_slip"})
_VAGUE_BIRTH = frozenset({MISSING, "estimate", "month", "year_known"})


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
    seen = _levels(a, b)
    rows = [
        _row(comparison, level, words, parameters)
        for comparison, level, words in seen
        if level != MISSING
    ]
    strange = sum(row[2] for row in rows)
    kin = sum(row[3] for row in rows) + parameters.household
    guards = _guards({comparison: level for comparison, level, _ in seen})
    if strange <= kin:
        parts = [Part(comparison=c, level=level, bits=bits) for c, level, bits, _ in rows]
        return Score(weight=strange, parts=tuple(parts), against=STRANGER, guards=guards)
    parts = [Part(comparison=c, level=level, bits=bits) for c, level, _, bits in rows]
    parts.append(Part(comparison="household", level=RELATIVE, bits=parameters.household))
    return Score(weight=kin, parts=tuple(parts), against=RELATIVE, guards=guards)


Seen = tuple[str, str, list[tuple[str, str]]]


def _levels(a: Comparable, b: Comparable) -> list[Seen]:
    return [
        ("name", *levels.names(a.name, b.name)),
        ("birth_date", levels.dates(a.birth, a.precision, b.birth, b.precision), []),
        ("sex", levels.codes(a.sex, b.sex), []),
        ("nik", levels.niks(a.nik, b.nik), []),
        ("family_card", levels.numbers(a.card, b.card), []),
        ("village", levels.regions(a.village, b.village), []),
        ("mother", *levels.names(a.mother, b.mother)),
        ("father", *levels.names(a.father, b.father)),
        ("birth_place", levels.names(a.birth_place, b.birth_place)[0], []),
    ]


def _row(
    comparison: str, level: str, words: list[tuple[str, str]], parameters: Parameters
) -> tuple[str, str, float, float]:
    strange, kin = parameters.bits[comparison][level]
    if words:
        strange += _rarity(words, parameters)
    return comparison, level, strange, kin


def _rarity(words: list[tuple[str, str]], parameters: Parameters) -> float:
    """Return the bits by which agreement in these words is rarer than agreement in any."""
    rarity, unseen, manner = parameters.rarity, parameters.unseen, parameters.manner
    bits = sum(max(0.0, rarity.get(word, unseen) - manner[how]) for word, how in words)
    return min(bits, parameters.most_name_bits)


def _guards(level: dict[str, str]) -> frozenset[str]:
    found = set()
    if level["name"] in _NAME_CONFLICTS:
        found.add("name")
    if level["birth_date"] in _BIRTH_CONFLICTS:
        found.add("birth_date")
    if level["sex"] == levels.OTHER:
        found.add("sex")
    if level["nik"] in {levels.OTHER, "serial"}:
        found.add("nik")
    if level["nik"] == levels.SAME and level["name"] == levels.OTHER:
        found.add("nik_alone")
    return frozenset(found)


def chance(weight: float, parameters: Parameters) -> float:
    """Return the odds, as bits, that a candidate of this weight is the arriving person."""
    slope, offset = parameters.calibration
    return slope * (weight + parameters.prior) + offset


def bits_of(probability: float) -> float:
    """Return a probability as bits of odds."""
    return log2(probability / (1 - probability))
