"""A locked laptop at a relay: what is sealed is left there, what the office answered is kept.

As everywhere while the vault is locked, nothing is decided: each of the office's replies is kept
as a section of its own, and judged at the next unlock.
"""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_client.sync.departure import Departure
from field_client.sync.engine import Transport
from field_client.sync.errors import LineCut, RelayUntrusted
from field_client.sync.locked import SECTION_NAME_BYTES, LockedExchange, alone, received
from field_client.sync.outcome import Outcome, Progress, silent
from field_client.sync.photos_out import PhotosOut, among_waiting
from field_client.sync.relay_word import RelayWord
from field_client.sync.relayed import HeldPhotos, Left, still_held
from field_client.sync.session import Session, Stage
from field_client.vault.spool import Spool
from shared_schema.frames import Frame, FrameReader, Kind
from shared_schema.messages import MessageForged, MessageInvalid
from shared_schema.relaying import Ended, HeldBatch, HeldChunk, Introduced, Listener, NotHeld


@dataclass(slots=True)
class LockedReply:
    """Reads the reply to one section, whoever gives it. ``part``: where a reply is kept."""

    home: Path
    part: LockedExchange
    left: Left
    listener: Listener
    reader: FrameReader = field(default_factory=FrameReader)
    direct: bool | None = None
    counts: list[int] = field(default_factory=list)
    session: Session | None = None
    held: list[HeldBatch] = field(default_factory=list)
    photos: HeldPhotos = field(default_factory=HeldPhotos)
    word: RelayWord = field(default_factory=RelayWord)

    def take(self, data: bytes) -> bool:
        """Keep what bytes of the reply complete; return whether more may be read."""
        return all(self._frame(frame) for frame in self.reader.feed(data))

    @property
    def complete(self) -> bool:
        """Whether all of it came."""
        if self.direct:
            return self.session is not None and self.session.stage is Stage.DONE
        return self.listener.ended and not self.counts

    def _frame(self, frame: Frame) -> bool:
        if self.direct is None:
            self.direct = frame.kind != Kind.HELD
        if self.direct:
            self.session = self.session or self.part.session()
            return self.part.take(frame.to_bytes(), self.session)
        if self.listener.ended:
            return self._replied(frame) if self.counts else True
        try:
            heard = self.listener.hear(frame)
        except (MessageForged, MessageInvalid) as error:
            raise RelayUntrusted from error
        self.word.hear(frame, heard)
        self._heard(heard)
        return True

    def _heard(self, heard: object) -> None:
        match heard:
            case Introduced():
                label = heard.certificate.label
                self.left = replace(self.left, relay=label, heard_ms=heard.heard_ms)
            case HeldBatch():
                self.held.append(heard)
            case HeldChunk():
                self.photos.hear(heard, self.part.photos)
            case NotHeld():
                self.left = replace(self.left, refused=(*self.left.refused, heard.code))
                self.photos.hear(heard, self.part.photos)
            case Ended():
                self.counts = [count for count in heard.replies if count > 0]

    def _replied(self, frame: Frame) -> bool:
        if self.session is None:
            self._begin()
        more = self.session is not None and self.part.take(frame.to_bytes(), self.session)
        self.counts[0] -= 1
        if not self.counts[0]:
            self.counts.pop(0)
            self.session = None
        return more

    def _begin(self) -> None:
        """Keep what comes now as a reply of its own."""
        before = self.part
        before.end()
        self.part = LockedExchange(
            spool=before.spool,
            departure=before.departure,
            photos=PhotosOut(home=self.home, spool=before.spool),
            progress=before.progress,
            outcome=before.outcome,
            refusals=before.refusals,
        )
        self.session = self.part.session()
        self.left = replace(self.left, replies=self.left.replies + 1)


def leave_locked(
    home: Path,
    spool: Spool,
    departure: Departure,
    transport: Transport,
    progress: Progress = silent,
) -> Left:
    """Visit a relay (or the office) once, without any key; return what it amounted to.

    Raises VaultBusy, RelayUntrusted, a NetworkError where the line failed, DeviceRevokedWaiting.
    """
    with alone(home):
        exchange = LockedExchange(
            spool=spool,
            departure=departure,
            photos=PhotosOut(home=home, spool=spool),
            progress=progress,
        )
        office = Ed25519PublicKey.from_public_bytes(departure.server)
        listener = Listener(device=departure.device, office=office)
        reply = LockedReply(home, exchange, Left(outcome=Outcome()), listener)
        try:
            for data in transport.exchange(exchange.outgoing()):
                if not reply.take(data):
                    break
            else:
                if not reply.complete:
                    raise LineCut
        finally:
            reply.part.end()
            reply.word.keep(spool, departure, secrets.token_bytes(SECTION_NAME_BYTES))
        reply.part.refuse()
    left = still_held(reply.left, reply.held, lambda stream: received(spool, stream.to_bytes()))
    photos = among_waiting(spool, reply.photos.names)
    return replace(left, outcome=reply.part.outcome, photos=photos)
