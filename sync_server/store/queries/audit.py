"""The audit log: append-only, in the order of commits, hash-chained over all its columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.canonical import decode, encode
from shared_schema.errors import StorageError
from sync_server.store.access_tables import audit
from sync_server.store.driver import ask
from sync_server.store.queries import facts, raw
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.log import START, link

_TOLD_EVERY = 1000
_AT = "SELECT at_ms FROM audit WHERE position = ?"


class AuditAltered(StorageError):
    """The audit log was altered: row {row} ({reason}). Stop, and restore a backup."""

    code = "AUDIT_ALTERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that somebody did. ``at_ms``: Unix ms."""

    position: int
    at_ms: int
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def append(
    connection: Connection,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    at_ms: int,
) -> int:
    """Write one entry at the end of the log and return its position."""
    position, chain = head(connection)
    row = {
        "position": position + 1,
        "at_ms": at_ms,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": encode(dict(detail)).decode(),
    }
    chain = link(chain, row.values())
    connection.execute(audit.insert().values(**row, chain=chain))
    facts.put(connection, Fact.AUDIT_HEAD, f"{position + 1}:{chain.hex()}")
    return position + 1


def head(connection: Connection) -> tuple[int, bytes]:
    """Return the last position and chain as noted beside the log: 0 and zeros when empty."""
    noted = facts.get(connection, Fact.AUDIT_HEAD)
    if noted is None:
        return 0, START
    position, _, chain = noted.partition(":")
    return int(position), bytes.fromhex(chain)


def latest(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Return the newest entries first, those before a position where one is given."""
    query = select(audit).order_by(audit.c.position.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.position < before)
    return [_entry(row) for row in connection.execute(query)]


def about(connection: Connection, action: str, subject: str, limit: int = 50) -> list[Entry]:
    """Return the newest entries of one action about one subject."""
    query = select(audit).where(audit.c.subject == subject, audit.c.action == action)
    newest = query.order_by(audit.c.position.desc()).limit(limit)
    return [_entry(row) for row in connection.execute(newest)]


def since(connection: Connection, at_ms: int, actions: Sequence[str]) -> list[Entry]:
    """Return the entries of some actions from a moment (Unix ms) on, the oldest first."""
    first = first_at(connection, _AT, head(connection)[0], at_ms)
    query = select(audit).where(audit.c.position >= first, audit.c.action.in_(actions))
    return [_entry(row) for row in connection.execute(query.order_by(audit.c.position))]


def first_at(connection: Connection, moment_of: str, last: int, at_ms: int) -> int:
    """Return the first position, of 1 to `last`, whose moment is not before one (Unix ms).

    `moment_of` gives the moment of a position; a log is written in their order.
    """
    first, end = 1, last + 1
    while first < end:
        middle = (first + end) // 2
        ((moment,),) = ask(connection, moment_of, middle) or ((at_ms,),)
        first, end = (middle + 1, end) if moment < at_ms else (first, middle)
    return first


def _entry(row: Any) -> Entry:
    return Entry(
        position=row.position,
        at_ms=row.at_ms,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=decode(row.detail.encode()),
    )


def check(connection: Connection, tell: Callable[[int, int], None] | None = None) -> int:
    """Walk the chain to the head noted beside it; return how many entries it has.

    `tell` hears from time to time how many were checked, and how many there are.
    Raises AuditAltered at the first row that is not as it was.
    """
    position, chain = 0, START
    noted, _ = head(connection)
    for row in raw.rows(connection, audit):
        position += 1
        if row["position"] != position:
            raise AuditAltered(row=position, reason="missing")
        given = row.pop("chain")
        chain = link(chain, row.values())
        if given != chain:
            raise AuditAltered(row=position, reason="chain")
        if tell is not None and position % _TOLD_EVERY == 0:
            tell(position, noted)
    if head(connection) != (position, chain):
        raise AuditAltered(row=position + 1, reason="end of the log")
    return position
