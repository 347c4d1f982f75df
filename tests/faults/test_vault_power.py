"""The power fails: every write is recorded, and each moment replayed with what a disk may forget.

What had been said to be saved by that moment is there, once and readable; what had not is there
wholly or not at all. The control, the same store with a rollback journal, loses what it said.
"""

import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from field_client.vault import keys as key_slots
from field_client.vault.errors import VaultExists
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import open_spool
from field_client.vault.store import create_vault, open_vault
from tests.faults.vault_writer import handed
from tests.support import effort, powercut, stretching, vault_work
from tests.support.effort import EVERY, Effort
from tests.support.iotrace import Event, record, require_strace
from tests.support.powercut import VARIANTS, Disk, Left
from tests.support.works import WORKS

EACH = len(VARIANTS)
DOCUMENTS = Effort("test_vault_power.py::test_documents", ci=200 * EACH, soak=EVERY)
SEALED = Effort("test_vault_power.py::test_sealed_batches", ci=150 * EACH, soak=EVERY)
DAY = Effort("test_vault_power.py::test_an_officers_day", ci=60 * EACH, soak=EVERY)
SLOTS = Effort("test_vault_power.py::test_key_slots", ci=40 * EACH, soak=EVERY)
PHOTOS = Effort("test_vault_power.py::test_photos", ci=40 * EACH, soak=EVERY)
CREATION = Effort("test_vault_power.py::test_creation", ci=60 * EACH, soak=EVERY)
EFFORTS = (DOCUMENTS, SEALED, DAY, SLOTS, PHOTOS, CREATION)
SIZES = {
    "documents": (30, 60),
    "sealed": (30, 200),
    "day": (20, 60),
    "slots": (1, 3),
    "photos": (8, 40),
}
WRITER = (sys.executable, "-m", "tests.faults.vault_writer")
CONTROL = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA journal_mode=DELETE")
store.execute("PRAGMA synchronous=FULL")
for number in range(20):
    store.execute("INSERT INTO docs VALUES (?)", (number,))
    print(number, flush=True)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a quick folder where programs can be watched."""
    require_strace()
    with effort.quick_folder() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    stretching.quick_here(monkeypatch)


def worked(place: Path, kind: str, count: int) -> tuple[Disk, VaultKeys, list[Event]]:
    """Let a program do its work in ``place``/home, watched."""
    home = place / "home"
    keys = WORKS[kind].prepare(home)
    assert keys is not None
    disk = Disk(home)
    return disk, keys, record([*WRITER, "work", home, kind, count, handed(keys)], home)


def cut_again_and_again(place: Path, kind: str, tries: Effort, scale: str) -> None:
    """Replay work with cuts: what is found is what had been said, or one word more."""
    work = WORKS[kind]
    count = SIZES[kind][scale == "soak"]
    disk, keys, events = worked(place, kind, count)
    reached = vault_work.states(work, work.words(count))

    def judge(left: Left, said: Sequence[str], where: str) -> None:
        folder = place / "cut"
        powercut.lay_out(left, folder)
        found = work.found(folder, keys)
        assert found in reached[len(said) : len(said) + 2], (where, said[-1:])
        shutil.rmtree(folder)

    moments = tries.tries(scale) // EACH
    cuts = powercut.replay(events, disk, judge, seed=53, moments=moments)
    effort.report(work=kind, events=len(events), cuts=cuts.cuts, different=cuts.left)
    assert scale == "soak" or cuts.cuts == tries.ci


@effort.in_both
def test_documents(place: Path, scale: str) -> None:
    """Saves, corrections and removals, with checkpoints and reopening."""
    cut_again_and_again(place, "documents", DOCUMENTS, scale)


@effort.in_both
def test_sealed_batches(place: Path, scale: str) -> None:
    """Batches, receipts and frames in the spool."""
    cut_again_and_again(place, "sealed", SEALED, scale)


@effort.in_both
def test_an_officers_day(place: Path, scale: str) -> None:
    """People registered, corrected and sealed; the whole device verifies after each cut."""
    cut_again_and_again(place, "day", DAY, scale)


@effort.in_both
def test_key_slots(place: Path, scale: str) -> None:
    """Operators added, passphrases changed: the old or the new, never neither."""
    cut_again_and_again(place, "slots", SLOTS, scale)


@effort.in_both
def test_photos(place: Path, scale: str) -> None:
    """Sealed files, their rows and their records: together or not at all, and no file left over."""
    cut_again_and_again(place, "photos", PHOTOS, scale)


@effort.in_both
def test_creation(place: Path, scale: str) -> None:
    """A new vault is there whole once that was said; before, it can be made."""
    root = place / "laptop"
    root.mkdir()
    disk = Disk(root)
    passphrase = vault_work.PASSPHRASE
    events = record([*WRITER, "create", root / "home"], root)

    def judge(left: Left, said: Sequence[str], where: str) -> None:
        powercut.lay_out(left, place / "cut")
        home = place / "cut" / "home"
        try:
            keys = create_vault(home, "petugas", passphrase, calibrate=False)
            assert not said, where
        except VaultExists:
            keys = key_slots.unlock(home, "petugas", passphrase)
        with open_vault(home, keys) as db, open_spool(home) as spool:
            assert (db.check(), spool.check()) == ([], [])
        shutil.rmtree(place / "cut")

    moments = CREATION.tries(scale) // EACH
    cuts = powercut.replay(events, disk, judge, seed=53, moments=moments)
    effort.report(work="creation", events=len(events), cuts=cuts.cuts, different=cuts.left)
    assert scale == "soak" or cuts.cuts == CREATION.ci


def test_control_with_a_rollback_journal_loses_what_it_said(place: Path) -> None:
    """Proof that the replay would see it: journal DELETE, synchronous FULL, the same disk."""
    root = place / "home"
    root.mkdir()
    path = root / "plain.db"
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE docs (number INTEGER)")
    plain.close()
    disk = Disk(root)
    events = record([sys.executable, "-c", CONTROL, path], root)
    lost = set()

    def judge(left: Left, said: Sequence[str], where: str) -> None:
        powercut.lay_out(left, place / "cut")
        store = sqlite3.connect(place / "cut" / "plain.db")
        found = {number for (number,) in store.execute("SELECT number FROM docs")}
        lost.update(set(map(int, said)) - found)
        store.close()
        shutil.rmtree(place / "cut")

    cuts = powercut.replay(events, disk, judge, seed=53)
    effort.report(work="control", cuts=cuts.cuts, lost=len(lost))
    assert lost


def test_a_page_torn_in_the_file_is_whole_in_the_log(place: Path) -> None:
    """`check` does not cry wolf where the power failed while the log was folded in."""
    disk, keys, events = worked(place, "documents", 9)
    home = place / "cut"
    for number, event in enumerate(events):
        disk.apply(event)
        torn = event.path.endswith("vault.db") and event.kind == "write"
        if torn and not home.exists() and len(event.data) > powercut.SECTOR_BYTES:
            powercut.lay_out(disk.after_cut("torn", random.Random(number)), home)
    with open_vault(home, keys) as db:
        assert db.check() == []
