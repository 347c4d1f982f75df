"""Syncing behind the pages: nobody waits for it, a lock does not end it, a pause does."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from field_client.shift import State
from field_client.sync.errors import ServerUnreachable
from field_client.vault.errors import DeviceWiped
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from field_client.web.runner import Phase, Runner
from shared_schema.enrolment import DeviceRevoked
from tests.support.laptop import OPERATOR, PASSPHRASE, register
from tests.support.memory_server import MemoryServer
from tests.unit.field_client.web.conftest import Browser


@dataclass
class SlowLine:
    """A line to the server that waits, after each piece of the reply, for ``go``."""

    server: MemoryServer
    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Answer a piece at a time."""
        for piece in self.server.exchange(outgoing):
            self.begun.set()
            assert self.go.wait(10)
            yield piece


@pytest.fixture
def server() -> MemoryServer:
    """Return an office whose clock is right."""
    return MemoryServer(now_ms=time.time_ns() // 1_000_000)


@pytest.fixture
def line(server: MemoryServer) -> SlowLine:
    """Return the line to it."""
    return SlowLine(server)


@pytest.fixture
def runner(desk: Desk, line: SlowLine) -> Iterator[Runner]:
    """Return the sync behind an open desk."""
    desk.unlock(OPERATOR, PASSPHRASE)
    made = Runner(desk=desk, connect=lambda _url, _trust: line, patience_s=0)
    yield made
    made.pause()
    line.go.set()
    made.join()


def counts(desk: Desk) -> dict[str, int]:
    """Return what the bar counts."""
    with desk.use() as app:
        return app.journal.counts()


def test_saving_goes_on_while_it_runs_and_what_is_received_shows(
    runner: Runner, line: SlowLine, desk: Desk, server: MemoryServer
) -> None:
    """A save in the middle is durable at once, and goes with the next sync."""
    assert runner.start()
    assert not runner.start(), "one at a time"
    assert line.begun.wait(10)
    with desk.use() as app:
        register(app, ["Warga Uji 3"])
    assert counts(desk)["waiting"] == 3
    line.go.set()
    runner.join(10)
    course = runner.course
    assert (course.phase, course.error) == (Phase.DONE, None)
    assert (course.outcome.changes, course.outcome.waiting_changes) == (2, 0)
    assert (counts(desk)["received"], counts(desk)["waiting"]) == (2, 1)
    runner.start()
    runner.join(10)
    assert counts(desk)["received"] == 3
    assert len(server.records()) == 3


def test_locking_waits_for_no_line_and_the_sync_goes_on(
    runner: Runner, line: SlowLine, desk: Desk, server: MemoryServer
) -> None:
    """The store closes at once; what was sealed arrives, and shows after the next unlock."""
    runner.start()
    assert line.begun.wait(10)
    desk.end()
    assert desk.shift.state is State.LOCKED
    line.go.set()
    runner.join(10)
    assert runner.course.phase is Phase.DONE
    assert len(server.records()) == 2
    desk.unlock(OPERATOR, PASSPHRASE)
    assert counts(desk)["received"] == 2


def test_a_pause_ends_it_and_what_was_confirmed_stays(
    runner: Runner, line: SlowLine, desk: Desk
) -> None:
    """It says so at once; the next one goes on."""
    runner.start()
    assert line.begun.wait(10)
    runner.pause()
    assert runner.course.phase is Phase.PAUSED
    line.go.set()
    runner.join(10)
    assert runner.course.phase is Phase.PAUSED
    assert runner.start()
    runner.join(10)
    assert (runner.course.phase, counts(desk)["received"]) == (Phase.DONE, 2)


def test_where_there_is_no_line_it_says_so_and_keeps_trying_if_asked(
    desk: Desk,
) -> None:
    """Once, it fails with the reason; watching, it rests until it is paused."""
    desk.unlock(OPERATOR, PASSPHRASE)

    def nowhere(_url: str, _trust: object) -> MemoryServer:
        raise ServerUnreachable(address="127.0.0.1:9", reason="refused")

    runner = Runner(desk=desk, connect=nowhere, patience_s=0, routed=lambda _url: "")
    runner.start()
    runner.join(10)
    assert (runner.course.phase, type(runner.course.error)) == (Phase.FAILED, ServerUnreachable)
    browser = Browser(
        client=create_app(desk, "id", runner=runner, routed=lambda: False).test_client()
    )
    browser.unlock()
    for path in ("/sync/progress", "/outbox"):
        assert "Gagal kirim" in browser.get(path).text
    assert "Gagal kirim" not in browser.get("/outbox/received").text
    runner.start(watching=True)
    assert until(lambda: runner.course.phase is Phase.RESTING)
    assert runner.course.active
    assert isinstance(runner.course.error, ServerUnreachable)
    runner.pause()
    runner.join(10)
    assert runner.course.phase is Phase.PAUSED
    assert counts(desk)["waiting"] == 2


def test_a_revoked_laptop_hands_over_and_is_wiped(
    runner: Runner, line: SlowLine, desk: Desk, server: MemoryServer
) -> None:
    """All that waits arrives first; then nobody unlocks here any more."""
    line.go.set()
    runner.start()
    runner.join(10)
    with desk.use() as app:
        server.revoked.add(app.device_keys.device)
        register(app, ["Warga Uji 3"])
    runner.start()
    runner.join(10)
    assert isinstance(runner.course.error, DeviceRevoked)
    assert server.quarantine, "handed over"
    assert desk.shift.state is State.LOCKED
    with pytest.raises(DeviceWiped):
        desk.unlock(OPERATOR, PASSPHRASE)


def until(true: Callable[[], bool]) -> bool:
    """Wait until something holds."""
    for _ in range(500):
        if true():
            return True
        time.sleep(0.01)
    return False
