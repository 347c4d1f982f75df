"""Batches as they came, and the heads of the streams they make up."""

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, select
from sqlalchemy.dialects.sqlite import insert

from shared_schema.custody import Head
from shared_schema.envelope import Batch
from shared_schema.ids import Stream
from sync_server.store.driver import ask, replacing, run, text_of
from sync_server.store.queries.quarantine import Cause, Decision
from sync_server.store.tables import batches, changes, quarantine, streams

# What is asked for each batch or section is put together once.
_HEAD = "SELECT sequence, hash FROM streams WHERE stream = ?"
_MOVE = replacing(streams, "stream")
_HEADS = select(streams).where(streams.c.device == bindparam("device")).order_by(streams.c.stream)
_ADD = text_of(insert(batches))
_HASH = "SELECT hash FROM batches WHERE stream = ? AND first = ?"
_SEALED = "SELECT device, sum(sequence) FROM streams GROUP BY device"
_LOGGED = "SELECT substr(stream, 1, 16), count(*) FROM changes GROUP BY substr(stream, 1, 16)"
_HELD = (
    "SELECT substr(b.stream, 1, 16), sum(b.count) FROM batches b WHERE NOT EXISTS"
    " (SELECT 1 FROM changes c WHERE c.stream = b.stream AND c.sequence = b.first)"
    " GROUP BY substr(b.stream, 1, 16)"
)
_RECEIPT = "SELECT receipt FROM batches WHERE stream = ? AND first = ? AND hash = ?"


def head(connection: Connection, stream: Stream) -> Head:
    """Return the end of a stream's chain; of one never heard of, its beginning."""
    rows = ask(connection, _HEAD, stream.hex())
    return Head(sequence=rows[0][0], hash=rows[0][1]) if rows else Head()


def heads_of(connection: Connection, device: bytes) -> dict[Stream, Head]:
    """Return the ends of all streams of a device."""
    return {
        Stream.from_hex(row.stream): Head(sequence=row.sequence, hash=row.hash)
        for row in connection.execute(_HEADS, {"device": device.hex()})
    }


def move(connection: Connection, stream: Stream, end: Head) -> None:
    """Note the new end of a stream's chain."""
    row = (stream.hex(), stream.device.hex(), end.sequence, end.hash)
    run(connection, _MOVE, [row])


def branches(connection: Connection) -> dict[str, list[int]]:
    """Return for each device when each of its branches was first heard of, the oldest first."""
    begun = and_(batches.c.stream == streams.c.stream, batches.c.first == 1)
    query = select(streams.c.device, batches.c.received_ms).join(batches, begun)
    found: dict[str, list[int]] = {}
    for row in connection.execute(query.order_by(batches.c.received_ms)):
        found.setdefault(row.device, []).append(row.received_ms)
    return found


def add(connection: Connection, batch: Batch, receipt: bytes, received_ms: int) -> None:
    """Keep a batch that the chain took in, with the body of its receipt frame."""
    header = batch.header
    stream, first, count = header.stream.hex(), header.first, header.count
    row = (stream, first, count, batch.hash, batch.data, receipt, received_ms)
    run(connection, _ADD, [row])


def receipt(connection: Connection, batch: Batch) -> bytes | None:
    """Return the receipt's frame body given for this very batch, None where it is new."""
    header = batch.header
    rows = ask(connection, _RECEIPT, header.stream.hex(), header.first, batch.hash)
    return rows[0][0] if rows else None


def hashes_at(connection: Connection, stream: Stream, first: int) -> dict[int, bytes]:
    """Return the hash of the batch that begins at ``first``, by that number, if there is one."""
    rows = ask(connection, _HASH, stream.hex(), first)
    return {first: rows[0][0]} if rows else {}


def ends_at(connection: Connection, stream: Stream, end: Head) -> bool:
    """Tell whether the chain holds a batch of this hash that ends at this sequence."""
    query = select(batches.c.first).where(
        batches.c.stream == stream.hex(),
        batches.c.hash == end.hash,
        batches.c.first + batches.c.count - 1 == end.sequence,
    )
    return connection.execute(query).first() is not None


def unread(connection: Connection) -> list[Row[tuple[bytes, bytes, int]]]:
    """Return body, receipt and time of the batches held: their changes are not in the log.

    Those that were given up are left out.
    """
    logged = exists().where(
        changes.c.stream == batches.c.stream, changes.c.sequence == batches.c.first
    )
    given_up = exists().where(
        quarantine.c.stream == batches.c.stream,
        quarantine.c.first == batches.c.first,
        quarantine.c.kind == Cause.HELD.value,
        quarantine.c.decision == Decision.DISCARDED.value,
    )
    query = select(batches.c.body, batches.c.receipt, batches.c.received_ms)
    query = query.where(~logged, ~given_up)
    return list(connection.execute(query.order_by(batches.c.received_ms, "stream", "first")))


def count(connection: Connection) -> int:
    """Return the number of batches taken in."""
    return connection.execute(select(func.count()).select_from(batches)).scalar_one()


def sealed_and_held(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return by device how many changes its chains reach to, and how many of them are here.

    Here are those in the log, and those of batches that are held because this program cannot read
    them yet.
    """
    found = {device: [sealed, 0] for device, sealed in ask(connection, _SEALED)}
    for device, held in (*ask(connection, _LOGGED), *ask(connection, _HELD)):
        if device in found:
            found[device][1] += held
    return {device: (sealed, held) for device, (sealed, held) in found.items()}
