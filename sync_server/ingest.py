"""How changes come into the log: sealed batches from devices, and the server's own writes.

One transaction a batch, or for a few that lie there already: verified, judged against its stream's
chain, opened, decoded, logged, folded, and answered. The receipt is kept with the batch and
repeated byte for byte. Whatever has a valid chain is taken in whole; what cannot be read or folded
yet is held and said so.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from shared_schema.canonical import Json, NotCanonical, encode
from shared_schema.changes import (
    Change,
    ChangeInvalid,
    Stamp,
    Write,
    change_digest,
    settled,
)
from shared_schema.clock import Clock, Evidence
from shared_schema.custody import (
    Head,
    Judgement,
    Receipt,
    Remark,
    Status,
    judge,
    receipt_to_json,
)
from shared_schema.envelope import GENESIS, Batch, BatchUnreadable, open_batch, verify
from shared_schema.fold import RecordState, join, state_of
from shared_schema.frames import Frame, Kind
from shared_schema.ids import Stream
from shared_schema.messages import server_frame
from shared_schema.records import record_type
from shared_schema.traces import change_trace
from shared_schema.wire import CodecUnknown, decode_payload
from shared_schema.wire.json_columns import PayloadInvalid
from sync_server import arrivals, projections
from sync_server.arrivals import Link
from sync_server.matching.exact import LINK_TYPE
from sync_server.office import Office
from sync_server.store.queries import batches, facts, log, matching, quarantine, records
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.quarantine import Cause
from sync_server.store.queries.records import Current

REVOKED = "DEVICE_REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be set on one record; the stamps it replaces follow from its current state.

    ``replaces``: those stamps instead, where only some of a field's values are to go.
    """

    record: UUID
    type: str
    values: Mapping[str, Json]
    replaces: tuple[Stamp, ...] | None = None

    def writes(self, before: RecordState) -> dict[str, Write]:
        """Return the writes that set the values on a record as it is."""
        if self.replaces is None:
            return before.edit(self.values)
        return {n: Write(value=v, replaces=self.replaces) for n, v in self.values.items()}


def write_own(
    connection: Connection,
    edits: Sequence[Edit],
    operator: str,
    *,
    wall_ms: int | None = None,
    fresh: bool = False,
) -> list[Change]:
    """Write edits as changes of the server's stream, within the caller's write transaction.

    ``operator``: ``user:NAME`` or ``matcher:VERSION``. ``fresh``: the records are known not to
    be there yet. One change an edit, in order. Raises
    ChangeInvalid for values that could not be folded; the caller's transaction is then undone.
    """
    now_ms = int(time.time() * 1000) if wall_ms is None else wall_ms
    stream = Stream.from_hex(facts.need(connection, Fact.STREAM))
    known = {} if fresh else records.many(connection, {edit.record for edit in edits})
    made = _make(connection, edits, operator, stream, now_ms, known)
    if made:
        folded = projections.apply(connection, log.append(connection, made, now_ms))
        if folded.remarks:
            raise ChangeInvalid(reason=", ".join(remark.code for remark in folded.remarks))
        batches.move(connection, stream, Head(sequence=made[-1].sequence))
        _match(connection, folded.states, stream.device, now_ms, registers=False)
    return made


def take_in(connection: Connection, changes: Sequence[Change], now_ms: int) -> list[Remark]:
    """Log and fold changes that others wrote, and match the residents among them.

    Returns why some were not folded.
    """
    folded = projections.apply(connection, log.append(connection, changes, now_ms))
    learn(connection, changes, now_ms)
    server = Stream.from_hex(facts.need(connection, Fact.STREAM)).device
    _match(connection, folded.states, server, now_ms, registers=True)
    return folded.remarks


def _match(
    connection: Connection,
    states: Sequence[RecordState],
    server: bytes,
    now_ms: int,
    *,
    registers: bool,
) -> None:
    """Compare touched residents with everybody, and write the links that are certain.

    ``registers``: also compare those who were not begun on a device.
    """
    fresh = arrivals.note(connection, states)
    if not registers:
        fresh = arrivals.from_devices(fresh, server)
    if fresh:
        write_links(connection, arrivals.compare(connection, fresh, server, now_ms), now_ms)


