"""The write lock: one holder, fair between two programs, freed by a death, bounded in time."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from field_client.vault.errors import VaultBusy
from field_client.vault.lock import WriteLock, locked

HOLDER = """
import sys, time
from pathlib import Path
from field_client.vault.lock import WriteLock
lock = WriteLock(Path(sys.argv[1]))
while True:
    lock.acquire()
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    lock.release()
"""


def _holder(path: Path, hold_s: float) -> subprocess.Popen:
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(hold_s)], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.readline()
    return program


def _end(program: subprocess.Popen) -> None:
    program.kill()
    program.communicate()


def test_held_lock_times_out_with_its_name(tmp_path: Path):
    """A second holder waits its time and is told."""
    path = tmp_path / "a.lock"
    waiting = WriteLock(path, timeout_s=0.05)
    with locked(path), pytest.raises(VaultBusy):
        waiting.acquire()
    waiting.acquire()
    waiting.release()
    waiting.close()


def test_program_in_a_loop_does_not_starve_another(tmp_path: Path):
    """Against one that takes the lock again at once, ten turns cost about ten of its turns."""
    program = _holder(tmp_path / "a.lock", 0.02)
    try:
        lock = WriteLock(tmp_path / "a.lock", timeout_s=10)
        started = time.monotonic()
        for _ in range(10):
            with lock.held():
                pass
        assert time.monotonic() - started < 3
        lock.close()
    finally:
        _end(program)


def test_dead_holder_frees_the_lock(tmp_path: Path):
    """Killed while holding, a program leaves nothing behind that must be cleaned."""
    program = _holder(tmp_path / "a.lock", 60)
    _end(program)
    lock = WriteLock(tmp_path / "a.lock", timeout_s=5)
    with lock.held():
        pass
    lock.close()


def test_last_holder_knows_that_nobody_came_between(tmp_path: Path):
    """Each first turn after another's is told as such, and no second turn in a row is."""
    path = tmp_path / "a.lock"
    one, other = WriteLock(path), WriteLock(path)
    told = []
    for lock in (one, one, other, one, one, other, other):
        with lock.held():
            told.append(lock.was_last())
    assert told == [False, True, False, False, True, False, True]
    one.close()
    other.close()
