"""A record that a user may see: one that lies in their area."""

from sqlalchemy import Connection

from shared_schema.errors import RecordUnknown
from sync_server.accounts import Actor
from sync_server.lookup import resolve
from sync_server.store.queries.records import Current


def seen_by(actor: Actor, connection: Connection, wanted: str) -> Current:
    """Return a record that lies in the user's area.

    Raises RecordUnknown, also where it lies elsewhere, and RecordAmbiguous.
    """
    found = resolve(connection, wanted)
    if not actor.covers(found.area):
        raise RecordUnknown(text=wanted)
    return found
