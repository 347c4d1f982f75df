"""Rows as they stand in the file, for checking: text as bytes, nothing converted or believed."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, Text, text

_PAGE = 200


def rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table in the order of its key; text columns as bytes."""
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    columns = ", ".join(
        f'CAST("{column.name}" AS BLOB)' if isinstance(column.type, Text) else f'"{column.name}"'
        for column in table.columns
    )
    names = [column.name for column in table.columns]
    query = text(f"SELECT {columns} FROM {table.name} ORDER BY {key}")  # noqa: S608 (our names)
    found = connection.execute(query.execution_options(yield_per=_PAGE))
    return (dict(zip(names, row, strict=True)) for row in found)


def key_of(table: Table, row: dict[str, Any]) -> str:
    """Return by what a person finds the row: its key's values with colons."""
    parts = (row[column.name] for column in table.primary_key)
    return ":".join(
        part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in parts
    )
