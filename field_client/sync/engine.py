"""Runs exchanges: seals what is final, sends it, and lays what comes back into spool and vault.

`synchronise` goes over a line, `write_export` and `read_reply` over a file; both send the same
bytes and take the same answers. What the server confirms is durable before the next byte is read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from field_client import receiving
from field_client.errors import OtherCopy
from field_client.healing import Healed, leave_branch
from field_client.opened import App
from field_client.outbox import (
    has_all,
    holds,
    offer_again,
    seal_waiting,
    waiting_batches,
)
from field_client.recovery import take_key
from field_client.remarks import settle_known
from field_client.retention import tidy
from field_client.sync.departure import enrolment, introduction
from field_client.sync.errors import (
    ClockOff,
    DeviceRevokedWaiting,
    LineCut,
    ServerFailed,
    SyncUnsettled,
)
from field_client.sync.fallback import Pace
from field_client.sync.inbox import absorb, store_receipt
from field_client.sync.ledger import Ledger
from field_client.sync.outcome import Outcome, Progress, reached_bytes, silent
from field_client.sync.patience import PASSING, Patience, is_cut
from field_client.sync.photos_out import (
    PhotosOut,
    left_here,
    line_up,
    settle,
    still_waiting,
    wait_again,
)
from field_client.sync.rejection import refusal
from field_client.sync.session import (
    ChunkReceipted,
    Effect,
    Enrolled,
    Finished,
    Outgoing,
    Paged,
    Receipted,
    Refused,
    Session,
    Welcomed,
)
from field_client.vault.keys import wipe
from shared_schema.chunks import CHUNK_BYTES, ChunkReceipt
from shared_schema.clock import DAY_MS
from shared_schema.custody import Head, Receipt, Status
from shared_schema.enrolment import DeviceRevoked
from shared_schema.frames import SectionIncomplete
from shared_schema.ids import Stream
from shared_schema.messages import Page

ROUNDS = 4
SECTION_BYTES = 32 << 20
HOUR_MS = 3_600_000
REVOKED = "DEVICE_REVOKED"
_HARMLESS = frozenset({"FRAME_UNKNOWN", REVOKED})


class Transport(Protocol):
    """A way to the server that is open for one exchange."""

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send the pieces of ``outgoing`` and yield what comes back, as it comes."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One section and its reply, carried out on the opened store."""

    app: App
    progress: Progress = silent
    by_line: bool = True
    outcome: Outcome = field(default_factory=Outcome)
    answered: set[tuple[Stream, int]] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    behind: set[Stream] = field(default_factory=set)
    foreign: set[Stream] = field(default_factory=set)
    left: list[Healed] = field(default_factory=list)
    again: bool = False
    rewound: bool = False
    pace: Pace = field(default_factory=Pace)
    shortened: bool = False
    photos: PhotosOut = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        """Take up the photos where the office left them."""
        self.photos = PhotosOut(home=self.app.home, spool=self.app.spool)
        self.ledger = Ledger(self.app.spool, self._through, self.outcome.confirmed_bytes)

    def _through(self) -> Iterator[tuple[bytes, int]]:
        for stream in self.app.journal.branches.all():
            yield stream.to_bytes(), self.app.spool.acked(stream.to_bytes())

    def anew(self, *, cut: bool) -> "Exchange":
        """Return the exchange that goes on, on another line, where this one broke off."""
        outcome = replace(self.outcome, cuts=self.outcome.cuts + cut, on_way_bytes=0)
        return Exchange(app=self.app, progress=self.progress, outcome=outcome, pace=self.pace)

    def session(self) -> Session:
        """Return the state machine that reads the reply."""
        device = self.app.device
        return Session(
            device=self.app.device_keys.device,
            server=device.server_signing,
            sealing=self.app.device_keys.sealing,
            known_epoch=receiving.known_epoch(self.app.journal),
        )

    def outgoing(self) -> Iterator[bytes]:
        """Yield our section, frame by frame: what is waiting, from the last receipt on."""
        section, asked, before = Outgoing(), enrolment(self.app), self.outcome.bytes_sent
        self._note(**self.ledger.look())
        yield self._count(section.frame(introduction(self.app)))
        if asked is not None:
            yield self._count(section.frame(asked))
        for batch in waiting_batches(self.app):
            if self.pace.is_full(self.outcome.bytes_sent - before, len(batch.body)):
                self.again = self.shortened = True
                break
            self._note(sent=self.outcome.sent + 1, **self.ledger.give(len(batch.body)))
            yield self._count(section.batch(batch.body))
        else:
            line_up(self.app)
            for chunk in self.photos.frames(SECTION_BYTES + before - self.outcome.bytes_sent):
                yield self._count(section.frame(chunk))
                if self.pace.is_full(self.outcome.bytes_sent - before, CHUNK_BYTES):
                    self.photos.more = self.shortened = True
                    break
        yield self._count(section.end())
        self.pace.all_given(self.outcome.bytes_sent - before)

    def _count(self, data: bytes) -> bytes:
        self._note(bytes_sent=self.outcome.bytes_sent + len(data))
        return data

    def _note(self, **figures: int) -> None:
        self.outcome = replace(self.outcome, **figures)  # type: ignore[arg-type]
        self.progress(self.outcome)

    # What came back

    def take(self, data: bytes, session: Session) -> None:
        """Carry out what follows from bytes of the reply."""
        self._note(bytes_received=self.outcome.bytes_received + len(data))
        for effect in session.feed(data):
            self.apply(effect)

    def apply(self, effect: Effect) -> None:
        """Carry out one effect, durably."""
        journal = self.app.journal
        match effect:
            case Welcomed():
                self._welcomed(effect)
            case Enrolled():
                receiving.apply_enrolment(journal, effect.content)
                self.outcome = replace(self.outcome, enrolled=True)
            case Receipted():
                self._receipted(effect.receipt)
            case ChunkReceipted():
                self._photo(effect.receipt)
            case Paged() if self._lay_in(effect.page):
                items = self.outcome.items + len(effect.page.items)
                self._note(pages=self.outcome.pages + 1, items=items)
            case Refused():
                self.refusals.append(effect.reason)
                self.photos.refused(effect.reason)
            case Finished():
                self._heard(receiving.known_epoch(journal), effect.server_ms)

    def _welcomed(self, welcome: Welcomed) -> None:
        """Note where the server stands; after its restore, what it lacks is waiting again."""
        journal = self.app.journal
        if receiving.meet_copies(journal, welcome.heads):
            self.app.warnings.append(OtherCopy())
        known = receiving.known_epoch(journal)
        for stream in journal.branches.all():
            head = welcome.heads.get(stream)
            last = self.app.spool.last(stream.to_bytes())
            if head is not None and head.sequence > (last[0] if last else 0):
                self.behind.add(stream)
            if head is not None and not has_all(self.app, {stream: head}):
                self.foreign.add(stream)
            if 0 < known < welcome.epoch:
                self.rewound = offer_again(self.app, stream) or self.rewound
                self._rewind(stream, head)
        if 0 < known < welcome.epoch:
            wait_again(self.app)
            self.photos.more = True
        receiving.note_codecs(journal, welcome.codecs)
        settle_known(journal, welcome.types)
        self._heard(welcome.epoch, welcome.server_ms)

    def _heard(self, epoch: int, server_ms: int) -> None:
        """Keep the server's time; one that travelled in a file is only a lower bound."""
        before = 0 if self.by_line else self.app.journal.server_ms() or 0
        receiving.note_server(self.app.journal, epoch, max(server_ms, before))

    def _receipted(self, receipt: Receipt) -> None:
        before = self.app.spool.acked(receipt.stream.to_bytes())
        if not store_receipt(self.app, receipt):
            return
        self.answered.add((receipt.stream, receipt.first))
        if receipt.status is Status.GAP:
            self._rewind(receipt.stream, Head(sequence=receipt.sequence, hash=receipt.head))
        covered = self.app.spool.acked(receipt.stream.to_bytes()) - before
        changes = self.outcome.changes + max(covered, 0)
        received = self.outcome.received + 1
        self._note(received=received, changes=changes, **self.ledger.look())

    def _lay_in(self, page: Page) -> bool:
        """Lay a page in unless it leaves out what is not ours: another copy may have asked for it.

        Where another copy goes on under our branch we have left it before: what it wrote may
        bear the id of a draft of ours, and the officer works on meanwhile. Behind a restore no page
        is laid in before ours was offered again: what a copy has sent in its place may bear the id
        of somebody registered here, and to correct one would be to correct the other.
        """
        if self.rewound or not has_all(self.app, page.heads):
            return False
        self.left += self._leave(self.foreign)
        return receiving.apply_page(self.app.journal, page)

    def _leave(self, streams: Iterable[Stream]) -> list[Healed]:
        """Go on under another branch where we are on one of these; return what that amounted to."""
        journal, branches = self.app.journal, self.app.journal.branches
        return [
            leave_branch(journal, stream)
            for stream in streams
            if branches.current() == stream and branches.closed_after(stream) is None
        ]

    def _photo(self, receipt: ChunkReceipt) -> None:
        complete, brought = self.photos.heard(receipt)
        self.ledger.carry(brought)
        settle(self.app, receipt)
        self._note(
            photos=self.outcome.photos + complete,
            photo_bytes=self.outcome.photo_bytes + brought,
            photo_waiting_bytes=still_waiting(self.app.spool)[1],
        )

    def _rewind(self, stream: Stream, head: Head | None) -> None:
        """Send again, next time, what lies beyond ``head``; nothing where it is not before us.

        A head that is not one of our batches is another copy's: everything is sent again then,
        and answered as a repeat or a fork.
        """
        if head is not None and not holds(self.app, stream, head):
            head = None
        through = head.sequence if head else 0
        if self.app.spool.acked(stream.to_bytes()) <= through:
            return
        self.app.spool.rewind(stream.to_bytes(), through)
        receiving.rewind(self.app.journal, stream, head)
        self.rewound = True

    # Afterwards

    def settle(self) -> None:
        """Lay the stored receipts into the vault, heal forks, leave a branch that was overtaken.

        A recovery key that came is taken into the slot file.
        """
        mended = absorb(self.app)
        left = [*self.outcome.healed, *self.left, *self._leave(self.behind)]
        olds = {one.old for one in mended}
        healed = [one for one in left if one.changes or one.old not in olds] + mended
        mended_any = bool(mended) or len(left) > len(self.outcome.healed)
        self.again = self.again or self.rewound or mended_any
        self.outcome = replace(self.outcome, healed=tuple(healed))
        take_key(self.app)

    def unanswered(self) -> bool:
        """Return whether anything final has not been answered by the server in this exchange."""
        seal_waiting(self.app, everything=True)
        return any(
            (Stream.from_bytes(batch.stream), batch.first) not in self.answered
            for batch in waiting_batches(self.app)
        )

    def refuse(self) -> None:
        """Raise what the server refused, if it did; wipe the keys of a revoked device.

        A revoked device is wiped only when all that is final is handed over, photos too. Raises
        DeviceRevoked, DeviceRevokedWaiting, ServerFailed and those of an enrolment.
        """
        for reason in self.refusals:
            if reason not in _HARMLESS:
                raise refusal(reason, ServerFailed)
        if REVOKED in self.refusals:
            if self.unanswered() or left_here(self.app):
                raise DeviceRevokedWaiting
            self.app.close()
            wipe(self.app.home)
            raise DeviceRevoked


