"""The change log: append-only, in the order of commits, hash-chained over all its columns."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from shared_schema.canonical import decode
from shared_schema.changes import Change, change_bytes, change_digest, change_from_json
from shared_schema.ids import Stream, id_text
from sync_server.store.driver import ask, run, text_of
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.store.tables import changes, unfolded

CHAIN_BYTES = 32
START = bytes(CHAIN_BYTES)
_PAGE = 500
_APPEND = text_of(insert(changes))
_ANY_INVALID = "SELECT 1 FROM unfolded WHERE state = 'invalid' LIMIT 1"
_COUNT = select(func.count()).select_from(changes)


@dataclass(slots=True, kw_only=True)
class Logged:
    """A change and its place in the log: ``position`` from 1, ``received_ms`` Unix ms."""

    position: int
    received_ms: int
    change: Change


def append(connection: Connection, added: Sequence[Change], received_ms: int) -> list[Logged]:
    """Write changes at the end of the log and move its head. They are new to the log."""
    position, chain = head(connection)
    logged, rows = [], []
    for at, change in enumerate(added, position + 1):
        stream, record, body = change.stream.hex(), id_text(change.record), change_bytes(change)
        columns = (at, stream, change.sequence, record, change.type, body, received_ms)
        chain = link(chain, columns)
        rows.append((*columns[:5], body.decode(), received_ms, chain))
        logged.append(Logged(position=at, received_ms=received_ms, change=change))
    if rows:
        run(connection, _APPEND, rows)
        facts.put(connection, Fact.LOG_HEAD, f"{rows[-1][0]}:{chain.hex()}")
    return logged


def link(chain: bytes, columns: Iterable[object]) -> bytes:
    """Return the chain after a row: SHA-256 over the chain before and the row's other columns.

    ``columns``: position, stream, sequence, record, type, body, received_ms; each as UTF-8 text
    (or the bytes of it) after its length of 4 bytes.
    """
    parts = [chain]
    for column in columns:
        data = column if isinstance(column, bytes) else str(column).encode()
        parts += (len(data).to_bytes(4), data)
    return hashlib.sha256(b"".join(parts)).digest()


def head(connection: Connection) -> tuple[int, bytes]:
    """Return the last position and chain as noted beside the log: 0 and zeros when empty."""
    noted = facts.get(connection, Fact.LOG_HEAD)
    if noted is None:
        return 0, START
    position, _, chain = noted.partition(":")
    return int(position), bytes.fromhex(chain)


def rows_after(connection: Connection, position: int = 0) -> Iterator[Row[tuple[object, ...]]]:
    """Yield the raw rows after a position, in order, a page at a time."""
    while True:
        query = select(changes).where(changes.c.position > position)
        page = connection.execute(query.order_by(changes.c.position).limit(_PAGE)).all()
        if not page:
            return
        yield from page
        position = page[-1].position


def after(connection: Connection, position: int = 0) -> Iterator[Logged]:
    """Yield the changes after a position, in order."""
    return map(logged_of, rows_after(connection, position))


def of_record(connection: Connection, record: UUID) -> list[Logged]:
    """Return every change of a record in the order of the log."""
    return of_records(connection, [str(record)])


def of_records(connection: Connection, records: Iterable[str], position: int = 0) -> list[Logged]:
    """Return the changes of some records (at most a few hundred) after a position, in order."""
    query = select(changes).where(
        changes.c.record.in_(list(records)), changes.c.position > position
    )
    return [logged_of(row) for row in connection.execute(query.order_by(changes.c.position))]


def authors_of(
    connection: Connection, records: Iterable[str], position: int = 0
) -> Iterator[tuple[UUID, Stream, int]]:
    """Yield record, stream and sequence of the changes of some records after a position."""
    query = select(changes.c.record, changes.c.stream, changes.c.sequence).where(
        changes.c.record.in_(list(records)), changes.c.position > position
    )
    for record, stream, sequence in connection.execute(query):
        yield UUID(record), Stream.from_hex(stream), sequence


def unused_of(
    connection: Connection, records: Iterable[UUID], source: Connection | None = None
) -> dict[UUID, list[Logged]]:
    """Return the invalid changes of some records (a few hundred), in order of the log.

    ``source``: the database of the log, where the projections are folded elsewhere.
    """
    if not ask(connection, _ANY_INVALID):
        return {}
    refused = select(unfolded.c.position).where(unfolded.c.state == "invalid")
    names = [str(record) for record in records]
    entries = of_records(source or connection, names)
    positions = [entry.position for entry in entries]
    unused = {
        position
        for at in range(0, len(positions), _PAGE)
        for position in connection.scalars(
            refused.where(unfolded.c.position.in_(positions[at : at + _PAGE]))
        )
    }
    found: dict[UUID, list[Logged]] = {}
    for entry in entries:
        if entry.position in unused:
            found.setdefault(entry.change.record, []).append(entry)
    return found


def of_stream(connection: Connection, stream: Stream, first: int, last: int) -> list[Change]:
    """Return the changes of a stream from ``first`` to ``last``, those that are in the log."""
    query = select(changes.c.body).where(
        changes.c.stream == stream.hex(), changes.c.sequence.between(first, last)
    )
    bodies = connection.execute(query.order_by(changes.c.sequence)).scalars()
    return [change_from_json(decode(body.encode())) for body in bodies]


def of_device(connection: Connection, device: bytes, by: str = "") -> Iterator[Change]:
    """Yield every change of a device, of all its branches.

    ``by``: only of operators whose name begins so.
    """
    query = select(changes.c.body).where(
        changes.c.stream.startswith(device.hex()),
        changes.c.body.contains(f'"operator":"{by}', autoescape=True),
    )
    return (change_from_json(decode(body.encode())) for body in connection.scalars(query))


def digests(connection: Connection, stream: Stream, first: int, last: int) -> dict[int, bytes]:
    """Return the digest of each change of a stream from ``first`` to ``last``, by sequence."""
    found = of_stream(connection, stream, first, last)
    return {change.sequence: change_digest(change) for change in found}


def count(connection: Connection) -> int:
    """Return the number of changes in the log."""
    return connection.execute(_COUNT).scalar_one()


def logged_of(row: Row[tuple[object, ...]]) -> Logged:
    """Return what a row says. Raises ChangeInvalid or NotCanonical where it was altered."""
    change = change_from_json(decode(row.body.encode()))
    return Logged(position=row.position, received_ms=row.received_ms, change=change)
