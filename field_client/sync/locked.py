"""Sync without any key: what is sealed is sent, what comes back is kept, nothing is decided.

Each frame of the answer must bear the signature of the server that the departure names; then it
is kept, durably, before the next one is read. What is not plainly accepted (a fork, a gap) waits
for the vault, and so does everything else the answer means: `take_in` judges it all again, by the
vault's own keys, at the next unlock. Pages are fetched once from one unlock to the next, since
the hello that asks for them always asks for the same ones; they come last in a reply, and one
beyond the limit ends its reading. Receipts are always taken.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_client.opened import App
from field_client.sync import relay_word
from field_client.sync.departure import Departure, opening
from field_client.sync.engine import REVOKED, ROUNDS, SECTION_BYTES, Exchange, Transport
from field_client.sync.errors import (
    DeviceRevokedWaiting,
    HeardRefused,
    LineCut,
    ServerFailed,
    SyncUnsettled,
)
from field_client.sync.fallback import Pace
from field_client.sync.ledger import Ledger
from field_client.sync.outcome import Outcome, Progress, reached_bytes, silent
from field_client.sync.patience import PASSING, Patience, is_cut
from field_client.sync.photos_out import PhotosOut, set_aside, still_waiting
from field_client.sync.rejection import refusal
from field_client.sync.session import (
    ChunkReceipted,
    Effect,
    Enrolled,
    Outgoing,
    Receipted,
    Refused,
    Sealed,
    Session,
    Stage,
)
from field_client.vault.errors import VaultBusy, VaultDamaged
from field_client.vault.heard import Answer
from field_client.vault.lock import WriteLock
from field_client.vault.spool import SealedBatch, Spool
from shared_schema.chunks import CHUNK_BYTES, ChunkReceipt
from shared_schema.custody import Receipt, Status
from shared_schema.errors import CustodyError, JemputError
from shared_schema.frames import Frame, Kind, read_frames

HEARD_LIMIT_BYTES = 32 << 20
_LOCK = "departure.lock"
SECTION_NAME_BYTES = 8
_RECEIVED = (Status.ACCEPTED, Status.HELD)
_WORTH_KEEPING = (Enrolled, Receipted, ChunkReceipted, Sealed)
_HARMLESS = "FRAME_UNKNOWN"


@dataclass(slots=True, kw_only=True)
class LockedExchange:
    """One section and its reply, carried out on the spool alone."""

    spool: Spool
    departure: Departure
    photos: PhotosOut
    progress: Progress = silent
    outcome: Outcome = field(default_factory=Outcome)
    section: bytes = field(default_factory=lambda: secrets.token_bytes(SECTION_NAME_BYTES))
    refusals: list[str] = field(default_factory=list)
    worth_keeping: bool = False
    again: bool = False
    pace: Pace = field(default_factory=Pace)
    shortened: bool = False
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        """Count what waits."""
        self.ledger = Ledger(self.spool, self._through, self.outcome.confirmed_bytes)

    def _through(self) -> Iterator[tuple[bytes, int]]:
        for stream in self.departure.streams:
            yield stream, received(self.spool, stream)

    def session(self) -> Session:
        """Return the state machine that reads the reply, without the key that opens pages."""
        return Session(
            device=self.departure.device,
            server=Ed25519PublicKey.from_public_bytes(self.departure.server),
            sealing=None,
            known_epoch=self.departure.epoch,
        )

    def outgoing(self) -> Iterator[bytes]:
        """Yield our section, frame by frame: every sealed batch that was not answered yet."""
        section, heard, before = Outgoing(), self.spool.heard, self.outcome.bytes_sent
        pull, enrol = not heard.holds(Kind.PAGE), not heard.holds(Kind.ENROLLED)
        self._note(**self.ledger.look())
        for frame in opening(self.departure, pull=pull, enrol=enrol):
            yield self._count(section.frame(frame))
        for batch in self._unanswered():
            if self.pace.is_full(self.outcome.bytes_sent - before, len(batch.body)):
                self.again = self.shortened = True
                break
            self._note(sent=self.outcome.sent + 1, **self.ledger.give(len(batch.body)))
            yield self._count(section.batch(batch.body))
        else:
            for chunk in self.photos.frames(SECTION_BYTES + before - self.outcome.bytes_sent):
                yield self._count(section.frame(chunk))
                if self.pace.is_full(self.outcome.bytes_sent - before, CHUNK_BYTES):
                    self.photos.more = self.shortened = True
                    break
        yield self._count(section.end())
        self.pace.all_given(self.outcome.bytes_sent - before)

    def _unanswered(self) -> Iterator[SealedBatch]:
        for stream in self.departure.streams:
            answered = self.spool.heard.answered(stream)
            yield from self.spool.batches(stream, max(answered, self.spool.acked(stream)))

    def _count(self, data: bytes) -> bytes:
        self._note(bytes_sent=self.outcome.bytes_sent + len(data))
        return data

    def _note(self, **figures: int) -> None:
        self.outcome = replace(self.outcome, **figures)  # type: ignore[arg-type]
        self.progress(self.outcome)

    # What came back

    def take(self, data: bytes, session: Session) -> bool:
        """Keep what bytes of the reply complete; return whether more may be read."""
        self._note(bytes_received=self.outcome.bytes_received + len(data))
        for frame in session.reader.feed(data):
            effect = session.receive(frame)
            if isinstance(effect, Sealed) and self.spool.heard.size_bytes() >= HEARD_LIMIT_BYTES:
                return False
            self._keep(frame, effect)
        return True

    def _keep(self, frame: Frame, effect: Effect | None) -> None:
        answer: Answer | None = None
        match effect:
            case Receipted():
                answer = self._answer(effect.receipt)
            case ChunkReceipted():
                self._photo(effect.receipt)
            case Refused():
                self.refusals.append(effect.reason)
                self.photos.refused(effect.reason)
            case Sealed():
                self._note(pages=self.outcome.pages + 1)
            case Enrolled():
                self.outcome = replace(self.outcome, enrolled=True)
        self.worth_keeping = self.worth_keeping or isinstance(effect, _WORTH_KEEPING)
        self.spool.heard.keep(self.section, frame.to_bytes(), answer)
        if answer is not None:
            self._note(**self.ledger.look())

    def _photo(self, receipt: ChunkReceipt) -> None:
        complete, brought = self.photos.heard(receipt)
        self.ledger.carry(brought)
        set_aside(self.spool, receipt)
        self._note(
            photos=self.outcome.photos + complete,
            photo_bytes=self.outcome.photo_bytes + brought,
            photo_waiting_bytes=still_waiting(self.spool)[1],
        )

    def _answer(self, receipt: Receipt) -> Answer | None:
        """Return what a receipt says of our own batch; None where it is for none of ours."""
        stream = receipt.stream.to_bytes()
        batch = next(self.spool.batches(stream, receipt.first - 1), None)
        if batch is None or (batch.first, batch.hash) != (receipt.first, receipt.hash):
            return None
        before = received(self.spool, stream)
        taken = receipt.status in _RECEIVED
        covered = max(batch.last - before, 0) if taken else 0
        self._note(received=self.outcome.received + taken, changes=self.outcome.changes + covered)
        waits_for_the_vault = receipt.status in {Status.FORK, Status.GAP}
        last = self.spool.last(stream) if waits_for_the_vault else None
        return Answer(
            stream=stream,
            answered=last[0] if last else batch.last,
            received=batch.last if taken else before,
        )

    def end(self) -> None:
        """Forget a reply that said nothing, so that one who asks each minute fills no disk."""
        if not self.worth_keeping:
            self.spool.heard.forget(self.section)

    def refuse(self) -> None:
        """Raise what the server refused, if it did."""
        for reason in self.refusals:
            if reason == REVOKED:
                raise DeviceRevokedWaiting
            if reason != _HARMLESS:
                raise refusal(reason, ServerFailed)


def synchronise_locked(
    home: Path,
    spool: Spool,
    departure: Departure,
    transport: Transport,
    progress: Progress = silent,
    patience: Patience | None = None,
) -> Outcome:
    """Send what is sealed and keep what comes back; return what it amounted to.

    After a cut it goes on, on another line, while ``patience`` lasts.
    Raises VaultBusy where another program does the same, a NetworkError where the line failed,
    DeviceRevokedWaiting, and what `Session.receive` raises. What was kept before stays kept.
    """
    with alone(home):
        sync = _LockedSync(home, spool, departure, transport, progress)
        return sync.until_sent(patience or Patience())


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep other programs from syncing this locked laptop meanwhile. Raises VaultBusy."""
    lock = WriteLock(home / _LOCK)
    try:
        with lock.held():
            yield
    finally:
        lock.close()


