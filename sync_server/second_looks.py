"""Second looks: decisions that their maker wants another supervisor to see.

Agreeing closes the look; whoever disagrees undoes the decision, which closes it as well. Nobody
looks at their own decision. Every function runs within the caller's transaction.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.errors import AccessError
from shared_schema.links import link_id
from sync_server.reconcile import Decision
from sync_server.store.access_tables import second_looks


class LookOwn(AccessError):
    """You made this decision yourself. Another supervisor has to look at it."""

    code = "LOOK_OWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look that was asked for; ``looked_by`` None while nobody has looked. Times in Unix ms."""

    decision: UUID
    link: UUID
    asked_by: str
    asked_ms: int
    looked_by: str | None
    agreed: bool | None


def ask(connection: Connection, decision: Decision, name: str, now_ms: int) -> None:
    """Ask another supervisor to look at a decision; asking again changes nothing."""
    row = {
        "decision": str(decision.decision),
        "link": str(link_id(decision.a, decision.b)),
        "asked_by": name,
        "asked_ms": now_ms,
    }
    connection.execute(insert(second_looks).values(row).on_conflict_do_nothing())


def agree(connection: Connection, decision: str, name: str, now_ms: int) -> None:
    """Note that another supervisor agrees. Raises LookOwn."""
    _close(connection, decision, name, now_ms, agreed=True)


def overturned(connection: Connection, decision: str, name: str, now_ms: int) -> None:
    """Note that a decision was undone, by whomever: nothing is left to look at."""
    table = second_looks
    query = update(table).where(table.c.decision == decision, table.c.looked_by.is_(None))
    connection.execute(query.values(looked_by=name, looked_ms=now_ms, agreed=False))


def _close(connection: Connection, decision: str, name: str, now_ms: int, *, agreed: bool) -> None:
    found = of(connection, [decision]).get(decision)
    if found is None or found.looked_by is not None:
        return
    if found.asked_by == name:
        raise LookOwn
    query = update(second_looks).where(second_looks.c.decision == decision)
    connection.execute(query.values(looked_by=name, looked_ms=now_ms, agreed=agreed))


def of(connection: Connection, decisions: list[str]) -> dict[str, Look]:
    """Return the looks asked for at some decisions (at most a few hundred), by decision."""
    table = second_looks
    rows = connection.execute(select(table).where(table.c.decision.in_(decisions)))
    return {row.decision: _look(row) for row in rows}


def waiting(connection: Connection, name: str) -> list[Look]:
    """Return the looks that wait for this user, the oldest first."""
    table = second_looks
    query = select(table).where(table.c.looked_by.is_(None), table.c.asked_by != name)
    rows = connection.execute(query.order_by(table.c.asked_ms, table.c.decision))
    return [_look(row) for row in rows]


def _look(row: Row[tuple[object, ...]]) -> Look:
    return Look(
        decision=UUID(row.decision),
        link=UUID(row.link),
        asked_by=row.asked_by,
        asked_ms=row.asked_ms,
        looked_by=row.looked_by,
        agreed=row.agreed,
    )
