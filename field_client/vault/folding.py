"""The write-ahead log is folded into the store while nobody waits for it.

A commit is durable once it is in the log. Left to itself SQLite folds the log within whichever
save makes it too long, and that save waits for thousands of scattered writes and two flushes.
Here a thread with a connection of its own does it: when no commit has come for a second, and
under unbroken writing after so many commits or seconds, so that the log stays short (and saves
overwrite it, which flushes sooner than letting it grow). The last program to close the store
folds what is left.

The bulk is folded beside the writers; what they added meanwhile within the fair lock, in a few
milliseconds, since only a log that is folded to its end begins anew. Programs that share the
store may all do this; whoever comes second finds nothing to fold.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Protocol

import sqlcipher3.dbapi2 as sqlcipher

from field_client.vault.errors import VaultBusy
from field_client.vault.lock import WriteLock

IDLE_S = 1.0
LATEST_S = 5.0
LATEST_COMMITS = 150
_FOLD = "PRAGMA wal_checkpoint(PASSIVE)"


class Connection(Protocol):
    """What is used of a bare connection."""

    def execute(self, sql: str, /) -> Any: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Folding:
    """Folds some time after the commits that it is told of; close it before the store.

    ``connect`` opens the store once more. What goes wrong is not told here: the log still holds
    everything, and the next save or the closing meets the same disk.
    """

    def __init__(self, connect: Callable[[], Connection], lock: WriteLock) -> None:
        self._connect = connect
        self._lock = lock
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._first_s: float | None = None
        self._last_s = 0.0
        self._commits = 0
        self._closed = False

    def committed(self) -> None:
        """Note that the log has grown."""
        self._last_s = time.monotonic()
        self._commits += 1
        if self._first_s is None or self._commits >= LATEST_COMMITS:
            self._wake()

    def _wake(self) -> None:
        with self._changed:
            if self._first_s is None:
                self._first_s = self._last_s
            self._changed.notify()
            if self._thread is None and not self._closed:
                self._begin()

    def _begin(self) -> None:
        """Start the thread; where the system has none left, SQLite folds within a save."""
        thread = threading.Thread(target=self._run, name="folding", daemon=True)
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def close(self) -> None:
        """End the thread, waiting for a folding under way; again is no error."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._due():
            with suppress(sqlite3.Error, sqlcipher.Error, VaultBusy):
                fold(self._connect, self._lock)

    def _due(self) -> bool:
        """Wait until it is time to fold; False when the store closes."""
        with self._changed:
            while not self._closed:
                if self._first_s is None:
                    self._changed.wait()
                    continue
                left_s = min(self._last_s + IDLE_S, self._first_s + LATEST_S) - time.monotonic()
                if left_s <= 0 or self._commits >= LATEST_COMMITS:
                    self._first_s, self._commits = None, 0
                    return True
                self._changed.wait(left_s)
            return False


def fold(connect: Callable[[], Connection], lock: WriteLock) -> None:
    """Fold the log; what is being read at this moment may keep its end until the next time."""
    with closing(connect()) as connection:
        connection.execute(_FOLD).fetchone()
        with lock.held():
            connection.execute(_FOLD).fetchone()
