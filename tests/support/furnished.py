"""A store with people, a batch and a photo, and backups of it."""

import hashlib
from pathlib import Path

from field_client.vault import keys
from field_client.vault.backup import make_backup
from field_client.vault.container import About, Manifest
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import SealedBatch, open_spool
from field_client.vault.store import create_vault, open_vault
from field_client.vault.table import document_of

PASSPHRASE = "sandi petugas contoh"
PHOTO = bytes(range(256)) * 40
PHOTO_NAME = hashlib.sha256(PHOTO).hexdigest()
BATCH = SealedBatch(stream=b"stream-12byt", first=1, count=2, hash=b"#" * 16, body=b"sealed" * 99)
PEOPLE = [document_of({"name": f"Warga Contoh {n}"}, f"orang-{n}") for n in range(50)]
ABOUT = About(made_ms=1_700_000_000_000, device="ab", label="Satu", software="x", counts={"a": 1})
Original = tuple[Path, VaultKeys]


def furnish(home: Path) -> Original:
    """Make the store in ``home``."""
    made = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(home, made) as db, open_spool(home) as spool:
        db.table("records").insert_multiple(PEOPLE)
        spool.put_batch(BATCH)
    (home / keys.ATTACHMENTS).mkdir(exist_ok=True)
    (home / keys.ATTACHMENTS / PHOTO_NAME).write_bytes(PHOTO)
    (home / keys.ATTACHMENTS / "half.new").write_bytes(b"not a photo yet")
    return home, made


def take(original: Original, path: Path) -> Manifest:
    """Back the store up to ``path``."""
    home, made = original
    with open_vault(home, made) as db, open_spool(home) as spool:
        return make_backup(home, db, spool, path, lambda _: ABOUT, lambda _: None)
