"""Links two tables row to row, or finds the rows of one table that are the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared_schema.matching.tables import weights as learned
from shared_schema.matching.tables.alone import learn_alone, stands_alone
from shared_schema.matching.tables.columns import Column, columns_of
from shared_schema.matching.tables.grouping import EVEN, Pair, clusters, one_to_one
from shared_schema.matching.tables.keys import candidate_pairs
from shared_schema.matching.tables.values import Spec, rows_of

Weigh = Callable[[int, int], float]

Table = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePair:
    """Two rows, by their ids, taken to be one; `odds` in bits."""

    a: str
    b: str
    odds: float


def link_tables(left: Table, right: Table | None, spec: Spec) -> list[TablePair]:
    """Return the rows of `left` and `right` that are one, at most one partner each.

    Without `right`, the pairs of rows within `left`: every pair of each group found. Nothing
    is learned from anything but the rows; the same tables give the same answer.
    """
    rows = [*left, *(right or ())]
    ids = [str(cells[spec.id_column]) for cells in rows]
    boundary = None if right is None else len(left)
    columns = columns_of(rows_of(rows, spec), tuple(spec.columns.values()))
    if not learned.all_pairs(len(rows), boundary):
        return []
    odds, weigh = _weighed(columns, boundary)
    found = one_to_one(odds) if boundary is not None else clusters(odds, weigh)
    return [TablePair(a=ids[a], b=ids[b], odds=bits) for (a, b), bits in sorted(found.items())]


def _weighed(columns: Sequence[Column], boundary: int | None) -> tuple[dict[Pair, float], Weigh]:
    """Return the odds of the likely pairs, and what gives those of any other."""
    weights = learned.at_first(columns, boundary)
    size = len(columns[0].cells)
    pairs = [divmod(pair, size) for pair in candidate_pairs(columns, boundary)]
    found = learned.compared(columns, [a for a, _ in pairs], [b for _, b in pairs], weights)
    room = learned.all_pairs(size, boundary)
    learned.learn(found, weights, room)
    if stands_alone(weights.kinds):
        learn_alone(found, pairs, columns[0], weights, room)
    likely = {
        pair: bits
        for pair, bits in zip(pairs, learned.odds_of(found, weights), strict=True)
        if bits > EVEN
    }

    def weigh(a: int, b: int) -> float:
        return learned.odds_of(learned.compared(columns, [a], [b], weights), weights)[0]

    return likely, weigh
