"""Asking the database without a layer between, where each batch asks: a few microseconds each.

Within the transaction of the connection that is given. Values never stand in a statement's text; a
list of ids is one value, which the statement opens by ``json_each``.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert

from shared_schema.ids import id_text

_DIALECT = sqlite.dialect()
_compact = json.JSONEncoder(separators=(",", ":")).encode


def ask(connection: Connection, statement: str, *values: object) -> list[Any]:
    """Return all rows of an answer, as tuples."""
    rows: list[Any] = _driver(connection).execute(statement, values).fetchall()
    return rows


def run(connection: Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement once for each row."""
    if rows:
        _driver(connection).executemany(statement, rows)


def listed(values: Iterable[object]) -> str:
    """Return ids or numbers as one value; ids as texts."""
    return _compact([id_text(one) if isinstance(one, UUID) else one for one in values])


def text_of(statement: Insert) -> str:
    """Return the text of a statement whose values stand in the order of its table's columns."""
    return str(statement.compile(dialect=_DIALECT))


def replacing(table: Table, *key: str) -> str:
    """Return the text that inserts a row into a table, or replaces the one with its key."""
    statement = insert(table)
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    return text_of(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
