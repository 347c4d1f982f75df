"""The server's side of an exchange: frames come in, frames go out, each batch answered at once.

The same for a line, a file and a relay. A section is answered frame by frame while it is still
being read, so a cut loses at most what was under way. Nothing is sent twice and nothing waits: the
caller passes on each frame as it comes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection

from shared_schema.canonical import Json, encode
from shared_schema.chunks import ChunkState, chunk_receipt_to_json, read_chunk
from shared_schema.custody import Head, Status
from shared_schema.enrolment import DeviceRevoked, DeviceUnknown
from shared_schema.envelope import Batch, BatchForged, parse
from shared_schema.errors import AccessError, CustodyError, JemputError, StorageError
from shared_schema.frames import Frame, FrameInvalid, Kind, SectionIncomplete, Tally
from shared_schema.ids import Stream
from shared_schema.messages import Hello, Page, read_hello, seal_page, server_frame
from shared_schema.records import RECORD_TYPES
from shared_schema.wire import CODECS
from sync_server import enrol, ingest, photo_records, photos, pull, relays
from sync_server.inbound import Inbound
from sync_server.office import Office
from sync_server.store.queries import batches, devices, facts
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact

_ENROL_PLACE = 2
_TROUBLES_KEPT = 100
_ERRORS_LIMIT = 1000
_SEEN_EVERY_MS = 60_000
# So many batches that lie here already are made durable by one commit.
_TOGETHER = 8


class ServerForeign(AccessError):
    """The message is meant for another server. Check the address, or use its code."""

    code = "SERVER_FOREIGN"


class FrameUnknown(CustodyError):
    """The message has a part of kind {kind}, which this program does not know. Update it."""

    code = "FRAME_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a section began. ``refused``: why it is not listened to, else None.

    ``known``: whether the device is enrolled. ``pending``: the frame behind the hello, where it
    had to be read to know.
    """

    hello: Hello
    frame: Frame = field(repr=False)
    known: bool = False
    pending: Frame | None = field(default=None, repr=False)
    refused: AccessError | None = None


def open_section(office: Office, frames: Iterator[Frame]) -> Opening | None:
    """Read a hello (of an unknown device, the next frame too); None where no more frames come.

    Raises MessageInvalid, MessageForged, FrameInvalid, SectionIncomplete.
    """
    first = next(frames, None)
    if first is None:
        return None
    hello = read_hello(first)
    if hello.server != office.keys.server:
        return Opening(hello=hello, frame=first, refused=ServerForeign())
    with office.store.read() as connection:
        known = devices.get(connection, hello.device) is not None
    if known:
        return Opening(hello=hello, frame=first, known=True)
    pending = next(frames, None)
    enrols = pending is not None and pending.kind == Kind.ENROL
    refused = None if enrols else DeviceUnknown()
    return Opening(hello=hello, frame=first, pending=pending, refused=refused)


def converse(
    office: Office, frames: Iterator[Frame], opening: Opening | None, troubles: list[JemputError]
) -> Iterator[Frame]:
    """Answer every section of a body or file, the first of which began with ``opening``.

    What went wrong is told in ERROR frames and added to ``troubles``. A section that cannot be
    opened has nobody to answer: it is passed over.
    """
    inbound = frames if isinstance(frames, Inbound) else Inbound(frames)
    while opening is not None:
        section = Section(office, opening, troubles)
        yield from section.answer(inbound)
        if not section.ended:
            return
        opening = open_next(office, inbound, troubles)


def open_next(office: Office, inbound: Inbound, troubles: list[JemputError]) -> Opening | None:
    """Open the next section that has a readable hello; None where no more comes."""
    while True:
        try:
            return open_section(office, inbound)
        except CustodyError as error:
            _note(troubles, error)
        try:
            inbound.pass_over()
        except CustodyError as error:
            _note(troubles, error)
            return None


def _note(troubles: list[JemputError], error: JemputError) -> None:
    if len(troubles) < _TROUBLES_KEPT:
        troubles.append(error)


