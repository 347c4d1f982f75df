"""Trying again: how long to wait, when to come early, what ends it, and how often at the most."""

import errno
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.commands.watching import times, told
from field_client.config import load_config
from field_client.sync.errors import ClockOff, LineCut, NotOurServer, ServerRefused
from field_client.sync.watch import (
    Standing,
    Stopped,
    Watch,
    has_route,
    route,
    stopped_by_signals,
    wait_after,
)
from field_client.vault.errors import DeviceWiped
from shared_schema.enrolment import DeviceUnknown
from shared_schema.errors import JemputError

HOUR_S = 3600
MOST_AN_HOUR = 71


def test_the_wait_doubles_up_to_five_minutes() -> None:
    """Half to all of 5, 10, 20 ... 300 seconds; a minute or a little more after success."""
    assert [wait_after(0, share) for share in (0.0, 1.0)] == [60, 90]
    assert [wait_after(failures, 1.0) for failures in (1, 2, 3, 7, 99)] == [5, 10, 20, 300, 300]
    assert [wait_after(failures, 0.0) for failures in (1, 2, 99)] == [2.5, 5, 150]


@dataclass
class Day:
    """A day of watching: attempts go as scripted, and the clock moves only by waiting.

    ``routes``: the laptop's address at each look, then always the last. ``sleeps``: seconds that
    the laptop sleeps within the look of that number.
    """

    outcomes: list[JemputError | None]
    routes: list[str] = field(default_factory=lambda: ["192.0.2.7"])
    sleeps: dict[int, float] = field(default_factory=dict)
    ends_s: float = 600
    share: Callable[[], float] = lambda: 1.0
    attempt_s: float = 0.0
    now_s: float = 1000.0
    looks: int = 0
    at: list[float] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    shown: list[Standing] = field(default_factory=list)

    def attempt(self) -> None:
        """Do what the script says; the last line of it holds on."""
        self.at.append(self.now_s - 1000)
        self.now_s += self.attempt_s
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if outcome is not None:
            raise outcome

    def stopped(self, seconds: float) -> bool:
        """Wait."""
        self.now_s += seconds
        if seconds:
            self.looks += 1
            self.now_s += self.sleeps.get(self.looks, 0)
        return self.now_s - 1000 > self.ends_s

    def routed(self) -> str:
        """Return the laptop's address."""
        return self.routes.pop(0) if len(self.routes) > 1 else self.routes[0]

    def run(self) -> Watch:
        """Watch until the day ends."""
        watch = Watch(
            attempt=self.attempt,
            stopped=self.stopped,
            warn=lambda error: self.warned.append(error.code),
            show=self.shown.append,
            routed=self.routed,
            clock=lambda: self.now_s,
            draw=self.share,
        )
        watch.run()
        return watch


def test_it_goes_on_through_errors() -> None:
    """Each kind of failure is told once; success brings the wait back to a minute."""
    day = Day([LineCut(), LineCut(), None])
    watch = day.run()
    assert day.warned == ["LINE_CUT"]
    assert day.at[:5] == [0, 5, 15, 105, 195]
    assert (watch.attempts, watch.successes, watch.error) == (9, 7, None)


def test_a_hotspots_page_is_told_once_and_tried_again_quietly() -> None:
    """Until there was an exchange: the next hotspot is told again."""
    day = Day([*[NotOurServer()] * 9, None, NotOurServer()], ends_s=HOUR_S)
    day.run()
    assert day.warned == ["NOT_OUR_SERVER", "NOT_OUR_SERVER"]
    assert all(standing.error is not None for standing in day.shown if standing.since_s is None)


def test_a_wrong_clock_is_told_once_and_is_no_failure() -> None:
    """Everything went through, so the next attempt comes at its usual time."""
    day = Day([ClockOff(hours=30)])
    watch = day.run()
    assert day.warned == ["CLOCK_OFF"]
    assert day.at[:3] == [0, 90, 180]
    assert watch.successes == watch.attempts


def test_it_comes_early_when_a_line_appears() -> None:
    """A route that was absent and is there again ends the wait, and so does another address."""
    for before, after in (("", "192.0.2.7"), ("192.0.2.7", "198.51.100.9")):
        day = Day([*[LineCut()] * 4, None], [before] * 14 + [after])
        day.run()
        assert day.at[:4] == [0, 5, 15, 35]
        assert day.at[4] == 55


def test_it_tries_at_once_when_the_laptop_wakes() -> None:
    """Eight hours of sleep within a wait of five minutes; then the backoff begins anew."""
    day = Day([LineCut()], sleeps={60: 8 * HOUR_S}, ends_s=9 * HOUR_S)
    day.run()
    woken = [at for at in day.at if at >= 8 * HOUR_S]
    before = max(at for at in day.at if at < 8 * HOUR_S)
    assert woken[0] - before < 8 * HOUR_S + 300
    assert [round(b - a) for a, b in pairwise(woken[:4])] == [5, 10, 20]


