"""A name saved in the vault stands nowhere in plain text; the same scan finds a plain control."""

import sqlite3
from pathlib import Path

from field_client.vault import keys as key_slots
from field_client.vault.store import create_vault, open_vault
from field_client.vault.table import document_of
from tests.support.canary import scan

PASSPHRASE = "sandi Kenari Petugas"
CANARY = "Kenari Contoh Quintus"
INDEXES = {"records": ("name", "nik")}
TEXT = {"records": ("name",)}


def test_canary_is_not_found_under_home(tmp_path: Path):
    """Neither while the store is open, with its log, nor after closing; nor the passphrase."""
    home = tmp_path / "home"
    keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
    with open_vault(home, keys, indexes=INDEXES, text_indexes=TEXT) as db:
        for number in range(50):
            body = {"name": CANARY, "nik": str(number), "note": [CANARY] * 20}
            db.table("records").insert(document_of(body, f"{CANARY}-{number}"))
        assert db.table("records").match("quintus")
        assert (home / "vault.db-wal").stat().st_size > 100_000
        assert scan([home], CANARY) == []
    db.close()
    key_slots.add_operator(home, keys, "Petugas Dua", PASSPHRASE, calibrate=False)
    assert scan([home], CANARY) == []
    assert scan([home], PASSPHRASE) == []


def test_same_scan_finds_the_plain_control(tmp_path: Path):
    """Proof that the scan would have seen it: the same rows in an unencrypted file."""
    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE docs (body TEXT)")
    plain.execute("INSERT INTO docs VALUES (?)", (CANARY,))
    plain.commit()
    plain.close()
    assert scan([tmp_path], CANARY)
