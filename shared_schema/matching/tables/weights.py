"""What each agreement is worth, learned from the tables themselves without any labels.

How often strangers agree is counted on random pairs; how often two rows of one person agree
is learned by expectation and maximisation over the candidate pairs. Probabilities stand for
all pairs of rows, so that it does not matter which keys brought a pair here.

A register lists families: relatives share an address, a card and a family name, and there are
more of them than of rows that stand twice. Left to itself the fit would take a family for a
person, so relatives are learned as a third kind of pair, told apart by their births and names.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp2, log2

from shared_schema.matching.tables.agreement import AGREEMENT, LEVELS
from shared_schema.matching.tables.values import Kind, Row

Pattern = tuple[int, ...]
Tables = tuple[list[list[float]], list[list[float]]]
MISSING = -1
_ROUNDS = 25
_SAMPLE = 40_000
_STEP = 7919
_FINENESS = 2
_PSEUDO_STRANGERS = 0.5
_PSEUDO_SAME = 2.0
_NEVER, _MOST = -1000.0, 300.0
_NEGLIGIBLE, _ROUNDS_OF_ALL = -14.0, 2
_SETTLED = 0.002
_KIN_SHARE = {Kind.DATE: 0.05, Kind.NAME: 0.3, Kind.IDENTIFIER: 0.5, Kind.TEXT: 0.8, Kind.CODE: 0.7}
_KIN_BORN_ALIKE = 0.1
_FEWEST_ALIKE = 0.45
_PERSONAL = frozenset({Kind.NAME, Kind.DATE})
_ROOFS = frozenset({Kind.TEXT, Kind.CODE, Kind.IDENTIFIER})
_AT_FIRST = {
    4: (0.84, 0.08, 0.03, 0.05),
    6: (0.76, 0.1, 0.05, 0.03, 0.04, 0.02),
    7: (0.65, 0.13, 0.08, 0.05, 0.04, 0.02, 0.03),
}


@dataclass(slots=True)
class Weights:
    """What is learned of each column.

    `same[column][level]`, `kin` and `stranger` are probabilities; `prior` and `kin_prior` the
    odds in bits that any two rows are one person, or relatives; `common[column][value]` how
    frequent a value is. `bits` of each column's levels, for one person and for relatives, each
    against strangers, before the frequency of the value; a missing value, last, is worth nothing.
    """

    kinds: Sequence[Kind]
    same: list[list[float]]
    kin: list[list[float]]
    stranger: list[list[float]]
    common: list[dict[str, float]]
    prior: float
    kin_prior: float
    bits: Tables


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair's levels, and the bits by which what it agrees on is rarer than usual."""

    pattern: Pattern
    rarity: float


def pattern_of(a: Row, b: Row, kinds: Sequence[Kind]) -> Pattern:
    """Return the level of every column of a pair, `MISSING` where one is empty."""
    return tuple(
        MISSING if x is None or y is None else AGREEMENT[kind](x, y)
        for x, y, kind in zip(a, b, kinds, strict=True)
    )


def rarity_of(a: Row, pattern: Pattern, weights: Weights) -> float:
    """Return the bits that agreement in these very values says more than agreement in any."""
    bits = 0.0
    for column, level in enumerate(pattern):
        value = a[column]
        if level == 0 and value is not None:
            bits += log2(weights.stranger[column][0] / weights.common[column][value])
    return bits


def at_first(rows: Sequence[Row], kinds: Sequence[Kind], boundary: int | None) -> Weights:
    """Return weights with strangers counted and everything about one person assumed."""
    common = [_frequencies([row[column] for row in rows]) for column in range(len(kinds))]
    seen = [Counter[int]() for _ in kinds]
    for a, b in _random_pairs(len(rows), boundary):
        for column, level in enumerate(pattern_of(rows[a], rows[b], kinds)):
            seen[column][level] += 1
    stranger = [_shares(counts, LEVELS[kind]) for counts, kind in zip(seen, kinds, strict=True)]
    for column, values in enumerate(common):
        stranger[column][0] = max(sum(share * share for share in values.values()), 1e-9)
    same = [list(_AT_FIRST[LEVELS[kind]]) for kind in kinds]
    kin = [_of_relatives(kind, own) for kind, own in zip(kinds, stranger, strict=True)]
    prior = log2(max(len(rows), 2) / 4 / all_pairs(len(rows), boundary))
    bits = _against(same, stranger), _against(kin, stranger)
    return Weights(kinds, same, kin, stranger, common, prior, prior, bits)


