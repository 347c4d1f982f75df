"""Whom a NIK means that a spreadsheet has shortened: known numbers that begin as it does.

What is found is pointed out, never completed and never stored: brothers and sisters born on one
day differ in the last digit alone.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from sync_server.store import tables

_KEPT = 15
_BEGINNING = re.compile(r"[0-9]{15}")
_NIK = re.compile(r'"nik":"([0-9]{15})')


def residents_beginning(connection: Connection, numbers: Iterable[str]) -> dict[str, UUID]:
    """Return, for shortened numbers, the only resident whose NIK begins with their 15 digits."""
    wanted = {one: found[0] for one in numbers if (found := _BEGINNING.match(one.strip("'= \"")))}
    if not wanted:
        return {}
    beginnings, holders = set(wanted.values()), dict[str, list[str]]()
    table = tables.records
    query = select(table.c.record, table.c.shown).where(
        table.c.type == "person", table.c.void.is_(False)
    )
    for record, shown in connection.execute(query):
        nik = _NIK.search(shown)
        if nik and nik[1] in beginnings:
            holders.setdefault(nik[1], []).append(record)
    return {
        number: UUID(holders[start][0])
        for number, start in wanted.items()
        if len(holders.get(start, ())) == 1
    }
