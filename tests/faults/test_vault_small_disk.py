"""The disk fills up in the middle of whatever is done, and is then given room again.

Two megabytes with a little left, at many sizes of that little: each kind of work meets the full
disk at another of its writes, more than once, names it, and goes on when there is room.
"""

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from os import geteuid, statvfs
from pathlib import Path

import pytest

from shared_schema.errors import JemputError
from tests.support import effort, stretching
from tests.support.effort import Effort
from tests.support.vault_work import Work, may_be_found
from tests.support.works import WORKS

FULL = Effort("test_vault_small_disk.py::test_the_disk_fills_up", ci=150, soak=1500)
EFFORTS = (FULL,)
AMOUNTS = {"documents": 14, "sealed": 14, "day": 8, "slots": 2, "photos": 6}
MOST_SPARE_BYTES = 260_000
FAILURES = 3
NAMED = {"DISK_FULL", "VAULT_IO", "REKEY_NEEDS_ROOM"}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    stretching.quick_here(monkeypatch)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or geteuid() != 0:
        pytest.skip("cannot run here: mounting a small disk needs Linux and root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot run here: mounting is not permitted")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def resize(place: Path, size: str) -> None:
    """Give a mounted file system room, or take it away."""
    subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)


def fill(place: Path, spare_bytes: int) -> None:
    """Leave a little room."""
    free = statvfs(place)
    (place / "ballast").write_bytes(bytes(max(free.f_bavail * free.f_frsize - spare_bytes, 0)))


def work_on(worker: Work, words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Do what the words say until it has failed often enough; what was told, what failed, codes."""
    told: list[str] = []
    failed: list[str] = []
    codes: list[str] = []
    for word in words:
        try:
            worker.act(word)
            told.append(word)
        except JemputError as error:
            failed.append(word)
            codes.append(error.code)
        if len(failed) == FAILURES:
            break
    return told, failed, codes


@effort.in_both
@pytest.mark.parametrize("kind", WORKS)
def test_the_disk_fills_up(small_disk: Path, tmp_path: Path, kind: str, scale: str) -> None:
    """Every word that was told counts, a word that failed counts wholly or not at all."""
    work, dice = WORKS[kind], random.Random(53)
    keys = work.prepare(tmp_path / "fresh")
    outcomes: Counter[str] = Counter()
    tries = FULL.tries(scale) // len(WORKS)
    for _ in range(tries):
        home = small_disk / "home"
        shutil.copytree(tmp_path / "fresh", home)
        fill(small_disk, int(MOST_SPARE_BYTES * dice.random() ** 3))
        worker = work(home=home, keys=keys)  # type: ignore[call-arg]  # each takes these
        words = work.words(AMOUNTS[kind])
        told, failed, codes = work_on(worker, words)
        resize(small_disk, "16m")
        rest = words[len(told) + len(failed) :]
        later, *_ = work_on(worker, rest)
        assert later == rest, "room was given and it still fails"
        worker.close()
        assert set(codes) <= NAMED, codes
        assert work.found(home, keys) in may_be_found(work, words, told + rest, failed)
        outcomes.update(codes or ["enough room"])
        with suppress(FileNotFoundError):
            (small_disk / "ballast").unlink()
        shutil.rmtree(home)
        resize(small_disk, "2m")
    effort.report(kind=kind, tried=tries, outcomes=dict(outcomes))
    assert scale == "soak" or tries == FULL.ci // len(WORKS)
