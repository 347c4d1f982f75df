"""Hybrid logical clock: stamps that follow wall time and never contradict cause and effect.

After Kulkarni et al., "Logical Physical Clocks" (2014). A reading is one integer of 64 bits:
48 bits of Unix milliseconds, 16 bits of counter. Wall time is passed in; nothing here reads it.

A laptop's clock may be years off. Its stamps are then off as well, which the fold tolerates:
a stamp decides only between writes that did not know of each other. What is bounded is how far
a stranger's wrong clock may drag ours.
"""

from dataclasses import dataclass, replace

COUNTER_BITS = 16
HLC_LIMIT = 1 << 64
DAY_MS = 24 * 60 * 60 * 1000
REMOTE_AHEAD_LIMIT_MS = DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a device knew of time when it made a change; kept beside the stamp, never over it.

    ``wall_ms``: the laptop's clock, Unix milliseconds. ``monotonic_ms``: its uptime counter.
    ``server_ms``: server time of the last receipt. ``gps_ms``: time by satellite.
    """

    wall_ms: int
    monotonic_ms: int | None = None
    server_ms: int | None = None
    gps_ms: int | None = None

    def best_ms(self) -> int:
        """Return the best known time in Unix ms: satellite, else the later of server and wall."""
        if self.gps_ms is not None:
            return self.gps_ms
        return max(self.wall_ms, self.server_ms or 0)


@dataclass(frozen=True, slots=True)
class Clock:
    """The last stamp given out or learnt; ``reading`` is persisted with every change."""

    reading: int = 0

    def tick(self, wall_ms: int) -> "Clock":
        """Return the clock after a local event; its reading is above every reading before."""
        now = max(wall_ms, 0) << COUNTER_BITS
        return replace(self, reading=max(now, self.reading + 1))

    def learn(self, remote: int, best_ms: int) -> "Clock":
        """Return the clock after seeing the stamp ``remote``.

        A stamp more than 24 hours ahead of ``best_ms`` (the best known time) does not move us.
        """
        if wall_of(remote) > best_ms + REMOTE_AHEAD_LIMIT_MS:
            return self
        return replace(self, reading=max(self.reading, remote))


def wall_of(reading: int) -> int:
    """Return the Unix milliseconds within a reading."""
    return reading >> COUNTER_BITS
