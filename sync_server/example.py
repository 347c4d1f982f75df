"""The two reports of 2016 as an example: figures, outages, what was said of them, repairs tried.

They are ordinary records of the office's own stream, so every page shows them as it shows any
other; loading them again adds nothing, and they can be taken out again.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.ids import derived_id
from shared_schema.resources import read_package_text
from sync_server import noting
from sync_server.ingest import Edit
from sync_server.office import Office
from sync_server.store.queries import records

_LABEL = "jemput example 2016"
REMOVED = "contoh 2016 dihapus"


@cache
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(
        read_package_text("sync_server", "data", "reports-2016.json")
    )
    return found


def _edits() -> Iterator[Edit]:
    """Yield the records, each before those that name it."""
    for values in _document()["figure"]:
        yield _edit("figure", f"{values['region']} {values['measure']}", values)
    for outage in _document()["outage"]:
        named = _edit("outage", outage["key"], outage["values"])
        yield named
        about = {"outage": str(named.record)}
        for at, values in enumerate(outage["statements"]):
            yield _edit("outage_statement", f"{outage['key']} {at}", values | about)
        for at, values in enumerate(outage.get("attempts", ())):
            yield _edit("repair_attempt", f"{outage['key']} {at}", values | about)


def _edit(type_name: str, key: str, values: Mapping[str, Any]) -> Edit:
    return Edit(record=_record(type_name, key), type=type_name, values=values)


def _record(type_name: str, key: str) -> UUID:
    return derived_id(_LABEL, f"{type_name} {key}".encode())


def load(office: Office, connection: Connection, operator: str) -> int:
    """Put the example in; return how many records were written."""
    return sum(noting.write(office, connection, edit, operator) for edit in _edits())


def remove(office: Office, connection: Connection, operator: str) -> int:
    """Take the example out again; return how many records were."""
    removed = 0
    for edit in _edits():
        current = records.get(connection, edit.record)
        if current is not None and current.state.void is None:
            noting.withdraw(office, connection, current, REMOVED, operator)
            removed += 1
    return removed


def is_loaded(connection: Connection) -> bool:
    """Tell whether any of the example is there."""
    known = records.many(connection, [edit.record for edit in _edits()])
    return any(current.state.void is None for current in known.values())
