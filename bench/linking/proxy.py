"""A link without privileges: a loopback relay with a rate, a delay and gaps in its coverage.

It stands in for `tests.support.radio` where network namespaces are not permitted. Bytes wait for
their turn, and through a gap; none is lost, and each end meets the loopback's TCP: a new connection
is charged a round trip, and that is all. So it tells what a sync asks of a line, not what TCP makes
of one.
"""

import contextlib
import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.support.processes import LOOPBACK, free_port
from tests.support.radio import Radio, Way

CHUNK_BYTES, WINDOW_BYTES, AIR_CHUNKS = 256, 4096, 64
Air = queue.Queue[tuple[float, bytes]]


@dataclass(slots=True, kw_only=True)
class ProxyLink:
    """A link to ``office_port``, at ``port``; use it with ``with``. Its loss is not simulated."""

    radio: Radio
    office_port: int = field(default_factory=free_port)
    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    first_s: float | None = None
    far_address: str = LOOPBACK
    _listener: socket.socket = field(
        default_factory=lambda: socket.create_server((LOOPBACK, 0)), repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        """Where the near end finds the office."""
        return int(self._listener.getsockname()[1])

    def near(self, *command: str) -> list[str]:
        """Return ``command`` as it runs at the laptop's end: here."""
        return list(command)

    far = near

    def restart(self) -> None:
        """Count from the next connection on, which also begins a time of coverage."""
        self.up, self.down = Way(), Way()
        self.first_s = None

    @property
    def seconds(self) -> float:
        """The time from the first connection counted to the last byte delivered."""
        last_s = max(self.up.last_s, self.down.last_s)
        return 0.0 if self.first_s is None else max(0.0, last_s - self.first_s)

    closed_seconds = seconds

    def __enter__(self) -> Self:
        # What the system takes before it has passed on would look like a faster line.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.first_s is None:
                self.first_s = time.monotonic()
            try:
                far = socket.create_connection((LOOPBACK, self.office_port), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        """Carry what both ends say until they have ended."""
        opened_s = time.monotonic() + 2 * self.radio.delay_s
        works = []
        with near, far:
            for source, target, way in ((near, far, "up"), (far, near, "down")):
                air: Air = queue.Queue(AIR_CHUNKS)
                works += [
                    threading.Thread(target=self._take, args=(source, way, air, opened_s)),
                    threading.Thread(target=self._deliver, args=(source, target, way, air)),
                ]
            for work in works:
                work.daemon = True
                work.start()
            for work in works:
                work.join()

    def _take(self, source: socket.socket, way: str, air: Air, opened_s: float) -> None:
        """Take what the line has room for, and say when each piece arrives; b"" is the end."""
        time.sleep(max(0.0, opened_s - time.monotonic()))
        data = b"first"
        while data:
            try:
                data = source.recv(CHUNK_BYTES)
            except OSError:
                data = b""
            free_at = self._sent_by(self._way(way), len(data))
            air.put((free_at + self.radio.delay_s, data))
            time.sleep(max(0.0, free_at - time.monotonic()))

    def _deliver(self, source: socket.socket, target: socket.socket, way: str, air: Air) -> None:
        """Give each piece to the other end when its time has come; empty the air in any case."""
        data, broken = b"first", False
        while data:
            at_s, data = air.get()
            if broken:
                continue
            time.sleep(max(0.0, at_s - time.monotonic()))
            try:
                target.sendall(data) if data else target.shutdown(socket.SHUT_WR)
            except OSError:
                broken = True
                for sock in (source, target):
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)
            if data:
                self._way(way).last_s = time.monotonic()

    def _way(self, way: str) -> Way:
        return self.up if way == "up" else self.down

    def _sent_by(self, way: Way, size_bytes: int) -> float:
        """Return when the last of so many bytes has left: after those before it, in coverage."""
        with self._lock:
            begin_s = max(time.monotonic(), way.free_at)
            air_s = size_bytes * 8 / self.radio.rate_bit_s
            if not (self._covered(begin_s) and self._covered(begin_s + air_s)):
                begin_s = self._covered_again(begin_s)
            way.free_at = begin_s + air_s
            way.packets += 1
            way.size_bytes += size_bytes
            way.payload_bytes += size_bytes
            return way.free_at

    def _covered(self, at_s: float) -> bool:
        return self.first_s is None or self.radio.covered(at_s - self.first_s)

    def _covered_again(self, at_s: float) -> float:
        """Return when the next turn of coverage begins."""
        if self.first_s is None:
            return at_s
        turn_s = self.radio.up_s + self.radio.down_s
        return self.first_s + ((at_s - self.first_s) // turn_s + 1) * turn_s
