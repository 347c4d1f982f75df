"""What the system knows of a connection: what is on its way, and whether anything arrives.

A modem holds many seconds' worth of bytes. What stands in its queue is lost in the next gap of
the coverage, delays what must be repeated, and hides for long that the line is gone. So no more
is handed over than is on its way anyway (Cardwell et al., BBR, 2016: rate times shortest round
trip), and a connection on which nothing is acknowledged is noticed. Linux tells all this; where
the system does not, what was written and read has to do.
"""

import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LEAST_BYTES = 8_760
PACKET_BYTES = 1448
GAIN = 1.5
SAMPLE_S = 0.1
_SAMPLES = 8
_NEAR_S = 0.05
# What a packet has to say of gaps in what came (RFC 2018, three of them beside time stamps): a full
# one would be cut in two while something of the answer is missing.
_GAPS_BYTES = 28
_TCP_INFO = 11
_INFO_BYTES = 160
_LEAST_STALL_S = 1.0
_LEAST_WAIT_S = 3.0
_BLIND_STALL_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """``held``: bytes handed over that have neither arrived nor got lost, as far as is known.

    ``arrived``: bytes in all, those behind a gap included. ``in_flight``: packets sent and not
    acknowledged, which excludes what the server is too busy to take. ``silent_s``: since the last
    acknowledgement of any kind. ``least_rtt_s``: of all round trips.
    """

    held: int
    in_flight: int
    arrived: int
    packet_bytes: int = PACKET_BYTES
    silent_s: float
    rtt_s: float
    least_rtt_s: float


def feel(line: socket.socket) -> Pulse | None:
    """Return what the system tells of a connection, None where it tells nothing."""
    if sys.platform != "linux":
        return None
    try:
        info = line.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _INFO_BYTES)
    except OSError:
        return None
    return read_info(info) if len(info) == _INFO_BYTES else None


def read_info(info: bytes) -> Pulse:
    """Return what Linux's ``struct tcp_info`` (linux/tcp.h) says."""
    (size,) = struct.unpack_from("I", info, 16)
    out, sacked, lost, repeated = struct.unpack_from("4I", info, 24)
    (silent_ms,) = struct.unpack_from("I", info, 56)
    (rtt_us,) = struct.unpack_from("I", info, 68)
    (acked,) = struct.unpack_from("Q", info, 120)
    unsent, least_us = struct.unpack_from("2I", info, 144)
    return Pulse(
        held=unsent + max(0, out - sacked - lost + repeated) * size,
        in_flight=out,
        arrived=acked + sacked * size,
        packet_bytes=max(size - _GAPS_BYTES, size // 2),
        silent_s=silent_ms / 1000,
        rtt_s=rtt_us / 1e6,
        least_rtt_s=min(least_us, rtt_us) / 1e6,
    )


class Flow:
    """Watches one connection: how much more may be handed over, and whether it has stalled."""

    def __init__(
        self, feel_line: Callable[[], Pulse | None], now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with a few packets, which keep a slow line busy until the first answer."""
        self._feel = feel_line
        self._now = now
        self._pulse: Pulse | None = None
        self._moved_s = self._mark_s = now()
        self._mark_arrived = 0
        self._rates: deque[float] = deque(maxlen=_SAMPLES)

    def moved(self) -> None:
        """Note that something was read."""
        self._moved_s = self._now()

    def handed_over(self) -> None:
        """Note that the system took something to be sent, where it tells nothing of the rest."""
        if self._pulse is None:
            self._moved_s = self._now()

    def look(self) -> None:
        """Read the pulse."""
        before, pulse, now_s = self._pulse, self._feel(), self._now()
        if pulse is None:
            return
        self._pulse = pulse
        if before is None or pulse.arrived != before.arrived:
            self._moved_s = now_s
        elif pulse.in_flight:
            waited_s = pulse.silent_s if before.in_flight else 0.0
            self._moved_s = max(self._moved_s, now_s - waited_s)
        self._sample(pulse, now_s)

    def _sample(self, pulse: Pulse, now_s: float) -> None:
        span_s = now_s - self._mark_s
        if span_s < max(SAMPLE_S, pulse.least_rtt_s):
            return
        if pulse.arrived > self._mark_arrived:
            self._rates.append((pulse.arrived - self._mark_arrived) / span_s)
        self._mark_s, self._mark_arrived = now_s, pulse.arrived

    @property
    def room(self) -> int:
        """How many bytes may be handed over now."""
        pulse = self._pulse
        if pulse is None or pulse.least_rtt_s < _NEAR_S:
            return 1 << 30
        best = GAIN * max(self._rates, default=0.0) * pulse.least_rtt_s
        return max(0, max(LEAST_BYTES, int(best)) - pulse.held)

    @property
    def packet_bytes(self) -> int:
        """How much one packet carries, at most a part of the smallest window."""
        return min(self._pulse.packet_bytes, LEAST_BYTES // 4) if self._pulse else PACKET_BYTES

    @property
    def under_way(self) -> bool:
        """Whether something was sent that is not acknowledged."""
        return self._pulse is not None and self._pulse.in_flight > 0

    @property
    def quiet_s(self) -> float:
        """How long nothing has arrived, at either end."""
        return self._now() - self._moved_s

    @property
    def stall_s(self) -> float:
        """From how long a quiet on it looks as if the line were gone."""
        if self._pulse is None:
            return _BLIND_STALL_S
        if self.under_way:
            return max(_LEAST_STALL_S, 2 * self._pulse.rtt_s + 0.2)
        return max(_LEAST_WAIT_S, 3 * self._pulse.rtt_s)

    @property
    def round_trip_s(self) -> float:
        """The shortest round trip, 0 where it is not known."""
        return self._pulse.least_rtt_s if self._pulse else 0.0
