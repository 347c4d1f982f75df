"""Recovery keys, their public halves only, and what was done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from shared_schema.canonical import decode, encode
from sync_server.store.tables import recovery_events, recovery_keys

_NEWEST = select(recovery_keys).order_by(recovery_keys.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryKey:
    """A key that shares on paper open. ``id`` counts up: the highest is the one in use.

    ``public``: raw X25519. ``identifier``: SLIP-39's, which every share of it bears. ``holders``:
    a name for each share, perhaps empty.
    """

    id: int
    public: bytes
    identifier: int
    threshold: int
    holders: tuple[str, ...]
    made_ms: int


class Deed(StrEnum):
    """What can be done with a recovery key."""

    CREATED = "created"
    EXERCISED = "exercised"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was done with a key, when, by whom, and with which of its shares.

    ``device``, ``operator``: whose passphrase was recovered.
    """

    at_ms: int
    deed: Deed
    key: int
    actor: str
    shares: tuple[int, ...] = ()
    device: str | None = None
    operator: str | None = None


def keys(connection: Connection) -> list[RecoveryKey]:
    """Return every key ever made, the newest last."""
    query = select(recovery_keys).order_by(recovery_keys.c.id)
    return [_key(row) for row in connection.execute(query)]


def newest(connection: Connection) -> RecoveryKey | None:
    """Return the key in use, None where none was made."""
    row = connection.execute(_NEWEST).one_or_none()
    return None if row is None else _key(row)


def add(connection: Connection, key: RecoveryKey) -> None:
    """Keep a new key."""
    connection.execute(
        recovery_keys.insert().values(
            id=key.id,
            public=key.public,
            identifier=key.identifier,
            threshold=key.threshold,
            holders=encode(list(key.holders)).decode(),
            made_ms=key.made_ms,
        )
    )


def note(connection: Connection, event: Event) -> None:
    """Keep what was done."""
    connection.execute(
        recovery_events.insert().values(
            at_ms=event.at_ms,
            kind=event.deed.value,
            key=event.key,
            actor=event.actor,
            shares=encode(list(event.shares)).decode(),
            device=event.device,
            operator=event.operator,
        )
    )


def events(connection: Connection) -> list[Event]:
    """Return what was done, the latest last."""
    query = select(recovery_events).order_by(recovery_events.c.id)
    return [
        Event(
            at_ms=row.at_ms,
            deed=Deed(row.kind),
            key=row.key,
            actor=row.actor,
            shares=tuple(_list(row.shares)),
            device=row.device,
            operator=row.operator,
        )
        for row in connection.execute(query)
    ]


def _key(row: Row[tuple[object, ...]]) -> RecoveryKey:
    return RecoveryKey(
        id=row.id,
        public=row.public,
        identifier=row.identifier,
        threshold=row.threshold,
        holders=tuple(_list(row.holders)),
        made_ms=row.made_ms,
    )


def _list(text: str) -> Sequence[Any]:
    found: Sequence[Any] = decode(text.encode())
    return found
