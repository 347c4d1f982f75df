"""The power fails while a backup is written or a laptop is made of one: see `test_vault_power`."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from field_client.app import open_unlocked
from field_client.backups import back_up
from field_client.vault.backup import restore_backup
from field_client.vault.errors import VaultExists
from field_client.vault.keys import VaultKeys
from field_client.verification import examine
from tests.faults.vault_writer import handed
from tests.support import effort, powercut, stretching
from tests.support.device_work import REGISTERED, Slots, any_unlock
from tests.support.effort import EVERY, Effort
from tests.support.iotrace import record, require_strace
from tests.support.powercut import VARIANTS, Disk, Left

EACH = len(VARIANTS)
BACKUP = Effort("test_vault_power_backup.py::test_backup", ci=25 * EACH, soak=EVERY)
RESTORED = Effort("test_vault_power_backup.py::test_restore", ci=25 * EACH, soak=EVERY)
EFFORTS = (BACKUP, RESTORED)
WRITER = (sys.executable, "-m", "tests.faults.vault_writer")


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a quick folder where programs can be watched."""
    require_strace()
    with effort.quick_folder() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    stretching.quick_here(monkeypatch)


def require_whole(home: Path) -> None:
    """Check that everybody is there and everything sound."""
    with open_unlocked(home, any_unlock(home)) as app:
        assert len(list(app.journal.entries())) == REGISTERED
        assert examine(app).faults == ()


def prepared(root: Path) -> VaultKeys:
    """Make a laptop and an empty stick."""
    keys = Slots.prepare(root / "home")
    (root / "stick").mkdir()
    return keys


@effort.in_both
def test_backup(place: Path, scale: str) -> None:
    """The backup is there whole once that was said, before that whole or not; the laptop always."""
    root = place / "both"
    keys = prepared(root)
    disk, name = Disk(root), "stick/cadangan.jemput"
    events = record([*WRITER, "take_backup", root / "home", root / name, handed(keys)], root)

    def judge(left: Left, said: Sequence[str], where: str) -> None:
        folder = place / "cut"
        powercut.lay_out(left, folder)
        require_whole(folder / "home")
        if said or (folder / name).exists():
            restore_backup(folder / name, folder / "new")
            require_whole(folder / "new")
        shutil.rmtree(folder)

    moments = BACKUP.tries(scale) // EACH
    cuts = powercut.replay(events, disk, judge, seed=53, moments=moments)
    effort.report(work="backup", events=len(events), cuts=cuts.cuts, different=cuts.left)
    assert scale == "soak" or cuts.cuts == BACKUP.ci


@effort.in_both
def test_restore(place: Path, scale: str) -> None:
    """The new laptop is whole once that was said; before that it is whole or can be made."""
    keys, path = prepared(place), place / "stick" / "cadangan.jemput"
    with open_unlocked(place / "home", keys) as app:
        back_up(app, path, lambda _: None)
    root = place / "other"
    root.mkdir()
    disk = Disk(root)
    events = record([*WRITER, "restore", path, root / "new"], root)

    def judge(left: Left, said: Sequence[str], where: str) -> None:
        folder = place / "cut"
        powercut.lay_out(left, folder)
        try:
            restore_backup(path, folder / "new")
            assert not said, where
        except VaultExists:
            pass
        require_whole(folder / "new")
        shutil.rmtree(folder)

    moments = RESTORED.tries(scale) // EACH
    cuts = powercut.replay(events, disk, judge, seed=53, moments=moments)
    effort.report(work="restore", events=len(events), cuts=cuts.cuts, different=cuts.left)
    assert scale == "soak" or cuts.cuts == RESTORED.ci
