"""Two copies of one laptop, one restored from a backup, whatever each did before and after it."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from field_client.backups import back_up, last_backup
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.sync.engine import synchronise
from field_client.vault import keys
from field_client.vault.backup import restore_backup
from field_client.vault.errors import OperatorUnknown
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.display import instant, time_zone
from tests.support.laptop import laptop, names_of, register, reopen, seen, still, write
from tests.support.memory_server import NOW_MS, MemoryServer


def name(at: int) -> str:
    """Return the name of the person of this number."""
    return f"Warga Contoh {at}"


class Pair:
    """A laptop, its restored copy, and who is registered so far."""

    def __init__(self, folder: Path) -> None:
        self.server = MemoryServer()
        self.folder = folder
        self.old = laptop(folder / "lama", self.server.code())
        self.count = 0

    def add(self, app: App, count: int = 2) -> None:
        """Register more people."""
        register(app, [name(self.count + at) for at in range(count)])
        self.count += count

    def back_up(self) -> Path:
        """Back the old laptop up."""
        path = self.folder / f"cadangan-{self.count}"
        back_up(self.old, path, lambda _: None)
        return path

    def restore(self, path: Path, clocks: Callable[[], Evidence] = still) -> App:
        """Restore a backup into a folder of its own."""
        home = self.folder / f"baru-{path.name}"
        restore_backup(path, home)
        return reopen(home, self.old.keys, clocks=clocks)

    def require_all(self, *apps: App) -> None:
        """Check that everybody is at the office once, and on each copy once."""
        for app in (*apps, *apps):
            synchronise(app, self.server)
        expected = sorted(map(name, range(self.count)))
        assert names_of(self.server) == expected
        for app in apps:
            assert app.journal.counts()["waiting"] == 0
            assert sorted(entry.values["name"] for entry in app.journal.entries()) == expected


BEFORE: dict[str, Callable[[Pair], object]] = {
    "unsealed": lambda _: None,
    "sealed": lambda pair: seal_waiting(pair.old),
    "synced": lambda pair: synchronise(pair.old, pair.server),
}


@pytest.mark.parametrize(
    ("before", "after", "first"), list(product(BEFORE, BEFORE, ("old", "restored")))
)
def test_nobody_is_lost_or_doubled(tmp_path: Path, before: str, after: str, first: str) -> None:
    """Sealed, sent or neither: before the backup, and beyond it before the restore."""
    pair = Pair(tmp_path)
    pair.add(pair.old, 3)
    BEFORE[before](pair)
    pair.add(pair.old, 3)
    path = pair.back_up()
    pair.add(pair.old, 3)
    BEFORE[after](pair)
    with pair.old as old, pair.restore(path) as new:
        assert [warning.code for warning in new.warnings] == ["VAULT_RESTORED"]
        pair.add(old)
        pair.add(new)
        for app in (old, new) if first == "old" else (new, old):
            synchronise(app, pair.server)
        pair.require_all(old, new)


def test_a_backup_restored_twice_and_a_backup_of_a_restored_one(tmp_path: Path) -> None:
    """Every copy draws a branch of its own."""
    pair = Pair(tmp_path)
    pair.add(pair.old, 3)
    first = pair.back_up()
    pair.add(pair.old, 1)
    second = pair.back_up()
    with pair.old as old, pair.restore(first) as one, pair.restore(second) as two:
        for app in (two, one, old):
            pair.add(app)
        third = tmp_path / "cadangan-dari-salinan"
        back_up(one, third, lambda _: None)
        with pair.restore(third) as three:
            pair.add(three)
            assert len({app.journal.branches.current() for app in (old, one, two, three)}) == 4
            pair.require_all(one, three, two, old)


def test_the_same_person_finished_on_both_copies_stays_one(tmp_path: Path) -> None:
    """A record from before the backup, edited on both: one record, both values known."""
    pair = Pair(tmp_path)
    (record,) = register(pair.old, [name(0)])
    path = pair.back_up()
    with pair.old as old, pair.restore(path) as new:
        write(old, record, rt="001")
        write(new, record, rt="002")
        for app in (old, new, old):
            synchronise(app, pair.server)
        assert names_of(pair.server) == [name(0)]
        assert seen(old, record).conflicts == ("rt",)


def test_the_old_copy_is_told_of_the_other_once(tmp_path: Path) -> None:
    """When the office has heard of both; and the date of the last backup is known to each."""
    pair = Pair(tmp_path)
    pair.add(pair.old, 1)
    synchronise(pair.old, pair.server)
    assert last_backup(pair.old.tables) is None
    path = pair.back_up()
    with pair.old as old, pair.restore(path) as new:
        assert last_backup(old.tables) == last_backup(new.tables) == NOW_MS
        assert instant(NOW_MS, time_zone(new.device.timezone)) in new.warnings[0].message()
        pair.add(new)
        synchronise(new, pair.server)
        for _ in range(2):
            synchronise(old, pair.server)
        assert [warning.code for warning in old.warnings] == ["OTHER_COPY"]
        synchronise(new, pair.server)
        assert [warning.code for warning in new.warnings] == ["VAULT_RESTORED"]


def test_a_restored_store_tells_of_it_once_whatever_the_clock_says(tmp_path: Path) -> None:
    """Also where the clock went back ten years."""
    pair = Pair(tmp_path)
    pair.add(pair.old, 1)
    path = pair.back_up()

    def early() -> Evidence:
        return Evidence(wall_ms=NOW_MS - 3650 * DAY_MS, monotonic_ms=1)

    with pair.old, pair.restore(path, early) as new:
        pair.add(new)
        current = new.journal.branches.current()
    with reopen(tmp_path / f"baru-{path.name}", pair.old.keys, clocks=still) as again:
        assert again.warnings == []
        assert again.journal.branches.current() == current
        pair.require_all(again)


def test_a_backup_between_a_removal_and_the_new_encryption(tmp_path: Path) -> None:
    """The store is still under the earlier root: the backup opens, but not for who was removed."""
    pair = Pair(tmp_path)
    pair.add(pair.old, 2)
    home, first = pair.old.home, pair.old.keys
    keys.add_operator(home, first, "rekan", "sandi rekan kerja", calibrate=False)
    with pair.old, reopen(home, first, clocks=still) as other:
        removed = keys.remove_operator(home, first, "rekan")
        assert removed.previous
        with reopen(home, removed, clocks=still) as app:
            path = tmp_path / "cadangan"
            back_up(app, path, lambda _: None)
        pair.add(other)
        new_home = tmp_path / "baru"
        restore_backup(path, new_home)
        with pytest.raises(OperatorUnknown):
            keys.unlock(new_home, "rekan", "sandi rekan kerja")
        with reopen(new_home, clocks=still) as new:
            assert not new.keys.previous, "nobody else has it open: encrypted anew"
            pair.add(new)
            pair.require_all(new, other)
