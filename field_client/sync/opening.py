"""Connections that are being opened: a new try twice a second; the first to succeed is used.

The system repeats an unanswered opening after 1, 3 and 7 seconds. Where coverage comes for half a
minute that is waiting in the best of it; a try of our own costs 60 bytes. Tries alternate between
the addresses of a name, which are asked for once and then remembered.
"""

import errno
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

TRY_EVERY_S = 0.5
LONGEST_PAUSE_S = 3.0
MOST_TRIES = 12
_PAUSE_GROWS = 1.1
_LINUX_OPTIONS = ((7, 2), (16, 1), (44, 4000))
_UNDER_WAY = frozenset(
    {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, getattr(errno, "WSAEWOULDBLOCK", 0)}
)

Place = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


def places_of(host: str, port: int) -> list[Place]:
    """Return the addresses of a name, the best first. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]


class Tries:
    """Tries to connect to one of ``places``; use it with ``with``, which ends what is left."""

    def __init__(
        self,
        places: Sequence[Place],
        every_s: float = TRY_EVERY_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Try nothing yet. ``every_s``: how soon one try follows another, at first."""
        self._places = places
        self._now = now
        self._begun_s = self._next_s = now()
        self._pause_s = every_s
        self._open: list[socket.socket] = []
        self._ready = selectors.DefaultSelector()
        self.count = 0
        self.failure: OSError | None = None

    @property
    def since_s(self) -> float:
        """How long it has been tried."""
        return self._now() - self._begun_s

    @property
    def refused(self) -> bool:
        """Whether every address has been tried, and each has failed."""
        return self.failure is not None and not self._open and self.count >= len(self._places)

    def proceed(self, wait_s: float = 0.0) -> socket.socket | None:
        """Begin a try where one is due; return the connection that one has become, if any.

        Waits at most ``wait_s``, and no longer than until the next try is due.
        """
        fresh = not self._open and self.count < len(self._places)
        if fresh or self._now() >= self._next_s:
            self._begin()
        wait_s = max(0.0, min(wait_s, self._next_s - self._now()))
        if not self._open:
            time.sleep(wait_s)
            return None
        for key, _ in self._ready.select(wait_s):
            line = self._settled(key.fileobj)  # type: ignore[arg-type]
            if line is not None:
                return line
        return None

    def _begin(self) -> None:
        family, address = self._places[self.count % len(self._places)]
        self.count += 1
        self._next_s = self._now() + self._pause_s
        if self.count >= len(self._places):
            self._pause_s = min(self._pause_s * _PAUSE_GROWS, LONGEST_PAUSE_S)
        if len(self._open) >= MOST_TRIES:
            self._drop(self._open[0])
        line = _new_socket(family)
        number = line.connect_ex(address)
        if number not in _UNDER_WAY:
            self.failure = _failure(number)
            line.close()
            return
        self._open.append(line)
        self._ready.register(line, selectors.EVENT_WRITE)

    def _settled(self, line: socket.socket) -> socket.socket | None:
        """Return a try that has become a connection; note why it has not."""
        number = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self.failure = _failure(number)
            self._drop(line)
            return None
        self._open.remove(line)
        self._ready.unregister(line)
        return line

    def _drop(self, line: socket.socket) -> None:
        self._open.remove(line)
        self._ready.unregister(line)
        line.close()

    def close(self) -> None:
        """End the tries that have not succeeded."""
        for line in list(self._open):
            self._drop(line)
        self._ready.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(slots=True)
class Lines:
    """The connections of one run of the program: addresses it has asked for, one in reserve."""

    _places: dict[tuple[str, int], list[Place]] = field(default_factory=dict)
    _reserve: socket.socket | None = None

    def open(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connection, the one in reserve first. Raises OSError."""
        line, self._reserve = self._reserve, None
        if line is not None:
            return line
        try:
            return open_line(self.places(host, port), timeout_s)
        except OSError:
            self._places.clear()
            raise

    def places(self, host: str, port: int) -> list[Place]:
        """Return the addresses of a name, asked for once while they answer. Raises OSError."""
        if (host, port) not in self._places:
            self._places[host, port] = places_of(host, port)
        return self._places[host, port]

    def keep(self, line: socket.socket) -> None:
        """Have the next exchange use this connection."""
        self.close()
        self._reserve = line

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the connection in reserve."""
        if self._reserve is not None:
            self._reserve.close()
            self._reserve = None


def open_line(places: Sequence[Place], timeout_s: float) -> socket.socket:
    """Return a connection, not blocking. Raises OSError where there is none in time."""
    with Tries(places) as tries:
        while tries.since_s < timeout_s:
            line = tries.proceed(timeout_s - tries.since_s)
            if line is not None:
                return line
            if tries.refused and tries.failure is not None:
                raise tries.failure
    raise _failure(errno.ETIMEDOUT)


def _new_socket(family: socket.AddressFamily) -> socket.socket:
    """Return a socket for a slow line: nothing is held back, and no pause grows without end."""
    line = socket.socket(family, socket.SOCK_STREAM)
    line.setblocking(False)  # noqa: FBT003 - the socket's own signature
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tune(line)
    return line


def tune(line: socket.socket) -> None:
    """Have Linux repeat what is lost at even pauses of at most 4 s; older systems know less of it.

    The numbers: TCP_SYNCNT, TCP_THIN_LINEAR_TIMEOUTS, TCP_RTO_MAX_MS (Linux 6.15).
    """
    if sys.platform != "linux":
        return
    for option, value in _LINUX_OPTIONS:
        try:
            line.setsockopt(socket.IPPROTO_TCP, option, value)
        except OSError:
            continue


def _failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))
