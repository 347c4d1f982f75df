"""Small answers wait for one another for a moment while more of the request is at hand.

A receipt is one packet's worth at most, and on a bad line each packet is one more that may be
lost. So what is said leaves when the next part of the request has to be waited for; while a batch
is at hand, every tenth of a second; and the last receipt goes together with the answer's end. Where
the system cannot hold it back (Windows), each answer leaves by itself.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

HOLD_S = 0.1
# Less than any batch: the request's end, which is answered at once.
END_BYTES = 256
# Linux's name; macOS and Windows have none that Python knows.
_CORK: int | None = getattr(socket, "TCP_CORK", None)


class Cork:
    """Holds back what is written to ``line``; ``buffered``: how much more was read already."""

    def __init__(
        self,
        line: socket.socket,
        buffered: Callable[[], int],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold back from now on."""
        self._line = line
        self._buffered = buffered
        self._now = now
        self._released_s = now()
        self._set(held=True)

    def before_read(self) -> None:
        """Let go what was written, unless more can be answered at once; then hold back again."""
        if _CORK is None:
            return
        size = self._buffered()
        if size > END_BYTES and self._now() - self._released_s < HOLD_S:
            return
        if size <= END_BYTES and (size or self._has_come()):
            return
        self._released_s = self._now()
        self.release()
        self._set(held=True)

    def release(self) -> None:
        """Let go what was written; at the end, before the line's own farewell.

        That arrives in a packet of its own then, which shows that the one before it was lost.
        """
        self._set(held=False)

    def _has_come(self) -> bool:
        ready = select.poll()
        ready.register(self._line, select.POLLIN)
        return bool(ready.poll(0))

    def _set(self, *, held: bool) -> None:
        if _CORK is not None:
            with suppress(OSError):
                self._line.setsockopt(socket.IPPROTO_TCP, _CORK, int(held))