class Section:
    """One device's part of an exchange: what was heard and said so far."""

    def __init__(self, office: Office, opening: Opening, troubles: list[JemputError]) -> None:
        """Begin behind the hello of ``opening``. ``troubles``: where errors are noted."""
        self._office = office
        self._opening = opening
        self._troubles = troubles
        self._heard = Tally()
        self._said = Tally()
        self._proven: dict[Stream, Head] = {}
        self._unknown: set[int] = set()
        self._errors = 0
        self._device: Device | None = None
        self._cursor = opening.hello.cursor
        with office.store.read() as connection:
            self._signatory = office.signatory(connection)
        self.ended = False

    def answer(self, frames: Inbound) -> Iterator[Frame]:
        """Yield the reply, taking frames up to the section's end, or the next section's hello."""
        self._heard.add(self._opening.frame)
        try:
            yield from self._begin()
            if self._opening.pending is not None:
                frames.put_back(self._opening.pending)
            while not self.ended:
                yield from self._hear(self._next(frames), frames)
            yield from self._finish()
        except (CustodyError, StorageError) as error:
            yield self._error(error)
        yield self._say(Kind.DONE, self._done())

    def _begin(self) -> Iterator[Frame]:
        if self._opening.refused is not None:
            yield self._error(self._opening.refused)
            return
        hello = self._opening.hello
        with self._office.store.read() as connection:
            self._device = devices.get(connection, hello.device)
            for stream, head in hello.heads.items():
                if stream.device == hello.device and batches.ends_at(connection, stream, head):
                    self._proven[stream] = head
            content = welcome(connection, hello.device, self._office.now_ms())
        yield self._say(Kind.WELCOME, content)

    def _next(self, frames: Inbound) -> Frame:
        """Return the section's next frame. Raises SectionIncomplete where there is none."""
        if self._errors > _ERRORS_LIMIT:
            raise FrameInvalid(reason="errors")
        frame = next(frames, None)
        if frame is None:
            raise SectionIncomplete
        if frame.kind == Kind.HELLO:
            frames.put_back(frame)
            self.ended = True
            raise SectionIncomplete
        return frame

    def _hear(self, frame: Frame, behind: Inbound) -> Iterator[Frame]:
        if frame.kind == Kind.END:
            self.ended = True
            self._heard.check_end(frame)
            return
        self._heard.add(frame)
        asks = frame.kind == Kind.ENROL and self._heard.count == _ENROL_PLACE
        if asks and self._opening.refused is None:
            yield self._enrol(frame)
        elif self._device is None:
            return
        elif frame.kind == Kind.BATCH:
            more = behind.at_hand(Kind.BATCH, _TOGETHER - 1)
            for each in more:
                self._heard.add(each)
            yield from self._batches([frame, *more])
        elif frame.kind == Kind.CHUNK:
            yield self._chunk(frame, self._device)
        elif frame.kind not in self._unknown:
            self._unknown.add(frame.kind)
            yield self._error(FrameUnknown(kind=frame.kind))

    def _enrol(self, frame: Frame) -> Frame:
        try:
            self._device = enrol.enrol(self._office, self._opening.hello, frame)
        except (AccessError, CustodyError) as error:
            return self._error(error)
        device = self._device
        certificate = relays.certificate_of(device, self._office.keys) if device.relay else None
        with self._office.store.read() as connection:
            content = enrol.answer(connection, device, self._office.now_ms(), certificate)
        return self._say(Kind.ENROLLED, content)

    def _batches(self, frames: Sequence[Frame]) -> Iterator[Frame]:
        """Answer batches that were heard: in one commit, and where one is refused each alone."""
        try:
            yield from self._accept([self._parsed(frame) for frame in frames])
        except CustodyError as error:
            if len(frames) == 1:
                yield self._error(error)
                return
            for frame in frames:
                yield from self._batches([frame])

    def _parsed(self, frame: Frame) -> Batch:
        batch = parse(frame.body)
        if batch.header.stream.device != self._opening.hello.device:
            raise BatchForged
        return batch

    def _chunk(self, frame: Frame, device: Device) -> Frame:
        try:
            receipt = photos.take(self._office, device, read_chunk(frame))
        except CustodyError as error:
            return self._error(error)
        if device.revoked_ms is not None and receipt.state is ChunkState.COMPLETE:
            photo_records.take_over(self._office, device.id)
        return self._say(Kind.CHUNK_RECEIPT, chunk_receipt_to_json(receipt))

    def _accept(self, together: Sequence[Batch]) -> list[Frame]:
        """Take in batches in one transaction; receipts are passed on only after the commit."""
        now_ms = self._office.now_ms()
        with self._office.store.write() as connection:
            device = devices.get(connection, self._opening.hello.device)
            if device is None:
                raise BatchForged
            said = ingest.accept(self._office, connection, device, together)
            if any(receipt is not None for receipt, _ in said):
                devices.seen(connection, device.id, now_ms)
        self._device = device
        for batch, (receipt, answer) in zip(together, said, strict=True):
            if receipt is None or receipt.status in {Status.ACCEPTED, Status.HELD}:
                self._prove(batch)
            self._said.add(answer)
        return [answer for _, answer in said]

    def _prove(self, batch: Batch) -> None:
        """Note that whoever is asking has the chain up to this batch."""
        stream, end = batch.header.stream, Head(sequence=batch.header.last, hash=batch.hash)
        self._proven[stream] = max(end, self._proven.get(stream, end), key=lambda h: h.sequence)

    def _finish(self) -> Iterator[Frame]:
        device = self._device
        if device is None:
            return
        self._note_seen(device)
        if device.revoked_ms is not None:
            yield self._error(DeviceRevoked())
        elif self._opening.hello.pull and not device.ended(self._office.now_ms()):
            sealing = X25519PublicKey.from_public_bytes(device.sealing)
            self._note_key(device)
            for page in self._pages(device):
                self._cursor = page.next
                yield self._signed(Kind.PAGE, seal_page(page, device.id, sealing))

    def _note_seen(self, device: Device) -> None:
        """Keep that the device was heard of, also where it only pulls; a full disk may prevent."""
        now_ms, software = self._office.now_ms(), self._opening.hello.software
        updated = devices.short(software) != device.software
        if updated or now_ms - (device.seen_ms or 0) >= _SEEN_EVERY_MS:
            with suppress(StorageError), self._office.store.write() as connection:
                devices.seen(connection, device.id, now_ms)
                devices.names_itself(connection, device.id, software)

    def _pages(self, device: Device) -> Iterator[Page]:
        if device.relay:
            return relays.pages(self._office, self._cursor)
        return pull.pages(self._office, device, self._cursor, self._proven)

    def _note_key(self, device: Device) -> None:
        """Keep which recovery key the device has taken: its cursor, which it signed, says so."""
        key = pull.key_taken(self._cursor)
        if key != device.recovery:
            with self._office.store.write() as connection:
                devices.took_recovery(connection, device.id, key)

    def _done(self) -> dict[str, Json]:
        return {
            "frames": self._said.count,
            "hash": self._said.digest().hex(),
            "cursor": self._cursor,
            "server_ms": self._office.now_ms(),
        }

    def _error(self, error: JemputError) -> Frame:
        _note(self._troubles, error)
        self._errors += 1
        details = {name: str(value) for name, value in error.details.items()}
        return self._say(Kind.ERROR, {"code": error.code, "details": details})

    def _say(self, kind: Kind, content: Mapping[str, Json]) -> Frame:
        return self._signed(kind, encode(content))

    def _signed(self, kind: Kind, content: bytes) -> Frame:
        frame = server_frame(kind, content, self._opening.hello.device, self._signatory)
        self._said.add(frame)
        return frame


def welcome(connection: Connection, device: bytes, now_ms: int) -> dict[str, Json]:
    """Return what a device is told first: who is speaking, and the ends of all its chains."""
    heads = batches.heads_of(connection, device)
    return {
        "server_ms": now_ms,
        "region": facts.need(connection, Fact.REGION),
        "name": facts.need(connection, Fact.NAME),
        "codecs": sorted(CODECS),
        "types": {name: rtype.version for name, rtype in RECORD_TYPES.items()},
        "heads": {stream.hex(): [head.sequence, head.hash.hex()] for stream, head in heads.items()},
    }
