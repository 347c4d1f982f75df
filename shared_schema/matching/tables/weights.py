"""What each agreement is worth, learned from the tables themselves without any labels.

How often strangers agree is counted on random pairs; how often two rows of one person agree
is learned by expectation and maximisation over the candidate pairs. Probabilities stand for
all pairs of rows, so that it does not matter which keys brought a pair here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp2, log2

from shared_schema.matching.tables.agreement import AGREEMENT, LEVELS
from shared_schema.matching.tables.values import Kind, Row

Pattern = tuple[int, ...]
MISSING = -1
_ROUNDS = 25
_SAMPLE = 40_000
_STEP = 7919
_FINENESS = 2
_PSEUDO_STRANGERS = 0.5
_PSEUDO_SAME = 2.0
_AT_FIRST = {
    4: (0.84, 0.08, 0.03, 0.05),
    6: (0.76, 0.1, 0.05, 0.03, 0.04, 0.02),
    7: (0.65, 0.13, 0.08, 0.05, 0.04, 0.02, 0.03),
}


@dataclass(slots=True)
class Weights:
    """What is learned of each column.

    `same[column][level]` and `stranger[column][level]` are probabilities; `prior` the odds in
    bits that any two rows are one; `common[column][value]` how frequent a value is.
    """

    kinds: Sequence[Kind]
    same: list[list[float]]
    stranger: list[list[float]]
    common: list[dict[str, float]]
    prior: float

    def bits(self, column: int, level: int) -> float:
        """Return the match weight of a level, before the frequency of the value."""
        if level == MISSING:
            return 0.0
        return log2(self.same[column][level] / self.stranger[column][level])


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
    prior = log2(max(len(rows), 2) / 4 / all_pairs(len(rows), boundary))
    return Weights(kinds, same, stranger, common, prior)


def all_pairs(rows: int, boundary: int | None) -> int:
    """Return how many pairs of rows there are at all."""
    if boundary is None:
        return max(rows * (rows - 1) // 2, 1)
    return max(boundary * (rows - boundary), 1)


def learn(compared: Iterable[Compared], weights: Weights, pairs: int) -> None:
    """Fit what one person's rows look like, and how many pairs there are, to what was compared."""
    groups = Counter((one.pattern, round(one.rarity * _FINENESS)) for one in compared)
    for _ in range(_ROUNDS):
        seen = [[_PSEUDO_SAME * share for share in column] for column in _start(weights)]
        expected = 0.0
        for (pattern, rarity), count in groups.items():
            odds = weight(Compared(pattern, rarity / _FINENESS), weights)
            chance = count * probability(odds)
            expected += chance
            for column, level in enumerate(pattern):
                if level != MISSING:
                    seen[column][level] += chance
        weights.same = [[one / sum(column) for one in column] for column in seen]
        weights.prior = log2(max(expected, 1.0) / pairs)


def weight(one: Compared, weights: Weights) -> float:
    """Return the odds, in bits, that a pair is one person."""
    bits = sum(weights.bits(column, level) for column, level in enumerate(one.pattern))
    return bits + one.rarity + weights.prior


def probability(odds: float) -> float:
    """Return the probability of odds in bits."""
    return 1.0 / (1.0 + exp2(-max(-1000.0, min(odds, 1000.0))))


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
