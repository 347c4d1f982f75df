"""A restore that is cut short: no store or the whole one, and repeating goes on."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from field_client.vault import backup, keys
from field_client.vault.backup import restore_backup, restored_from
from field_client.vault.errors import (
    VaultExists,
    VaultMissing,
)
from field_client.vault.slotfile import SLOT_FILE
from field_client.vault.spool import SPOOL_FILE, open_spool
from field_client.vault.store import create_vault, open_vault
from tests.support.furnished import (
    ABOUT,
    BATCH,
    PASSPHRASE,
    PEOPLE,
    PHOTO_NAME,
    Original,
    furnish,
    take,
)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Original:
    """Make a store with people, a batch and a photo."""
    return furnish(tmp_path_factory.mktemp("asli") / "home")


@pytest.fixture
def taken(original, tmp_path: Path) -> Path:
    """Give a backup of the store."""
    path = tmp_path / "cadangan.jemput"
    take(original, path)
    return path


class Cut(BaseException):
    """The power goes."""


RENAME, FLUSH = Path.rename, os.fsync


def test_a_restore_cut_anywhere_leaves_nothing_or_all(
    taken: Path, tmp_path: Path, monkeypatch
) -> None:
    """At every rename and flush in turn; repeating brings it to its end."""
    whole = nothing = 0
    for stop in range(200):
        home = tmp_path / f"h{stop}"
        left = [stop]

        def tick(left=left) -> bool:
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            return True

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", lambda one, to, tick=tick: tick() and RENAME(one, to))
            patch.setattr(os, "fsync", lambda handle, tick=tick: tick() and FLUSH(handle))
            patch.setattr(shutil, "rmtree", lambda *_, **__: tick())
            try:
                restore_backup(taken, home)
                done = True
            except Cut:
                done = False
        try:
            opened = keys.unlock(home, "Petugas", PASSPHRASE)
            whole += 1
        except VaultMissing:
            nothing += 1
            restore_backup(taken, home)
            opened = keys.unlock(home, "Petugas", PASSPHRASE)
        with open_vault(home, opened) as db, open_spool(home) as spool:
            assert len(db.table("records")) == len(PEOPLE)
            assert list(spool.batches(BATCH.stream)) == [BATCH]
        assert (home / keys.ATTACHMENTS / PHOTO_NAME).exists()
        assert restored_from(home) == ABOUT.made_ms
        if done:
            break
    assert done
    assert whole > 2
    assert nothing > 10


def test_a_restore_cut_short_is_not_taken_for_an_empty_folder(
    taken: Path, tmp_path: Path, monkeypatch
) -> None:
    """A new store there would send the other laptop's batches and departure as its own."""
    home = tmp_path / "home"

    def cut(source: Path, target: Path) -> None:
        RENAME(source, target)
        if target.name == SPOOL_FILE:
            raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Cut):
            restore_backup(taken, home)
    with pytest.raises(VaultExists):
        create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    restore_backup(taken, home)
    keys.unlock(home, "Petugas", PASSPHRASE)


def test_a_repeated_restore_that_is_cut_is_repeated_again(
    taken: Path, tmp_path: Path, monkeypatch
) -> None:
    """While it clears away what the first one left, at each removal in turn."""
    remove = backup._remove
    for stop in range(6):
        home = tmp_path / f"h{stop}"
        with monkeypatch.context() as patch:
            patch.setattr(backup, "_take_names", moved_and_cut)
            with pytest.raises(Cut):
                restore_backup(taken, home)
        left = [stop]

        def cut(path: Path, left=left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Cut
            remove(path)

        with monkeypatch.context() as patch:
            patch.setattr(backup, "_remove", cut)
            with contextlib.suppress(Cut):
                restore_backup(taken, home)
        if not (home / SLOT_FILE).exists():
            restore_backup(taken, home)
        keys.unlock(home, "Petugas", PASSPHRASE)


def moved_and_cut(home: Path, stage: Path) -> None:
    """Move what comes before the key slots, and no further."""
    for name in (keys.ATTACHMENTS, SPOOL_FILE, backup.RESTORED_FILE):
        RENAME(stage / name, home / name)
    raise Cut