def synchronise(
    app: App,
    transport: Transport,
    progress: Progress = silent,
    patience: Patience | None = None,
) -> Outcome:
    """Exchange with the server until nothing is left to say; return what it amounted to.

    What others save meanwhile goes along for a few rounds, and else waits for the next sync.
    After a cut it goes on from the last receipt, on another line, while ``patience`` lasts.
    Raises a NetworkError where the line failed, DeviceRevoked, ClockOff (when all else is done),
    and what `Session.feed` raises. What was confirmed before stays confirmed.
    """
    total, settled, more = Outcome(healed=tuple(absorb(app))), False, False
    left, patience = ROUNDS + len(app.journal.branches.all()), patience or Patience()
    while left > 0:
        left -= 1
        if not seal_waiting(app) and settled and not more:
            break
        exchange = Exchange(app=app, progress=progress, outcome=total, pace=patience.pace)
        reached = reached_bytes(exchange.outcome)
        try:
            while (following := _carried_out(exchange, transport, patience)) is not None:
                exchange = following
        finally:
            if not app.closed:
                exchange.settle()
        total = exchange.outcome
        settled, more = not exchange.again, exchange.photos.goes_on
        brought = reached_bytes(total) > reached
        left += brought and (exchange.shortened or bool(exchange.photos.complete))
        if REVOKED in exchange.refusals and (more or exchange.unanswered()):
            settled = False
            continue
        exchange.refuse()
    if not settled:
        raise SyncUnsettled
    tidy(app.journal)
    require_clock(app)
    return total


def _carried_out(exchange: Exchange, transport: Transport, patience: Patience) -> Exchange | None:
    """Return what goes on where another line is to be tried; None where it came to its end."""
    try:
        _over_line(exchange, transport, patience)
    except PASSING as error:
        exchange.ledger.close(cut=is_cut(error))
        if not patience.again(error):
            raise
        return exchange.anew(cut=is_cut(error))
    exchange.ledger.close(cut=False)
    return None


def _over_line(exchange: Exchange, transport: Transport, patience: Patience) -> None:
    session = exchange.session()
    for data in transport.exchange(patience.pace.request(exchange.outgoing())):
        patience.heard()
        exchange.take(data, session)
    try:
        session.finish()
    except SectionIncomplete as error:
        raise LineCut from error
    patience.pace.succeeded()


def require_clock(app: App, *, by_line: bool = True) -> None:
    """Raise ClockOff where our wall clock is more than a day away from the server's time.

    A time that travelled in a file is old: there only a clock that lies behind it is off.
    """
    heard = app.journal.server_ms()
    if heard is None:
        return
    ahead = app.clocks().wall_ms - heard
    away = abs(ahead) if by_line else -ahead
    if away > DAY_MS:
        raise ClockOff(hours=away // HOUR_MS)
