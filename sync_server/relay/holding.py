"""A relay's side of an exchange with a device: what comes is held, what waits is handed over.

Each batch, chunk or enrolment is on the disk before the HELD frame that says so goes out. Whom a
device means, and that it is who it says, is checked by its signatures; what it sends stays
sealed. What a device that the office has not named may leave here is bounded for all such
together, so that strangers cannot fill a relay.
"""

import hashlib
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from shared_schema.canonical import Json
from shared_schema.chunks import read_chunk
from shared_schema.envelope import BatchForged, parse, verify
from shared_schema.errors import AccessError, CustodyError, JemputError, StorageError
from shared_schema.frames import Frame, FrameInvalid, Kind, SectionIncomplete, Tally
from shared_schema.ids import Stream
from shared_schema.messages import read_hello
from shared_schema.relaying import HeldBatch, Speaker, What, batch_said
from sync_server.exchange import FrameUnknown, Opening, ServerForeign
from sync_server.inbound import Inbound
from sync_server.relay import replies, shelf
from sync_server.relay.errors import RelayFull, RelayRevoked
from sync_server.relay.relay import Fact, Relay, fact
from sync_server.relay.shelf import Item

_DIGEST_BYTES = 16
_CHUNK_HEAD_BYTES = 40
_ENROL_PLACE = 2
_TROUBLES_KEPT = 100


def open_section(relay: Relay, frames: Iterator[Frame]) -> Opening | None:
    """Read a hello; None where no more frames come.

    Raises MessageInvalid, MessageForged, FrameInvalid, SectionIncomplete, RelayUnready.
    """
    first = next(frames, None)
    if first is None:
        return None
    hello = read_hello(first)
    with relay.store.read() as connection:
        relay.certificate(connection)
        ours = hello.server == relay.server(connection)
        caller = shelf.caller(connection, hello.device)
    named = caller is not None and caller.known and caller.signing == hello.signing
    refused = None if ours else ServerForeign()
    return Opening(hello=hello, frame=first, refused=refused, known=named)


def converse(
    relay: Relay,
    frames: Iterator[Frame],
    opening: Opening | None,
    troubles: list[JemputError],
    arrived: Callable[[], None] = lambda: None,
) -> Iterator[Frame]:
    """Answer every section, the first of which began with ``opening``.

    ``arrived`` is called behind each section: something may be there to be passed on.
    """
    inbound = frames if isinstance(frames, Inbound) else Inbound(frames)
    while opening is not None:
        section = Section(relay, opening, troubles)
        yield from section.answer(inbound)
        arrived()
        if not section.ended:
            return
        opening = _open_next(relay, inbound, troubles)


def _open_next(relay: Relay, inbound: Inbound, troubles: list[JemputError]) -> Opening | None:
    """Open the next section that has a readable hello; None where no more comes."""
    while True:
        try:
            return open_section(relay, inbound)
        except CustodyError as error:
            troubles.append(error)
        try:
            inbound.pass_over()
        except CustodyError as error:
            troubles.append(error)
            return None


