"""What a relay's operator sees: whose bytes wait, how many and how old, never what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from shared_schema.errors import CustodyError, NetworkError
from shared_schema.frames import Kind
from sync_server.relay.relay import Fact, Relay, fact
from sync_server.relay.store import callers, items, replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits of and for one device; times in Unix ms, None where nothing waits."""

    device: str
    label: str
    known: bool
    revoked: bool
    batches: int = 0
    changes: int = 0
    chunks: int = 0
    size: int = 0
    oldest_ms: int | None = None
    replies: int = 0
    reply_size: int = 0
    seen_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A relay as it stands. ``trouble``: the code of what went wrong last, or empty."""

    relay: str
    label: str
    upstream: str
    until_ms: int | None
    heard_ms: int | None
    revoked: bool
    trouble: str
    devices: tuple[Waiting, ...] = field(default=())


def status(relay: Relay) -> Status:
    """Return how a relay stands."""
    with relay.store.read() as connection:
        label, until_ms = _vouched(relay, connection)
        return Status(
            relay=relay.keys.id.hex(),
            label=label,
            upstream=fact(connection, Fact.UPSTREAM),
            until_ms=until_ms,
            heard_ms=int(fact(connection, Fact.HEARD) or "0") or None,
            revoked=bool(fact(connection, Fact.REVOKED)),
            trouble=fact(connection, Fact.TROUBLE),
            devices=_devices(connection),
        )


def _vouched(relay: Relay, connection: Connection) -> tuple[str, int | None]:
    try:
        _, certificate = relay.certificate(connection)
    except (NetworkError, CustodyError):
        return "", None
    return certificate.label, certificate.until_ms


def _devices(connection: Connection) -> tuple[Waiting, ...]:
    """Return who was here, oldest waiting first."""
    waiting = {row.device: row._mapping for row in connection.execute(_ITEMS)}  # noqa: SLF001 - a row's public API
    kept = {row.device: row._mapping for row in connection.execute(_REPLIES)}  # noqa: SLF001
    query = select(callers).where(callers.c.hello.is_not(None))
    found = [
        _waiting(row, waiting.get(row.device, {}), kept.get(row.device, {}))
        for row in connection.execute(query)
    ]
    late = 1 << 62
    return tuple(sorted(found, key=lambda one: (one.oldest_ms or late, one.device)))


def _waiting(row: Any, held: Mapping[Any, Any], kept: Mapping[Any, Any]) -> Waiting:
    return Waiting(
        device=row.device,
        label=row.label,
        known=row.known,
        revoked=row.revoked,
        batches=held.get("batches", 0),
        changes=held.get("changes", 0),
        chunks=held.get("chunks", 0),
        size=held.get("size", 0),
        oldest_ms=held.get("oldest_ms"),
        replies=kept.get("replies", 0),
        reply_size=kept.get("size", 0),
        seen_ms=row.hello_ms,
    )


_ITEMS = (
    select(
        items.c.device,
        func.sum(items.c.kind == int(Kind.BATCH)).label("batches"),
        func.sum(items.c.count).label("changes"),
        func.sum(items.c.kind == int(Kind.CHUNK)).label("chunks"),
        func.sum(items.c.size).label("size"),
        func.min(items.c.at_ms).label("oldest_ms"),
    )
    .where(items.c.reply.is_(None))
    .group_by(items.c.device)
)
_REPLIES = select(
    replies.c.device,
    func.count().label("replies"),
    func.sum(replies.c.size).label("size"),
).group_by(replies.c.device)
