"""Trying again: how long to wait, when to come early, what ends it."""

import os
import signal

import pytest

from field_client.config import load_config
from field_client.sync.errors import LineCut
from field_client.sync.watch import stopped_by_signals, wait_after, watch
from shared_schema.enrolment import DeviceUnknown
from shared_schema.errors import JemputError


def test_the_wait_doubles_up_to_five_minutes() -> None:
    """Half to all of 5, 10, 20 ... 300 seconds; a minute after success."""
    assert wait_after(0, 0.3) == 60
    assert [wait_after(failures, 1.0) for failures in (1, 2, 3, 7, 99)] == [5, 10, 20, 300, 300]
    assert [wait_after(failures, 0.0) for failures in (1, 2, 99)] == [2.5, 5, 150]


class Office:
    """Attempts that go as scripted, and a clock that only moves by waiting."""

    def __init__(self, outcomes: list[JemputError | None], routes: list[bool]) -> None:
        self.outcomes = iter(outcomes)
        self.routes = iter(routes)
        self.attempts = 0
        self.waited = 0.0
        self.reported: list[str] = []
        self.at: list[float] = []

    def attempt(self) -> None:
        """Do what the script says."""
        self.at.append(self.waited)
        outcome = next(self.outcomes)
        if outcome is not None:
            raise outcome

    def stopped(self, seconds: float) -> bool:
        """Wait; stop after ten minutes."""
        self.waited += seconds
        return self.waited > 600

    def routed(self) -> bool:
        """Tell whether there is a line, as scripted, then always."""
        return next(self.routes, True)

    def run(self) -> None:
        """Watch until it stops."""
        watch(
            self.attempt,
            self.stopped,
            lambda error: self.reported.append(error.code),
            routed=self.routed,
            draw=lambda: 1.0,
        )


def test_it_goes_on_through_errors() -> None:
    """Each failure is reported; success brings the wait back to a minute."""
    office = Office([LineCut(), LineCut(), None, *[None] * 20], [])
    office.run()
    assert office.reported == ["LINE_CUT", "LINE_CUT"]
    assert office.at[:5] == [0, 5, 15, 75, 135]


def test_it_comes_early_when_a_line_appears() -> None:
    """A route that was absent and is there again ends the wait."""
    failures: list[JemputError | None] = [LineCut() for _ in range(4)]
    waits_without = [False] * 2 + [False] * 3 + [False] * 5
    office = Office([*failures, *[None] * 30], [*waits_without, False, False, True])
    office.run()
    assert office.at[:4] == [0, 5, 15, 35]
    assert office.at[4] == 45


def test_a_refusal_for_good_ends_it() -> None:
    """An unknown or revoked laptop does not knock every five minutes."""
    office = Office([None, DeviceUnknown()], [])
    with pytest.raises(DeviceUnknown):
        office.run()
    assert office.reported == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_waiting(number: signal.Signals) -> None:
    """Both ways of ending a program; afterwards signals mean what they meant before."""
    before = signal.getsignal(number)
    with stopped_by_signals() as stopped:
        assert not stopped(0)
        os.kill(os.getpid(), number)
        assert stopped(5)
    assert signal.getsignal(number) is before


def test_settings_come_from_the_environment() -> None:
    """Empty counts as absent, and a passphrase is never shown."""
    config = load_config(
        {
            "FIELD_CLIENT_HOME": "/tmp/x",  # noqa: S108 - only compared
            "FIELD_CLIENT_OPERATOR": "",
            "FIELD_CLIENT_PASSPHRASE": "rahasia",
        }
    )
    assert (str(config.home), config.operator, config.passphrase) == ("/tmp/x", None, "rahasia")  # noqa: S108
    assert "rahasia" not in repr(config)
    assert load_config({}).home.name == "jemput"