def all_pairs(rows: int, boundary: int | None) -> int:
    """Return how many pairs of rows there are at all."""
    if boundary is None:
        return max(rows * (rows - 1) // 2, 1)
    return max(boundary * (rows - boundary), 1)


def learn(compared: Iterable[Compared], weights: Weights, pairs: int) -> None:
    """Fit one person's rows, and relatives', and how many pairs of each there are."""
    groups = Counter((one.pattern, round(one.rarity * _FINENESS)) for one in compared)
    start = weights.same, weights.prior, weights.bits, weights.kin_prior
    weights.kin_prior = _NEVER
    _fit(dict(groups), weights, pairs)
    if _took_families(weights):
        weights.same, weights.prior, weights.bits, weights.kin_prior = start
        _fit(dict(groups), weights, pairs)


Groups = dict[tuple[Pattern, int], int]


def _fit(groups: Groups, weights: Weights, pairs: int) -> None:
    same_start, kin_start = _start(weights), weights.kin
    for at in range(_ROUNDS):
        same = [[_PSEUDO_SAME * share for share in column] for column in same_start]
        kin = [[_PSEUDO_SAME * share for share in column] for column in kin_start]
        expected, related = 0.0, 0.0
        for key in list(groups):
            pattern, rarity = key
            one, other = _odds(pattern, rarity / _FINENESS, weights)
            if at == _ROUNDS_OF_ALL and max(one, other) < _NEGLIGIBLE:
                del groups[key]
                continue
            person, relative = _shared(one, other)
            count = groups[key]
            expected += count * person
            related += count * relative
            for column, level in enumerate(pattern):
                if level != MISSING:
                    same[column][level] += count * person
                    kin[column][level] += count * relative
        weights.same = [[share / sum(column) for share in column] for column in same]
        if weights.kin_prior > _NEVER:
            weights.kin = [
                _capped(kind, [share / sum(column) for share in column])
                for kind, column in zip(weights.kinds, kin, strict=True)
            ]
            weights.kin_prior = log2(max(related, 1.0) / pairs)
        weights.bits = (
            _against(weights.same, weights.stranger),
            _against(weights.kin, weights.stranger),
        )
        before, weights.prior = weights.prior, log2(max(expected, 1.0) / pairs)
        if at > _ROUNDS_OF_ALL and abs(before - weights.prior) < _SETTLED:
            break


def _took_families(weights: Weights) -> bool:
    """Tell whether the fit took families for persons: one roof, but other names or births."""
    if _ROOFS.isdisjoint(weights.kinds):
        return False
    return any(
        same[0] < _FEWEST_ALIKE
        for kind, same in zip(weights.kinds, weights.same, strict=True)
        if kind in _PERSONAL
    )


def weight(one: Compared, weights: Weights) -> float:
    """Return the odds, in bits, that a pair is one person."""
    person, relative = _odds(one.pattern, one.rarity, weights)
    return person - log2(1.0 + exp2(min(relative, _MOST)))


def _odds(pattern: Pattern, rarity: float, weights: Weights) -> tuple[float, float]:
    """Return the odds of one person, and of relatives, each against strangers."""
    person, relative = weights.prior + rarity, weights.kin_prior + rarity
    for level, same, kin in zip(pattern, *weights.bits, strict=True):
        person += same[level]
        relative += kin[level]
    return person, relative


def _shared(person: float, relative: float) -> tuple[float, float]:
    """Return the probabilities of one person and of relatives."""
    one, other = exp2(min(person, _MOST)), exp2(min(relative, _MOST))
    whole = 1.0 + one + other
    return one / whole, other / whole


def probability(odds: float) -> float:
    """Return the probability of odds in bits."""
    return 1.0 / (1.0 + exp2(-max(-1000.0, min(odds, 1000.0))))


def _against(ones: list[list[float]], others: list[list[float]]) -> list[list[float]]:
    return [
        [*(log2(a / b) for a, b in zip(one, other, strict=True)), 0.0]
        for one, other in zip(ones, others, strict=True)
    ]


def _of_relatives(kind: Kind, stranger: Sequence[float]) -> list[float]:
    share = _KIN_SHARE[kind]
    same = _AT_FIRST[LEVELS[kind]]
    return [share * a + (1 - share) * b for a, b in zip(same, stranger, strict=True)]


def _capped(kind: Kind, shares: list[float]) -> list[float]:
    """Relatives are rarely born on one day; who agrees in that has moved, and is one person."""
    if kind is not Kind.DATE or shares[0] <= _KIN_BORN_ALIKE:
        return shares
    rest = (1 - _KIN_BORN_ALIKE) / (1 - shares[0])
    return [_KIN_BORN_ALIKE, *(share * rest for share in shares[1:])]


def _start(weights: Weights) -> list[tuple[float, ...]]:
    return [_AT_FIRST[LEVELS[kind]] for kind in weights.kinds]


def _frequencies(values: Iterable[str | None]) -> dict[str, float]:
    counts = Counter(value for value in values if value is not None)
    whole = max(counts.total(), 2)
    return {value: max(count - 1, 1) / whole for value, count in counts.items()}


def _shares(counts: Counter[int], levels: int) -> list[float]:
    whole = sum(counts[level] for level in range(levels)) + _PSEUDO_STRANGERS * levels
    return [(counts[level] + _PSEUDO_STRANGERS) / whole for level in range(levels)]


def _random_pairs(rows: int, boundary: int | None) -> Iterable[tuple[int, int]]:
    """Return pairs spread evenly over the tables: no chance, the same ones every time."""
    left, right = (rows, rows) if boundary is None else (boundary, rows - boundary)
    if not left or not right:
        return
    for at in range(min(_SAMPLE, left * right)):
        a = at * _STEP % left
        b = (at * _STEP // left * 31 + at * 17 + 1) % right + (rows - right)
        if a != b:
            yield a, b
