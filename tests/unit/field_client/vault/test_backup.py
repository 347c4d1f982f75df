"""A backup holds what was saved before it, is one checked file, and becomes a store or nothing."""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from field_client.vault import backup, container, durable, keys
from field_client.vault.backup import make_backup, restore_backup, restored_from
from field_client.vault.container import About
from field_client.vault.errors import (
    BackupDamaged,
    BackupExists,
    BackupForeign,
    BackupNewer,
    DeviceWiped,
    DiskFull,
    VaultExists,
    VaultIO,
)
from field_client.vault.keys import STORE_FILE
from field_client.vault.slotfile import SLOT_COPY, SLOT_FILE
from field_client.vault.spool import SPOOL_FILE, open_spool
from field_client.vault.store import create_vault, open_vault
from shared_schema.errors import FileEmpty, FileUnreadable, JemputError
from tests.support.furnished import (
    ABOUT,
    BATCH,
    PASSPHRASE,
    PEOPLE,
    PHOTO,
    PHOTO_NAME,
    Original,
    furnish,
    take,
)


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Original:
    """Make a store with people, a batch and a photo."""
    return furnish(tmp_path_factory.mktemp("asli") / "home")


@pytest.fixture
def taken(original, tmp_path: Path) -> Path:
    """Give a backup of the store."""
    path = tmp_path / "cadangan.jemput"
    take(original, path)
    return path


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write a backup anew with other parts."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_backup_becomes_the_same_store(original, taken: Path, tmp_path: Path) -> None:
    """Documents, batches, slots and photos; and it says once that it was restored."""
    home = tmp_path / "baru"
    shares: list[float] = []
    manifest = restore_backup(taken, home, shares.append)
    assert manifest.about == ABOUT
    assert shares == sorted(shares)
    assert shares[-1] == 1
    opened = keys.unlock(home, "Petugas", PASSPHRASE)
    assert opened.root == original[1].root
    with open_vault(home, opened) as db, open_spool(home) as spool:
        assert db.table("records").all() == PEOPLE
        assert db.check() == []
        assert list(spool.batches(BATCH.stream)) == [BATCH]
    assert [p.name for p in (home / keys.ATTACHMENTS).iterdir()] == [PHOTO_NAME]
    assert (home / keys.ATTACHMENTS / PHOTO_NAME).read_bytes() == PHOTO
    assert restored_from(home) == ABOUT.made_ms
    backup.forget_restored(home)
    assert restored_from(home) is None
    assert not (home / backup.RESTORING).exists()
    assert os.name == "nt" or (home / STORE_FILE).stat().st_mode & 0o077 == 0


