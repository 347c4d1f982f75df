"""A column of the rows at hand: every value once, and how the cells of many pairs agree.

Values repeat, so two of them are compared once, whatever number of pairs has them.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared_schema.matching.tables.agreement import AGREEMENT
from shared_schema.matching.tables.values import Kind, Row

MISSING = -1
_RAREST = 0.01

Levels = Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`cells` holds for each row the place of its value in `values`; the first is no value.

    `common` says for each value how frequent it is.
    """

    kind: Kind
    cells: list[int]
    values: list[str]
    common: list[float] = field(repr=False)

    def levels(self, left: Sequence[int], right: Sequence[int]) -> Levels:
        """Return the level of each pair of rows, `MISSING` where one has no value."""
        cell, size = self.cells.__getitem__, len(self.values)
        keys = [a * size + b for a, b in zip(map(cell, left), map(cell, right), strict=True)]
        known = {key: self._level(*divmod(key, size)) for key in set(keys)}
        return array("b", map(known.__getitem__, keys))

    def _level(self, one: int, other: int) -> int:
        if not (one and other):
            return MISSING
        if one == other:
            return 0
        return AGREEMENT[self.kind](self.values[one], self.values[other])


def columns_of(rows: Sequence[Row], kinds: Sequence[Kind]) -> list[Column]:
    """Return the columns of a table of rows."""
    return [_column([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]


def _column(cells: Sequence[str | None], kind: Kind) -> Column:
    counts = Counter(value for value in cells if value is not None)
    places: dict[str | None, int] = {value: at for at, value in enumerate(counts, 1)}
    places[None] = 0
    whole = max(counts.total(), 2)
    twice = _of_those_found_twice(Counter(counts.values()))
    return Column(
        kind=kind,
        cells=[places[value] for value in cells],
        values=["", *counts],
        common=[1.0, *((count - 1 if count > 2 else twice) / whole for count in counts.values())],
    )


def _of_those_found_twice(often: Counter[int]) -> float:
    """Return how many more rows have a value that two rows have, as expected (Good and Turing).

    Where hardly any value stands three times, as of titles and numbers, those that stand twice
    are one row's twice, and not two strangers'.
    """
    return min(max(often[3] / max(often[2], 1), _RAREST), 1.0)
