"""Batches that wait until a supervisor decides about them.

Those of a forked or revoked device are outside its chain; one that cannot be read is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.envelope import Batch
from shared_schema.ids import Stream
from sync_server.store.tables import quarantine


class Cause(StrEnum):
    """Why a batch is kept: its stream forked, its device was revoked, or it cannot be read."""

    FORK = "fork"
    REVOKED = "revoked"
    HELD = "held"


class Decision(StrEnum):
    """What a supervisor decided."""

    ACCEPTED = "accepted"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A batch in quarantine; ``decision`` None while it waits."""

    id: int
    cause: Cause
    device: str
    stream: str
    first: int
    count: int
    body: bytes = field(repr=False)
    received_ms: int
    decision: Decision | None


# A row's own `count` is a method of every row.
_WHOLE = select(quarantine, quarantine.c["count"].label("batch_size"))


def add(
    connection: Connection, batch: Batch, cause: Cause, receipt: bytes, received_ms: int
) -> None:
    """Keep a batch, with the body of the receipt frame that was given for it; once only."""
    header = batch.header
    connection.execute(
        insert(quarantine)
        .on_conflict_do_nothing()
        .values(
            kind=cause.value,
            device=header.stream.device.hex(),
            stream=header.stream.hex(),
            first=header.first,
            count=header.count,
            hash=batch.hash,
            body=batch.data,
            receipt=receipt,
            received_ms=received_ms,
        )
    )


def hold(connection: Connection, batch: Batch, receipt: bytes, received_ms: int) -> None:
    """Keep a batch that its chain took in and that cannot be read, also if it was set aside."""
    add(connection, batch, Cause.HELD, receipt, received_ms)
    connection.execute(
        update(quarantine)
        .where(*_is(batch))
        .values(kind=Cause.HELD.value, decision=None, decided_ms=None)
    )


def taken_up(connection: Connection, batch: Batch, now_ms: int) -> None:
    """Note that a batch which was held has been read."""
    connection.execute(
        update(quarantine)
        .where(*_is(batch), quarantine.c.kind == Cause.HELD.value)
        .values(decision=Decision.ACCEPTED.value, decided_ms=now_ms)
    )


def given_up(connection: Connection, stream: Stream, places: range) -> list[int]:
    """Return those places in a chain of which it was decided that they are never read."""
    query = select(quarantine.c.first, quarantine.c["count"].label("batch_size")).where(
        quarantine.c.stream == stream.hex(),
        quarantine.c.kind == Cause.HELD.value,
        quarantine.c.decision == Decision.DISCARDED.value,
    )
    lost = [range(row.first, row.first + row.batch_size) for row in connection.execute(query)]
    return [at for at in places if any(at in each for each in lost)]


def _is(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    header = batch.header
    return (
        quarantine.c.stream == header.stream.hex(),
        quarantine.c.first == header.first,
        quarantine.c.hash == batch.hash,
    )


def receipt(connection: Connection, batch: Batch, cause: Cause) -> bytes | None:
    """Return the receipt's frame body given for this very batch, None where it is new."""
    query = select(quarantine.c.receipt).where(quarantine.c.kind == cause.value, *_is(batch))
    return connection.execute(query).scalar_one_or_none()


def get(connection: Connection, number: int) -> Kept | None:
    """Return a batch by its number in quarantine."""
    row = connection.execute(_WHOLE.where(quarantine.c.id == number)).one_or_none()
    return None if row is None else _kept(row)


def everything(connection: Connection) -> Sequence[Kept]:
    """Return all batches, decided or not, in the order in which they came."""
    return [_kept(row) for row in connection.execute(_WHOLE.order_by("id"))]


def decide(connection: Connection, number: int, decision: Decision, now_ms: int) -> None:
    """Note a supervisor's decision."""
    connection.execute(
        update(quarantine)
        .where(quarantine.c.id == number)
        .values(decision=decision.value, decided_ms=now_ms)
    )


def count_waiting(connection: Connection) -> int:
    """Return how many batches wait for a decision."""
    query = select(func.count()).select_from(quarantine).where(quarantine.c.decision.is_(None))
    return connection.execute(query).scalar_one()


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    return Kept(
        id=row.id,
        cause=Cause(row.kind),
        device=row.device,
        stream=row.stream,
        first=row.first,
        count=row.batch_size,
        body=row.body,
        received_ms=row.received_ms,
        decision=Decision(row.decision) if row.decision else None,
    )
