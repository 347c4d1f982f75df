"""A fair lock between the programs that share one store (pages and sync).

SQLite's own waiting is a race: a program that commits in a loop can keep another one out for
seconds. Two lock files make a turnstile: whoever waits for the store holds the *queue*, so the
program that has just released the store must first queue behind it. With two programs they
alternate; the operating system releases both locks when a program dies.

Whoever holds the lock leaves its mark in the file, behind the byte that is locked. A holder that
finds its own mark was the last one to hold it: no other program has written since. A mark that
cannot be read or written says nothing, and nothing follows from it but a look at the store.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from field_client.vault.durable import PRIVATE_FILE, translated
from field_client.vault.errors import VaultBusy

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

TIMEOUT_S = 30.0
POLL_S = 0.001
QUEUE_SUFFIX = ".queue"
_MARK_BYTES = 16
_MARK_AT = 1


class WriteLock:
    """The right to write, one holder at a time over all threads and programs; not reentrant.

    The files stay open (a lock then costs microseconds) and are never removed: a removed lock
    file would split those who wait from those who come. Do not carry it across a fork.
    """

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._thread = threading.Lock()
        self._mark = os.urandom(_MARK_BYTES)
        with translated(path):
            self._store = _open(path)
            self._queue = _open(path.with_name(path.name + QUEUE_SUFFIX))

    def acquire(self) -> None:
        """Wait for the right to write; raises VaultBusy after the timeout."""
        until_s = time.monotonic() + self._timeout_s
        if not self._thread.acquire(timeout=self._timeout_s):
            raise VaultBusy(file=self._path.name)
        try:
            self._wait(self._queue, until_s)
            try:
                self._wait(self._store, until_s)
            finally:
                _unlock(self._queue)
        except BaseException:
            self._thread.release()
            raise

    def was_last(self) -> bool:
        """Whether no other program has held the lock since it was asked here; hold the lock."""
        try:
            if _mark_in(self._store) == self._mark:
                return True
            _set_mark(self._store, self._mark)
        except OSError:
            return False
        return False

    def _wait(self, handle: int, until_s: float) -> None:
        while not _try_lock(handle):
            if time.monotonic() >= until_s:
                raise VaultBusy(file=self._path.name)
            time.sleep(POLL_S)

    def release(self) -> None:
        """Give the right to write to whoever queues."""
        _unlock(self._store)
        self._thread.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for a block."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def close(self) -> None:
        """Close both files; the lock must not be held."""
        for handle in (self._store, self._queue):
            os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at ``path`` for a block, opening and closing its files."""
    lock = WriteLock(path)
    try:
        with lock.held():
            yield
    finally:
        lock.close()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)


def _mark_in(handle: int) -> bytes:
    if sys.platform == "win32":
        os.lseek(handle, _MARK_AT, os.SEEK_SET)
        return os.read(handle, _MARK_BYTES)
    else:  # noqa: RET505 - so that each platform's type check sees its own branch
        return os.pread(handle, _MARK_BYTES, _MARK_AT)


def _set_mark(handle: int, mark: bytes) -> None:
    os.lseek(handle, _MARK_AT, os.SEEK_SET)
    os.write(handle, mark)


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_UN)
