"""Who is at the door: callers who say nothing, or too little, are shown out.

A thread serves one connection at a time. A caller is a stranger until a device that the office
knows has spoken; strangers get a bounded time in all, a shorter one while others wait outside. A
device has to move a least number of bytes in each period, and as many visits as a line that breaks
off again and again may leave behind. Showing out ends the connection under the thread that reads
or writes it; what was receipted stays receipted.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock

STRANGER_S = 60.0
PRESSED_S = 8.0
PERIOD_S = 120.0
PERIOD_BYTES = 2_000
PRESSED_BYTES = 20_000
VISITS_A_DEVICE = 4


class Visit:
    """One request on a connection; ``line`` None where there is no connection to end."""

    def __init__(self, line: socket.socket | None, now_s: float) -> None:
        """Come in as a stranger."""
        self.device: bytes | None = None
        self.begun_s = now_s
        self._line = line
        self._moved_bytes = 0
        self._mark = (now_s, 0)

    def moved(self, size_bytes: int) -> None:
        """Count bytes that came or went."""
        self._moved_bytes += size_bytes

    def is_idle(self, now_s: float, least_bytes: int) -> bool:
        """Tell, once a period, whether fewer than ``least_bytes`` moved in it."""
        since_s, before_bytes = self._mark
        if now_s - since_s < PERIOD_S:
            return False
        self._mark = (now_s, self._moved_bytes)
        return self._moved_bytes - before_bytes < least_bytes

    def end(self) -> None:
        """End the connection, also under a thread that waits for it."""
        if self._line is not None:
            with suppress(OSError):
                # Not the method of a TLS socket: that one takes its state apart.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)


class Doorkeeper:
    """Keeps count of the visits. ``places``: how many devices may be inside at once."""

    def __init__(self, places: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the door; ``clock``: seconds that only go forward."""
        self._places = places
        self._clock = clock
        self._lock = Lock()
        self._visits: list[Visit] = []

    @contextmanager
    def visit(self, line: socket.socket | None) -> Iterator[Visit]:
        """Let a caller come in, until the end of the block."""
        visit = Visit(line, self._clock())
        with self._lock:
            self._visits.append(visit)
        try:
            yield visit
        finally:
            with self._lock:
                self._visits.remove(visit)

    def admit(self, visit: Visit, device: bytes) -> bool:
        """Let a device stay; False where too many are inside already.

        Its oldest visits beyond a few are ended: their lines broke off without a word.
        """
        with self._lock:
            inside = [one for one in self._visits if one.device is not None]
            own = [one for one in inside if one.device == device]
            stale = own[: max(0, len(own) + 1 - VISITS_A_DEVICE)]
            if len(inside) - len(stale) >= self._places:
                return False
            visit.device = device
        for one in stale:
            one.device = None
            one.end()
        return True

    def look(self, waiting: int) -> None:
        """Show out whose time is over; ``waiting``: how many callers no thread is free for."""
        now_s = self._clock()
        with self._lock:
            visits = list(self._visits)
        strangers = [one for one in visits if one.device is None]
        late = [one for one in strangers if now_s - one.begun_s > PRESSED_S][:waiting]
        late += [one for one in strangers if now_s - one.begun_s > STRANGER_S]
        least_bytes = PRESSED_BYTES if waiting else PERIOD_BYTES
        late += [one for one in visits if one.device and one.is_idle(now_s, least_bytes)]
        for one in late:
            one.end()
