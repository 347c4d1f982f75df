"""Syncing behind the pages: by the spool alone, so that nobody who types ever waits for a line.

What waits is sealed in a moment, on the open store; then everything goes as it does on a locked
laptop. So no key is held for it, the pages may pause or lock at any time, and it goes on. What
the office answered is laid into the store as soon as that is open.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from field_client.errors import StoreLocked
from field_client.retention import tidy
from field_client.sync.departure import Departure, depart, load_departure
from field_client.sync.engine import Transport, require_clock, synchronise
from field_client.sync.errors import ClockOff, DeviceRevokedWaiting, RelayAnswered
from field_client.sync.fallback import Pace
from field_client.sync.locked import HEARD_LIMIT_BYTES, still_sealed, synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.sync.patience import PATIENCE_S, Patience
from field_client.sync.relayed import Left, synchronise_via
from field_client.sync.relayed_locked import leave_locked
from field_client.sync.transport_http import HttpTransport
from field_client.sync.trust import Trust
from field_client.sync.watch import Standing, Stopped, Watch, route, uptime_s
from field_client.vault.spool import Spool, open_spool
from field_client.web.desk import Desk
from shared_schema.enrolment import DeviceRevoked
from shared_schema.errors import JemputError

ROUNDS = 4
MOST_PAGES = 40
STOP_S = 5.0


class Phase(StrEnum):
    """What the sync in the background is doing."""

    IDLE = "idle"
    RUNNING = "running"
    RESTING = "resting"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where the sync in the background stands. ``via``: a relay's address, "" for the office.

    ``since_s``, ``wait_s``: seconds since it began, and until the next attempt. ``left``: what a
    relay said. ``watching``: whether it goes on after this attempt.
    """

    phase: Phase = Phase.IDLE
    via: str = ""
    watching: bool = False
    outcome: Outcome = field(default_factory=Outcome)
    left: Left | None = None
    error: JemputError | None = None
    since_s: float = 0.0
    wait_s: float = 0.0

    @property
    def active(self) -> bool:
        """Whether something will go on by itself."""
        return self.phase in {Phase.RUNNING, Phase.RESTING}

    @property
    def failed(self) -> bool:
        """Whether the last attempt did not get through."""
        return self.error is not None and self.phase in {Phase.FAILED, Phase.RESTING}


Connect = Callable[[str, Trust], Transport]


def by_line(url: str, trust: Trust) -> Transport:
    """Return the way to ``url``."""
    return HttpTransport(url=url, trust=trust)


