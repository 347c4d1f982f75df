"""One exchange as a state machine: bytes to send, frames that came, and what follows from them.

Nothing is read or written here: the caller sends what `Outgoing` gives it and carries out the
effects that `Session.feed` yields, in their order. Every effect has passed the server's
signature; a section that does not end in DONE with the right count and hash is not whole, but
what it confirmed before is true all the same.

    WELCOME (or ERROR) -> (ENROLLED | RECEIPT | CHUNK_RECEIPT | PAGE | ERROR)* -> DONE
                                                                 -> nothing more is heard
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.sync.errors import RelayAnswered, ReplyOutOfOrder, ReplyStale
from shared_schema.chunks import ChunkReceipt, chunk_receipt_from_json
from shared_schema.custody import Head, Receipt, receipt_from_json
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, FrameReader, Kind, SectionIncomplete, Tally
from shared_schema.ids import Stream
from shared_schema.messages import (
    MessageInvalid,
    Page,
    open_page,
    read_object,
    read_server_frame,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed:
    """The server has recognised us. ``heads``: the ends of all our streams as it knows them.

    ``codecs``: the numbers of the payload codecs that it reads. ``types``: the types of record that
    it knows, with their versions.
    """

    epoch: int
    server_ms: int
    heads: Mapping[Stream, Head]
    codecs: tuple[int, ...] = ()
    types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The enrolment code was accepted; ``content`` as the server sent it."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """The server has answered a batch."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReceipted:
    """The server has answered a piece of a photo."""

    receipt: ChunkReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A page of what others wrote."""

    page: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A page that cannot be opened while the vault is locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The server reports an error by its ``reason`` code, and goes on."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The reply is whole."""

    server_ms: int


Effect = Welcomed | Enrolled | Receipted | ChunkReceipted | Paged | Sealed | Refused | Finished


_OPENING = (Kind.WELCOME, Kind.ERROR)


class Stage(Enum):
    """How far a reply has come."""

    BEFORE = "before"
    WITHIN = "within"
    DONE = "done"


@dataclass(slots=True)
class Outgoing:
    """Our section: hello, an enrolment, batches, end; counts what it gives out."""

    tally: Tally = field(default_factory=Tally)

    def frame(self, frame: Frame) -> bytes:
        """Return the bytes of the next frame of the section."""
        return self.tally.add(frame)

    def batch(self, body: bytes) -> bytes:
        """Return the bytes that carry a sealed batch."""
        return self.frame(Frame(Kind.BATCH, body))

    def end(self) -> bytes:
        """Return the bytes that close the section."""
        return self.tally.end_frame().to_bytes()


