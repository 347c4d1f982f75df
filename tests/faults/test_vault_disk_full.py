"""A disk that fills up while people are registered, and is then given room again."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tinydb.table import Document

from field_client.app import open_unlocked
from field_client.vault import keys as key_slots
from field_client.vault.errors import DiskFull
from field_client.vault.spool import SealedBatch, Spool, open_spool
from field_client.vault.store import VaultDB, create_vault, open_vault
from field_client.vault.table import document_of
from tests.support.photo_work import Photos, attach_numbered

PASSPHRASE = "sandi petugas contoh"
STREAM = b"stream-12byt"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("cannot run here: mounting a small disk needs Linux and root")
    options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs"]
    if subprocess.run(["mount", *options, place], check=False, capture_output=True).returncode:
        pytest.skip("cannot run here: mounting is not permitted")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def _enlarge(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=16m", place], check=True)


def _person(number: int) -> Document:
    body = {"nik": f"{number:016d}", "name": f"Warga Contoh {number}", "note": "x" * 900}
    return document_of(body, f"orang-{number}")


def _fill(db: VaultDB) -> int:
    """Save until the disk is full and return how many were said to be saved."""
    saved = 0
    with contextlib.suppress(DiskFull):
        while saved < 20_000:
            db.table("records").insert(_person(saved))
            saved += 1
    assert 10 < saved < 20_000
    return saved


def _batch(first: int) -> SealedBatch:
    body = os.urandom(3000)
    return SealedBatch(stream=STREAM, first=first, count=1, hash=b"#%d" % first, body=body)


def _fill_spool(spool: Spool) -> int:
    """Store batches until the disk is full and return how many were said to be stored."""
    stored = 0
    with contextlib.suppress(DiskFull):
        while stored < 5000:
            spool.put_batch(_batch(stored + 1))
            stored += 1
    assert 10 < stored < 5000
    return stored


def _fill_rest(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def _require_all(db: VaultDB, saved: int) -> None:
    assert db.table("records").all() == [_person(number) for number in range(saved)]
    assert db.table("records").match("contoh 7", 1)


def test_full_disk_loses_nothing_and_goes_on_when_enlarged(small_disk: Path):
    """Every save that was confirmed is there, before and after more room is given."""
    home = small_disk / "home"
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    options: Any = {"indexes": {"records": ("nik",)}, "text_indexes": {"records": ("name",)}}
    with open_vault(home, keys, **options) as db:
        saved = _fill(db)
        _require_all(db, saved)
        with pytest.raises(DiskFull):
            db.table("records").insert_multiple(map(_person, range(saved, saved + 3000)))
        _require_all(db, saved)
        _enlarge(small_disk)
        db.table("records").insert(_person(saved))
        _require_all(db, saved + 1)
        assert db.check() == []
    with open_vault(home, keys) as db:
        _require_all(db, saved + 1)


def test_full_disk_keeps_slots_and_spool(small_disk: Path):
    """A slot file or batch that does not fit is a named error; the old ones stay as they were."""
    home = small_disk / "home"
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    before = (home / key_slots.SLOT_FILE).read_bytes()
    with open_spool(home) as spool:
        stored = _fill_spool(spool)
        _fill_rest(small_disk / "filler")
        with pytest.raises(DiskFull):
            key_slots.change_passphrase(home, keys, "Petugas", "sandi yang lain", calibrate=False)
        assert (home / key_slots.SLOT_FILE).read_bytes() == before
        assert [batch.first for batch in spool.batches(STREAM)] == list(range(1, stored + 1))
        _enlarge(small_disk)
        spool.put_batch(_batch(stored + 1))
        assert spool.check() == []
    assert key_slots.unlock(home, "Petugas", PASSPHRASE).root == keys.root


def test_full_disk_keeps_photos_whole(small_disk: Path):
    """A photo that does not fit is DISK_FULL and leaves nothing; with room it is attached."""
    home = small_disk / "home"
    keys = Photos.prepare(home)
    with open_unlocked(home, keys) as app:
        attached = 0
        with contextlib.suppress(DiskFull):
            while attached < 900:
                attach_numbered(app, attached)
                attached += 1
        assert 5 < attached < 900
        assert app.attachments.check() == []
    _enlarge(small_disk)
    assert Photos.found(home, keys) == tuple(range(attached))


def test_store_that_may_not_grow_says_so(tmp_path: Path):
    """Without a small disk: SQLite's own limit gives the same error and the same promise."""
    keys = create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(tmp_path, keys, text_indexes={"records": ("name",)}) as db:
        db._store.rows("PRAGMA max_page_count=60")
        saved = _fill(db)
        _require_all(db, saved)
        db._store.rows("PRAGMA max_page_count=100000")
        db.table("records").insert(_person(saved))
        _require_all(db, saved + 1)
        assert db.check() == []
