"""A backup of the whole folder of one laptop, and a new folder made from it.

The spool is copied before the vault. Whatever goes from one to the other in between then stands
in both or in the vault alone, which is harmless: a batch sealed meanwhile is sealed again, a
receipt laid in meanwhile is given once more. The other order could leave a receipt in neither.

A restored store is a copy: the first to open it draws a branch of its own (`field_client.app`),
told by the backup's manifest that stands beside it until then.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from field_client.vault import container, durable, keys, slotfile
from field_client.vault.container import About, Manifest, Part
from field_client.vault.errors import BackupDamaged, DiskFull, VaultExists
from field_client.vault.keys import ATTACHMENTS, STORE_FILE
from field_client.vault.lock import locked
from field_client.vault.slotfile import SLOT_COPY, SLOT_FILE, SLOT_LOCK
from field_client.vault.snapshot import Progress, unseen
from field_client.vault.spool import SPOOL_FILE, Spool
from field_client.vault.store import VaultDB

RESTORED_FILE = "restored.json"
LOCK = "backup.lock"
STAGE = "backup" + durable.NEW_SUFFIX
RESTORING = "restore" + durable.NEW_SUFFIX
ROOM = 1.05
_NEEDED = {SLOT_FILE, STORE_FILE, SPOOL_FILE}
_FILES = {*_NEEDED, SLOT_COPY}
_ATTACHMENT = re.compile(rf"{ATTACHMENTS}/[0-9a-f]{{64}}")
_COPYING = 0.5

Describe = Callable[[Path], About]


def make_backup(
    home: Path, db: VaultDB, spool: Spool, path: Path, describe: Describe, progress: Progress
) -> Manifest:
    """Write a backup of the store in ``home`` to ``path`` while other programs write.

    What was said to be saved before this is called is in it. ``describe`` is given the folder
    of the copied store and returns what the manifest shall say. Raises BackupExists, DiskFull,
    VaultIO, VaultDamaged; there is nothing under ``path`` then.
    """
    container.require_new(path)
    _require_room(path, 0)
    with locked(home / LOCK), _stage(home, path) as stage:
        spool.copy(stage / SPOOL_FILE)
        db.copy(stage / STORE_FILE, lambda share: progress(share * _COPYING))
        sources = dict(_sources(home, stage))
        about = describe(stage)
        size = sum(source.stat().st_size for _, source in _present(sources))
        _require_room(path, size)
        count = _counted(2 * size, progress, _COPYING)
        return container.write(path, _present(sources), about, count)


@contextmanager
def _stage(home: Path, path: Path) -> Iterator[Path]:
    """Give a private folder for the copies: on the laptop, or on the stick where that is full."""
    files = [home / (STORE_FILE + end) for end in ("", "-wal")]
    needed = ROOM * sum(file.stat().st_size for file in files if file.exists())
    roomy = shutil.disk_usage(home).free > needed
    stage = home / STAGE if roomy else durable.fresh_name(path)
    if roomy:
        _remove(stage)
    with durable.translated(stage):
        stage.mkdir(mode=durable.PRIVATE_FOLDER)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _sources(home: Path, stage: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of each part; the photos after the rows that name them were copied."""
    for slots in filter(Path.exists, slotfile.paths(home)):
        with durable.translated(slots):
            yield slots.name, Path(shutil.copyfile(slots, stage / slots.name))
    yield SPOOL_FILE, stage / SPOOL_FILE
    yield STORE_FILE, stage / STORE_FILE
    for photo in sorted((home / ATTACHMENTS).glob("*")):
        if _ATTACHMENT.fullmatch(f"{ATTACHMENTS}/{photo.name}"):
            yield f"{ATTACHMENTS}/{photo.name}", photo


