"""What a user may see: a record that lies in their area, a decision about such a record."""

from uuid import UUID

from sqlalchemy import Connection

from shared_schema.errors import RecordUnknown
from shared_schema.ids import change_sequence
from sync_server.accounts import Actor
from sync_server.lookup import resolve
from sync_server.matching.exact import LINK_TYPE
from sync_server.reconcile import DecisionUnknown
from sync_server.store.queries import log, matching, records
from sync_server.store.queries.records import Current


def seen_by(actor: Actor, connection: Connection, wanted: str) -> Current:
    """Return a record that lies in the user's area.

    Raises RecordUnknown, also where it lies elsewhere, and RecordAmbiguous.
    """
    found = resolve(connection, wanted)
    if not actor.covers(found.area):
        raise RecordUnknown(text=wanted)
    return found


def require_decision(actor: Actor, connection: Connection, decision: str) -> None:
    """Raise DecisionUnknown for what is no decision, and one whose records all lie elsewhere."""
    try:
        place = change_sequence(UUID(decision.strip()))
    except ValueError:
        place = None
    made = log.of_stream(connection, place[0], place[1], place[1]) if place else []
    links = records.many(connection, [c.record for c in made if c.type == LINK_TYPE]).values()
    ends = [UUID(str(link.state.shown(end))) for link in links for end in ("a", "b")]
    known = records.many(connection, ends).values()
    if not links or not any(actor.covers(one.area) for one in known):
        raise DecisionUnknown(text=decision)


def arrivals_seen_by(
    actor: Actor, connection: Connection, since_ms: int
) -> list[tuple[matching.Arrival, int]]:
    """Return who came in the user's area since a time, how judged, and when, the latest first."""
    listed = matching.arrivals_since(connection, since_ms)
    areas = records.areas(connection, (one.record for one, _ in listed))
    return [
        (one, when)
        for one, when in listed
        if one.record in areas and actor.covers(areas[one.record])
    ]
