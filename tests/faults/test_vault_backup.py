"""Backups while others write, killed in the middle, and onto sticks that are full or simple."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.vault import keys as key_slots
from field_client.vault import migrations
from field_client.vault.backup import STAGE, make_backup, restore_backup
from field_client.vault.container import About
from field_client.vault.errors import DiskFull, UpdateNeedsRoom
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import open_spool
from field_client.vault.store import create_vault, open_vault
from tests.faults.vault_writer import handed

PASSPHRASE = "sandi petugas contoh"
STREAM = b"stream-12byt"
ABOUT = About(made_ms=1, device="ab", label="Satu", software="x", counts={})
BALLAST = 24
LONGEST_WAIT_S = 3.0
KILLS = 8
WRITER = f"""
import sys, time
from pathlib import Path
from field_client.vault.spool import SealedBatch, open_spool
from field_client.vault.store import open_vault
from tests.faults.vault_writer import taken
home = Path(sys.argv[1])
with open_vault(home, taken(sys.argv[2])) as db, open_spool(home) as spool:
    number = 0
    while True:
        number += 1
        began = time.perf_counter()
        db.table("records").insert({{"number": number}})
        wait = time.perf_counter() - began
        spool.put_batch(SealedBatch(stream={STREAM!r}, first=number, count=1, hash=b"#", body=b"x"))
        print(number, wait, flush=True)
"""
BACKUP = """
import sys
from pathlib import Path
from field_client.vault.backup import make_backup
from field_client.vault.spool import open_spool
from field_client.vault.store import open_vault
from tests.faults.test_vault_backup import ABOUT
from tests.faults.vault_writer import taken
home, keys = Path(sys.argv[1]), taken(sys.argv[2])
with open_vault(home, keys) as db, open_spool(home) as spool:
    print("begun", flush=True)
    make_backup(home, db, spool, Path(sys.argv[3]), lambda _: ABOUT, lambda _: None)
"""


@pytest.fixture
def vault(tmp_path: Path) -> tuple[Path, VaultKeys]:
    """Make a store of some megabytes."""
    home = tmp_path / "home"
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    fill(home, keys)
    return home, keys


def fill(home: Path, keys: VaultKeys) -> None:
    """Put documents into a store that cannot be packed."""
    with open_vault(home, keys) as db, db.transaction():
        for _ in range(BALLAST):
            db.table("ballast").insert({"x": os.urandom(250_000).hex()})


def take(vault: tuple[Path, VaultKeys], path: Path) -> None:
    """Back a store up from this process."""
    home, keys = vault
    with open_vault(home, keys) as db, open_spool(home) as spool:
        make_backup(home, db, spool, path, lambda _: ABOUT, lambda _: None)


def start(script: str, *args: object) -> subprocess.Popen[str]:
    """Start a program that works on a store."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def spoken(program: subprocess.Popen[str], count: int) -> list[tuple[int, float]]:
    """Read lines of a writer: what it saved, and how long that took."""
    assert program.stdout is not None
    lines = (program.stdout.readline().split() for _ in range(count))
    return [(int(number), float(wait_s)) for number, wait_s in lines]


def test_a_backup_while_another_program_saves(vault: Any, tmp_path: Path) -> None:
    """All that was acknowledged before it began is in it, whole; and the saving never stalls."""
    home, keys = vault
    writer = start(WRITER, home, handed(keys))
    waits, said = [], spoken(writer, 5)
    try:
        for number in range(3):
            path, acknowledged = tmp_path / f"cadangan-{number}", said[-1][0]
            take(vault, path)
            said = spoken(writer, 5)
            waits += [wait_s for _, wait_s in said]
            again = tmp_path / f"baru-{number}"
            restore_backup(path, again)
            with open_vault(again, keys) as db, open_spool(again) as spool:
                saved = [document["number"] for document in db.table("records")]
                assert saved == list(range(1, len(saved) + 1))
                assert len(saved) >= acknowledged
                sealed = spool.last(STREAM)
                assert sealed is not None
                assert acknowledged <= sealed[0] <= len(saved), "no batch of what is not there"
                assert db.check() == []
                assert spool.check() == []
    finally:
        writer.kill()
        rest, _ = writer.communicate(timeout=30)
    waits += [float(line.split()[1]) for line in rest.splitlines()[:-1]]
    assert len(waits) > 15
    assert max(waits) < LONGEST_WAIT_S


