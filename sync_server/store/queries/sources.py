"""What registers and lists said before, read from the log, and what records show now.

For whole registers: no state is folded and no stamp is parsed.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.ids import Stream
from sync_server.store.driver import ask, listed
from sync_server.store.queries.records import chunks
from sync_server.store.tables import changes, records

_RESIDENTS = (
    "SELECT record FROM records WHERE type = 'person' AND NOT void"
    " AND area IN (SELECT value FROM json_each(?)) ORDER BY record"
)


def shown(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the shown values of those of the records that exist."""
    found = {}
    for part in chunks(list(ids)):
        query = select(records.c.record, records.c.shown).where(records.c.record.in_(part))
        found.update({record: json.loads(text) for record, text in connection.execute(query)})
    return found


def residents_in(connection: Connection, villages: Iterable[str]) -> list[str]:
    """Return the residents of some villages who are not void, in order of their ids."""
    rows = ask(connection, _RESIDENTS, listed(villages))
    return [record for (record,) in rows]


def said(
    connection: Connection, stream: Stream, source: str, ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the last value of each field that a source wrote, by record.

    ``stream``: the server's. The source's changes bear its name behind the user's.
    """
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(list(ids)):
        query = select(changes.c.record, changes.c.body).where(
            changes.c.record.in_(part), changes.c.stream.startswith(stream.device.hex())
        )
        for record, body in connection.execute(query.order_by(changes.c.position)):
            change = json.loads(body)
            if change["operator"].endswith(f"/{source}"):
                written = {name: write["value"] for name, write in change["writes"].items()}
                found.setdefault(record, {}).update(written)
    return found
