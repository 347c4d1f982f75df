"""One bit flips, or a file is cut short, anywhere in what a laptop keeps.

The outcome is the same data, a named error, a repair, or a finding of `verify`; a damaged log may
leave an earlier state, which the next receipts show (`test_vault_tail`). Never another value.
"""

import random
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from field_client.app import open_unlocked
from field_client.opened import App
from field_client.vault import keys as key_slots
from field_client.vault.errors import PhotoDamaged, SlotDamaged
from field_client.vault.keys import ATTACHMENTS, VaultKeys
from field_client.verification import examine
from shared_schema.errors import JemputError
from tests.faults.vault_writer import handed
from tests.support import effort, photo_work, stretching
from tests.support.device_work import Day
from tests.support.effort import Effort
from tests.support.nursery import Nursery
from tests.support.photo_work import Photos
from tests.support.vault_work import OPERATOR, PASSPHRASE, states

STORE = ("vault.db", "vault.db-wal", "spool.db", "spool.db-wal")
SLOTS = ("slots.json", "slots.copy.json")
FLIPPED = Effort("test_vault_flips.py::test_store_log_and_spool", ci=600, soak=6000)
FLIPPED_SLOTS = Effort("test_vault_flips.py::test_key_slots", ci=300, soak=3000)
FLIPPED_PHOTOS = Effort("test_vault_flips.py::test_a_photo", ci=60, soak=1000)
EFFORTS = (FLIPPED, FLIPPED_SLOTS, FLIPPED_PHOTOS)
WRITER = "tests.faults.vault_writer:leave"
PEOPLE = 15


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    stretching.quick_here(monkeypatch)


@dataclass(slots=True, kw_only=True)
class Kept:
    """A laptop's folder, to be spoilt and put back; each file stays the same file."""

    home: Path
    keys: VaultKeys
    files: dict[Path, bytes]

    def put_back(self) -> None:
        """Make every file what it was."""
        for path in self.home.rglob("*"):
            if path.is_file() and path not in self.files:
                path.unlink()
        for path, content in self.files.items():
            path.write_bytes(content)

    def spoil(self, path: Path, dice: random.Random) -> None:
        """Flip a bit of one file, or cut it, anywhere."""
        content = bytearray(self.files[path])
        at = dice.randrange(len(content))
        if dice.random() < 0.25:
            path.write_bytes(content[:at])
        else:
            content[at] ^= 1 << dice.randrange(8)
            path.write_bytes(content)


def left(home: Path, kind: str, keys: VaultKeys, amount: int) -> None:
    """Let a program work and die, so that its logs are not folded in."""
    out = home.with_name("said")
    with Nursery() as nursery:
        code = nursery.run(WRITER, str(home), kind, amount, handed(keys), out=out)
    assert code == -signal.SIGKILL


def kept_now(home: Path, keys: VaultKeys) -> Kept:
    """Keep what a folder holds; locks and shared memory hold nothing."""
    found = [path for path in home.rglob("*") if path.is_file() and path.stat().st_size]
    files = {path: path.read_bytes() for path in found if not path.name.endswith("-shm")}
    return Kept(home=home, keys=keys, files=files)


def read(app: App) -> tuple[Any, Any]:
    """Return the people, and how far the spool says that they were sent."""
    people = [(one.values["name"], one.values["rt"]) for one in app.journal.entries()]
    streams = [
        (app.spool.last(stream), app.spool.acked(stream), app.spool.durable(stream))
        for stream in app.spool.streams()
    ]
    return tuple(sorted(people)), streams


def outcome(kept: Kept, reached: list[Any], sent: Any) -> str:
    """Open and verify a spoilt store; say what came of it."""
    try:
        with open_unlocked(kept.home, kept.keys) as app:
            people, streams = read(app)
            faults = examine(app).faults
            said = [error.code for error in app.warnings]
    except JemputError as error:
        return error.code
    if faults:
        return "found by verify"
    assert people in reached, "something that was never saved"
    if people == reached[-1] and streams == sent:
        return "the same"
    return f"earlier {' '.join(said)}".strip()


