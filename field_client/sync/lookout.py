"""Looks for another line where the present one stands still, and tells when to change over.

After a gap in the coverage the system waits up to as long again before it repeats what was lost.
Another line is opened meanwhile; whichever answers first is used. A quiet while nothing of ours
is on its way may be the office taking its time: then a line that opens at once proves that there
was no gap, and the present one is kept.
"""

import socket
from collections.abc import Callable

from field_client.sync.opening import Tries
from field_client.sync.pulse import Flow

_SLOW_S = 1.0


class Lookout:
    """Watches the ``flow`` of one connection; ``new_tries`` begins to open another."""

    def __init__(self, flow: Flow, new_tries: Callable[[], Tries]) -> None:
        """See nothing wrong yet."""
        self._flow = flow
        self._new_tries = new_tries
        self._tries: Tries | None = None
        self._at_least_s = 0.0

    @property
    def searching(self) -> bool:
        """Whether another line is being opened."""
        return self._tries is not None

    def other(self, quiet_s: float) -> socket.socket | None:
        """Return another line where the present one is to be left for it. Never waits.

        ``quiet_s``: how long nothing has arrived.
        """
        if quiet_s < self._flow.stall_s:
            self._at_least_s = 0.0
            self.close()
            return None
        if quiet_s < self._at_least_s:
            return None
        if self._tries is None:
            self._tries = self._new_tries()
        line = self._tries.proceed()
        if line is None:
            return None
        slow = self._tries.since_s > 2 * self._flow.round_trip_s + _SLOW_S
        self.close()
        if self._flow.under_way or slow:
            return line
        line.close()
        self._at_least_s = 2 * quiet_s
        return None

    def close(self) -> None:
        """End what is being opened."""
        if self._tries is not None:
            self._tries.close()
            self._tries = None
