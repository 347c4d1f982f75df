"""How two cells agree: a number from 0, the same, upwards to the last one, nothing in common."""

from collections.abc import Callable, Mapping

from rapidfuzz.distance import OSA, Indel, JaroWinkler

from shared_schema.matching.tables.values import Kind

LEVELS = {Kind.NAME: 6, Kind.TEXT: 7, Kind.DATE: 6, Kind.CODE: 4, Kind.IDENTIFIER: 4}

Agreement = Callable[[str, str], int]


def names(a: str, b: str) -> int:
    """0 same, 1 a slip, 2 alike or abbreviated, 3 somewhat alike, 4 hardly, 5 nothing."""
    if a == b:
        return 0
    likeness = JaroWinkler.similarity(a, b)
    if likeness >= 0.94 or OSA.distance(a, b, score_cutoff=1) <= 1 <= len(a) - 2:
        return 1
    if _abbreviated(a, b) or likeness >= 0.88:
        return 2
    if " " in a or " " in b:
        return _word_level(set(a.split()), set(b.split()))
    return next((level for level, least in ((3, 0.8), (4, 0.65)) if likeness >= least), 5)


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
    likeness = max(Indel.normalized_similarity(a, b), _common_words(a, b))
    for level, least in enumerate((0.92, 0.84, 0.74, 0.62, 0.5), 1):
        if likeness >= least:
            return level
    return 6


def _common_words(a: str, b: str) -> float:
    if " " not in a or " " not in b:
        return 0.0
    one, other = sorted(a.split()), sorted(b.split())
    return Indel.normalized_similarity(" ".join(one), " ".join(other))


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
