"""The locks that SQLite holds on the open store stay: POSIX drops them at any close of the file."""

import fcntl
import os
import struct
import sys
from pathlib import Path

import pytest

from tests.support.laptop import laptop
from tests.support.memory_server import MemoryServer

if sys.platform != "linux":
    pytest.skip("cannot run here: locks are asked for in Linux's form", allow_module_level=True)

_FLOCK = "hhqqi4x"
_SHARED_FIRST, _SHARED_SIZE = 0x40000000 + 2, 510


def _held_by_another(path: Path) -> bool:
    """Ask, in a child, whether anybody else holds SQLite's shared lock on the file."""
    child = os.fork()
    if child == 0:
        handle = os.open(path, os.O_RDWR)
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, _SHARED_FIRST, _SHARED_SIZE, 0)
        found = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, wanted))[0]
        os._exit(int(found == fcntl.F_RDLCK))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_an_opened_laptop_holds_its_store(tmp_path: Path):
    """After all that opening looks at (copies, restores, removals) the file is still locked."""
    with laptop(tmp_path / "home", MemoryServer().code()) as app:
        assert _held_by_another(app.home / "vault.db")
    assert not _held_by_another(tmp_path / "home" / "vault.db")
