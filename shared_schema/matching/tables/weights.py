"""What each agreement is worth, learned from the tables themselves without any labels.

How often strangers agree is counted on random pairs; how often two rows of one person agree
is learned by expectation and maximisation over the candidate pairs. Probabilities stand for
all pairs of rows, so that it does not matter which keys brought a pair here.

A register lists families: relatives share an address, a card and a family name, and there are
more of them than of rows that stand twice. Left to itself the fit would take a family for a
person, so relatives are learned as a third kind of pair, told apart by their births and names.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp2, log2

from shared_schema.matching.tables.agreement import LEVELS
from shared_schema.matching.tables.columns import MISSING, Column, Levels
from shared_schema.matching.tables.values import Kind

Pattern = tuple[int, ...]
Tables = tuple[list[list[float]], list[list[float]]]
_ROUNDS = 25
_SAMPLE = 40_000
_STEP = 7919
_FINENESS = 2
_PSEUDO_STRANGERS = 0.5
_PSEUDO_SAME = 2.0
_NEVER, _MOST = -1000.0, 300.0
_NEGLIGIBLE, _ROUNDS_OF_ALL = -14.0, 2
_SETTLED = 0.002
_UNLIKELY = -10.0
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
    odds in bits that any two rows are one person, or relatives. `bits` of each column's levels,
    for one person and for relatives, each against strangers, before the frequency of the value;
    a missing value, last, is worth nothing.
    """

    kinds: Sequence[Kind]
    same: list[list[float]]
    kin: list[list[float]]
    stranger: list[list[float]]
    prior: float
    kin_prior: float
    bits: Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Pairs' levels by column, and the bits by which what each agrees on is rarer than usual."""

    levels: Sequence[Levels]
    rarity: list[float]

    def patterns(self) -> Iterator[Pattern]:
        """Return each pair's level of every column, `MISSING` where one is empty."""
        return zip(*self.levels, strict=True)


def compared(
    columns: Sequence[Column], left: Sequence[int], right: Sequence[int], weights: Weights
) -> Compared:
    """Compare pairs of rows."""
    levels = [column.levels(left, right) for column in columns]
    rarity = [0.0] * len(left)
    for column, own, stranger in zip(columns, levels, weights.stranger, strict=True):
        bits = [log2(stranger[0] / share) for share in column.common]
        for at, level in enumerate(own):
            if not level:
                rarity[at] += bits[column.cells[left[at]]]
    return Compared(levels=levels, rarity=rarity)


def at_first(columns: Sequence[Column], boundary: int | None) -> Weights:
    """Return weights with strangers counted and everything about one person assumed."""
    rows, kinds = len(columns[0].cells), [column.kind for column in columns]
    left, right = _random_pairs(rows, boundary)
    seen = [Counter(column.levels(left, right)) for column in columns]
    drawn = len(left) * max(rows, 2) / 4 / all_pairs(rows, boundary)
    stranger = [_shares(own, LEVELS[kind], drawn) for own, kind in zip(seen, kinds, strict=True)]
    for own, column in zip(stranger, columns, strict=True):
        own[0] = max(sum(column.common[value] ** 2 for value in range(1, len(column.values))), 1e-9)
    same = [list(_AT_FIRST[LEVELS[kind]]) for kind in kinds]
    kin = [_of_relatives(kind, own) for kind, own in zip(kinds, stranger, strict=True)]
    prior = log2(max(rows, 2) / 4 / all_pairs(rows, boundary))
    bits = _against(same, stranger), _against(kin, stranger)
    return Weights(kinds, same, kin, stranger, prior, prior, bits)


def all_pairs(rows: int, boundary: int | None) -> int:
    """Return how many pairs of rows there are at all."""
    if boundary is None:
        return rows * (rows - 1) // 2
    return boundary * (rows - boundary)


def learn(compared: Compared, weights: Weights, pairs: int) -> None:
    """Fit one person's rows, and relatives', and how many pairs of each there are."""
    rarities = [round(bits * _FINENESS) for bits in compared.rarity]
    groups = Counter(zip(compared.patterns(), rarities, strict=True))
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


def odds_of(compared: Compared, weights: Weights) -> list[float]:
    """Return the odds, in bits, that each pair is one person."""
    known: dict[Pattern, tuple[float, float]] = {}
    found = []
    for pattern, rarity in zip(compared.patterns(), compared.rarity, strict=True):
        if pattern not in known:
            known[pattern] = _odds(pattern, 0.0, weights)
        person, relative = known[pattern]
        bits = person + rarity
        if bits > _UNLIKELY:
            bits -= log2(1.0 + exp2(min(relative + rarity, _MOST)))
        found.append(bits)
    return found


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


def _shares(counts: Counter[int], levels: int, drawn: float) -> list[float]:
    """Return how strangers agree; `drawn`: so many of the pairs counted are one person's twice."""
    strangers = [
        max(counts[level] - drawn * share, 0.0) + _PSEUDO_STRANGERS
        for level, share in enumerate(_AT_FIRST[levels])
    ]
    return [count / sum(strangers) for count in strangers]


def _random_pairs(rows: int, boundary: int | None) -> tuple[list[int], list[int]]:
    """Return pairs spread evenly over the tables: no chance, the same ones every time."""
    left, right = (rows, rows) if boundary is None else (boundary, rows - boundary)
    ones, others = [], []
    for at in range(min(_SAMPLE, left * right)):
        a = at * _STEP % left
        b = (at * _STEP // left * 31 + at * 17 + 1) % right + (rows - right)
        if a != b:
            ones.append(a)
            others.append(b)
    return ones, others
