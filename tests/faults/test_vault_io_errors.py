"""The disk refuses one call: every write and flush in turn, each with EIO and with ENOSPC.

The program names the trouble and goes on: what it said is saved is there, once, the store is
sound, and everything after the fault is saved again, by the same process.
"""

import json
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from field_client.vault.keys import VaultKeys
from tests.faults.vault_writer import handed
from tests.support import effort, faulting, stretching, vault_work
from tests.support.effort import EVERY, Effort
from tests.support.iotrace import require_strace
from tests.support.nursery import Nursery
from tests.support.works import WORKS

FLUSHES_AND_WRITES = Effort("test_vault_io_errors.py::test_one_call_fails", ci=95, soak=EVERY)
TORN = Effort("test_vault_io_errors.py::test_a_write_is_cut_short", ci=48, soak=2000)
EFFORTS = (FLUSHES_AND_WRITES, TORN)
WRITER = "tests.faults.vault_writer:"
SMALLEST_ROOM = 6000
WITHOUT_LIMIT = 1 << 40
AMOUNTS = {"documents": 10, "sealed": 10, "day": 5, "slots": 2, "photos": 3}
GROWING = ("documents", "sealed", "day", "photos")
FAULTS = tuple(
    (call, error)
    for call in ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "rename", "unlink")
    for error in ("EIO", "ENOSPC")
)
NAMED = {"VAULT_IO", "DISK_FULL"}


@dataclass(slots=True, kw_only=True)
class Bench:
    """A fresh home of one kind of work, copied for each trial."""

    place: Path
    kind: str
    keys: VaultKeys

    @property
    def work(self) -> type[vault_work.Work]:
        """The kind of work."""
        return WORKS[self.kind]

    def run(self, nursery: Nursery, program: str, *args: object) -> tuple[int, int, list[str]]:
        """Do the work on a copy; return the child, its exit code and what it said."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.place / "fresh", self.home)
        out = self.place / "out"
        known = (str(self.home), self.kind, AMOUNTS[self.kind], handed(self.keys))
        child = nursery.start(WRITER + program, *known, *args, out=out)
        return child, nursery.wait(child), out.read_text().splitlines()

    def trial(self, nursery: Nursery, call: str, empty: int) -> dict[str, Any]:
        """Do the work with a failing call; return what was told and what failed."""
        _, code, said = self.run(nursery, "trial", call, empty)
        assert code == 0
        found: dict[str, Any] = json.loads(said[-1])
        return found

    @property
    def home(self) -> Path:
        """The copy that is worked on."""
        return self.place / "home"


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a quick folder."""
    with effort.quick_folder() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    stretching.quick_here(monkeypatch)


def bench(place: Path, kind: str) -> Bench:
    """Prepare a home."""
    keys = WORKS[kind].prepare(place / "fresh")
    assert keys is not None
    return Bench(place=place, kind=kind, keys=keys)


def calls_of(benches: dict[str, Bench]) -> dict[str, Counter[str]]:
    """Count the calls of a day without faults, of each kind of work."""
    log = next(iter(benches.values())).place / "log"
    children = {}
    with faulting.counting(log) as nursery:
        for kind, made in benches.items():
            children[kind], code, said = made.run(nursery, "trial", "write", 0)
            assert (code, json.loads(said[-1])["failed"]) == (0, [])
    return {kind: faulting.calls_of(log, child) for kind, child in children.items()}


def require_all(made: Bench, told: list[str], failed: list[tuple[str, str]]) -> None:
    """Check what one fault may do: one word fails, by a name; everything else is there, once."""
    assert len(failed) <= 1, failed
    assert {code for _, code in failed} <= NAMED
    require_found(made, told, [word for word, _ in failed])


def require_found(made: Bench, told: list[str], unsure: list[str]) -> None:
    """Check that what was told is found, and of what is unsure all or nothing."""
    words = made.work.words(AMOUNTS[made.kind])
    found = made.work.found(made.home, made.keys)
    assert found in vault_work.may_be_found(made.work, words, told, unsure)


@effort.in_both
def test_one_call_fails(place: Path, scale: str) -> None:
    """Each write, flush, cut, renaming and removal of each kind of work fails once."""
    require_strace()
    benches = {kind: bench(place / kind, kind) for kind in AMOUNTS}
    calls = calls_of(benches)
    turns, count = turns_of(calls, FLUSHES_AND_WRITES.tries(scale) // len(AMOUNTS))
    last = {call: max(made[call] for made in calls.values()) for call, _ in FAULTS}
    outcomes: Counter[str] = Counter()
    for error, trials in turns.items():
        with faulting.failing(error, last) as nursery:
            for kind, call, n in trials:
                empty = faulting.empty_before(n, last[call])
                found = benches[kind].trial(nursery, call, empty)
                require_all(benches[kind], found["told"], found["failed"])
                outcomes.update(code for _, code in found["failed"] or [("", "unnoticed")])
    tried = sum(map(len, turns.values()))
    effort.report(calls=count, tried=tried, outcomes=dict(outcomes))
    assert scale == "soak" or tried == FLUSHES_AND_WRITES.ci


def turns_of(
    calls: dict[str, Counter[str]], most: int
) -> tuple[dict[str, list[tuple[str, str, int]]], int]:
    """Draw which call of which work fails how, at most so many of each; return also their count."""
    turns: dict[str, list[tuple[str, str, int]]] = {}
    count = 0
    for kind, made in calls.items():
        every = [(fault, n) for fault in FAULTS for n in range(1, made[fault[0]] + 1)]
        count += len(every)
        for (call, error), n in random.Random(53).sample(every, min(most, len(every))):
            turns.setdefault(error, []).append((kind, call, n))
    return turns, count


@effort.in_both
@pytest.mark.parametrize("kind", GROWING)
def test_a_write_is_cut_short(place: Path, kind: str, scale: str) -> None:
    """At any byte: half of the times the program goes on, half of the times it ends right there."""
    made = bench(place, kind)
    dice = random.Random(53)
    outcomes: Counter[str] = Counter()
    with Nursery() as nursery:
        _, _, said = made.run(nursery, "short", WITHOUT_LIMIT, False)
        largest = json.loads(said[-1])["largest"]
        tries = TORN.tries(scale) // len(GROWING)
        for number in range(tries):
            room = dice.randrange(SMALLEST_ROOM, largest)
            _, code, said = made.run(nursery, "short", room, bool(number % 2))
            if code:
                assert code == -signal.SIGXFSZ
                words = made.work.words(AMOUNTS[kind])
                require_found(made, said, words[len(said) : len(said) + 1])
                outcomes["ended"] += 1
            else:
                failed = json.loads(said.pop())["failed"]
                require_all(made, said, failed)
                outcomes.update(one for _, one in failed or [("", "unnoticed")])
    effort.report(kind=kind, tried=tries, outcomes=dict(outcomes))


def test_a_copy_that_cannot_be_written_is_named(place: Path) -> None:
    """The driver's copying says what went wrong without its number: named all the same."""
    made = bench(place, "documents")
    with Nursery() as nursery:
        _, code, said = made.run(nursery, "copied", SMALLEST_ROOM)
    assert (code, said) == (0, ["VAULT_IO"])
    assert made.work.found(made.home, made.keys) == {}