def write_links(connection: Connection, links: Sequence[Link], now_ms: int) -> None:
    """Write what the matcher is certain of as changes of the server's stream, and why."""
    if not links:
        return
    edits = [Edit(record=link.record, type=LINK_TYPE, values=link.values) for link in links]
    made = write_own(connection, edits, links[0].method, wall_ms=now_ms, fresh=True)
    found = [(change.id, link.pair) for change, link in zip(made, links, strict=True)]
    matching.note_decisions(connection, found, now_ms, automatic=True)


def _make(
    connection: Connection,
    edits: Sequence[Edit],
    operator: str,
    stream: Stream,
    now_ms: int,
    known: Mapping[UUID, Current],
) -> list[Change]:
    states = {record: current.state for record, current in known.items()}
    often = Counter(edit.record for edit in edits)
    sequence = batches.head(connection, stream).sequence
    clock = _clock(connection)
    made = []
    for at, edit in enumerate(edits, sequence + 1):
        clock = clock.tick(now_ms)
        before = states.get(edit.record)
        blank = RecordState(record=edit.record, type=edit.type, fields={})
        change = Change(
            stream=stream,
            sequence=at,
            record=edit.record,
            type=edit.type,
            version=record_type(edit.type).version,
            hlc=clock.reading,
            operator=operator,
            writes=edit.writes(before or blank),
            evidence=Evidence(wall_ms=now_ms, server_ms=now_ms),
        )
        if often[edit.record] > 1:
            states[edit.record] = join(before, state_of(change)) if before else state_of(change)
        made.append(change)
    _keep_clock(connection, clock)
    return made


def accept(
    office: Office, connection: Connection, device: Device, brought: Sequence[Batch]
) -> list[tuple[Receipt | None, Frame]]:
    """Take in parsed batches of a known device in their order, within one write transaction.

    Returns of each the receipt and its signed frame; a repeat gives the frame given before and
    None. The answer to a fork is made anew each time, since what the chain holds may have grown. A
    revoked device's batch goes to quarantine. What follows one another in a stream is folded
    together. Raises BatchForged: nothing is kept then.
    """
    signing = Ed25519PublicKey.from_public_bytes(device.signing)
    for batch in brought:
        verify(batch, signing)
    said: list[tuple[Receipt | None, Frame]] = []
    for row in _in_rows(brought):
        if len(row) > 1 and _is_new(connection, device, row):
            said += _take(office, connection, row)
        else:
            said += [_accept(office, connection, device, batch) for batch in row]
    return said


