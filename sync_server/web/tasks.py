"""What waits for a supervisor, counted for the first page and the navigation."""

from dataclasses import dataclass

from sqlalchemy import select

from sync_server import queueing, second_looks
from sync_server.accounts import Actor
from sync_server.queue import OUTAGE, PERSON
from sync_server.store import tables
from sync_server.web.looking import Looking


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many cases of each kind, fields in conflict, and decisions to look at again."""

    people: int
    outages: int
    conflicts: int
    looks: int


def waiting(look: Looking, actor: Actor) -> Waiting:
    """Count what is in the user's area."""
    return Waiting(
        people=queueing.left(look.connection, actor, PERSON),
        outages=queueing.left(look.connection, actor, OUTAGE),
        conflicts=_conflicts(look, actor),
        looks=len(second_looks.waiting(look.connection, actor.name)),
    )


def _conflicts(look: Looking, actor: Actor) -> int:
    table = tables.records
    query = select(table.c.area).where(table.c.conflicts != "[]")
    return sum(actor.covers(area) for area in look.connection.execute(query).scalars())
