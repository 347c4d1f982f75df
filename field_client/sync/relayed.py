"""By a relay: what waits is left there, and what the office answered meanwhile is taken along.

The first frame of the reply says whether a relay or the office itself answers. A relay's *held*
is noted and shown, and changes nothing else: the same bytes go again by the next way, until the
office's own receipt has come. The office's replies that a relay hands over bear the office's
signature and are taken like an answer that came in a file; one from before the office was
restored is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from field_client import receiving
from field_client.opened import App
from field_client.outbox import find_batch, seal_waiting
from field_client.retention import tidy
from field_client.sync.engine import ROUNDS, Exchange, Transport, require_clock
from field_client.sync.errors import (
    LineCut,
    RelayExpired,
    RelayUntrusted,
    ReplyStale,
    SyncUnsettled,
)
from field_client.sync.inbox import absorb
from field_client.sync.outcome import Outcome, Progress, silent
from field_client.sync.photos_out import PhotosOut, among_waiting
from field_client.sync.session import Session, Stage
from shared_schema.frames import Frame, FrameReader, Kind
from shared_schema.ids import Stream
from shared_schema.messages import MessageForged, MessageInvalid
from shared_schema.relaying import (
    Ended,
    HeldBatch,
    HeldChunk,
    HeldEnrolment,
    Introduced,
    Listener,
    NotHeld,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a visit amounted to. ``relay``: its label, None where the office itself answered.

    ``batches``, ``changes``, ``photos``: held there now. ``refused``: codes of what was not taken.
    ``heard_ms``: when the relay last heard the office (its clock), None for never.
    """

    outcome: Outcome
    relay: str | None = None
    heard_ms: int | None = None
    batches: int = 0
    changes: int = 0
    photos: int = 0
    enrolment: bool = False
    replies: int = 0
    refused: tuple[str, ...] = ()


def still_held(left: Left, held: list[HeldBatch], through: Callable[[Stream], int]) -> Left:
    """Return a visit with what is held beyond what the office is known to have."""
    waiting = [one for one in held if one.first + one.count - 1 > through(one.stream)]
    return replace(left, batches=len(waiting), changes=sum(one.count for one in waiting))


@dataclass(slots=True)
class HeldPhotos:
    """The photos that a relay holds whole, as it says of one piece after another."""

    names: set[str] = field(default_factory=set)

    def hear(self, heard: HeldChunk | NotHeld, out: PhotosOut) -> None:
        """Note it, and send no piece that is there, nor any where there is no room."""
        if isinstance(heard, HeldChunk):
            out.held(heard.name.hex(), heard.have)
            if heard.have == heard.total:
                self.names.add(heard.name.hex())
        elif heard.full:
            out.stop()


