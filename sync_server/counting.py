"""The server's counts, as `stats` gives them."""

from sqlalchemy import Connection, func, select

from sync_server import possible_duplicates
from sync_server.store.queries import batches, devices, log, quarantine
from sync_server.store.tables import clusters, records


def counts(connection: Connection) -> dict[str, int]:
    """Return what the server holds.

    ``persons``: records of residents that are not void. ``clusters``: people, that is those
    records with the ones that verdicts declare the same counted as one. ``devices``: those not
    revoked. ``conflicts``: fields in conflict. ``duplicates``: pairs that ask for a verdict.
    ``quarantined``: batches that wait.
    """
    persons = select(func.count()).where(records.c.type == "person", ~records.c.void)
    conflicts = select(func.coalesce(func.sum(func.json_array_length(records.c.conflicts)), 0))
    people = (
        select(func.count(func.coalesce(clusters.c.root, records.c.record).distinct()))
        .select_from(records)
        .outerjoin(clusters, clusters.c.record == records.c.record)
        .where(records.c.type == "person", ~records.c.void)
    )
    return {
        "changes": log.count(connection),
        "persons": connection.execute(persons).scalar_one(),
        "clusters": connection.execute(people).scalar_one(),
        "devices": devices.count_active(connection),
        "batches": batches.count(connection),
        "conflicts": connection.execute(conflicts.where(records.c.conflicts != "[]")).scalar_one(),
        "duplicates": len(possible_duplicates.open_pairs(connection)),
        "quarantined": quarantine.count_waiting(connection),
    }