@dataclass(frozen=True, slots=True)
class _LockedSync:
    home: Path
    spool: Spool
    departure: Departure
    transport: Transport
    progress: Progress

    def until_sent(self, patience: Patience) -> Outcome:
        total, again, left = Outcome(), True, ROUNDS
        while left > 0:
            reached = reached_bytes(total)
            exchange = self._carried_out(total, patience)
            exchange.refuse()
            total, again = exchange.outcome, exchange.again
            left -= not (exchange.shortened and reached_bytes(total) > reached)
            if not again and not exchange.photos.goes_on:
                break
        if again:
            raise SyncUnsettled
        return total

    def _carried_out(self, total: Outcome, patience: Patience) -> LockedExchange:
        """Return an exchange that came to its end, on as many lines as it took."""
        while True:
            exchange = self._exchange(total, patience.pace)
            try:
                _over_line(exchange, self.transport, patience)
            except PASSING as error:
                exchange.ledger.close(cut=is_cut(error))
                if not patience.again(error):
                    raise
                cuts = exchange.outcome.cuts + is_cut(error)
                total = replace(exchange.outcome, cuts=cuts, on_way_bytes=0)
            else:
                exchange.ledger.close(cut=False)
                return exchange
            finally:
                exchange.end()

    def _exchange(self, total: Outcome, pace: Pace) -> LockedExchange:
        return LockedExchange(
            spool=self.spool,
            departure=self.departure,
            photos=PhotosOut(home=self.home, spool=self.spool),
            progress=self.progress,
            outcome=total,
            pace=pace,
        )


