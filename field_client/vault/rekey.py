"""Encrypting the store under the root that a removal drew, without ever risking it.

The store is copied page by page under the new root's key into a folder of its own, read back,
compared, and only then takes the place of the old one by a rename; the ring of the slot file
holds the earlier roots until after that. A crash at any moment leaves the old store or the new
one, and keys that open it; what was begun is thrown away and done again.

It needs the store to itself (`presence.alone`) and room for a second copy; without them it waits
for the next opening. Copies that were kept before an update go with the old store: they are under
the old root. What the disk keeps of a file that was deleted is out of reach.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from field_client.vault import durable, migrations, presence, store
from field_client.vault.errors import RekeyNeedsRoom, VaultBusy, VaultDamaged
from field_client.vault.keys import STORE_FILE, VaultKeys, forget_previous
from field_client.vault.snapshot import Progress, unseen
from field_client.vault.store import VaultDB, open_alone, store_key

STAGE = "rekey" + durable.NEW_SUFFIX
ROOM = 1.05
SPARE_BYTES = 4 << 20
_LOGS = ("-wal", "-shm")

Carry = Callable[[Path, VaultDB], None]


def rekey(
    home: Path, keys: VaultKeys, carry: Carry, progress: Progress = unseen
) -> VaultKeys | None:
    """Bring the store under ``keys.root`` and forget the roots before it.

    ``carry`` is given the home and the new store, open, before that
    takes its place. None where another program has the store open. Raises RekeyNeedsRoom,
    DiskFull, VaultIO, VaultDamaged, KeysReplaced; the store is as it was then.
    """
    if not keys.previous:
        return keys
    with presence.alone(home) as is_alone:
        if not is_alone:
            return None
        stage = home / STAGE
        _clear(stage)
        try:
            if not store.is_under(home, keys):
                _make(home, stage, keys, carry, progress)
                _take_place(home, stage)
        finally:
            _clear(stage)
        _remove_kept(home)
        return forget_previous(home, keys)


def _make(home: Path, stage: Path, keys: VaultKeys, carry: Carry, progress: Progress) -> None:
    _require_room(home)
    with durable.translated(stage):
        stage.mkdir(mode=durable.PRIVATE_FOLDER)
    with open_alone(home, keys) as old:
        old.copy(stage / STORE_FILE, progress, store_key(keys))
        with open_alone(stage, replace(keys, previous=())) as new:
            if old.row_counts() != new.row_counts():
                raise VaultDamaged(file=STORE_FILE)
            carry(home, new)


def _require_room(home: Path) -> None:
    with durable.translated(home):
        files = [home / (STORE_FILE + end) for end in ("", *_LOGS)]
        size = sum(file.stat().st_size for file in files if file.exists())
        missing = ROOM * size + SPARE_BYTES - shutil.disk_usage(home).free
    if missing > 0:
        raise RekeyNeedsRoom(megabytes=int(missing) // 1_000_000 + 1)


def _take_place(home: Path, stage: Path) -> None:
    """Rename the new store over the old one, whose log must not be taken for the new one's.

    Both were closed by the only program that had them open, so both logs are folded in.
    """
    path, made = home / STORE_FILE, stage / STORE_FILE
    if any(_has_log(each) for each in (path, made)):
        raise VaultBusy(file=path.name)
    durable.remove_files(*(path.with_name(path.name + end) for end in _LOGS))
    with durable.translated(made):
        durable.flush_file(made)
    durable.rename_file(made, path)


def _remove_kept(home: Path) -> None:
    """Remove the copies from before an update while their root is still known."""
    kept = migrations.kept_copies(home / STORE_FILE)
    if kept:
        durable.remove_files(*kept)


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _clear(stage: Path) -> None:
    shutil.rmtree(stage, ignore_errors=True)
