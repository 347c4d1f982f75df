"""Back into the queue: people whose recording never reached the ministry are to be visited again.

What is written is a visit with the outcome *revisit*, which the laptops of the area pull like any
other; one for each recording that was lost, however often it is asked for.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from sync_server import ingest
from sync_server.accounts import Actor
from sync_server.ingest import Edit
from sync_server.office import Office
from sync_server.reports.unconfirmed_report import Lost
from sync_server.store.queries import records
from sync_server.unconfirmed import revisit_of

_AT_ONCE = 500
VISIT = "visit"


def requeue(
    office: Office,
    connection: Connection,
    actor: Actor,
    lost: Sequence[Lost],
    reason: str,
) -> int:
    """Put people back into the queue; return how many were not in it for that recording yet."""
    already = requeued(connection, lost)
    fresh = [one for one in lost if one.visit not in already]
    for at in range(0, len(fresh), _AT_ONCE):
        edits = [
            Edit(
                record=revisit_of(one.visit),
                type=VISIT,
                values={"person": one.record, "outcome": "revisit", "note": reason},
            )
            for one in fresh[at : at + _AT_ONCE]
        ]
        ingest.write_own(connection, edits, actor.operator, wall_ms=office.now_ms())
    return len(fresh)


def requeued(connection: Connection, lost: Iterable[Lost]) -> set[str]:
    """Return the visits whose residents were put back into the queue."""
    wanted = {revisit_of(one.visit): one.visit for one in lost}
    return {wanted[record] for record in records.own_areas(connection, wanted)}
