"""What a relay holds for the office: the callers, and their batches, chunks and enrolments.

An item whose answer is kept stays, without its bytes, until that answer has been taken: whoever
sends it again has no need of a second journey to the office.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.frames import Frame, Kind
from sync_server.relay.store import callers, items

PHOTO = Kind.CHUNK
_RANKS = {Kind.ENROL: 0, Kind.BATCH: 1, Kind.CHUNK: 2}
_ORDER = (
    items.c.id, items.c.kind, items.c.stream, items.c.first, items.c.name, items.c.offset,
    items.c.size,
)  # fmt: skip
# What is asked of each section is put together once.
_CALLER = select(callers).where(callers.c.device == bindparam("device"))
_GREETED = select(callers).where(callers.c.hello.is_not(None)).order_by(callers.c.device)
_NAMED = insert(callers)
_NAME = _NAMED.on_conflict_do_update(
    index_elements=["device"],
    set_={name: _NAMED.excluded[name] for name in ("signing", "label", "known", "revoked")},
)
_TOTAL = select(func.coalesce(func.sum(callers.c.size), 0))
_STRANGERS_TOTAL = _TOTAL.where(callers.c.known.is_(False))
_GROW = (
    update(callers)
    .where(callers.c.device == bindparam("grown"))
    .values(size=callers.c.size + bindparam("more"))
)
_UNANSWERED = items.c.reply.is_(None)
_WAITING = (
    select(*_ORDER).where(items.c.device == bindparam("device"), _UNANSWERED).order_by(items.c.id)
)
_FRAME = select(items.c.kind, items.c.body).where(items.c.id == bindparam("number"), _UNANSWERED)
_STRANGERS = (
    select(items.c.id, items.c.size, items.c.device)
    .join(callers, callers.c.device == items.c.device)
    .where(callers.c.known.is_(False), items.c.at_ms < bindparam("before_ms"), _UNANSWERED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A device as the relay knows it. ``known``: the office named it. ``size``: bytes held.

    ``hello``: the body of its newest hello. ``passed_on``: the office has answered that one.
    """

    device: bytes
    signing: bytes
    label: str = ""
    known: bool = False
    revoked: bool = False
    hello: bytes | None = field(default=None, repr=False)
    hello_ms: int | None = None
    passed_on: bool = False
    tries: int = 0
    retry_ms: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One frame that is held. ``stream``, ``first``, ``count``, ``hash``: of a batch.

    ``name``, ``total``, ``offset``: of a chunk. ``digest``: by which a repeat is known.
    """

    kind: int
    digest: bytes
    body: bytes = field(repr=False)
    stream: str = ""
    first: int = 0
    count: int = 0
    hash: bytes = b""
    name: bytes = b""
    total: int = 0
    offset: int = 0


# Callers


def caller(connection: Connection, device: bytes) -> Caller | None:
    """Return a device that called or that the office named."""
    row = connection.execute(_CALLER, {"device": device.hex()}).one_or_none()
    return None if row is None else _caller(row)


def everyone(connection: Connection) -> list[Caller]:
    """Return all callers that said hello, in the order of their names."""
    return [_caller(row) for row in connection.execute(_GREETED)]


def name_device(
    connection: Connection, device: bytes, signing: bytes, label: str, *, revoked: bool
) -> None:
    """Take from the office that a device is its own."""
    row = {"device": device.hex(), "signing": signing, "label": label, "known": True}
    connection.execute(_NAME, {**row, "revoked": revoked})


def greet(connection: Connection, device: bytes, signing: bytes, hello: bytes, now_ms: int) -> None:
    """Keep a device's newest hello; one that was heard before is not passed on again."""
    statement = insert(callers).values(
        device=device.hex(), signing=signing, known=False, revoked=False,
        hello=hello, hello_ms=now_ms,
    )  # fmt: skip
    fresh = {"hello": hello, "hello_ms": now_ms, "passed_on": False, "tries": 0, "retry_ms": 0}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["device"],
            set_=fresh,
            where=callers.c.hello.is_distinct_from(hello),
        )
    )


def passed_on(connection: Connection, device: bytes, hello: bytes) -> None:
    """Note that the office has answered a section with this hello to its end."""
    newest = (callers.c.device == device.hex()) & (callers.c.hello == hello)
    connection.execute(update(callers).where(newest).values(passed_on=True, tries=0))


def put_off(connection: Connection, device: bytes, tries: int, retry_ms: int) -> None:
    """Leave a device alone until ``retry_ms``: the office did not answer all it sent."""
    later = update(callers).where(callers.c.device == device.hex())
    connection.execute(later.values(tries=tries, retry_ms=retry_ms))


def total(connection: Connection, *, strangers: bool = False) -> int:
    """Return how many bytes are held, of all devices or of those the office has not named."""
    return int(connection.execute(_STRANGERS_TOTAL if strangers else _TOTAL).scalar_one())


# Items


