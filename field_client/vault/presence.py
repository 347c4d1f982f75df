"""Who has this laptop's store open: every program that does holds a shared lock on one file.

`enter` while the store is open; `alone` to do what nobody may watch, such as exchanging the store's
file: it never waits, since a program may stay open all day. The operating system releases the
lock when a program dies. Windows has no shared locks on the C runtime's handles: there, each
program locks one random byte of a range, and who wants to be alone locks the whole range.
"""

import os
import secrets
import sys
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

PRESENCE_FILE = "presence.lock"
TIMEOUT_S = 120.0
POLL_S = 0.01
RANGE_BYTES = 1 << 16


class Presence:
    """One program's word that it has the store open, until `leave`."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def try_share(self) -> bool:
        """Give the word; False while another program is alone."""
        return self._handle is not None and _try_share(self._handle)

    def leave(self) -> None:
        """Take the word back; again is no error."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def enter(home: Path, timeout_s: float = TIMEOUT_S) -> Presence:
    """Say that this program has the store open.

    Waits for a program that is alone at the moment (it is encrypting the store anew). Raises
    VaultBusy after the timeout, VaultIO.
    """
    present = Presence(_open(home))
    deadline = time.monotonic() + timeout_s
    while not present.try_share():
        if time.monotonic() >= deadline:
            present.leave()
            raise VaultBusy(file=PRESENCE_FILE)
        time.sleep(POLL_S)
    return present


@contextmanager
def alone(home: Path) -> Iterator[bool]:
    """Give True, and keep every other program out for the block, where none has the store open.

    This program must not have it open either.
    """
    handle = _open(home)
    try:
        yield _try_whole(handle)
    finally:
        os.close(handle)


def _open(home: Path) -> int:
    with translated(home / PRESENCE_FILE):
        return os.open(home / PRESENCE_FILE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)


if sys.platform == "win32":

    def _try_share(handle: int) -> bool:
        return _lock(handle, secrets.randbelow(RANGE_BYTES), 1)

    def _try_whole(handle: int) -> bool:
        return _lock(handle, 0, RANGE_BYTES)

    def _lock(handle: int, first: int, count: int) -> bool:
        """Lock bytes, which need not exist; closing the file releases them."""
        try:
            os.lseek(handle, first, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, count)
        except PermissionError:
            return False
        return True

else:

    def _try_share(handle: int) -> bool:
        return _lock(handle, fcntl.LOCK_SH)

    def _try_whole(handle: int) -> bool:
        return _lock(handle, fcntl.LOCK_EX)

    def _lock(handle: int, kind: int) -> bool:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
