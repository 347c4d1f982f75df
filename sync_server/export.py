"""Records out of the store, as JSON or as a table that a spreadsheet may open.

A cell that a spreadsheet would take for a formula is written as text: whoever typed it is not
to run anything on the reader's computer.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from sqlalchemy import Connection, select

from shared_schema.canonical import decode, encode
from shared_schema.records import RecordType
from sync_server.store import tables

# Also in full width, as spreadsheets of East Asia read them.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_LEADING = ("id", "cluster", "void", "conflicts")


def exported(connection: Connection, type_name: str) -> Iterator[dict[str, Any]]:
    """Yield every record of a type in order of id: void ones too, marked so."""
    table, together = tables.records, tables.clusters
    query = (
        select(table.c.record, table.c.shown, table.c.void, table.c.conflicts, together.c.root)
        .outerjoin(together, together.c.record == table.c.record)
        .where(table.c.type == type_name)
        .order_by(table.c.record)
    )
    for row in connection.execute(query):
        yield {
            "id": row.record,
            "type": type_name,
            "cluster": row.root or row.record,
            "void": row.void,
            "conflicts": decode(row.conflicts.encode()),
            "values": decode(row.shown.encode()),
        }


def write_records_csv(target: TextIO, rtype: RecordType, found: Iterable[Mapping[str, Any]]) -> int:
    """Write records as a table, one column a field, and return how many."""
    written = 0
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([*_LEADING, *rtype.fields])
    for record in found:
        values = record["values"]
        cells = [record[name] for name in _LEADING] + [values.get(name) for name in rtype.fields]
        writer.writerow([cell(value) for value in cells])
        written += 1
    return written


def write_csv(target: TextIO, headers: Sequence[str] | None, rows: Iterable[Sequence[Any]]) -> None:
    """Write a table with guarded cells; ``headers`` None where rows go on below others."""
    writer = csv.writer(target, lineterminator="\r\n")
    if headers is not None:
        writer.writerow(headers)
    writer.writerows([cell(value) for value in row] for row in rows)


def cell(value: Any) -> str:
    """Return a value as the text of a cell; text that looks like a formula gets an apostrophe."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
        case list() if all(isinstance(item, str) for item in value):
            return cell("; ".join(value))
        case int() | float():
            return str(value)
    return encode(value).decode()