def test_a_killed_backup_leaves_no_half_file(vault: Any, tmp_path: Path) -> None:
    """Killed at any moment: no file of that name or a whole one; the next backup goes through."""
    home, keys = vault
    dice = random.Random(53)
    began = time.perf_counter()
    take(vault, tmp_path / "probe")
    lasts_s = time.perf_counter() - began
    whole = 0
    for number in range(KILLS):
        path = tmp_path / f"cadangan-{number}"
        program = start(BACKUP, home, handed(keys), path)
        assert program.stdout is not None
        assert program.stdout.readline() == "begun\n"
        time.sleep(dice.uniform(0, 1.2) * lasts_s)
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=30)
        if path.exists():
            whole += 1
            restore_backup(path, tmp_path / f"baru-{number}")
    assert whole < KILLS
    last = tmp_path / f"cadangan-{KILLS}"
    take(vault, last)
    restore_backup(last, tmp_path / "baru")
    assert not (home / STAGE).exists()
    with open_vault(home, keys) as db:
        assert db.check() == []


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes."""
    place = tmp_path / "stik"
    place.mkdir()
    mounted(["-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)])
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def mounted(options: list[str]) -> None:
    """Mount, or skip where that may not be done."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("cannot run here: mounting needs Linux and root")
    if subprocess.run(["mount", *options], check=False, capture_output=True).returncode:
        pytest.skip("cannot run here: mounting is not permitted")


def test_a_stick_that_is_full(vault: Any, stick: Path, tmp_path: Path, monkeypatch) -> None:
    """Said before writing, or, where the room goes meanwhile, while writing; then enlarged."""
    path = stick / "cadangan"
    with pytest.raises(DiskFull):
        take(vault, path)
    with monkeypatch.context() as patch:
        patch.setattr("field_client.vault.backup._require_room", lambda *_: None)
        with pytest.raises(DiskFull):
            take(vault, path)
    assert list(stick.iterdir()) == []
    assert not (vault[0] / STAGE).exists()
    subprocess.run(["mount", "-o", "remount,size=64m", stick], check=True)
    take(vault, path)
    assert [one.name for one in stick.iterdir()] == ["cadangan"]
    small = stick / "home"
    subprocess.run(["mount", "-o", "remount,size=12m", stick], check=True)
    for _ in range(2):
        with pytest.raises(DiskFull):
            restore_backup(path, small)
        assert not list(small.glob("*.db*"))
    subprocess.run(["mount", "-o", "remount,size=64m", stick], check=True)
    restore_backup(path, small)
    with open_vault(small, key_slots.unlock(small, "Petugas", PASSPHRASE)) as db:
        assert len(db.table("ballast")) == BALLAST


def test_a_full_disk_keeps_an_update_from_starting(stick: Path, monkeypatch) -> None:
    """No room for the copy: the store is as it was, and is changed once there is room."""
    home = stick / "home"
    subprocess.run(["mount", "-o", "remount,size=20m", stick], check=True)
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    fill(home, keys)
    subprocess.run(["mount", "-o", "remount,size=9m", stick], check=True)
    scripts = (*migrations.MIGRATIONS, ("CREATE TABLE later (x)",))
    monkeypatch.setattr(migrations, "MIGRATIONS", scripts)
    for _ in range(2):
        with pytest.raises(UpdateNeedsRoom):
            open_vault(home, keys)
        assert migrations.kept_copies(home / key_slots.STORE_FILE) == []
    subprocess.run(["mount", "-o", "remount,size=64m", stick], check=True)
    with open_vault(home, keys) as db:
        assert len(db.table("ballast")) == BALLAST
    assert len(migrations.kept_copies(home / key_slots.STORE_FILE)) == 1


def test_a_stick_with_the_simplest_file_system(vault: Any, tmp_path: Path) -> None:
    """FAT knows neither owners nor links; a backup goes there and comes back."""
    make = shutil.which("mkfs.vfat", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if make is None:
        pytest.skip("cannot run here: mkfs.vfat is not installed")
    image, place = tmp_path / "stik.img", tmp_path / "fat"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run([make, image], check=True, capture_output=True)
    place.mkdir()
    mounted(["-o", "loop", str(image), str(place)])
    try:
        take(vault, place / "cadangan.jemput")
        assert [one.name for one in place.iterdir()] == ["cadangan.jemput"]
        restore_backup(place / "cadangan.jemput", tmp_path / "baru")
    finally:
        subprocess.run(["umount", place], check=True)
