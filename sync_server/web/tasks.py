"""What waits for a supervisor, counted for the first page and the navigation."""

from dataclasses import dataclass

from sync_server import choices, queueing, second_looks
from sync_server.accounts import Actor
from sync_server.queue import OUTAGE, PERSON
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
        conflicts=sum(actor.covers(one.area) for one in choices.waiting(look.connection)),
        looks=len(second_looks.waiting(look.connection, actor.name)),
    )