def _over_line(exchange: LockedExchange, transport: Transport, patience: Patience) -> None:
    session = exchange.session()
    for data in transport.exchange(patience.pace.request(exchange.outgoing())):
        patience.heard()
        if not exchange.take(data, session):
            return
    if session.stage is not Stage.DONE:
        raise LineCut
    patience.pace.succeeded()


def still_sealed(spool: Spool, departure: Departure) -> int:
    """Return how many sealed changes the office has not confirmed."""
    return sum(
        batch.count
        for stream in departure.streams
        for batch in spool.batches(stream, received(spool, stream))
    )


def received(spool: Spool, stream: bytes) -> int:
    """Return the last sequence of a stream that the office said it has, as far as is known."""
    return max(spool.heard.received(stream), spool.acked(stream))


# At the next unlock


def take_in(app: App) -> None:
    """Lay what was heard while the vault was locked into it, as if it had come in a file.

    A reply that does not stand up to the vault's own keys is dropped, with a warning; nothing
    is lost by that, it is asked for again. Leaves all as it is while a locked sync is running.
    """
    if not app.spool.heard.sections():
        return
    lock = WriteLock(app.home / _LOCK, timeout_s=0)
    try:
        with lock.held():
            for section in app.spool.heard.sections():
                _take_in_section(app, section)
                app.spool.heard.forget(section)
    except VaultBusy:
        return
    finally:
        lock.close()


def _take_in_section(app: App, section: bytes) -> None:
    exchange = Exchange(app=app, by_line=False)
    session = exchange.session()
    try:
        if relay_word.is_word(app.spool, section):
            relay_word.take_in(app, section)
            return
        for body in app.spool.heard.frames(section):
            (frame,) = read_frames(body)
            effect = session.receive(frame)
            if effect is not None:
                exchange.apply(effect)
    except (CustodyError, VaultDamaged) as error:
        app.warnings.append(_dropped(error))
    finally:
        exchange.settle()


def _dropped(error: JemputError) -> HeardRefused:
    return HeardRefused(reason=error.code)
