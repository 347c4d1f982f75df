"""One SQLite file, encrypted or not, as every store here uses it: durable, fair, translated.

A transaction takes the fair lock, begins at once (no read is upgraded later) and is on the disk
before `transaction` returns: write-ahead log with synchronous=FULL flushes at each commit. One
connection serves all threads of a program in turn. An encrypted store's log is folded by
`folding`; SQLite's own folding, within a save, is left for when that cannot keep up.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import sqlcipher3.dbapi2 as sqlcipher

from field_client.vault.durable import NEW_SUFFIX
from field_client.vault.errors import DiskFull, VaultBusy, VaultDamaged, VaultIO
from field_client.vault.folding import Folding
from field_client.vault.lock import WriteLock

BUSY_TIMEOUT_MS = 10_000
FREE_FLOOR_BYTES = 64 * 1024
_PRIMARY = 0xFF
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_IO = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
}
# A flipped bit in a plain file may spoil the very text that tells of it.
_DRIVER_ERRORS = (sqlite3.Error, sqlcipher.Error, UnicodeDecodeError)
FOLD_AT_LAST_PAGES = 16_384
LOG_KEPT_BYTES = 16 * 1024 * 1024
CACHE_KB = 8_192
# The drivers' `backup` raises with SQLite's sentence alone, without its code.
_SAID = {
    "disk I/O error": sqlite3.SQLITE_IOERR,
    "unable to open database file": sqlite3.SQLITE_CANTOPEN,
    "attempt to write a readonly database": sqlite3.SQLITE_READONLY,
    "database or disk is full": sqlite3.SQLITE_FULL,
    "database disk image is malformed": sqlite3.SQLITE_CORRUPT,
    "file is not a database": sqlite3.SQLITE_NOTADB,
    "database is locked": sqlite3.SQLITE_BUSY,
}
_NO_TEXT = "Could not decode to UTF-8"
Row = tuple[Any, ...]
Values = Sequence[Any]


class RawConnection(Protocol):
    """What is used of a connection, of SQLCipher's driver or of the standard library's."""

    @property
    def in_transaction(self) -> bool: ...  # noqa: D102
    def execute(self, sql: str, parameters: Values = ..., /) -> Any: ...  # noqa: D102
    def executemany(self, sql: str, parameters: Any, /) -> Any: ...  # noqa: D102
    def backup(self, target: Any, /, *, pages: int, progress: Any) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class StoreConnection:
    """A connection with its lock; the only door to the file."""

    def __init__(self, raw: RawConnection, path: Path, raw_key: bytes | None) -> None:
        self._raw = raw
        self._path = path
        self._raw_key = raw_key
        self._lock = WriteLock(path.with_name(path.name.removesuffix(NEW_SUFFIX) + ".lock"))
        self._turn = threading.RLock()
        self._depth = 0
        self._doomed = False
        self._closed = False
        self._commits = 0
        self._outside = 0
        self._seen = -1
        self._folding = None if raw_key is None else Folding(self._for_folding, self._lock)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    def another(
        self, path: Path | None = None, *, raw_key: bytes | None = None, create: bool = False
    ) -> RawConnection:
        """Return a bare connection to this file or a copy of it, under the same or another key."""
        return connect(path or self._path, raw_key or self._raw_key, create=create)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Run one statement and return all its rows."""
        with self._turn:
            try:
                found: list[Row] = self._raw.execute(sql, values).fetchall()
            except _DRIVER_ERRORS as error:
                _translate(self._path, error)
                raise
            return found

    def run(self, sql: str, values: Values = ()) -> int:
        """Run one statement and return how many rows it wrote; only within a transaction."""
        try:
            written: int = self._raw.execute(sql, values).rowcount
        except _DRIVER_ERRORS as error:
            _translate(self._path, error)
            raise
        return written

    def run_many(self, sql: str, values: Sequence[Values]) -> None:
        """Run one statement for each of ``values``; only within a transaction."""
        try:
            self._raw.executemany(sql, values)
        except _DRIVER_ERRORS as error:
            _translate(self._path, error)
            raise

    def transaction(self) -> AbstractContextManager[None]:
        """Write all of the block or nothing; durable when the block has ended.

        A block within a block belongs to the outer one. Where the inner one fails, nothing of
        the outer is kept either, even if somebody swallows the error on the way.
        """
        return self

    def __enter__(self) -> None:
        self._turn.acquire()
        if not self._depth:
            try:
                self._begin()
            except BaseException:
                self._turn.release()
                raise
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._depth -= 1
            if kind is not None:
                self._doomed = True
            if not self._depth:
                self._end(kind)
        finally:
            self._turn.release()

    def _begin(self) -> None:
        self._lock.acquire()
        try:
            self.run("BEGIN IMMEDIATE")
            if not self._lock.was_last():
                self.outside_number()
            self._doomed = False
        except BaseException:
            self._roll_back()
            raise

    def _end(self, error: type[BaseException] | None) -> None:
        """Commit, or roll back after an error; whatever comes of it, let others write."""
        if self._doomed:
            self._roll_back()
            if error is None:
                raise RuntimeError("an error within this transaction was swallowed")
            return
        try:
            self.run("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        self._commits += 1
        if self._folding is not None:
            self._folding.committed()
        self._lock.release()

    def _roll_back(self) -> None:
        """Undo what is not committed; SQLite may have done so itself on a full disk."""
        try:
            self._outside += 1
            if self._raw.in_transaction:
                self.run("ROLLBACK")
        finally:
            self._lock.release()

    def change_number(self) -> int:
        """Return a number that rises when this or another program has committed something."""
        with self._turn:
            return self._commits + self.outside_number()

    def outside_number(self) -> int:
        """Return a number that rises when what this program remembers of the file may be stale.

        That is after another program's commit and after a rollback of its own.
        """
        with self._turn:
            if not self._depth:
                version: int = self.rows("PRAGMA data_version")[0][0]
                self._outside += version != self._seen
                self._seen = version
            return self._outside

    def _for_folding(self) -> RawConnection:
        raw = self.another()
        for setting in _SETTINGS:
            raw.execute(setting)
        return raw

    def close(self) -> None:
        """Close the file, the last one folding the log into it; again is no error."""
        if self._folding is not None:
            self._folding.close()
        with self._turn, translated(self._path):
            if not self._closed:
                self._closed = True
                self._raw.close()
                self._lock.close()


def open_plain(path: Path, *, create: bool = False) -> StoreConnection:
    """Open an unencrypted SQLite file (of sealed bytes) durably."""
    with translated(path):
        return _configured(connect(path, None, create=create), path, None)


def open_encrypted(path: Path, raw_key: bytes, *, create: bool = False) -> StoreConnection:
    """Open a SQLCipher file with ``raw_key``: 32 bytes of key and 16 of salt."""
    with translated(path):
        return _configured(connect(path, raw_key, create=create), path, raw_key)


def connect(path: Path, raw_key: bytes | None, *, create: bool = False) -> RawConnection:
    """Return a bare connection, keyed where the file is encrypted; neither set nor translated."""
    driver: Any = sqlite3 if raw_key is None else sqlcipher
    raw: RawConnection = driver.connect(_uri(path, create=create), **_OPTIONS)
    if raw_key is None:
        return raw
    raw.execute("PRAGMA cipher_log_level=NONE")
    raw.execute(f"PRAGMA key=\"x'{raw_key.hex()}'\"")
    return raw


_OPTIONS: dict[str, Any] = {"uri": True, "isolation_level": None, "check_same_thread": False}
_SETTINGS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    f"PRAGMA journal_size_limit={LOG_KEPT_BYTES}",
    f"PRAGMA cache_size=-{CACHE_KB}",
)