@dataclass(slots=True, kw_only=True)
class Runner:
    """At most one sync at a time behind the pages of one desk."""

    desk: Desk
    connect: Connect = by_line
    patience_s: float = PATIENCE_S
    clock: Callable[[], float] = uptime_s
    routed: Callable[[str], str] = route
    _course: Course = field(default_factory=Course)
    _began_s: float = 0.0
    _total: Outcome = field(default_factory=Outcome)
    _thread: threading.Thread | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def course(self) -> Course:
        """Where it stands now; one that ended by a fault of the program says so."""
        with self._turn:
            if self._course.active and self._thread is not None and not self._thread.is_alive():
                self._course = replace(self._course, phase=Phase.FAILED, error=JemputError())
            return replace(self._course, since_s=self.clock() - self._began_s)

    def start(self, via: str = "", *, watching: bool = False) -> bool:
        """Begin, unless one is under way; return whether it began."""
        with self._turn:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._stop.clear()
            self._began_s, self._total = self.clock(), Outcome()
            self._course = Course(phase=Phase.RUNNING, via=via, watching=watching)
            self._thread = threading.Thread(target=self._run, args=(via, watching), daemon=True)
            self._thread.start()
            return True

    def pause(self) -> None:
        """End what is under way at the next byte; what the office confirmed stays confirmed."""
        self._stop.set()
        with self._turn:
            if self._course.active:
                self._course = replace(self._course, phase=Phase.PAUSED)

    def join(self, timeout_s: float | None = STOP_S) -> None:
        """Wait until nothing is under way."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, via: str, watching: bool) -> None:  # noqa: FBT001 - one caller
        try:
            if watching:
                self._watch(via)
            else:
                self._attempt(via)
        except Stopped:
            self._put(phase=Phase.PAUSED)
        except ClockOff as error:  # everything went through; only the date is wrong
            self._put(phase=Phase.DONE, error=error.with_traceback(None))
        except JemputError as error:
            ended = Phase.PAUSED if self._stop.is_set() else Phase.FAILED
            self._put(phase=ended, error=error.with_traceback(None))
        else:
            self._put(phase=Phase.PAUSED if self._stop.is_set() else Phase.DONE)

    def _watch(self, via: str) -> None:
        Watch(
            attempt=partial(self._attempt, via),
            stopped=self._stop.wait,
            warn=lambda error: self._put(error=error.with_traceback(None)),
            show=self._rest,
            routed=partial(self.routed, via),
        ).run()

    def _rest(self, standing: Standing) -> None:
        self._put(phase=Phase.RESTING, wait_s=standing.wait_s)

    def _put(self, **values: object) -> None:
        with self._turn:
            self._course = replace(self._course, **values)  # type: ignore[arg-type]

    def _progress(self, outcome: Outcome) -> None:
        if self._stop.is_set():
            raise Stopped
        self._put(outcome=_added(self._total, outcome))

    # One attempt

    def _attempt(self, via: str) -> None:
        """Sync with whoever is there. Raises what `synchronise_locked` raises."""
        self._put(phase=Phase.RUNNING, error=None)
        try:
            self._sync(via)
        except RelayAnswered:
            with open_spool(self.desk.home) as spool:
                relay = load_departure(spool).url
            self._sync(relay)

    def _sync(self, via: str) -> None:
        """Sync until nothing is left to say. Raises RelayAnswered where ``via`` names no relay."""
        patience = Patience(
            seconds=self.patience_s, pace=Pace(), sleep=lambda pause_s: _wait(self._stop, pause_s)
        )
        rounds = full = 0
        while rounds < ROUNDS and full < MOST_PAGES:
            with open_spool(self.desk.home) as spool:
                departure = self._depart(spool)
                limited = self._exchange_or_end(spool, departure, via, patience)
            with suppress(StoreLocked):
                self._lay_in()
            with open_spool(self.desk.home) as spool:
                left = still_sealed(spool, departure)
            full, rounds = full + limited, rounds + (not limited)
            if not limited and (via or not left):
                break

    def _depart(self, spool: Spool) -> Departure:
        """Seal what waits where the store is open; else what was sealed last goes."""
        with suppress(StoreLocked), self.desk.borrow() as app:
            depart(app)
        return load_departure(spool)

    def _exchange_or_end(
        self, spool: Spool, departure: Departure, via: str, patience: Patience
    ) -> bool:
        """Carry one exchange out; a revoked laptop hands everything over, and its keys are wiped.

        That needs the open store; the shift ends with it.
        """
        try:
            return self._exchange(spool, departure, via, patience)
        except DeviceRevokedWaiting:
            self._hand_over(departure)
            raise

    def _hand_over(self, departure: Departure) -> None:
        line = self.connect(departure.url, Trust(pinned=departure.server))
        try:
            with suppress(StoreLocked), self.desk.borrow() as app:
                try:
                    synchronise(app, line, self._progress)
                except RelayAnswered:
                    synchronise_via(app, line, self._progress)
        except DeviceRevoked:
            self.desk.end()
            raise

    def _exchange(self, spool: Spool, departure: Departure, via: str, patience: Patience) -> bool:
        """Carry one exchange out; return whether the office had more to say than is kept."""
        home, trust = self.desk.home, Trust(pinned=departure.server, relays=bool(via))
        line = self.connect(via or departure.url, trust)
        if via:
            left = leave_locked(home, spool, departure, line, self._progress)
            self._total = _added(self._total, left.outcome)
            self._put(outcome=self._total, left=left)
        else:
            outcome = synchronise_locked(home, spool, departure, line, self._progress, patience)
            self._total = _added(self._total, outcome)
            self._put(outcome=self._total)
        return spool.heard.size_bytes() >= HEARD_LIMIT_BYTES

    def _lay_in(self) -> None:
        """Lay the answers into the open store. Raises StoreLocked, ClockOff."""
        self.desk.lay_in()
        with self.desk.borrow() as app:
            tidy(app.journal)
            require_clock(app)


def _added(before: Outcome, now: Outcome) -> Outcome:
    """Return both together; what waits counts as last told."""
    sums = ("sent", "received", "changes", "photos", "photo_bytes", "pages", "items")
    more = ("bytes_sent", "bytes_received", "confirmed_bytes", "cuts")
    added = {name: getattr(before, name) + getattr(now, name) for name in (*sums, *more)}
    return replace(now, **added, enrolled=before.enrolled or now.enrolled)


def _wait(stop: threading.Event, pause_s: float) -> None:
    if stop.wait(pause_s):
        raise Stopped
