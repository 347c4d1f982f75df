"""What each agreement is worth where a single column of names or texts is compared.

Nothing else speaks for or against one person then, so expectation and maximisation cannot tell
slips from strangers who happen to be alike, and random pairs are too few to meet the rare alike
ones. But pairs of strangers become fewer the more alike two values are, ever faster, while those
with slips become more: counted level by level there is a valley between the two.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log2

from shared_schema.matching.tables.columns import Column
from shared_schema.matching.tables.grouping import Pair
from shared_schema.matching.tables.values import Kind
from shared_schema.matching.tables.weights import Compared, Weights

_SPELLED = frozenset({Kind.NAME, Kind.TEXT})
_FEWEST = 0.5
_TWICE = 2


def stands_alone(kinds: Sequence[Kind]) -> bool:
    """Tell whether a table is compared by one column whose values are spelled."""
    return len(kinds) == 1 and kinds[0] in _SPELLED


def learn_alone(
    found: Compared, pairs: Sequence[Pair], column: Column, weights: Weights, room: int
) -> None:
    """Set the weights of the only column, which were learned as those of several are.

    `room`: how many pairs of rows there are, compared or not. Of two values that are nearly the
    same one is the other's slip at most once, however many rows have them. Equal values stay at
    least as likely as they were held to be. What any row may be is part of each level's bits.
    """
    often, levels = Counter(column.cells), found.levels[0]
    rows_of = {pair: often[pair[0]] * often[pair[1]] for pair in set(_values(pairs, column))}
    seen = Counter(dict(zip(_values(pairs, column), levels, strict=True)).values())
    for at, values in enumerate(_values(pairs, column)):
        if levels[at] > 0:
            found.rarity[at] = -log2(rows_of[values])
    counts = [float(seen[level]) for level in range(1, len(weights.stranger[0]))]
    strangers = _strangers(counts)
    same = [max(n - s, _FEWEST) for n, s in zip(counts, strangers, strict=True)]
    equal = weights.prior + weights.bits[0][0][0]
    twice = max(_found_twice(column, often), _FEWEST) / room / weights.stranger[0][0]
    nearly = [log2(n / max(s, _FEWEST)) for n, s in zip(same, strangers, strict=True)]
    weights.prior = 0.0
    weights.bits = [[max(equal, log2(twice)), *nearly, 0.0]], weights.bits[1]


def _values(pairs: Sequence[Pair], column: Column) -> Iterator[Pair]:
    cells = column.cells
    return ((min(cells[a], cells[b]), max(cells[a], cells[b])) for a, b in pairs)


def _found_twice(column: Column, often: Counter[int]) -> float:
    """Return in how many rows a value stands again that is one row's, as `common` expects it."""
    rows = sum(often.values()) - often[0]
    return sum(
        max(1.0 - share * rows, 0.0)
        for place, share in enumerate(column.common)
        if place and often[place] == _TWICE
    )


def _strangers(counts: Sequence[float]) -> list[float]:
    """Return how many of the pairs at each level are strangers; the most alike come first.

    Behind the valley all are. Before it they fall by the square of the last ratio at each step,
    as the ends of a distribution do.
    """
    found = list(counts)
    valley = next((at for at, (one, other) in enumerate(pairwise(counts)) if one < other), None)
    if valley is None:
        return found
    for at in range(min(valley, len(counts) - 3), -1, -1):
        ratio = min(found[at + 1] / max(found[at + 2], _FEWEST), 1.0)
        found[at] = min(counts[at], found[at + 1] * ratio**2)
    return found
