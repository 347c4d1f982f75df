"""How two cells agree: a number from 0, the same, upwards to the last one, nothing in common."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA, Indel, JaroWinkler

from shared_schema.matching.tables.values import Kind

LEVELS = {Kind.NAME: 6, Kind.TEXT: 7, Kind.DATE: 6, Kind.CODE: 4, Kind.IDENTIFIER: 4}

_LEAST_OF_NAMES, _LEAST_OF_TEXTS = 0.65, 0.5
_TEXTS = tuple(enumerate((0.92, 0.84, 0.74, 0.62, _LEAST_OF_TEXTS), 1))
_REMEMBERED = 100_000

Agreement = Callable[[str, str], int]


def names(a: str, b: str) -> int:
    """0 same, 1 a slip, 2 alike or abbreviated, 3 somewhat alike, 4 hardly, 5 nothing."""
    if a == b:
        return 0
    likeness = JaroWinkler.similarity(a, b, score_cutoff=_LEAST_OF_NAMES)
    if likeness >= 0.94 or (likeness and OSA.distance(a, b, score_cutoff=1) <= 1 <= len(a) - 2):
        return 1
    if _abbreviated(a, b) or likeness >= 0.88:
        return 2
    if " " in a or " " in b:
        return _word_level(set(a.split()), set(b.split()))
    if likeness >= 0.8:
        return 3
    return 4 if likeness else 5


def _abbreviated(a: str, b: str) -> bool:
    return a.startswith(b) or b.startswith(a)


def _word_level(a: set[str], b: set[str]) -> int:
    """Call the smaller name within the larger alike, and one common word somewhat alike."""
    common = a & b
    if not common:
        return 5
    return 2 if len(common) == min(len(a), len(b)) else 3


def texts(a: str, b: str) -> int:
    """0 same, then by how much is alike: 1 nearly all, 5 a little, 6 nothing."""
    if a == b:
        return 0
    likeness = Indel.normalized_similarity(a, b, score_cutoff=_LEAST_OF_TEXTS)
    if " " in a and " " in b:
        one, other = _in_order(a), _in_order(b)
        in_order = Indel.normalized_similarity(one, other, score_cutoff=_LEAST_OF_TEXTS)
        likeness = max(likeness, in_order)
    if not likeness:
        return 6
    return next(level for level, least in _TEXTS if likeness >= least)


@lru_cache(_REMEMBERED)
def _in_order(text: str) -> str:
    return " ".join(sorted(text.split()))


def dates(a: str, b: str) -> int:
    """0 same, 1 a slip, 2 swapped day and month, 3 two slips, 4 the same year, 5 nothing."""
    if a == b:
        return 0
    distance = OSA.distance(a, b, score_cutoff=2)
    if distance == 1:
        return 1
    if a[:4] == b[:4] and a[4:6] == b[6:] and a[6:] == b[4:6]:
        return 2
    if distance == 2:
        return 3
    return 4 if a[:4] == b[:4] or (len(a) == len(b) and a[4:] == b[4:]) else 5


def codes(a: str, b: str) -> int:
    """0 same, 1 a slip, 2 the same beginning, 3 nothing."""
    if a == b:
        return 0
    if len(a) > 2 and OSA.distance(a, b, score_cutoff=1) == 1:
        return 1
    return 2 if len(a) > 3 and a[:2] == b[:2] else 3


def identifiers(a: str, b: str) -> int:
    """0 same, 1 a slip, 2 two slips, 3 nothing."""
    if a == b:
        return 0
    distance = OSA.distance(a, b, score_cutoff=2)
    return distance if distance <= 2 and min(len(a), len(b)) > 4 else 3


AGREEMENT: Mapping[Kind, Agreement] = {
    Kind.NAME: names,
    Kind.TEXT: texts,
    Kind.DATE: dates,
    Kind.CODE: codes,
    Kind.IDENTIFIER: identifiers,
}