def _present(sources: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """Yield the sources that are there: the photo of a discarded draft may go meanwhile."""
    return ((name, source) for name, source in sources.items() if source.exists())


def _require_room(path: Path, size: int) -> None:
    """Say at once what would only be found after minutes of writing. Raises DiskFull."""
    with durable.translated(path):
        free = shutil.disk_usage(path.absolute().parent).free
    if free < ROOM * size:
        raise DiskFull(file=path.name)


def _counted(total: int, progress: Progress, begun: float = 0.0) -> container.Written:
    """Return what counts bytes and shows their share of ``total`` from ``begun`` to 1."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(min(begun + (1 - begun) * done / max(total, 1), 1.0))

    return count


def restore_backup(path: Path, home: Path, progress: Progress = unseen) -> Manifest:
    """Make the store of ``path`` the one in ``home``, which must have none.

    Everything is unpacked and compared with the manifest before any of it takes its name, and
    the key slots do so last: a crash leaves no store or the whole one, and repeating goes on.
    Raises VaultExists, DeviceWiped, FileUnreadable, FileEmpty, BackupForeign, BackupDamaged,
    BackupNewer, DiskFull, VaultIO.
    """
    with container.opened(path) as (manifest, archive):
        _require_known(manifest, path)
        _require_no_store(home)
        durable.make_private_folder(home)
        with locked(home / SLOT_LOCK):
            _require_no_store(home)
            with _unpacked(archive, manifest, home, progress) as stage:
                _take_names(home, stage)
    return manifest


def _require_known(manifest: Manifest, path: Path) -> None:
    """Refuse a backup that lacks a part, or has one that this program would not know."""
    names = [part.name for part in manifest.parts]
    odd = [name for name in names if name not in _FILES and not _ATTACHMENT.fullmatch(name)]
    if odd or len(set(names)) < len(names) or not set(names) >= _NEEDED:
        raise BackupDamaged(file=path.name)


def _require_no_store(home: Path) -> None:
    """Raise VaultExists, unless what is there was left by a restore that was cut short.

    A log that outlived its store would be folded into the one that takes that name.
    """
    keys.require_not_wiped(home)
    logs = (home / (name + "-wal") for name in (STORE_FILE, SPOOL_FILE))
    if slotfile.exists(home) or any(path.exists() for path in (home / STORE_FILE, *logs)):
        raise VaultExists(home=home)
    if not (home / RESTORING).exists() and any(path.exists() for path in _leftovers(home)):
        raise VaultExists(home=home)


def _leftovers(home: Path) -> list[Path]:
    """Name what stands in the home of a restore that was cut short."""
    names = (ATTACHMENTS, SPOOL_FILE, RESTORED_FILE, STORE_FILE + durable.NEW_SUFFIX)
    return [home / name for name in names]


@contextmanager
def _unpacked(
    archive: ZipFile, manifest: Manifest, home: Path, progress: Progress
) -> Iterator[Path]:
    """Give the folder in which every part stands, flushed and as the manifest says."""
    stage = home / RESTORING
    for path in (*_leftovers(home), stage):  # the stage last: it tells that they may go
        _remove(path)
    try:
        with durable.translated(stage):
            (stage / ATTACHMENTS).mkdir(parents=True, mode=durable.PRIVATE_FOLDER)
        _require_room(stage, manifest.size_bytes)
        count = _counted(manifest.size_bytes, progress)
        for part in manifest.parts:
            _unpack(archive, part, stage / part.name, count)
        durable.write_file(stage / RESTORED_FILE, manifest.to_bytes())
        with durable.translated(stage):
            durable.flush_folder(stage / ATTACHMENTS)
    except BaseException:
        _remove(stage)
        raise
    yield stage


def _unpack(archive: ZipFile, part: Part, target: Path, count: container.Written) -> None:
    with durable.translated(target):
        durable.create_file(target)
        with target.open("wb") as file:
            container.copy_part(archive, part, file, count)
            file.flush()
            os.fsync(file.fileno())


def _take_names(home: Path, stage: Path) -> None:
    """Move everything into place; with the key slots it is a store, and not before."""
    with durable.translated(home):
        durable.flush_folder(home)
        for name in (ATTACHMENTS, SPOOL_FILE, RESTORED_FILE):
            (stage / name).rename(home / name)
        (stage / STORE_FILE).rename(home / (STORE_FILE + durable.NEW_SUFFIX))
        durable.flush_folder(home)
        for slots in slotfile.paths(stage):
            if slots.exists():
                slots.rename(home / slots.name)
        durable.flush_folder(home)
    durable.rename_file(home / (STORE_FILE + durable.NEW_SUFFIX), home / STORE_FILE)
    _remove(stage)


def restored_from(home: Path) -> int | None:
    """Return when the backup was made that ``home`` was just restored from; None otherwise.

    Unix milliseconds; 0 where that can no longer be read.
    """
    path = home / RESTORED_FILE
    if not path.exists():
        return None
    with durable.translated(path):
        content = path.read_bytes()
    try:
        manifest = Manifest.from_bytes(content)
    except container.UNREADABLE:
        return 0
    return manifest.about.made_ms if manifest else 0


def forget_restored(home: Path) -> None:
    """Note durably that the restored store has drawn its branch."""
    _remove(home / RESTORING)
    durable.remove_files(home / RESTORED_FILE)


def _remove(path: Path) -> None:
    """Remove a file or a whole folder; an absent one is no error."""
    with durable.translated(path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
