"""The fingerprint stays with the file and does not go with a copy."""

import shutil
from pathlib import Path

import pytest

from field_client.vault import identity
from field_client.vault.errors import VaultMissing
from field_client.vault.store import open_vault


def test_fingerprint_stays_through_commits_and_checkpoints(tmp_path: Path, opened, keys):
    """Writing, folding the log in, closing and opening again change nothing."""
    first = identity.fingerprint(tmp_path)
    for _ in range(3):
        with open_vault(tmp_path, keys) as db:
            db.table("records").insert_multiple({"n": number} for number in range(50))
            db._store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
            assert identity.fingerprint(tmp_path) == first
    assert identity.fingerprint(tmp_path) == first


def test_copy_is_another(tmp_path: Path, opened):
    """A copied folder has its own fingerprint, and so has one copied back."""
    first = identity.fingerprint(tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy2(tmp_path / "vault.db", copy / "vault.db")
    assert identity.fingerprint(copy) != first


def test_move_is_not(tmp_path: Path, opened):
    """A renamed folder is still the original."""
    first = identity.fingerprint(tmp_path)
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "vault.db").rename(moved / "vault.db")
    assert identity.fingerprint(moved) == first


def test_missing_store_has_none(tmp_path: Path):
    """Nothing to name."""
    with pytest.raises(VaultMissing):
        identity.fingerprint(tmp_path)
