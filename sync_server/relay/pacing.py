"""When a relay speaks with its office: soon when something came, seldom while there is no line.

After a failure the wait doubles, up to five minutes, and is drawn at random between half and all
of it, so that the relays of a regency do not all come at once when its line returns.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from shared_schema.errors import JemputError, StorageError
from sync_server.relay import shelf
from sync_server.relay.errors import UpstreamRefused
from sync_server.relay.forwarding import DEVICE_UNKNOWN, Passed, Transport, pass_on
from sync_server.relay.parties import EXCHANGE_BYTES, is_due
from sync_server.relay.relay import Fact, Relay, keep

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
REST_S = 600.0
LOOK_S = 5.0
_ROUNDS = 20
LEAST_ROOM_BYTES = 4 << 10
_TOO_LONG = 413


def wait_after(failures: int, share: float) -> float:
    """Return the seconds to wait after ``failures`` in a row; ``share`` is drawn from 0 to 1."""
    doubled = FIRST_WAIT_S * 2.0 ** min(max(failures, 1) - 1, 16)
    return min(doubled, LONGEST_WAIT_S) * (0.5 + share / 2)


@dataclass(slots=True)
class Room:
    """How much one request may hold: less behind a proxy that refuses long ones (413)."""

    size_bytes: int = EXCHANGE_BYTES

    def shrink(self, error: UpstreamRefused) -> bool:
        """Return whether a shorter request may pass where one was refused with ``error``."""
        if error.details.get("reason") != _TOO_LONG or self.size_bytes <= LEAST_ROOM_BYTES:
            return False
        self.size_bytes = max(self.size_bytes // 4, LEAST_ROOM_BYTES)
        return True


@dataclass(slots=True)
class Pacer:
    """Passes on, again and again. ``draw``: a random share from 0 to 1."""

    relay: Relay
    transport: Transport
    draw: Callable[[], float]
    report: Callable[[JemputError], None]
    arrived: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)
    failures: int = 0
    room: Room = field(default_factory=Room)

    def run(self) -> None:
        """Pass on until ``ended``."""
        while not self.ended.is_set():
            self._wait(self.once())

    def end(self) -> None:
        """Have `run` return, wherever it waits."""
        self.ended.set()
        self.arrived.set()

    def once(self) -> float:
        """Pass on what is due; return how long to rest. An error is reported and kept."""
        try:
            pass_on_all(self.relay, self.transport, self.room)
            self.failures = 0
        except JemputError as error:
            self.failures += 1
            self.report(error)
        return wait_after(self.failures, self.draw()) if self.failures else REST_S

    def _wait(self, wait_s: float) -> None:
        """Rest; after a success no longer than until something is due."""
        if self.failures:
            self.ended.wait(wait_s)
            return
        while wait_s > 0 and not self.arrived.wait(LOOK_S):
            wait_s -= LOOK_S
            with suppress(StorageError):
                wait_s = 0 if is_due(self.relay) else wait_s
        self.arrived.clear()


def pass_on_all(relay: Relay, transport: Transport, room: Room | None = None) -> Passed:
    """Exchange with the office until nothing more is due; keep what went wrong, and raise it."""
    total, own, room = Passed(), True, room or Room()
    try:
        for _ in range(_ROUNDS):
            try:
                passed = pass_on(relay, transport, own=own, room_bytes=room.size_bytes)
            except UpstreamRefused as error:
                if room.shrink(error):
                    continue
                if not own or error.details.get("reason") != DEVICE_UNKNOWN:
                    raise
                passed = Passed()
            total = Passed(
                devices=total.devices + passed.devices,
                sent=total.sent + passed.sent,
                answered=total.answered + passed.answered,
            )
            own = False
            if not is_due(relay):
                break
        _note(relay, "")
    except JemputError as error:
        _note(relay, error.code)
        raise
    return total


def _note(relay: Relay, code: str) -> None:
    before_ms = relay.now_ms() - relay.limits.patience_ms
    with relay.store.write() as connection:
        keep(connection, Fact.TROUBLE, code)
        shelf.drop_strangers(connection, before_ms)