@dataclass(slots=True)
class Reply:
    """Reads the reply to one section, whoever gives it."""

    exchange: Exchange
    left: Left
    reader: FrameReader = field(default_factory=FrameReader)
    direct: Session | None = None
    listener: Listener | None = None
    counts: list[int] = field(default_factory=list)
    session: Session | None = None
    held: list[HeldBatch] = field(default_factory=list)
    photos: HeldPhotos = field(default_factory=HeldPhotos)

    def take(self, data: bytes) -> None:
        """Carry out what follows from bytes of the reply."""
        received = self.exchange.outcome.bytes_received + len(data)
        self.exchange.outcome = replace(self.exchange.outcome, bytes_received=received)
        for frame in self.reader.feed(data):
            self._frame(frame)

    @property
    def complete(self) -> bool:
        """Whether all of it came."""
        if self.direct is not None:
            return self.direct.stage is Stage.DONE
        return self.listener is not None and self.listener.ended and not self.counts

    def _frame(self, frame: Frame) -> None:
        if self.direct is None and self.listener is None:
            self._begin(frame)
        if self.direct is not None:
            self._apply(self.direct, frame)
        elif self.listener is not None and not self.listener.ended:
            self._hear(self.listener, frame)
        elif self.counts:
            self._replied(frame)

    def _begin(self, frame: Frame) -> None:
        app = self.exchange.app
        if frame.kind == Kind.HELD:
            self.exchange.by_line = False
            office = app.device.server_signing
            self.listener = Listener(device=app.device_keys.device, office=office)
        else:
            self.direct = self.exchange.session()

    def _hear(self, listener: Listener, frame: Frame) -> None:
        try:
            heard = listener.hear(frame)
        except (MessageForged, MessageInvalid) as error:
            raise RelayUntrusted from error
        match heard:
            case Introduced():
                self._introduced(heard)
            case HeldBatch():
                self._held(heard)
            case HeldEnrolment():
                self.left = replace(self.left, enrolment=True)
            case HeldChunk():
                self.photos.hear(heard, self.exchange.photos)
            case NotHeld():
                self.left = replace(self.left, refused=(*self.left.refused, heard.code))
                self.photos.hear(heard, self.exchange.photos)
            case Ended():
                self.counts = [count for count in heard.replies if count > 0]
                self.exchange.photos = PhotosOut(
                    home=self.exchange.app.home, spool=self.exchange.app.spool
                )

    def _introduced(self, relay: Introduced) -> None:
        """Go on with a relay whose time is not over, by the latest time known."""
        app, until_ms = self.exchange.app, relay.certificate.until_ms
        if until_ms is not None and (app.journal.server_ms() or 0) > until_ms:
            raise RelayExpired(label=relay.certificate.label)
        self.left = replace(self.left, relay=relay.certificate.label, heard_ms=relay.heard_ms)

    def _held(self, held: HeldBatch) -> None:
        app = self.exchange.app
        batch = find_batch(app, held.stream, held.first, held.hash)
        if batch is None:
            return
        receiving.note_held(app.journal, held.stream, batch.last)
        self.held.append(held)
        self.exchange.progress(self.exchange.outcome)

    def told(self) -> Left:
        """Return what the visit amounted to: what is held, and has no receipt yet."""
        spool = self.exchange.app.spool
        left = replace(self.left, photos=among_waiting(spool, self.photos.names))
        return still_held(left, self.held, lambda stream: spool.acked(stream.to_bytes()))

    def _replied(self, frame: Frame) -> None:
        """Take one frame of the office's replies, each of which has a session of its own."""
        if self.session is None:
            self.session = self.exchange.session()
            self.left = replace(self.left, replies=self.left.replies + 1)
        try:
            self._apply(self.session, frame)
        except ReplyStale:
            self.session.stage = Stage.DONE
        self.counts[0] -= 1
        if not self.counts[0]:
            self.counts.pop(0)
            self.session = None

    def _apply(self, session: Session, frame: Frame) -> None:
        effect = session.receive(frame)
        if effect is not None:
            self.exchange.apply(effect)


def synchronise_via(app: App, transport: Transport, progress: Progress = silent) -> Left:
    """Visit a relay (or the office) until nothing is left to say; return what it amounted to.

    Raises RelayUntrusted, RelayExpired, a NetworkError where the line failed, DeviceRevoked,
    ClockOff, and what `Session.receive` raises. What was confirmed before stays confirmed.
    """
    total = Left(outcome=Outcome(healed=tuple(absorb(app))))
    seal_waiting(app)
    for _ in range(ROUNDS):
        exchange = Exchange(app=app, progress=progress, outcome=total.outcome)
        reply = Reply(exchange, Left(outcome=total.outcome))
        try:
            _over_line(reply, transport)
        finally:
            if not app.closed:
                exchange.settle()
        total = _sum(total, reply.told(), exchange.outcome)
        exchange.refuse()
        again = exchange.again and not (exchange.shortened and reply.left.relay)
        if not seal_waiting(app) and not again:
            break
    else:
        raise SyncUnsettled
    tidy(app.journal)
    require_clock(app, by_line=total.relay is None)
    return total


def _over_line(reply: Reply, transport: Transport) -> None:
    for data in transport.exchange(reply.exchange.outgoing()):
        reply.take(data)
    if not reply.complete:
        raise LineCut


def _sum(before: Left, now: Left, outcome: Outcome) -> Left:
    """Return both visits together; what is held counts as the last one told."""
    return replace(now, outcome=outcome, replies=before.replies + now.replies)