def test_any_zip_program_reads_it(original, taken: Path, tmp_path: Path) -> None:
    """The archive unpacked by hand is a home; the manifest says what is in it; nothing is left."""
    with zipfile.ZipFile(taken) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "jemput-backup.txt"
        assert set(names[1:]) == {
            *(SLOT_FILE, SLOT_COPY, STORE_FILE, SPOOL_FILE),
            *(f"attachments/{PHOTO_NAME}", "manifest.json"),
        }
        manifest = json.loads(archive.read("manifest.json"))
        archive.extractall(tmp_path / "tangan")
    assert manifest["made"] == "2023-11-14T22:13:20Z"
    for part in manifest["parts"]:
        content = (tmp_path / "tangan" / part["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            part["bytes"],
            part["sha256"],
        )
    with open_vault(tmp_path / "tangan", original[1]) as db:
        assert len(db.table("records")) == len(PEOPLE)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == [taken.name]
    assert not (original[0] / backup.STAGE).exists()
    assert b"Warga Contoh" not in taken.read_bytes()


def test_nothing_is_written_over(original, taken: Path, tmp_path: Path) -> None:
    """Neither a file by a backup nor a store by a restore."""
    before = taken.read_bytes()
    with pytest.raises(BackupExists):
        take(original, taken)
    assert taken.read_bytes() == before
    (tmp_path / "arah").symlink_to(tmp_path / "tidak-ada")
    with pytest.raises(BackupExists):
        take(original, tmp_path / "arah")
    with pytest.raises(VaultExists):
        restore_backup(taken, original[0])
    for name in (SLOT_COPY, STORE_FILE, SPOOL_FILE, STORE_FILE + "-wal", SPOOL_FILE + "-wal"):
        home = tmp_path / name
        home.mkdir()
        (home / name).write_bytes(b"x")
        with pytest.raises(VaultExists):
            restore_backup(taken, home)
        assert [(p.name, p.read_bytes()) for p in home.iterdir()] == [(name, b"x")]


def test_a_place_that_is_not_there(original, tmp_path: Path) -> None:
    """A stick that is not plugged in is said at once, and nothing is made."""
    with pytest.raises(VaultIO):
        take(original, tmp_path / "stik" / "cadangan")
    assert list(tmp_path.iterdir()) == []


def test_a_wiped_folder_stays_wiped(taken: Path, tmp_path: Path) -> None:
    """A revoked laptop's folder takes no backup."""
    home = tmp_path / "dicabut"
    create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    keys.wipe(home)
    with pytest.raises(DeviceWiped):
        restore_backup(taken, home)


def outcome(path: Path, home: Path) -> str:
    """Restore and give the error's code, after which there must be no trace of a store."""
    try:
        restore_backup(path, home)
    except JemputError as error:
        assert not [p for p in home.glob("*") if not p.name.startswith(keys.SLOT_LOCK)]
        return error.code
    return "restored"


def test_a_flipped_bit_or_a_cut_is_a_named_error(taken: Path, tmp_path: Path) -> None:
    """At sampled offsets of the file: refused whole, or a byte that nobody needs."""
    content = taken.read_bytes()
    step = len(content) // 60
    places = [*range(0, len(content), step), *range(len(content) - 1400, len(content), 29)]
    spoilt = tmp_path / "rusak"
    codes: dict[str, int] = {}
    for number, at in enumerate(places):
        spoilt.write_bytes(
            content[:at] + bytes([content[at] ^ 1 << number % 8]) + content[at + 1 :]
        )
        home = tmp_path / f"h{number}"
        code = outcome(spoilt, home)
        codes[code] = codes.get(code, 0) + 1
        if code == "restored":
            assert (home / keys.ATTACHMENTS / PHOTO_NAME).read_bytes() == PHOTO
            keys.unlock(home, "Petugas", PASSPHRASE)
    assert codes["BACKUP_DAMAGED"] >= 60
    assert set(codes) <= {"BACKUP_DAMAGED", "BACKUP_FOREIGN", "BACKUP_NEWER", "restored"}
    for keep in (0, 1, 30, 60, 5000, len(content) // 2, len(content) - 1):
        spoilt.write_bytes(content[:keep])
        code = outcome(spoilt, tmp_path / "dipotong")
        assert code == "FILE_EMPTY" if keep == 0 else code in {"BACKUP_DAMAGED", "BACKUP_FOREIGN"}
        assert keep < 60 or code == "BACKUP_DAMAGED"


def test_files_that_are_no_backup(taken: Path, tmp_path: Path) -> None:
    """Each has its own code."""
    home, path = tmp_path / "baru", tmp_path / "berkas"
    with pytest.raises(FileUnreadable):
        restore_backup(path, home)
    path.touch()
    with pytest.raises(FileEmpty):
        restore_backup(path, home)
    path.write_bytes(b"PK\x03\x04 something else altogether" * 9)
    with pytest.raises(BackupForeign):
        restore_backup(path, home)
    assert not home.exists()


@pytest.mark.parametrize(
    "name", ["../keluar", "/keluar", "lain.db", "attachments/../../keluar", "attachments/x"]
)
def test_a_part_of_another_name_is_refused(taken: Path, tmp_path: Path, name: str) -> None:
    """Nothing is ever written outside, nor put beside the store."""

    def smuggle(parts: dict[str, bytes]) -> None:
        manifest = json.loads(parts["manifest.json"])
        digest = hashlib.sha256(b"x").hexdigest()
        manifest["parts"].append({"name": name, "bytes": 1, "sha256": digest})
        parts[name] = b"x"
        parts["manifest.json"] = json.dumps(manifest).encode()

    rewrite(taken, smuggle)
    with pytest.raises(BackupDamaged):
        restore_backup(taken, tmp_path / "baru")
    assert not (tmp_path / "baru").exists()
    assert not list(tmp_path.parent.glob("keluar"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda body: body.update(version=2), BackupNewer),
        (lambda body: body.update(version="1"), BackupDamaged),
        (lambda body: body.update(format="other"), BackupDamaged),
        (lambda body: body.update(counts=[1]), BackupDamaged),
        (lambda body: body.pop("made_ms"), BackupDamaged),
        (lambda body: body["parts"].pop(), BackupDamaged),
        (lambda body: body["parts"].append(body["parts"][0]), BackupDamaged),
        (lambda body: body["parts"][0].update(sha256="00"), BackupDamaged),
    ],
)
def test_a_manifest_that_does_not_fit(taken: Path, tmp_path: Path, change, error) -> None:
    """It is refused before anything is a store."""

    def alter(parts: dict[str, bytes]) -> None:
        body = json.loads(parts["manifest.json"])
        body["parts"] = [p for p in body["parts"] if not p["name"].startswith("attachments/")]
        change(body)
        parts["manifest.json"] = json.dumps(body).encode()

    rewrite(taken, alter)
    with pytest.raises(error):
        restore_backup(taken, tmp_path / "baru")
    assert not (tmp_path / "baru" / SLOT_FILE).exists()


def test_a_full_stick_leaves_no_half_file(original, tmp_path: Path, monkeypatch) -> None:
    """Found before writing, or while writing; the laptop's own folder is clean as well."""
    path = tmp_path / "cadangan"
    with monkeypatch.context() as patch:
        usage = shutil.disk_usage(tmp_path)
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=20_000))
        with pytest.raises(DiskFull):
            take(original, path)
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(DiskFull):
            take(original, path)
    assert list(tmp_path.iterdir()) == []
    assert not (original[0] / backup.STAGE).exists()


