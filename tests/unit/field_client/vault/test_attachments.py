"""Photos in the vault: there with their row or not at all, and never changed unnoticed."""

import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.vault import durable
from field_client.vault.attachments import LOCK_FILE, TABLE, WAITING, Attachments
from field_client.vault.errors import DiskFull, PhotoAbsent, PhotoDamaged
from field_client.vault.keys import ATTACHMENTS, VaultKeys
from field_client.vault.store import VaultDB, create_vault, open_vault
from shared_schema.attachments import name_of, open_file
from shared_schema.envelope import key_id
from tests.support.canary import scan

PASSPHRASE = "sandi petugas contoh"
OFFICE = X25519PrivateKey.generate()
TO_OFFICE = [OFFICE.public_key()]
CONTENT = b"Kenari Contoh Foto" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(CONTENT).hexdigest()
INDEXES = {TABLE: ("sha256",)}


@pytest.fixture(scope="module")
def created(tmp_path_factory) -> tuple[Path, VaultKeys]:
    """Create one vault: deriving keys takes half a second."""
    home = tmp_path_factory.mktemp("vault")
    return home, create_vault(home, "Petugas", PASSPHRASE, calibrate=False)


@pytest.fixture
def db(created):
    """Open the vault and leave it without photos."""
    home, keys = created
    with open_vault(home, keys, indexes=INDEXES) as opened:
        yield opened
        opened.drop_table(TABLE)
    for path in files(home):
        path.unlink()


@pytest.fixture
def photos(created, db) -> Attachments:
    """Return the photos of the vault."""
    return Attachments(created[0], db)


def files(home: Path) -> list[Path]:
    """Return what lies in the folder of photos."""
    folder = home / ATTACHMENTS
    return sorted(folder.iterdir()) if folder.exists() else []


def keep(photos: Attachments, content: bytes = CONTENT) -> str:
    """Keep a photo by itself."""
    with photos.keeping(content, TO_OFFICE) as digest:
        return digest


def test_a_photo_is_kept_sealed_and_can_be_looked_at(created, photos: Attachments):
    """The regency can open it, its file bears its hash, and nothing plain is on the disk."""
    home, _ = created
    assert keep(photos) == DIGEST
    (path,) = files(home)
    sealed = path.read_bytes()
    assert path.name == name_of(sealed)
    assert open_file(sealed, {key_id(OFFICE.public_key()): OFFICE}) == CONTENT
    assert photos.read(DIGEST) == CONTENT
    assert photos.holds(DIGEST)
    assert photos.check() == []
    assert scan([home], "Kenari Contoh Foto") == []


@pytest.mark.skipif(os.name == "nt", reason="cannot run here: Windows has other permissions")
def test_nobody_else_may_read_the_folder(created, photos: Attachments):
    """Sealed as it is."""
    keep(photos)
    (path,) = files(created[0])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_block_and_the_photo_are_one_commit(created, db: VaultDB, photos: Attachments):
    """The block fails: neither its writes nor the row is there, and the file goes by itself."""
    home, _ = created
    with pytest.raises(RuntimeError), photos.keeping(CONTENT, TO_OFFICE):  # noqa: PT012 - the block
        db.table("records").insert({"of": "photo"})
        raise RuntimeError
    assert not db.table("records").all()
    assert not photos.holds(DIGEST)
    assert len(files(home)) == 1
    photos.tidy()
    assert files(home) == []
    assert photos.check() == []


def test_the_file_is_durable_before_the_block(created, photos: Attachments):
    """So that no row can ever be without its file."""
    with photos.keeping(CONTENT, TO_OFFICE):
        (path,) = files(created[0])
        assert path.name == name_of(path.read_bytes())


def test_the_same_photo_is_sealed_once(created, photos: Attachments):
    """Records share it."""
    keep(photos)
    before = files(created[0])
    keep(photos)
    keep(photos, b"another photo")
    assert before[0] in files(created[0])
    assert len(files(created[0])) == 2


def test_what_no_row_names_is_removed_and_nothing_else(created, photos: Attachments):
    """A temporary file, a file whose row a crash forestalled; at the next start or photo."""
    home, _ = created
    keep(photos)
    (whole,) = files(home)
    for way in (photos.tidy, lambda: keep(photos)):
        for stray in (whole.name + durable.NEW_SUFFIX, "00" * 32):
            (home / ATTACHMENTS / stray).write_bytes(b"x")
        way()
        assert files(home) == [whole]
    assert photos.read(DIGEST) == CONTENT


def test_a_start_without_strays_takes_no_lock(created, photos: Attachments):
    """Opening the store costs nothing where nothing is to be done."""
    keep(photos)
    (created[0] / LOCK_FILE).unlink()
    photos.tidy()
    assert not (created[0] / LOCK_FILE).exists()


def test_every_flipped_bit_and_every_cut_is_found(created, photos: Attachments):
    """At offsets through header, wrapped key, content and tag; then it is whole again."""
    keep(photos)
    (path,) = files(created[0])
    sealed = path.read_bytes()
    spoilt = [
        sealed[:at] + bytes([sealed[at] ^ 1 << at % 8]) + sealed[at + 1 :]
        for at in [*range(110), *range(110, len(sealed), 97), len(sealed) - 1]
    ]
    spoilt += [sealed[:at] for at in (0, 1, 50, 95, len(sealed) // 2, len(sealed) - 1)]
    for damaged in [*spoilt, sealed + b"\0"]:
        path.write_bytes(damaged)
        with pytest.raises(PhotoDamaged):
            photos.read(DIGEST)
        assert photos.check() == [f"{path.name}: damaged"]
    path.write_bytes(sealed)
    assert photos.read(DIGEST) == CONTENT


def test_two_swapped_files_are_found(created, photos: Attachments):
    """Each is whole by itself, but not the one its row names."""
    keep(photos)
    keep(photos, b"another photo")
    one, other = files(created[0])
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert len(photos.check()) == 2


def test_a_lost_file_is_reported_and_a_damaged_one_mended(created, photos: Attachments):
    """By attaching the photo again, while one still has it."""
    home, _ = created
    keep(photos)
    (path,) = files(home)
    path.unlink()
    assert photos.check() == [f"{path.name}: missing"]
    assert not photos.holds(DIGEST)
    with pytest.raises(PhotoAbsent):
        photos.read(DIGEST)
    keep(photos)
    assert photos.check() == []
    (path,) = files(home)
    path.write_bytes(b"damaged")
    keep(photos)
    photos.tidy()
    assert photos.read(DIGEST) == CONTENT
    assert path not in files(home)


def test_a_photo_never_kept_is_absent(photos: Attachments):
    """Its record came from the office."""
    assert not photos.holds("ab" * 32)
    with pytest.raises(PhotoAbsent):
        photos.read("ab" * 32)


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_disk_that_fills_at_any_step_leaves_nothing(
    created, photos: Attachments, monkeypatch, step
):
    """DISK_FULL; then, with room, the photo is kept."""

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    place = {"write": (os, "open"), "fsync": (os, "fsync"), "replace": (Path, "replace")}[step]
    (created[0] / ATTACHMENTS).mkdir(exist_ok=True)
    with monkeypatch.context() as broken:
        broken.setattr(*place, full)
        with pytest.raises(DiskFull) as caught:
            photos._seal(CONTENT, DIGEST, TO_OFFICE, WAITING)
    assert caught.value.code == "DISK_FULL"
    assert files(created[0]) == []
    keep(photos)
    assert photos.read(DIGEST) == CONTENT
