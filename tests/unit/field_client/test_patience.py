"""How long one sync goes on over cuts: pauses, and when it gives up."""

from dataclasses import dataclass, field

import pytest

from field_client.sync.errors import (
    LineCut,
    NotOurServer,
    OfficeBusy,
    ServerFailed,
    ServerUnreachable,
)
from field_client.sync.patience import Patience
from shared_schema.errors import NetworkError

UNREACHABLE = ServerUnreachable(address="kantor:8800", reason="?")


@dataclass
class Clock:
    """A clock that moves when somebody sleeps."""

    now_s: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


def patience(clock: Clock, seconds: float = 60) -> Patience:
    """Return the patience of one sync, its pauses never shortened by chance."""
    return Patience(seconds=seconds, now=lambda: clock.now_s, sleep=clock.sleep, draw=lambda: 1.0)


def test_after_progress_it_goes_on_at_once(clock: Clock) -> None:
    """However often the line is cut: what came each time shows that it is worth it."""
    found = patience(clock)
    for _ in range(50):
        found.heard()
        assert found.again(LineCut())
    assert clock.slept == []


def test_without_progress_it_pauses_longer_and_gives_up(clock: Clock) -> None:
    """About a minute after the last byte; the pauses stay short enough to notice a line."""
    found = patience(clock)
    found.heard()
    tries = 0
    while found.again(UNREACHABLE if tries % 2 else LineCut()):
        tries += 1
    assert 60 <= clock.now_s - 100 < 66
    assert clock.slept[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(clock.slept) == 5.0


def test_a_line_that_has_just_been_opened_is_still_used(clock: Clock) -> None:
    """Where a gap lasted longer than the patience; but not for ever where nobody answers on it."""
    found = patience(clock)
    found.heard()
    clock.now_s += 70
    assert found.again(LineCut(moved=True))
    assert not found.again(LineCut())
    clock.now_s += 60
    assert not found.again(LineCut(moved=True))


def test_where_nothing_ever_came_the_user_soon_knows(clock: Clock) -> None:
    """Nobody there: at once. A line that is cut before a byte: after a few tries."""
    assert not patience(clock).again(UNREACHABLE)
    found = patience(clock)
    assert [found.again(LineCut()) for _ in range(3)] == [True, True, False]
    assert clock.now_s < 103


def test_a_busy_office_is_asked_again_at_pauses(clock: Clock) -> None:
    """From the first try on, also behind one that brought something; for a minute, no longer."""
    found = patience(clock)
    while found.again(OfficeBusy(reason="SERVER_BUSY", pause_s=0)):
        pass
    assert 60 <= clock.now_s - 100 < 66
    assert clock.slept[:5] == [0.5, 1.0, 2.0, 4.0, 5.0]
    found.heard()
    assert found.again(OfficeBusy(reason=502))
    assert clock.slept[-1] > 0


def test_a_busy_office_says_how_long(clock: Clock) -> None:
    """Its word is kept, with our own pause on top so that not all come at once; within bounds."""
    found = patience(clock)
    assert found.again(OfficeBusy(reason=503, pause_s=20))
    assert clock.slept == [20.5]
    assert not found.again(OfficeBusy(reason=503, pause_s=45))
    assert not patience(clock, 0).again(OfficeBusy(reason=503, pause_s=0))


@pytest.mark.parametrize("error", [NotOurServer(), ServerFailed(reason="X")])
def test_what_another_line_would_not_mend_is_told(clock: Clock, error: NetworkError) -> None:
    """A log-in page or a fault of the server's own is no cut."""
    found = patience(clock)
    found.heard()
    assert not found.again(error)


def test_no_patience_ends_at_the_first_cut(clock: Clock) -> None:
    """As `--patience 0` asks."""
    found = patience(clock, 0)
    found.heard()
    assert not found.again(LineCut())