def test_a_full_laptop_is_backed_up_by_way_of_the_stick(original, tmp_path, monkeypatch) -> None:
    """Its own disk need not hold a second store."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        shutil,
        "disk_usage",
        lambda place: usage._replace(free=0) if place == original[0] else usage,
    )
    take(original, tmp_path / "cadangan")
    assert [p.name for p in tmp_path.iterdir()] == ["cadangan"]
    assert restore_backup(tmp_path / "cadangan", tmp_path / "baru").about == ABOUT


@pytest.mark.parametrize("roomy", [True, False])
def test_nothing_beside_the_backup_is_touched(
    original, tmp_path: Path, monkeypatch, *, roomy: bool
) -> None:
    """The folder is the officer's: whatever name a file there bears, it stays."""
    usage = shutil.disk_usage(tmp_path)
    left = usage if roomy else usage._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: left if place == original[0] else usage)
    theirs = [tmp_path / f"cadangan{end}" for end in (".new", ".backup.new")]
    for path in theirs:
        path.write_bytes(b"theirs")
    take(original, tmp_path / "cadangan")
    assert [path.read_bytes() for path in theirs] == [b"theirs"] * 2
    assert len(list(tmp_path.iterdir())) == 3


def test_a_photo_that_goes_meanwhile_hinders_nothing(original, tmp_path: Path) -> None:
    """Another program removes what a discarded draft left, while the copies are made."""
    home, made = original
    going = home / keys.ATTACHMENTS / ("0" * 64)
    going.write_bytes(PHOTO)

    def describe(_stage: Path) -> About:
        going.unlink()
        return ABOUT

    with open_vault(home, made) as db, open_spool(home) as spool:
        manifest = make_backup(home, db, spool, tmp_path / "b", describe, lambda _: None)
    assert [part.name for part in manifest.parts][4:] == [f"{keys.ATTACHMENTS}/{PHOTO_NAME}"]


def test_what_a_stick_keeps_wrongly_is_not_called_a_backup(
    original, tmp_path: Path, monkeypatch
) -> None:
    """It is read back from the disk before it takes its name."""
    forget = container.forget_cached

    def spoil(path: Path) -> None:
        forget(path)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(container, "forget_cached", spoil)
    with pytest.raises(BackupDamaged):
        take(original, tmp_path / "cadangan")
    assert list(tmp_path.iterdir()) == []


def test_a_stick_that_cannot_flush_a_folder_will_do(original, tmp_path, monkeypatch) -> None:
    """Some sticks' file systems know no such call; a real error still counts."""

    def refuse(folder: Path) -> None:
        if folder == tmp_path:
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(durable, "flush_folder", refuse)
    take(original, tmp_path / "cadangan")
    assert (tmp_path / "cadangan").exists()
