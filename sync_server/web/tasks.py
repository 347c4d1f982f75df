"""What waits for a supervisor, counted for the first page and the navigation."""

from dataclasses import dataclass

from sqlalchemy import text

from sync_server import possible_duplicates, second_looks
from sync_server.accounts import Actor
from sync_server.web.looking import Looking

# As text: only so does SQLite see that the partial index has them all.
_IN_CONFLICT = text("SELECT area FROM records WHERE conflicts <> '[]'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many pairs of each kind, fields in conflict, and decisions to look at again."""

    people: int
    outages: int
    conflicts: int
    looks: int


def waiting(look: Looking, actor: Actor) -> Waiting:
    """Count what is in the user's area."""
    covers = actor.covers if actor.area else None
    return Waiting(
        people=possible_duplicates.count_people(look.connection, covers),
        outages=possible_duplicates.count_outages(look.connection, covers),
        conflicts=_conflicts(look, actor),
        looks=len(second_looks.waiting(look.connection, actor.name)),
    )


def _conflicts(look: Looking, actor: Actor) -> int:
    found = look.connection.execute(_IN_CONFLICT).scalars()
    return sum(actor.covers(area) for area in found)
