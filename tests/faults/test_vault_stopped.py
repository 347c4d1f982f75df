"""Two programs on one store, and one of them is stopped wherever it is (SIGSTOP), lock in hand.

The other waits as long as it may and says VAULT_BUSY, with nothing half saved; when the first one
goes on, both do, and all that either said is there once.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from field_client.app import open_unlocked
from field_client.opened import App
from field_client.vault import keys as key_slots
from field_client.vault import lock
from field_client.vault.errors import VaultBusy
from field_client.verification import examine
from tests.faults.vault_writer import handed
from tests.support import effort
from tests.support.device_work import Day, register
from tests.support.effort import Effort
from tests.support.nursery import Nursery

STOPS = Effort("test_vault_stopped.py::test_a_program_stopped_anywhere", ci=40, soak=400)
EFFORTS = (STOPS,)
WRITER = "tests.faults.vault_writer:"
PATIENCE_S = 0.3
STARTED_S = 20.0


@contextmanager
def running(home: Path, kind: str, keys: key_slots.VaultKeys) -> Iterator[tuple[int, Path]]:
    """Let a writer run; give its process id and the file of its words."""
    out = home.with_name("said")
    with Nursery() as nursery:
        child = nursery.start(WRITER + kind, str(home), handed(keys), kind, out=out)
        deadline = time.monotonic() + STARTED_S
        while not out.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield child, out
        os.kill(child, signal.SIGCONT)
        os.kill(child, signal.SIGKILL)
        nursery.wait(child)


def impatient(app: App, patience_s: float) -> None:
    """Let this program wait for the store less long than it would."""
    for store in (app.db._store, app.spool._store):
        store._lock._timeout_s = patience_s


def register_once(app: App, name: str) -> str:
    """Save, or say what kept it from that."""
    try:
        register(app, name)
    except VaultBusy as error:
        return error.code
    return "saved"


def require_all(app: App, names: list[str]) -> None:
    """Check that every name is there once, and everything is sound."""
    found = Counter(str(entry.values["name"]) for entry in app.journal.entries())
    assert set(found.values()) == {1}
    assert set(names) <= found.keys()
    assert examine(app).faults == ()


@pytest.mark.parametrize("kind", ["pages", "sync"])
@effort.in_both
def test_a_program_stopped_anywhere(tmp_path: Path, kind: str, scale: str) -> None:
    """Busy or saved, never both and never half; whoever was told to wait succeeds afterwards."""
    dice, home = random.Random(53), tmp_path / "home"
    keys = Day.prepare(home)
    outcomes: Counter[str] = Counter()
    tries = STOPS.tries(scale) // 2
    with running(home, kind, keys) as (other, out), open_unlocked(home, keys) as app:
        impatient(app, PATIENCE_S)
        for number in range(tries):
            time.sleep(dice.random() * 0.02)
            os.kill(other, signal.SIGSTOP)
            said = register_once(app, f"Warga Sela {number}")
            outcomes[said] += 1
            os.kill(other, signal.SIGCONT)
            impatient(app, lock.TIMEOUT_S)
            if said != "saved":
                register(app, f"Warga Sela {number}")
            impatient(app, PATIENCE_S)
        os.kill(other, signal.SIGSTOP)
        told = [word for word in out.read_text().split("\n")[:-1] if word.startswith("Warga")]
    with open_unlocked(home, keys) as app:
        require_all(app, [*told, *(f"Warga Sela {number}" for number in range(tries))])
    effort.report(other=kind, stops=tries, outcomes=dict(outcomes), words=len(told))
    assert outcomes["VAULT_BUSY"]
    assert scale == "soak" or tries == STOPS.ci // 2


@pytest.mark.soak
def test_the_whole_wait(tmp_path: Path) -> None:
    """Stopped for longer than a program waits by itself: half a minute, then the named error."""
    home = tmp_path / "home"
    keys = Day.prepare(home)
    with open_unlocked(home, keys) as app, running(home, "holder", keys) as (other, _):
        os.kill(other, signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(VaultBusy):
            register(app, "Warga Terlambat")
        assert time.monotonic() - begun >= lock.TIMEOUT_S - 1
        os.kill(other, signal.SIGCONT)
        register(app, "Warga Terlambat")
        require_all(app, ["Warga Terlambat", "Warga Pemegang"])
