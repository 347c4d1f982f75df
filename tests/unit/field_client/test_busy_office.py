"""An office without a place just now: one sync waits for it, and blames no line for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from field_client.line_memory import USUAL_CHANGES, batch_changes
from field_client.opened import App
from field_client.sync.departure import depart, load_departure
from field_client.sync.engine import synchronise
from field_client.sync.errors import OfficeBusy
from field_client.sync.locked import synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.sync.patience import Patience
from tests.support.laptop import laptop, register
from tests.support.memory_server import MemoryServer

Sync = Callable[[App, Any, Patience], Outcome]


@dataclass
class Crowded:
    """An office whose places are all taken for the first few who ask; ``slept`` between them."""

    server: MemoryServer
    times: int
    slept: float = 0.0

    def exchange(self, outgoing: Any) -> Iterator[bytes]:
        """Turn away, or answer."""
        self.times -= 1
        if self.times >= 0:
            next(iter(outgoing))
            raise OfficeBusy(reason="SERVER_BUSY", pause_s=0)
        yield from self.server.exchange(outgoing)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept += seconds

    def patience(self) -> Patience:
        """Return the patience of a minute."""
        return Patience(seconds=60, now=lambda: self.slept, sleep=self.sleep)


def unlocked(app: App, line: Any, patience: Patience) -> Outcome:
    """Sync on the open store."""
    return synchronise(app, line, patience=patience)


def locked(app: App, line: Any, patience: Patience) -> Outcome:
    """Sync by the spool alone."""
    depart(app)
    sync = partial(synchronise_locked, app.home, app.spool, load_departure(app.spool), line)
    return sync(patience=patience)


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop with something to send."""
    with laptop(tmp_path / "a", server.code()) as opened:
        register(opened, [f"Warga Contoh {at}" for at in range(9)])
        yield opened


@pytest.mark.parametrize("sync", [unlocked, locked])
def test_one_sync_waits_for_a_place(app: App, server: MemoryServer, sync: Sync) -> None:
    """Nine times turned away, then answered: nobody need sync again, and nothing counts as cut."""
    office = Crowded(server, times=9)
    outcome = sync(app, office, office.patience())
    assert (outcome.changes, outcome.cuts) == (9, 0)
    assert 0 < office.slept < 60
    assert batch_changes(app.spool) == USUAL_CHANGES


@pytest.mark.parametrize("sync", [unlocked, locked])
def test_it_ends_where_patience_ends(app: App, server: MemoryServer, sync: Sync) -> None:
    """The user is told that the office is busy; everything waits, for a later sync."""
    office = Crowded(server, times=1000)
    with pytest.raises(OfficeBusy):
        sync(app, office, office.patience())
    assert 55 < office.slept < 70
    assert app.journal.counts()["waiting"] == 9
    assert sync(app, server, office.patience()).changes == 9
