"""kill -9 of two programs that write at once, again and again: what was said is there, once.

One registers people as the pages do, the other seals, takes in receipts and registers as `sync`
does. Both say a word only after the call that makes it durable has returned.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from field_client.app import open_unlocked
from field_client.vault import keys as key_slots
from field_client.vault.errors import VaultExists
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import open_spool
from field_client.vault.store import create_vault, open_vault
from field_client.verification import examine
from tests.faults.vault_writer import handed
from tests.support import effort
from tests.support.device_work import Day
from tests.support.effort import Effort
from tests.support.nursery import Nursery
from tests.support.vault_work import PASSPHRASE

KILLS = Effort("test_vault_kill.py::test_two_writers", ci=200, soak=1000)
EFFORTS = (KILLS,)
KILLS_A_HOME = 10
MOST_WORDS = 20
KINDS = ("pages", "sync")
LONGEST_S = 0.04
LIVE = 1 << 30
STARTED_S = 20.0
WRITER = "tests.faults.vault_writer:"
CREATE = """
import sys
from pathlib import Path
from field_client.vault.store import create_vault
print("started", flush=True)
create_vault(Path(sys.argv[1]), "petugas", sys.argv[2], calibrate=False)
print("created", flush=True)
"""


@dataclass(slots=True, kw_only=True)
class Writer:
    """One running program and the file of its words."""

    nursery: Nursery
    child: int
    out: Path

    def words(self) -> list[str]:
        """Return what it has said, whole lines only."""
        return self.out.read_text().split("\n")[:-1]

    def kill(self) -> list[str]:
        """End it wherever it is; return what it had said."""
        os.kill(self.child, signal.SIGKILL)
        assert self.nursery.wait(self.child) == -signal.SIGKILL
        return self.words()


class Pair:
    """The two writers of one home, started anew when both were killed."""

    def __init__(self, nursery: Nursery, home: Path, keys: VaultKeys) -> None:
        self._nursery, self._home, self._keys = nursery, home, keys
        self._started = self.kills = 0
        self.said: list[str] = []
        self._running: dict[str, Writer] = {}

    def start(self) -> None:
        """Start both, and wait for the first word of each."""
        self._started += 1
        for kind in KINDS:
            self._running[kind] = self._writer(kind, f"{kind}{self._started}")
        deadline = time.monotonic() + STARTED_S
        while not all(writer.words() for writer in self._running.values()):
            assert time.monotonic() < deadline, "a writer does not come to say anything"
            time.sleep(0.001)

    def _writer(self, kind: str, label: str) -> Writer:
        out = self._home.with_name(f"{self._home.name}-{label}")
        arguments = (str(self._home), handed(self._keys), label, MOST_WORDS)
        child = self._nursery.start(WRITER + kind, *arguments, out=out)
        return Writer(nursery=self._nursery, child=child, out=out)

    def kill(self, kind: str) -> None:
        """Kill one of them."""
        self.said += self._running.pop(kind).kill()
        self.kills += 1


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    """Give a program that starts others quickly."""
    with Nursery() as found:
        yield found


def require_all(home: Path, keys: VaultKeys, said: list[str], *, in_flight: int) -> None:
    """Check that all that was said is there once, and no more than was in the hands."""
    with open_unlocked(home, keys) as app, app.journal.transaction():
        names = Counter(str(entry.values["name"]) for entry in app.journal.entries())
        assert set(names.values()) <= {1}, "doubled"
        told = {word for word in said if word.startswith("Warga")}
        assert told <= names.keys(), "lost"
        assert len(names) <= len(told) + in_flight
        stream = app.journal.branches.current()
        received = max((int(w.split()[1]) for w in said if w.startswith("received")), default=0)
        assert app.spool.acked(stream.to_bytes()) >= received
        assert app.journal.branches.last_sequence(stream) == len(names)


def require_sound(home: Path, keys: VaultKeys) -> None:
    """Check every byte of the device."""
    with open_unlocked(home, keys) as app:
        assert examine(app).faults == ()


@effort.in_both
def test_two_writers(tmp_path: Path, nursery: Nursery, scale: str) -> None:
    """After every kill: all that was said is there once, while the other program goes on."""
    dice = random.Random(53)
    fresh = tmp_path / "fresh"
    keys = Day.prepare(fresh)
    kills, said = 0, 0
    while kills < KILLS.tries(scale):
        home = tmp_path / f"home-{kills}"
        shutil.copytree(fresh, home)
        open_unlocked(home, keys).close()
        pair = Pair(nursery, home, keys)
        for _ in range(KILLS_A_HOME // 2):
            pair.start()
            first, second = dice.sample(KINDS, 2)
            time.sleep(dice.random() * LONGEST_S)
            pair.kill(first)
            if dice.random() < 0.5:
                require_all(home, keys, pair.said, in_flight=LIVE)
            pair.kill(second)
            require_all(home, keys, pair.said, in_flight=pair.kills)
        require_sound(home, keys)
        kills, said = kills + pair.kills, said + len(pair.said)
        shutil.rmtree(home)
    effort.report(kills=kills, words=said)
    assert scale == "soak" or kills == KILLS.ci


@pytest.mark.parametrize("after_s", [0.0, 0.15, 0.2, 0.23, 0.26, 0.3])
def test_killed_creation_is_repeated_or_complete(tmp_path: Path, after_s: float):
    """Whenever the creation is killed, there is a whole vault or one can be made."""
    home = tmp_path / "home"
    program = subprocess.Popen(
        [sys.executable, "-c", CREATE, str(home), PASSPHRASE], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.readline()
    time.sleep(after_s)
    program.kill()
    said, _ = program.communicate(timeout=30)
    try:
        keys = create_vault(home, "petugas", PASSPHRASE, calibrate=False)
        assert b"created" not in said
    except VaultExists:
        keys = key_slots.unlock(home, "petugas", PASSPHRASE)
    with open_vault(home, keys) as db, open_spool(home) as spool:
        assert db.check() == []
        assert spool.check() == []
