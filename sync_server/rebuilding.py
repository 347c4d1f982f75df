"""Rebuild: every projection anew from the log, and what was held taken up where it can be now.

A new version of the program that knows a type or codec which the old one held is followed by a
rebuild; nothing has to be sent again.
"""

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from shared_schema.envelope import parse
from sync_server import ingest, projections, rematching, tallies
from sync_server.office import Office
from sync_server.rematching import Progress
from sync_server.store.queries import batches, devices, log, quarantine

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild found: changes folded through, batches taken up, changes not folded."""

    changes: int
    reopened: int
    unfolded: int


def rebuild(office: Office, progress: Progress = lambda _done, _total: None) -> Rebuilt:
    """Reproduce every projection, in one transaction: readers see the old or the new ones.

    Where a change is used now that was not before, devices may be past its place in the log: they
    are sent a new snapshot.
    """
    office.rebuilding.set()
    try:
        return _rebuild(office, progress)
    finally:
        office.rebuilding.clear()


def _rebuild(office: Office, progress: Progress) -> Rebuilt:
    with office.store.write() as connection:
        reopened = reopen(office, connection)
        before = projections.unfolded_places(connection)
        projections.clear(connection)
        replay(connection, progress=progress)
        tallies.clear(connection)
        rematching.reindex(connection, office.keys.server)
        left = projections.unfolded_places(connection)
        if before - left:
            devices.begin_anew(connection)
        return Rebuilt(
            changes=log.count(connection),
            reopened=reopened,
            unfolded=len(left),
        )


def reopen(office: Office, connection: Connection) -> int:
    """Log the changes of held batches that can be read by now; return how many batches.

    The others wait in quarantine, also those that an earlier program held.
    """
    count = 0
    for held in batches.unread(connection):
        batch = parse(held.body)
        changes, trouble = ingest.read(batch, office)
        if trouble is None:
            log.append(connection, changes, held.received_ms)
            ingest.learn(connection, changes, office.now_ms())
            quarantine.taken_up(connection, batch, office.now_ms())
            count += 1
        else:
            quarantine.hold(connection, batch, held.receipt, held.received_ms)
    return count


def replay(
    connection: Connection,
    source: Connection | None = None,
    *,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Fold the log of ``source`` (by default the same database) into empty projections."""
    whole, done = log.count(source or connection), 0
    entries = log.after(source or connection)
    while chunk := list(islice(entries, _CHUNK)):
        projections.apply(connection, chunk, source)
        done += len(chunk)
        progress(done, whole)
