"""Telling a copied store from the original, so that the copy draws a new branch.

Two copies that go on in one stream would number different changes alike. The fingerprint names
the very file on this very machine. It stays through commits, checkpoints and restarts, and
changes when the folder is copied to another place or machine.

Limits: an image of the whole disk is not noticed, nor an inode that a file system without
generation numbers gives out again; the server's fork check is what then catches it. Where inode
numbers change at each mount (FAT sticks) the fingerprint changes without a copy: the device then
draws a branch it did not need, which costs four bytes.
"""

import hashlib
import os
import platform
import struct
import sys
from pathlib import Path

from field_client.vault.durable import translated
from field_client.vault.errors import VaultMissing
from field_client.vault.keys import STORE_FILE

if sys.platform == "linux":
    import fcntl

LABEL = "jemput/vault-copy/1"
MACHINE_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_GET_GENERATION = 0x80087601


def fingerprint(home: Path) -> str:
    """Return 32 hexadecimal characters that name this copy of the store. Raises VaultMissing."""
    path = home / STORE_FILE
    if not path.exists():
        raise VaultMissing(home=home)
    with translated(path):
        parts = (LABEL, _machine(), _file_system(path), path.stat().st_ino, _generation(path))
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def _machine() -> str:
    for path in MACHINE_FILES:
        if path.is_file() and (text := path.read_text().strip()):
            return text
    return platform.node()


if sys.platform == "win32":

    def _file_system(path: Path) -> int:
        return path.stat().st_dev

else:

    def _file_system(path: Path) -> int:
        """Return the file system's own id; device numbers may change at a restart."""
        return os.statvfs(path).f_fsid


if sys.platform == "linux":

    def _generation(path: Path) -> int:
        """Return the random number the file system gave this inode's life, 0 if it keeps none."""
        handle = os.open(path, os.O_RDONLY)
        try:
            answer = fcntl.ioctl(handle, _GET_GENERATION, bytes(8))
        except OSError:
            return 0
        finally:
            os.close(handle)
        number: int = struct.unpack("q", answer)[0]
        return number

else:

    def _generation(_path: Path) -> int:
        return 0
