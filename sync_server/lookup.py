"""Finding records and what was done to them: by id, by the beginning of one, by their changes."""

from uuid import UUID

from sqlalchemy import Connection, or_, select

from shared_schema.changes import Change
from shared_schema.errors import RecordAmbiguous, RecordUnknown
from sync_server.store import tables
from sync_server.store.queries import log, records
from sync_server.store.queries.records import Current

SHORTEST_PREFIX = 8


def resolve(connection: Connection, text: str) -> Current:
    """Return the record that an id names, or its unique beginning or end (8 characters).

    Records of one laptop begin alike; lists show their ends.

    Raises RecordUnknown, RecordAmbiguous.
    """
    wanted = text.strip().lower()
    if (whole := _whole(connection, wanted)) is not None:
        return whole
    table = tables.records
    part = or_(
        table.c.record.startswith(wanted, autoescape=True),
        table.c.record.endswith(wanted, autoescape=True),
    )
    query = select(table.c.record).where(part)
    found = list(connection.execute(query.limit(2)).scalars())
    if not found or len(wanted) < SHORTEST_PREFIX:
        raise RecordUnknown(text=text)
    if len(found) > 1:
        raise RecordAmbiguous(text=text)
    return records.many(connection, [UUID(found[0])])[UUID(found[0])]


def changes_of(connection: Connection, record: UUID) -> list[Change]:
    """Return the changes of a record that are folded, in the order of the log."""
    return [change for change, folded in all_changes_of(connection, record) if folded]


def all_changes_of(connection: Connection, record: UUID) -> list[tuple[Change, bool]]:
    """Return every change of a record in the order of the log, and whether it is folded."""
    logged = log.of_record(connection, record)
    places = [entry.position for entry in logged]
    table = tables.unfolded
    aside = set(
        connection.execute(select(table.c.position).where(table.c.position.in_(places))).scalars()
    )
    return [(entry.change, entry.position not in aside) for entry in logged]


def _whole(connection: Connection, text: str) -> Current | None:
    try:
        return records.get(connection, UUID(text))
    except ValueError:
        return None