def test_setting_the_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait goes by the wall's clock."""

    def wall() -> float:
        raise AssertionError("the wall clock was read")

    monkeypatch.setattr(time, "time", wall)
    day = Day([LineCut(), None])
    day.run()
    assert day.at[:3] == [0, 5, 95]


@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=40),
    st.lists(st.floats(0, 1), min_size=1, max_size=10),
    st.dictionaries(st.integers(1, 500), st.floats(0, 4000), max_size=5),
)
def test_it_never_hammers(
    fails: list[bool], routes: list[str], shares: list[float], sleeps: dict[int, float]
) -> None:
    """Whatever comes and goes, no hour of three sees more than so many attempts."""
    chance = Random(1)
    day = Day(
        [LineCut() if chance.choice(fails) else None for _ in range(2000)],
        [chance.choice(routes) for _ in range(5000)],
        sleeps,
        ends_s=3 * HOUR_S,
        share=lambda: chance.choice(shares),
    )
    day.run()
    assert day.at
    for begins in day.at:
        assert sum(begins <= at < begins + HOUR_S for at in day.at) <= MOST_AN_HOUR


@pytest.mark.parametrize("error", [DeviceUnknown(), DeviceWiped()])
def test_a_refusal_for_good_ends_it(error: JemputError) -> None:
    """A laptop that the office has signed off, or whose keys are gone, does not go on knocking."""
    day = Day([None, error])
    with pytest.raises(type(error)):
        day.run()
    assert day.warned == []


@pytest.mark.parametrize("error", [DeviceUnknown(signed=False), ServerRefused(signed=False)])
def test_what_nobody_has_signed_ends_nothing(error: JemputError) -> None:
    """Anybody on the way may have said it: it is told, and waited out as a failure."""
    day = Day([error, error, None])
    day.run()
    assert day.warned == [error.code]
    assert day.at[:4] == [0, 5, 15, 105]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_waiting(number: signal.Signals) -> None:
    """Both ways of ending a program; afterwards signals mean what they meant before."""
    before = signal.getsignal(number)
    with stopped_by_signals() as stopped:
        assert not stopped(0)
        os.kill(os.getpid(), number)
        assert stopped(5)
    assert signal.getsignal(number) is before


def test_a_signal_ends_an_attempt_once() -> None:
    """A line that has stood still for a minute does not hold the program; cleaning up is let be."""
    cleaned: list[bool] = []

    def attempt() -> None:
        with stop.working():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(30)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                cleaned.append(True)

    with stopped_by_signals() as stop:
        watch = Watch(attempt=attempt, stopped=stop, warn=lambda _error: None)
        begun_s = time.monotonic()
        watch.run()
    assert time.monotonic() - begun_s < 10
    assert cleaned == [True]
    assert watch.successes == 0


def test_stopped_is_no_failure_that_something_catches() -> None:
    """It passes everything that deals with errors."""
    assert not issubclass(Stopped, Exception)


@pytest.mark.parametrize("error", [None, LineCut()])
@pytest.mark.parametrize("left", [0, 3])
@pytest.mark.parametrize("locked", [True, False])
def test_all_is_said_to_be_there_only_when_it_is(
    error: JemputError | None, left: int, locked: bool
) -> None:
    """After a failure, with something unconfirmed, or under a lock, it is never said."""
    standing = Standing(error=error, wait_s=7.4, since_s=130.0)
    said = told(standing, left, locked=locked, texts=str)
    assert ("Everything" in said) == (error is None and not left and not locked)
    assert str(left) in said or "Everything" in said
    assert times(standing, str) == "Next attempt in 7 s. Last exchange 2 minutes ago."


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


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://192.168.7.7:8810", "192.168.7.7"),
        ("https://[fd00::7]:8800/x", "fd00::7"),
        ("https://kantor.example:8800", "192.0.2.1"),
        ("", "192.0.2.1"),
        ("http://[broken", "192.0.2.1"),
    ],
)
def test_the_way_to_a_numbered_server_counts(
    monkeypatch: pytest.MonkeyPatch, url: str, asked: str
) -> None:
    """A relay in the same building is noticed where there is no way out; names ask nobody."""
    tried: list[str] = []

    def connect(_sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert route(url)
    assert tried == [asked]


def test_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every probe fails, none raises."""

    def connect(_sock: socket.socket, _address: tuple[str, int]) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert not route("http://192.168.7.7:8810")
    assert not has_route()
