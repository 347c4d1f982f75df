"""`sync --watch`: tries again and again, seldom while there is no line, soon when one appears.

After a failure the wait doubles, up to five minutes, and is drawn at random between half and
all of it, so that the laptops of a regency do not all come at once when its line returns. A line
that comes and goes every few seconds does not make it hammer: beyond the first few attempts it
has one a minute, whatever happens. All waiting goes by a clock that nobody sets and that goes on
while the laptop sleeps.
"""

import ipaddress
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from urllib.parse import urlsplit

from field_client.sync.errors import ClockOff
from shared_schema.errors import AccessError, JemputError

INTERVAL_S = 60.0
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
LOOK_S = 5.0
SLEPT_S = 60.0
AT_ONCE = 10
ALLOWED_EVERY_S = 60.0
_NOWHERE = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)


class Stopped(BaseException):
    """The program was told to end while it was working."""


def uptime_s() -> float:
    """Return a time that only rises and goes on while the laptop sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    else:  # noqa: RET505 - the type checker sees one system at a time
        return time.monotonic()


def wait_after(failures: int, share: float) -> float:
    """Return the seconds to wait after ``failures`` in a row; ``share`` is drawn from 0 to 1."""
    if not failures:
        return INTERVAL_S * (1 + share / 2)
    doubled = FIRST_WAIT_S * 2.0 ** min(failures - 1, 16)
    return min(doubled, LONGEST_WAIT_S) * (0.5 + share / 2)


def route(url: str = "") -> str:
    """Return the address this laptop would send from, empty where it has no way out.

    ``url``: of the server; where it names a number, the way there counts, which needs no way out
    of the building. Nothing is sent (UDP; else addresses of RFC 5737 and RFC 3849).
    """
    for family, there in (*_place(url), *_NOWHERE):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(there)
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return ""


def _place(url: str) -> Iterator[tuple[socket.AddressFamily, tuple[str, int]]]:
    """Give where ``url`` leads if it can be told without asking anybody."""
    with suppress(ValueError):
        host = str(ipaddress.ip_address(urlsplit(url).hostname or ""))
        yield (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, 9)


def has_route() -> bool:
    """Tell whether this laptop has any way out."""
    return bool(route())


@dataclass(slots=True)
class Allowance:
    """How many attempts may be made: a few at once, then one a minute, saved up again slowly."""

    now_s: float
    _left: float = AT_ONCE

    def take(self, now_s: float) -> None:
        """Note an attempt."""
        self._left = min(self._left + (now_s - self.now_s) / ALLOWED_EVERY_S, AT_ONCE) - 1
        self.now_s = now_s

    def next_s(self) -> float:
        """Return when the next attempt may be made."""
        return self.now_s + max(1 - self._left, 0) * ALLOWED_EVERY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a watch stands between attempts. ``error``: why the last one failed, None if not.

    ``wait_s``: seconds until the next, ``since_s`` since the last success (None before any).
    """

    error: JemputError | None
    wait_s: float
    since_s: float | None


@dataclass(slots=True, kw_only=True)
class Watch:
    """One `sync --watch`. ``stopped``: waits so many seconds; whether to end.

    ``warn`` is given each kind of error once until there was a success; ``show`` is called at
    every look while it waits.
    """

    attempt: Callable[[], None]
    stopped: Callable[[float], bool]
    warn: Callable[[JemputError], None]
    show: Callable[[Standing], None] = lambda _standing: None
    routed: Callable[[], str] = route
    clock: Callable[[], float] = uptime_s
    draw: Callable[[], float] = random.random
    attempts: int = 0
    successes: int = 0
    error: JemputError | None = None
    _failures: int = 0
    _success_s: float | None = None
    _told: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Attempt until ``stopped`` says so.

        An AccessError (revoked, wiped, keys replaced) is raised, unless a stranger may have said
        it: what nobody has signed (``signed`` among its details is False) ends no watch.
        """
        allowance = Allowance(self.clock())
        while not self.stopped(0):
            allowance.take(self.clock())
            try:
                self._try()
            except Stopped:
                return
            if self._wait(allowance.next_s()):
                return

    def _try(self) -> None:
        self.attempts += 1
        try:
            self.attempt()
        except ClockOff as error:  # everything went through; only the date is wrong
            self._succeeded()
            self._tell(error)
        except JemputError as error:
            if isinstance(error, AccessError) and error.details.get("signed", True):
                raise
            self._failures += 1
            self.error = error
            self._tell(error)
        else:
            self._told.clear()
            self._succeeded()

    def _succeeded(self) -> None:
        self.successes += 1
        self._failures, self.error = 0, None
        self._success_s = self.clock()

    def _tell(self, error: JemputError) -> None:
        if error.code not in self._told:
            self._told.add(error.code)
            self.warn(error)

    def _wait(self, allowed_s: float) -> bool:
        """Wait, but no longer than until another line appears; return whether to stop."""
        until_s = self.clock() + wait_after(self._failures, self.draw())
        way, looked_s = self.routed(), self.clock()
        while (left_s := max(until_s, allowed_s) - self.clock()) > 0:
            self.show(self._standing(left_s))
            if self.stopped(min(left_s, LOOK_S)):
                return True
            now, now_s = self.routed(), self.clock()
            if now_s - looked_s > SLEPT_S or (now and now != way):
                self._failures, until_s = 0, now_s
            way, looked_s = now, now_s
        return self.stopped(0)

    def _standing(self, wait_s: float) -> Standing:
        since = None if self._success_s is None else self.clock() - self._success_s
        return Standing(error=self.error, wait_s=wait_s, since_s=since)


@dataclass(slots=True)
class Stop:
    """Told by SIGINT and SIGTERM: a wait ends at once, and so does an attempt."""

    _event: threading.Event = field(default_factory=threading.Event)
    _working: bool = False

    def __call__(self, seconds: float) -> bool:
        """Wait; return whether to end."""
        return self._event.wait(seconds)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let the first signal end what stands within, by raising Stopped there."""
        self._working = True
        try:
            yield
        finally:
            self._working = False

    def heard(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        first = not self._event.is_set()
        self._event.set()
        if first and self._working:
            raise Stopped


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Give what tells of SIGINT and SIGTERM while it stands; then they mean what they did."""
    stop = Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.heard) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