def held(connection: Connection, device: bytes, digest: bytes) -> int | None:
    """Return since when a repeat's first copy is held, or was passed on; None where it is new."""
    query = select(items.c.at_ms).where(items.c.device == device.hex(), items.c.digest == digest)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def put(connection: Connection, device: bytes, item: Item, now_ms: int) -> None:
    """Hold a new item."""
    size = len(item.body)
    connection.execute(
        insert(items).values(
            device=device.hex(), kind=item.kind, digest=item.digest, stream=item.stream,
            first=item.first, count=item.count, hash=item.hash, name=item.name,
            total=item.total, offset=item.offset, size=size, body=item.body, at_ms=now_ms,
        )
    )  # fmt: skip
    _grow(connection, device.hex(), size)


def photo_bytes(connection: Connection, device: bytes) -> int:
    """Return how many bytes of photos are held of a device."""
    query = select(func.coalesce(func.sum(items.c.size), 0)).where(
        items.c.device == device.hex(), items.c.kind == PHOTO, items.c.reply.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def gapless(connection: Connection, device: bytes, name: bytes, head_bytes: int) -> int:
    """Return up to where the chunks of a file reach without a gap; each carries a head."""
    query = select(items.c.offset, items.c.size).where(
        items.c.device == device.hex(), items.c.kind == PHOTO, items.c.name == name
    )
    have = 0
    for row in connection.execute(query.order_by(items.c.offset)):
        if row.offset > have:
            break
        have = max(have, row.offset + row.size - head_bytes)
    return have


def waiting(connection: Connection, device: bytes) -> list[tuple[int, int, int]]:
    """Return (number, kind, size) of what is not answered, in the order in which it goes.

    An enrolment first, then batches by stream (streams as they first came) and number, then
    chunks by file and place.
    """
    rows = connection.execute(_WAITING, {"device": device.hex()}).all()
    began: dict[tuple[str, bytes], int] = {}
    for row in rows:
        began.setdefault((row.stream, row.name), row.id)

    def place(row: Any) -> tuple[int, int, int, int]:
        return (_RANKS[row.kind], began[row.stream, row.name], row.first + row.offset, row.id)

    return [(row.id, row.kind, row.size) for row in sorted(rows, key=place)]


def frame(connection: Connection, number: int) -> Frame | None:
    """Return a held frame, None where it was answered meanwhile."""
    row = connection.execute(_FRAME, {"number": number}).one_or_none()
    return None if row is None else Frame(row.kind, row.body)


def answered(connection: Connection, device: bytes, reply: int, **found: object) -> int:
    """Note that the office has answered the items of a device that have these columns.

    Returns how many they were.
    """
    query = select(items.c.id, items.c.size).where(
        items.c.device == device.hex(),
        items.c.reply.is_(None),
        *(items.c[name] == value for name, value in found.items()),
    )
    rows = connection.execute(query).all()
    for row in rows:
        connection.execute(update(items).where(items.c.id == row.id).values(reply=reply, body=b""))
        _grow(connection, device.hex(), -row.size)
    return len(rows)


def chunks_before(connection: Connection, device: bytes, name: bytes, reply: int, have: int) -> int:
    """Note that the office has a file's first ``have`` bytes."""
    done = 0
    query = select(items.c.offset).where(
        items.c.device == device.hex(), items.c.kind == PHOTO, items.c.name == name,
        items.c.reply.is_(None), items.c.offset < have,
    )  # fmt: skip
    for row in connection.execute(query).all():
        done += answered(connection, device, reply, kind=PHOTO, name=name, offset=row.offset)
    return done


def drop_through(connection: Connection, device: bytes, stream: str, sequence: int) -> None:
    """Drop the batches that the device itself says the office has: they went another way."""
    query = select(items.c.id, items.c.size).where(
        items.c.device == device.hex(), items.c.kind == Kind.BATCH, items.c.stream == stream,
        items.c.first + items.c.count - 1 <= sequence, items.c.reply.is_(None),
    )  # fmt: skip
    _drop(connection, device.hex(), connection.execute(query).all())


def drop_replied(connection: Connection, reply: int) -> None:
    """Forget the items whose answer was taken, or is thrown away."""
    connection.execute(delete(items).where(items.c.reply == reply))


def drop_strangers(connection: Connection, before_ms: int) -> None:
    """Drop what devices that the office never named left here before ``before_ms``."""
    for row in connection.execute(_STRANGERS, {"before_ms": before_ms}).all():
        _drop(connection, row.device, [row])


def _drop(connection: Connection, device: str, rows: Iterable[Any]) -> None:
    for row in rows:
        connection.execute(delete(items).where(items.c.id == row.id))
        _grow(connection, device, -row.size)


def _grow(connection: Connection, device: str, size: int) -> None:
    connection.execute(_GROW, {"grown": device, "more": size})


def _caller(row: Row[Any]) -> Caller:
    return Caller(
        device=bytes.fromhex(row.device), signing=row.signing, label=row.label, known=row.known,
        revoked=row.revoked, hello=row.hello, hello_ms=row.hello_ms, passed_on=row.passed_on,
        tries=row.tries, retry_ms=row.retry_ms, size=row.size,
    )  # fmt: skip
