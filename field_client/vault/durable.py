"""Small files that are either wholly there or not there: temporary file, fsync, rename, fsync.

A power cut at any moment leaves the old content or the new one, never a mixture. The folder is
flushed as well, because a rename that lives only in the cache has not happened.
"""

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from field_client.vault.errors import DiskFull, VaultIO

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
NEW_SUFFIX = ".new"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the operating system's errors into DiskFull or VaultIO."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(file=path.name) from error
        raise VaultIO(file=path.name, reason=error.strerror or type(error).__name__) from error


def make_private_folder(home: Path) -> None:
    """Create ``home`` with its parents, readable by its owner only, and flush its entry."""
    with translated(home):
        if not home.is_dir():
            home.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            flush_folder(home.parent)
        home.chmod(PRIVATE_FOLDER)


def create_file(path: Path) -> None:
    """Create an empty private file; one that is there already is an error."""
    with translated(path):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, PRIVATE_FILE))


def write_file(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` durably: returns only when a power cut cannot undo it.

    For files of our own folder, in which what an earlier crash left is ours to replace.
    """
    _write(path, content, path.with_name(path.name + NEW_SUFFIX), os.O_TRUNC)


def hand_over(path: Path, content: bytes) -> None:
    """Write as `write_file` does where somebody else chose the place: no other file is touched."""
    _write(path, content, fresh_name(path), os.O_EXCL)


def fresh_name(path: Path) -> Path:
    """Return a name beside ``path`` that nothing bears; create it so that this is made sure."""
    return path.with_name(f"jemput-{secrets.token_hex(8)}{NEW_SUFFIX}")


def _write(path: Path, content: bytes, new: Path, flag: int) -> None:
    with translated(path):
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | flag, PRIVATE_FILE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)


def rename_file(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target`` durably; ``source``'s content is flushed already."""
    with translated(target):
        source.replace(target)
        flush_folder(target.parent)


def remove_files(*paths: Path) -> None:
    """Remove those of ``paths`` (all in one folder) that exist, durably."""
    with translated(paths[0]):
        for path in paths:
            path.unlink(missing_ok=True)
        flush_folder(paths[0].parent)


def flush_file(path: Path) -> None:
    """Flush a file that another library has written."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk; Windows flushes them with the file."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
