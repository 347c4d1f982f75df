"""A line that can be cut: a loopback relay of bytes between a device and the server.

Devices are enrolled with the line's address. It can go down, be cut after so many bytes in one
direction, and it keeps what went through, for those who look for names in captured traffic.
"""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 512


@dataclass(slots=True, kw_only=True)
class Line:
    """Relays ``url`` to the server's port until closed. Starts whole and up.

    ``rate_bytes_s``: how much passes in a second in each direction, 0 for no limit.
    ``window_bytes``: how much it takes before it has passed it on, 0 for what the system likes.
    """

    server_port: int
    rate_bytes_s: int = 0
    window_bytes: int = 0
    captured: bytearray = field(default_factory=bytearray, repr=False)
    cuts: int = 0
    connections: int = 0
    _listener: socket.socket = field(init=False)
    _up: bool = field(init=False, default=True)
    _budget: dict[str, int] = field(init=False, default_factory=dict)
    _open: list[socket.socket] = field(init=False, default_factory=list)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Listen at a free port and wait for devices in the background."""
        self._listener = socket.create_server((LOOPBACK, 0))
        if self.window_bytes:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.window_bytes)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """Give the address that devices are enrolled with."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    @property
    def is_up(self) -> bool:
        """Whether anybody is let through."""
        return self._up

    def down(self) -> None:
        """Cut what is open and let nobody through."""
        self._up = False
        self._cut()

    def up(self) -> None:
        """Let everybody through again, whole."""
        self._budget.clear()
        self._up = True

    def cut_after(self, size_bytes: int, direction: str = "up") -> None:
        """Go down once, after ``size_bytes`` more towards the server (``up``) or the device."""
        self._budget[direction] = size_bytes

    def close(self) -> None:
        """Stop listening and end all connections."""
        self.down()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                device, _ = self._listener.accept()
            except OSError:
                return
            if not self._up:
                device.close()
                continue
            try:
                server = socket.create_connection((LOOPBACK, self.server_port), timeout=5)
            except OSError:
                device.close()
                continue
            server.settimeout(None)
            self.connections += 1
            with self._lock:
                self._open = [*self._open, device, server]
            for source, target, direction in ((device, server, "up"), (server, device, "down")):
                threading.Thread(
                    target=self._pump, args=(source, target, direction), daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        try:
            while data := source.recv(CHUNK_BYTES):
                if self.rate_bytes_s:
                    time.sleep(len(data) / self.rate_bytes_s)
                allowed = self._take(direction, len(data))
                self.captured += data[:allowed]
                target.sendall(data[:allowed])
                if allowed < len(data):
                    self.cuts += 1
                    self.down()
                    return
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for sock in (source, target):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _take(self, direction: str, wanted: int) -> int:
        with self._lock:
            left = self._budget.get(direction)
            if left is None:
                return wanted
            allowed = min(left, wanted)
            self._budget[direction] = left - allowed
            return allowed

    def _cut(self) -> None:
        """End what is open now, not what is opened meanwhile: who was cut may be back at once."""
        with self._lock:
            open_now, self._open = self._open, []
        for sock in open_now:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
