"""What the office answered, kept frame by frame until the device it is for has taken it.

A line says nothing of what arrived behind it, so an answer stays until the device's next hello
shows that it was taken: its heads reach the receipts, its cursor has left the first page. What a
hello cannot show (a refusal, a receipt for another copy of the device) is given a few times.
Nothing depends on it: what is thrown away too early is sent again, and answered again.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.custody import Head, Status, receipt_from_json
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, Kind
from shared_schema.messages import Hello, page_cursors, read_object
from sync_server.relay import shelf
from sync_server.relay.store import replies as table
from sync_server.relay.store import reply_frames

GIVEN_AT_MOST = 3
_SERVER_HEAD_BYTES = 68
_HAD = (Status.ACCEPTED, Status.HELD)


def content(frame: Frame) -> bytes:
    """Return what a server frame says, whose signature was checked when it came."""
    return frame.body[_SERVER_HEAD_BYTES:]


def begin(connection: Connection, device: bytes, epoch: int, now_ms: int) -> int:
    """Begin a reply that the office gives in an epoch; return its number."""
    statement = insert(table).values(device=device.hex(), epoch=epoch, at_ms=now_ms)
    return int(connection.execute(statement.returning(table.c.id)).scalar_one())


def add(connection: Connection, reply: int, ordinal: int, frame: Frame) -> None:
    """Keep the next frame of a reply."""
    connection.execute(
        insert(reply_frames).values(reply=reply, ordinal=ordinal, kind=frame.kind, body=frame.body)
    )
    values: dict[str, object] = {"size": table.c.size + len(frame.body)}
    if frame.kind == Kind.DONE:
        values["whole"] = True
    connection.execute(update(table).where(table.c.id == reply).values(**values))


def waiting(connection: Connection, device: bytes) -> list[tuple[int, int]]:
    """Return number and count of frames of the replies that wait for a device, oldest first."""
    query = (
        select(table.c.id, func.count())
        .join(reply_frames, reply_frames.c.reply == table.c.id)
        .where(table.c.device == device.hex())
        .group_by(table.c.id)
        .order_by(table.c.id)
    )
    return [(number, count) for number, count in connection.execute(query)]


def frames(connection: Connection, reply: int) -> list[Frame]:
    """Return the frames of a reply."""
    query = select(reply_frames.c.kind, reply_frames.c.body).where(reply_frames.c.reply == reply)
    rows = connection.execute(query.order_by(reply_frames.c.ordinal))
    return [Frame(row.kind, row.body) for row in rows]


def given(connection: Connection, reply: int) -> None:
    """Count that a reply was handed out whole."""
    connection.execute(update(table).where(table.c.id == reply).values(given=table.c.given + 1))


def sort_out(connection: Connection, hello: Hello, coming: Collection[int] = ()) -> None:
    """Drop the replies that a hello shows, or that may be supposed, to have been taken.

    ``coming``: those that are still being received; what they answer hangs on them.
    """
    query = select(table).where(table.c.device == hello.device.hex()).order_by(table.c.id)
    for row in connection.execute(query).all():
        if row.id not in coming and not _wanted(connection, row, hello):
            drop(connection, row.id)


def drop(connection: Connection, reply: int) -> None:
    """Throw a reply away, and forget the items that it answered."""
    shelf.drop_replied(connection, reply)
    connection.execute(delete(reply_frames).where(reply_frames.c.reply == reply))
    connection.execute(delete(table).where(table.c.id == reply))


def drop_before(connection: Connection, epoch: int) -> None:
    """Throw away what the office said before it was restored: it may no longer be true."""
    query = select(table.c.id).where(table.c.epoch < epoch)
    for row in connection.execute(query).all():
        drop(connection, row.id)


def drop_pages(connection: Connection, reply: int) -> None:
    """Throw away the pages of a reply that was cut: all of them will be sent again."""
    connection.execute(
        delete(reply_frames).where(reply_frames.c.reply == reply, reply_frames.c.kind == Kind.PAGE)
    )


def shrink(connection: Connection, device: bytes, limit_bytes: int) -> None:
    """Throw away the oldest replies beyond a limit."""
    query = select(table.c.id, table.c.size).where(table.c.device == device.hex())
    total = 0
    for row in connection.execute(query.order_by(table.c.id.desc())).all():
        total += row.size
        if total > limit_bytes:
            drop(connection, row.id)


def _wanted(connection: Connection, row: Row[Any], hello: Hello) -> bool:
    if row.given >= GIVEN_AT_MOST:
        return False
    if not row.given:
        return True
    return any(_news(kept, hello) for kept in _telling(connection, row.id))


def _telling(connection: Connection, reply: int) -> Iterator[Frame]:
    """Yield the frames by which it can be told whether a reply was taken: of pages the first."""
    paged = False
    for frame in frames(connection, reply):
        if frame.kind in {Kind.RECEIPT, Kind.CHUNK_RECEIPT} or (
            frame.kind == Kind.PAGE and not paged
        ):
            yield frame
        paged = paged or frame.kind == Kind.PAGE


def _news(frame: Frame, hello: Hello) -> bool:
    """Tell whether a frame still says something to whoever said this hello."""
    try:
        if frame.kind == Kind.PAGE:
            return page_cursors(content(frame))[0] == hello.cursor
        if frame.kind == Kind.CHUNK_RECEIPT:
            return False
        receipt = receipt_from_json(read_object(content(frame)))
    except CustodyError:
        return False
    head = hello.heads.get(receipt.stream, Head())
    return receipt.status in _HAD and head.sequence < receipt.sequence
