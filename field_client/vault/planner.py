"""Which rows can answer a query: equality on indexed fields, read off the query itself.

A plan only narrows. Every candidate is still put to the query, so a plan may be too wide but
never too narrow; a query it does not understand is answered by reading the whole table.

TinyDB describes each query by a nested tuple (made for its cache): ``('==', path, value)``,
``('one_of', path, values)``, ``('and', frozenset)``, ``('or', frozenset)``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tinydb.queries import QueryInstance

EXACT_LIMIT = 1 << 53

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One index entry to look up: the field's number and the value."""

    field: int
    value: Value


Clause = frozenset[Term]


def index_value(value: Any) -> Value | None:
    """Return how ``value`` stands in an index; None where it cannot.

    Equal values must stand equally (True, 1 and 1.0 do in SQLite as in Python), so numbers that
    a double cannot hold exactly stay out.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and -EXACT_LIMIT < value < EXACT_LIMIT:
        return value
    return None


def clauses(query: Any, fields: Mapping[str, int]) -> list[Clause]:
    """Return clauses of which each alone holds every matching document; empty: read them all.

    ``fields`` gives the number of each indexed field.
    """
    if not isinstance(query, QueryInstance) or not query.is_cacheable():
        return []
    return _clauses(query._hash, fields)  # noqa: SLF001 - the query's only description of itself


def _clauses(shape: Any, fields: Mapping[str, int]) -> list[Clause]:
    match shape:
        case ("==", (str(name),), value) if name in fields:
            return _union(fields[name], [value])
        case ("one_of", (str(name),), tuple(values)) if name in fields:
            return _union(fields[name], values)
        case ("and", frozenset(parts)):
            return [clause for part in parts for clause in _clauses(part, fields)]
        case ("or", frozenset(parts)):
            return _any_of([_clauses(part, fields) for part in parts])
    return []


def _union(field: int, values: Iterable[Any]) -> list[Clause]:
    terms = {Term(field=field, value=v) for v in map(index_value, values) if v is not None}
    return [frozenset(terms)] if len(terms) == len(set(values)) else []


def _any_of(sides: list[list[Clause]]) -> list[Clause]:
    """Every side must be narrowed, else the whole is not."""
    if not all(sides):
        return []
    return [frozenset(term for side in sides for term in side[0])]


def narrowest(found: list[Clause], weigh: Callable[[Clause], int]) -> Clause | None:
    """Return the clause of the least weight; None without clauses. A single one is not weighed."""
    if len(found) < 2:
        return found[0] if found else None
    return min(found, key=weigh)