class Section:
    """One device's visit to a relay."""

    def __init__(self, relay: Relay, opening: Opening, troubles: list[JemputError]) -> None:
        """Begin behind the hello of ``opening``."""
        self._relay = relay
        self._opening = opening
        self._troubles = troubles
        self._troubles_said = 0
        self._heard = Tally()
        self._speaker = Speaker(device=opening.hello.device, key=relay.keys.signing)
        self._full = False
        self._unknown: set[int] = set()
        self.ended = False

    def answer(self, frames: Inbound) -> Iterator[Frame]:
        """Yield the relay section, then the office's replies that wait for this device."""
        self._heard.add(self._opening.frame)
        yield self._introduce()
        try:
            if self._opening.refused is not None:
                raise self._opening.refused
            while not self.ended:
                yield from self._hear(self._next(frames))
        except (AccessError, CustodyError, StorageError) as error:
            yield self._refuse(error)
        yield from self._hand_over()

    def _introduce(self) -> Frame:
        with self._relay.store.read() as connection:
            signed, _ = self._relay.certificate(connection)
            heard = fact(connection, Fact.HEARD)
        return self._speaker.say(
            What.RELAY,
            certificate=signed.hex(),
            relay_ms=self._relay.now_ms(),
            heard_ms=int(heard) if heard else None,
        )

    def _next(self, frames: Inbound) -> Frame:
        """Return the section's next frame. Raises SectionIncomplete where there is none."""
        if self._troubles_said > _TROUBLES_KEPT:
            raise FrameInvalid(reason="errors")
        frame = next(frames, None)
        if frame is None:
            raise SectionIncomplete
        if frame.kind == Kind.HELLO:
            frames.put_back(frame)
            self.ended = True
            raise SectionIncomplete
        return frame

    def _hear(self, frame: Frame) -> Iterator[Frame]:
        if frame.kind == Kind.END:
            self._heard.check_end(frame)
            self.ended = True
            self._greet()
            return
        self._heard.add(frame)
        try:
            item = self._read(frame)
        except CustodyError as error:
            yield self._refuse(error)
            return
        if item is not None and not self._full:
            yield self._hold(item)

    def _read(self, frame: Frame) -> Item | None:
        """Return what is to be held of a frame, None for what says nothing new here."""
        digest = hashlib.sha256(frame.body).digest()[:_DIGEST_BYTES]
        if frame.kind == Kind.BATCH:
            return self._batch(frame, digest)
        if frame.kind == Kind.CHUNK:
            return _chunk(frame, digest)
        if frame.kind == Kind.ENROL and self._heard.count == _ENROL_PLACE:
            return Item(kind=frame.kind, digest=digest, body=frame.body)
        if frame.kind not in self._unknown:
            self._unknown.add(frame.kind)
            raise FrameUnknown(kind=frame.kind)
        return None

    def _batch(self, frame: Frame, digest: bytes) -> Item:
        batch = parse(frame.body)
        if batch.header.stream.device != self._opening.hello.device:
            raise BatchForged
        verify(batch, Ed25519PublicKey.from_public_bytes(self._opening.hello.signing))
        return Item(
            kind=frame.kind,
            digest=digest,
            body=frame.body,
            stream=batch.header.stream.hex(),
            first=batch.header.first,
            count=batch.header.count,
            hash=batch.hash,
        )

    def _hold(self, item: Item) -> Frame:
        """Put an item on the disk, and say so only then."""
        hello, now_ms = self._opening.hello, self._relay.now_ms()
        try:
            with self._relay.store.write() as connection:
                self._note_hello(connection)
                at_ms = shelf.held(connection, hello.device, item.digest)
                if at_ms is None:
                    self._require_room(connection, item)
                    shelf.put(connection, hello.device, item, now_ms)
                have = self._reach(connection, item)
        except (StorageError, RelayRevoked) as error:
            self._full = True
            self._note(error)
            return self._speaker.say(What.FULL, code=error.code)
        return self._held(item, now_ms if at_ms is None else at_ms, have)

    def _reach(self, connection: Connection, item: Item) -> int:
        if item.kind != Kind.CHUNK:
            return 0
        device = self._opening.hello.device
        return shelf.gapless(connection, device, item.name, _CHUNK_HEAD_BYTES)

    def _held(self, item: Item, at_ms: int, have: int) -> Frame:
        if item.kind == Kind.ENROL:
            return self._speaker.say(What.ENROL, relay_ms=at_ms)
        if item.kind == Kind.CHUNK:
            said: dict[str, Json] = {"name": item.name.hex(), "have": have, "total": item.total}
            return self._speaker.say(What.CHUNK, **said)
        held = HeldBatch(
            stream=Stream.from_hex(item.stream),
            first=item.first,
            count=item.count,
            hash=item.hash,
            relay_ms=at_ms,
        )
        return self._speaker.say(What.BATCH, **batch_said(held))

    def _require_room(self, connection: Connection, item: Item) -> None:
        """Raise RelayFull where a limit would be passed, RelayRevoked where nothing is taken."""
        if fact(connection, Fact.REVOKED):
            raise RelayRevoked
        limits, size = self._relay.limits, len(item.body)
        hello = self._opening.hello
        known = shelf.caller(connection, hello.device)
        photos = shelf.photo_bytes(connection, hello.device) if item.kind == Kind.CHUNK else 0
        passed = (
            (known.size if known else 0) + size > limits.device
            or (item.kind == Kind.CHUNK and photos + size > limits.photos)
            or (
                not self._opening.known
                and shelf.total(connection, strangers=True) + size > limits.strangers
            )
            or shelf.total(connection) + size > limits.total
            or self._relay.free() < limits.free
        )
        if passed:
            raise RelayFull

    def _greet(self) -> None:
        """Note the hello of a section that ended well, and what it shows to have arrived."""
        hello = self._opening.hello
        with self._relay.store.write() as connection:
            known = shelf.caller(connection, hello.device)
            room = shelf.total(connection, strangers=True) < self._relay.limits.strangers
            if known is None and not room:
                raise RelayFull
            self._note_hello(connection)
            for stream, head in hello.heads.items():
                if stream.device == hello.device:
                    shelf.drop_through(connection, hello.device, stream.hex(), head.sequence)
            replies.sort_out(connection, hello, set(self._relay.coming))

    def _note_hello(self, connection: Connection) -> None:
        hello, body = self._opening.hello, self._opening.frame.body
        shelf.greet(connection, hello.device, hello.signing, body, self._relay.now_ms())

    def _hand_over(self) -> Iterator[Frame]:
        """Close the relay section and pass on the office's replies, oldest first."""
        device = self._opening.hello.device
        with self._relay.store.read() as connection:
            waiting = replies.waiting(connection, device) if self.ended else []
            coming = set(self._relay.coming)
        yield self._speaker.done([count for _, count in waiting])
        for reply, count in waiting:
            with self._relay.store.read() as connection:
                kept = replies.frames(connection, reply)[:count]
            if len(kept) < count:
                return
            yield from kept
        if waiting:
            with self._relay.store.write() as connection:
                for reply in {reply for reply, _ in waiting} - coming:
                    replies.given(connection, reply)

    def _refuse(self, error: JemputError) -> Frame:
        self._note(error)
        self._troubles_said += 1
        return self._speaker.say(What.REFUSED, code=error.code)

    def _note(self, error: JemputError) -> None:
        if len(self._troubles) < _TROUBLES_KEPT:
            self._troubles.append(error)


def _chunk(frame: Frame, digest: bytes) -> Item:
    chunk = read_chunk(frame)
    return Item(
        kind=frame.kind,
        digest=digest,
        body=frame.body,
        name=chunk.name,
        total=chunk.total,
        offset=chunk.offset,
    )