@effort.in_both
@pytest.mark.parametrize("name", STORE)
def test_store_log_and_spool(tmp_path: Path, name: str, scale: str) -> None:
    """Only a log may be taken for shorter than it was; whatever else is hurt says so."""
    home, dice = tmp_path / "home", random.Random(53)
    keys, reached = Day.prepare(home), states(Day, Day.words(PEOPLE))
    left(home, "day", keys, PEOPLE)
    kept = kept_now(home, keys)
    with open_unlocked(home, keys) as app:
        people, sent = read(app)
        assert people == reached[-1]
    if not name.endswith("-wal"):
        kept = kept_now(home, keys)
    outcomes: Counter[str] = Counter()
    tries = FLIPPED.tries(scale) // len(STORE)
    for number in range(tries):
        kept.put_back()
        kept.spoil(home / name, dice)
        found = outcome(kept, reached, sent)
        assert not found.startswith("earlier") or name.endswith("-wal"), number
        outcomes[found] += 1
    kept.put_back()
    assert outcome(kept, reached, sent) == "the same"
    effort.report(file=name, tries=tries, outcomes=dict(outcomes))
    assert scale == "soak" or tries == FLIPPED.ci // len(STORE)


@effort.in_both
@pytest.mark.parametrize("name", [*SLOTS, "both"])
def test_key_slots(tmp_path: Path, name: str, scale: str) -> None:
    """One copy is mended from the other; of two spoilt ones the sound parts count, or none."""
    home, dice = tmp_path / "home", random.Random(53)
    keys = Day.prepare(home)
    key_slots.add_operator(home, keys, "Petugas Dua", "sandi yang kedua", calibrate=False)
    files = {home / each: (home / each).read_bytes() for each in SLOTS}
    kept = Kept(
        home=home, keys=keys, files=files | {home / "vault.db": (home / "vault.db").read_bytes()}
    )
    outcomes: Counter[str] = Counter()
    tries = FLIPPED_SLOTS.tries(scale) // 3
    for _ in range(tries):
        kept.put_back()
        for each in SLOTS if name == "both" else (name,):
            kept.spoil(home / each, dice)
        try:
            found = key_slots.unlock(home, OPERATOR, PASSPHRASE)
            assert (found.root, found.identity) == (keys.root, keys.identity)
            assert name == "both" or kept_now(home, keys).files == kept.files
            outcomes["opened"] += 1
        except SlotDamaged as error:
            assert name == "both"
            outcomes[error.code] += 1
    effort.report(file=name, tries=tries, outcomes=dict(outcomes))
    assert scale == "soak" or tries == FLIPPED_SLOTS.ci // 3


@effort.in_both
def test_a_photo(tmp_path: Path, scale: str) -> None:
    """It is named as damaged and found by `verify`; the other photos and the records are whole."""
    home, dice = tmp_path / "home", random.Random(53)
    keys = Photos.prepare(home)
    left(home, "photos", keys, 3)
    kept = kept_now(home, keys)
    photos = [path for path in kept.files if path.parent.name == ATTACHMENTS]
    assert len(photos) == 3
    outcomes: Counter[str] = Counter()
    tries = FLIPPED_PHOTOS.tries(scale)
    for _ in range(tries):
        kept.put_back()
        kept.spoil(dice.choice(photos), dice)
        with open_unlocked(home, kept.keys) as app:
            assert examine(app).faults != ()
            for each in app.journal.entries("attachment"):
                try:
                    whole = app.attachments.read(each.values["sha256"])
                    assert whole == photo_work.content(int(each.values["note"]))
                    outcomes["whole"] += 1
                except PhotoDamaged as error:
                    outcomes[error.code] += 1
    assert outcomes["PHOTO_DAMAGED"] == tries
    assert outcomes["whole"] == 2 * tries
    effort.report(tries=tries, outcomes=dict(outcomes))
    assert scale == "soak" or tries == FLIPPED_PHOTOS.ci