def _in_rows(brought: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Yield the batches in lists in which each goes on where the one before it ends."""
    row: list[Batch] = []
    for batch in brought:
        stream = batch.header.stream
        if row and (row[-1].header.stream != stream or _judged(row[-1], batch) != Judgement.NEXT):
            yield row
            row = []
        row.append(batch)
    if row:
        yield row


def _judged(before: Batch, batch: Batch) -> Judgement:
    return judge(Head(sequence=before.header.last, hash=before.hash), {}, batch)


def _is_new(connection: Connection, device: Device, row: Sequence[Batch]) -> bool:
    """Tell whether a row of batches goes on where its stream's chain ends."""
    if device.revoked_ms is not None or any(_given(connection, one) is not None for one in row):
        return False
    head = batches.head(connection, row[0].header.stream)
    return judge(head, {}, row[0]) is Judgement.NEXT


def _given(connection: Connection, batch: Batch) -> bytes | None:
    """Return the receipt that was given for this very batch."""
    given = batches.receipt(connection, batch)
    return given or quarantine.receipt(connection, batch, Cause.REVOKED)


def _accept(
    office: Office, connection: Connection, device: Device, batch: Batch
) -> tuple[Receipt | None, Frame]:
    given = _given(connection, batch)
    if given is not None:
        return None, Frame(Kind.RECEIPT, given)
    if device.revoked_ms is not None:
        return _set_aside(office, connection, batch, Cause.REVOKED)
    return admit(office, connection, batch)


def admit(office: Office, connection: Connection, batch: Batch) -> tuple[Receipt, Frame]:
    """Take in a verified batch that has no receipt yet, by its place in its stream's chain."""
    head = batches.head(connection, batch.header.stream)
    known = batches.hashes_at(connection, batch.header.stream, batch.header.first)
    judgement = judge(head, known, batch)
    if judgement is Judgement.NEXT:
        return _take(office, connection, [batch])[0]
    if judgement is Judgement.FORK:
        return _set_aside(office, connection, batch, Cause.FORK)
    receipt = _receipt(office, batch, Status.GAP, head)
    return receipt, _frame(office, connection, receipt)


def _take(
    office: Office, connection: Connection, row: Sequence[Batch]
) -> list[tuple[Receipt, Frame]]:
    """Log, fold and answer the next batches of a stream."""
    opened = [(batch, *read(batch, office)) for batch in row]
    now_ms = office.now_ms()
    changes = [change for _, found, _ in opened for change in found]
    noted = take_in(connection, changes, now_ms) if changes else []
    said = []
    for batch, _, trouble in opened:
        header = batch.header
        remarks = tuple(one for one in noted if header.first <= one.sequence <= header.last)
        if trouble is not None:
            remarks = (Remark(sequence=header.first, code=trouble),)
        status = Status.ACCEPTED if trouble is None else Status.HELD
        head = Head(sequence=header.last, hash=batch.hash)
        receipt = _receipt(office, batch, status, head, remarks=remarks, now_ms=now_ms)
        frame = _frame(office, connection, receipt)
        if status is Status.HELD:
            quarantine.hold(connection, batch, frame.body, now_ms)
        batches.add(connection, batch, frame.body, now_ms)
        said.append((receipt, frame))
    batches.move(connection, row[-1].header.stream, head)
    return said


def read(batch: Batch, office: Office) -> tuple[list[Change], str | None]:
    """Return a batch's changes, or none and the code of why it has to be held."""
    header = batch.header
    try:
        payload = open_batch(batch, office.keys.openers())
        found = decode_payload(header.codec, payload, header.stream, header.first, header.count)
        return [settled(one) for one in found], None
    except (BatchUnreadable, CodecUnknown, PayloadInvalid) as error:
        return [], error.code
    except (ChangeInvalid, NotCanonical):
        return [], PayloadInvalid.code


def _set_aside(
    office: Office, connection: Connection, batch: Batch, cause: Cause
) -> tuple[Receipt, Frame]:
    """Keep a batch for a supervisor, outside the chain, and say so."""
    stream, now_ms = batch.header.stream, office.now_ms()
    head = batches.head(connection, stream)
    if cause is Cause.FORK:
        places = range(batch.header.first, batch.header.last + 1)
        held = log.of_stream(connection, stream, places.start, places.stop - 1)
        lost = dict.fromkeys(quarantine.given_up(connection, stream, places), GENESIS)
        receipt = replace(
            _receipt(office, batch, Status.FORK, head, now_ms=now_ms),
            digests=lost | {change.sequence: change_digest(change) for change in held},
            traces={change.sequence: change_trace(change) for change in held},
        )
    else:
        notes = (Remark(sequence=batch.header.first, code=REVOKED),)
        receipt = _receipt(office, batch, Status.QUARANTINED, head, remarks=notes, now_ms=now_ms)
    frame = _frame(office, connection, receipt)
    quarantine.add(connection, batch, cause, frame.body, now_ms)
    return receipt, frame


def _receipt(
    office: Office,
    batch: Batch,
    status: Status,
    head: Head,
    *,
    remarks: tuple[Remark, ...] = (),
    now_ms: int | None = None,
) -> Receipt:
    return Receipt(
        stream=batch.header.stream,
        first=batch.header.first,
        hash=batch.hash,
        status=status,
        sequence=head.sequence,
        head=head.hash,
        durable_through=0,
        server_ms=office.now_ms() if now_ms is None else now_ms,
        remarks=remarks,
    )


def _frame(office: Office, connection: Connection, receipt: Receipt) -> Frame:
    content = encode(receipt_to_json(receipt))
    device = receipt.stream.device
    return server_frame(Kind.RECEIPT, content, device, office.signatory(connection))


def _clock(connection: Connection) -> Clock:
    return Clock(int(facts.get(connection, Fact.CLOCK) or "0", 16))


def _keep_clock(connection: Connection, clock: Clock) -> None:
    facts.put(connection, Fact.CLOCK, f"{clock.reading:016x}")


def learn(connection: Connection, changes: Sequence[Change], now_ms: int) -> None:
    """Move the server's clock past the readings of ``changes``, unless they are a day ahead."""
    clock = _clock(connection)
    for change in changes:
        clock = clock.learn(change.hlc, now_ms)
    _keep_clock(connection, clock)
