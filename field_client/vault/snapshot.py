"""A whole copy of a SQLite file as it stood at one moment, made while other programs write.

A read transaction holds the moment: the write-ahead log lets others commit meanwhile, so nobody
waits. The copy is encrypted as its original is, under the same key or another; it is on the disk
and was read back when `copy_store` returns.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from field_client.vault import durable
from field_client.vault.connection import RawConnection, StoreConnection, translated
from field_client.vault.errors import VaultDamaged

PAGES_A_STEP = 256
_CHECKS = ("PRAGMA cipher_integrity_check", "PRAGMA integrity_check")

Progress = Callable[[float], None]


def unseen(_share: float) -> None:
    """Show no progress."""


def copy_store(
    store: StoreConnection,
    target: Path,
    progress: Progress = unseen,
    raw_key: bytes | None = None,
) -> None:
    """Copy a store to ``target``, whatever was there before; ``progress`` is given 0 to 1.

    ``raw_key``: the copy's, where it shall be another than the store's. Raises DiskFull, VaultIO,
    VaultDamaged (the original is, or the disk keeps no copy); nothing is left there then.
    """
    discard(target)
    try:
        durable.create_file(target)
        with translated(target), closing(store.another()) as live:
            _hold(live)
            with closing(store.another(target, raw_key=raw_key)) as copy:
                _fill(live, copy, progress)
        _require_sound(store, target, raw_key)
        with durable.translated(target):
            durable.flush_file(target)
            durable.flush_folder(target.parent)
    except BaseException:
        discard(target)
        raise


def discard(target: Path) -> None:
    """Remove a copy and what SQLite may have put beside it."""
    durable.remove_files(*(target.with_name(target.name + end) for end in ("", "-wal", "-shm")))


def _hold(live: RawConnection) -> None:
    """Pin the moment: all that is read from here on stands as it does now."""
    live.execute("PRAGMA busy_timeout=10000")
    live.execute("BEGIN")
    live.execute("SELECT count(*) FROM sqlite_schema").fetchall()


def _fill(live: RawConnection, copy: RawConnection, progress: Progress) -> None:
    """Write the pages; the file is nobody's until it is flushed, so it needs no journal."""
    copy.execute("PRAGMA journal_mode=OFF")
    copy.execute("PRAGMA synchronous=OFF")

    def step(_status: int, remaining: int, total: int) -> None:
        progress(1 - remaining / max(total, 1))

    live.backup(copy, pages=PAGES_A_STEP, progress=step)


def _require_sound(store: StoreConnection, target: Path, raw_key: bytes | None) -> None:
    """Read the copy back: every page's authentication (where it is encrypted) and structure."""
    with translated(target), closing(store.another(target, raw_key=raw_key)) as copy:
        copy.execute("PRAGMA locking_mode=EXCLUSIVE")
        found = [row[0] for check in _CHECKS for row in copy.execute(check).fetchall()]
    if found != ["ok"]:
        raise VaultDamaged(file=store.path.name)
