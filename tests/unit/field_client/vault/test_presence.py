"""Who has the store open, and who may have it alone: over programs, and after they die."""

import multiprocessing
from pathlib import Path

import pytest

from field_client.vault.errors import VaultBusy
from field_client.vault.presence import alone, enter


def _is_alone(home: Path) -> bool:
    with alone(home) as found:
        return found


def test_nobody_is_alone_while_another_is_present(tmp_path: Path):
    """Several may be present at once; only when the last has left is somebody alone."""
    assert _is_alone(tmp_path)
    first, second = enter(tmp_path), enter(tmp_path)
    assert not _is_alone(tmp_path)
    first.leave()
    first.leave()
    assert not _is_alone(tmp_path)
    second.leave()
    assert _is_alone(tmp_path)


def test_who_comes_waits_for_who_is_alone(tmp_path: Path):
    """It is a named error where that lasts too long, and leaves nothing behind."""
    with alone(tmp_path) as found:
        assert found
        with pytest.raises(VaultBusy):
            enter(tmp_path, timeout_s=0.05)
        assert not _is_alone(tmp_path)
    enter(tmp_path, timeout_s=0.05).leave()
    assert _is_alone(tmp_path)


def _stay(home: Path, ready) -> None:
    enter(home)
    ready.set()
    ready.wait(0)
    multiprocessing.Event().wait(60)


def test_dead_program_is_not_present(tmp_path: Path):
    """The operating system takes the word back of a program that was killed."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    program = context.Process(target=_stay, args=(tmp_path, ready))
    program.start()
    assert ready.wait(30)
    assert not _is_alone(tmp_path)
    program.kill()
    program.join()
    assert _is_alone(tmp_path)