def _configured(raw: RawConnection, path: Path, raw_key: bytes | None) -> StoreConnection:
    try:
        for setting in _SETTINGS:
            raw.execute(setting)
        if raw_key is not None:
            raw.execute(f"PRAGMA wal_autocheckpoint={FOLD_AT_LAST_PAGES}")
        raw.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        _require_log(raw, path)
        return StoreConnection(raw, path, raw_key)
    except BaseException:
        raw.close()
        raise


def _require_log(raw: RawConnection, path: Path) -> None:
    if raw.execute("PRAGMA journal_mode=WAL").fetchone() != ("wal",):
        raise VaultIO(file=path.name, reason="no write-ahead log")


def _uri(path: Path, *, create: bool) -> str:
    """Name the file so that a missing one is an error, never a new store."""
    return f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the drivers' errors into ours; errors of programming pass as they are."""
    try:
        yield
    except _DRIVER_ERRORS as error:
        _translate(path, error)
        raise


def _translate(path: Path, error: Exception) -> None:
    code = getattr(error, "sqlite_errorcode", None) or _said(error)
    primary = code & _PRIMARY
    name = getattr(error, "sqlite_errorname", str(error))
    if primary == sqlite3.SQLITE_FULL or (primary in _IO and _is_full(path)):
        raise DiskFull(file=path.name) from error
    if primary in _DAMAGED:
        raise VaultDamaged(file=path.name) from error
    if primary in _BUSY:
        raise VaultBusy(file=path.name) from error
    if primary in _IO:
        raise VaultIO(file=path.name, reason=name) from error


def _said(error: Exception) -> int:
    """Return the code of an error that came without one, 0 where it is an error of programming."""
    is_no_text = isinstance(error, UnicodeDecodeError) or str(error).startswith(_NO_TEXT)
    return sqlite3.SQLITE_CORRUPT if is_no_text else _SAID.get(str(error), 0)


def _is_full(path: Path) -> bool:
    """Tell a full disk from a failing one: growing the shared index reports only an I/O error."""
    if not hasattr(os, "statvfs") or not path.parent.exists():
        return False
    status = os.statvfs(path.parent)
    return status.f_bavail * status.f_frsize < FREE_FLOOR_BYTES