@dataclass(slots=True, kw_only=True)
class Session:
    """The reply to one section. ``known_epoch``: the highest that this server has signed.

    ``sealing``: the key that opens pages, None where the vault is locked.
    """

    device: bytes
    server: Ed25519PublicKey
    sealing: X25519PrivateKey | None = field(repr=False)
    known_epoch: int
    stage: Stage = Stage.BEFORE
    epoch: int = 0
    heads: Mapping[Stream, Head] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    reader: FrameReader = field(default_factory=FrameReader)

    def feed(self, data: bytes) -> Iterator[Effect]:
        """Yield what follows from ``data``. Iterate to the end before feeding again.

        Raises MessageForged, MessageInvalid, FrameInvalid, ReplyStale, ReplyOutOfOrder,
        SectionIncomplete.
        """
        for frame in self.reader.feed(data):
            effect = self.receive(frame)
            if effect is not None:
                yield effect

    def receive(self, frame: Frame) -> Effect | None:
        """Return what follows from one frame, None for what is skipped.

        Raises RelayAnswered where the first frame is a relay's, and what `feed` raises.
        """
        if self.stage is Stage.DONE:
            return None
        known = Kind(frame.kind) if frame.kind in set(Kind) else None
        if self.stage is Stage.BEFORE and known is Kind.HELD:
            raise RelayAnswered
        if self.stage is Stage.BEFORE and known not in _OPENING:
            raise ReplyOutOfOrder(reason=known.name if known else frame.kind)
        content = self._open(frame, known)
        if known is Kind.DONE:
            return self._finish(content)
        self.tally.add(frame)
        read = _READERS.get(known) if known else None
        return read(self, content) if read else None

    def finish(self) -> None:
        """Say that no more bytes come. Raises SectionIncomplete where the reply is not whole."""
        if self.stage is not Stage.DONE:
            raise SectionIncomplete

    def _open(self, frame: Frame, kind: Kind | None) -> bytes:
        epoch, content = read_server_frame(frame, self.device, self.server)
        if self.stage is Stage.BEFORE:
            if epoch < self.known_epoch:
                raise ReplyStale
            self.epoch = epoch
        elif epoch > self.epoch or (epoch < self.epoch and kind is not Kind.RECEIPT):
            raise ReplyOutOfOrder(reason="epoch")
        elif epoch < self.epoch:
            self._require_covered(receipt_from_json(read_object(content)))
        return content

    def _require_covered(self, receipt: Receipt) -> None:
        """Refuse a receipt from before a restore, unless the restored chain still reaches there."""
        head = self.heads.get(receipt.stream, Head())
        if receipt.sequence > head.sequence:
            raise ReplyOutOfOrder(reason="epoch")

    def _welcome(self, content: bytes) -> Effect:
        if self.tally.count > 1:
            raise ReplyOutOfOrder(reason="WELCOME")
        data = read_object(content)
        try:
            heads = {
                Stream.from_hex(stream): Head(sequence=int(sequence), hash=bytes.fromhex(digest))
                for stream, (sequence, digest) in data["heads"].items()
            }
            welcomed = Welcomed(
                epoch=self.epoch,
                server_ms=int(data["server_ms"]),
                heads=heads,
                codecs=tuple(int(number) for number in data.get("codecs", ())),
                types={name: int(version) for name, version in data.get("types", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, CustodyError) as error:
            raise MessageInvalid(reason="welcome") from error
        self.stage, self.heads = Stage.WITHIN, heads
        return welcomed

    def _enrolled(self, content: bytes) -> Effect:
        return Enrolled(content=read_object(content))

    def _receipt(self, content: bytes) -> Effect:
        return Receipted(receipt=receipt_from_json(read_object(content)))

    def _chunk_receipt(self, content: bytes) -> Effect:
        return ChunkReceipted(receipt=chunk_receipt_from_json(read_object(content)))

    def _page(self, content: bytes) -> Effect:
        if self.sealing is None:
            return Sealed()
        return Paged(page=open_page(content, self.device, self.sealing))

    def _error(self, content: bytes) -> Effect:
        self.stage = Stage.WITHIN
        return Refused(reason=str(read_object(content).get("code", "?")))

    def _finish(self, content: bytes) -> Effect:
        data = read_object(content)
        whole = data.get("frames") == self.tally.count
        if not whole or data.get("hash") != self.tally.digest().hex():
            raise SectionIncomplete
        server_ms = data.get("server_ms")
        if not isinstance(server_ms, int):
            raise MessageInvalid(reason="done")
        self.stage = Stage.DONE
        return Finished(server_ms=server_ms)


_READERS = {
    Kind.WELCOME: Session._welcome,  # noqa: SLF001 - the table of this very class
    Kind.ENROLLED: Session._enrolled,  # noqa: SLF001
    Kind.RECEIPT: Session._receipt,  # noqa: SLF001
    Kind.CHUNK_RECEIPT: Session._chunk_receipt,  # noqa: SLF001
    Kind.PAGE: Session._page,  # noqa: SLF001
    Kind.ERROR: Session._error,  # noqa: SLF001
}


def section_for(frames: list[Frame], session: Session) -> list[Frame]:
    """Return the section of a file of replies that is meant for the session's device.

    Empty where there is none. A stick may carry the replies to several devices.
    """
    sections: list[list[Frame]] = []
    for frame in frames:
        if not sections or sections[-1][-1].kind == Kind.DONE:
            sections.append([])
        sections[-1].append(frame)
    return next((one for one in sections if _is_ours(one[0], session)), [])


def _is_ours(frame: Frame, session: Session) -> bool:
    try:
        read_server_frame(frame, session.device, session.server)
    except CustodyError:
        return False
    return frame.kind in _OPENING
