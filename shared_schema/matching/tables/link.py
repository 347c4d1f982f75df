"""Links two tables row to row, or finds the rows of one table that are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared_schema.matching.tables import weights as learned
from shared_schema.matching.tables.grouping import clusters, one_to_one
from shared_schema.matching.tables.keys import candidate_pairs
from shared_schema.matching.tables.values import Row, Spec, rows_of
from shared_schema.matching.tables.weights import Compared, Weights, pattern_of, rarity_of

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
    rows = rows_of([*left, *(right or ())], spec)
    ids = [str(cells[spec.id_column]) for cells in [*left, *(right or ())]]
    boundary = None if right is None else len(left)
    odds, weights = _weighed(rows, spec, boundary)
    if boundary is None:
        found = clusters(odds, lambda a, b: _odds(rows[a], rows[b], weights))
    else:
        found = one_to_one(odds)
    return [TablePair(a=ids[a], b=ids[b], odds=bits) for (a, b), bits in sorted(found.items())]


def _weighed(
    rows: Sequence[Row], spec: Spec, boundary: int | None
) -> tuple[dict[tuple[int, int], float], Weights]:
    kinds = tuple(spec.columns.values())
    weights = learned.at_first(rows, kinds, boundary)
    compared = {
        (a, b): _compared(rows[a], rows[b], weights)
        for a, b in candidate_pairs(rows, kinds, boundary)
    }
    learned.learn(compared.values(), weights, learned.all_pairs(len(rows), boundary))
    return {pair: learned.weight(one, weights) for pair, one in compared.items()}, weights


def _compared(a: Row, b: Row, weights: Weights) -> Compared:
    pattern = pattern_of(a, b, weights.kinds)
    return Compared(pattern, rarity_of(a, pattern, weights))


def _odds(a: Row, b: Row, weights: Weights) -> float:
    return learned.weight(_compared(a, b, weights), weights)
