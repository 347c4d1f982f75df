"""What was removed from a store is overwritten: it does not stay in pages that are free now."""

from pathlib import Path

import pytest

from field_client.vault.connection import StoreConnection, open_plain

SECRETS = ("rahasia pendek", "rahasia panjang " * 1000)


def removed(store: StoreConnection) -> None:
    """Write texts, one within a page and one over several, and remove or replace them."""
    store.rows("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT)")
    with store.transaction():
        for text in SECRETS * 2:
            store.rows("INSERT INTO texts (text) VALUES (?)", (text,))
    store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.transaction():
        store.rows("DELETE FROM texts WHERE id <= 2")
        store.rows("UPDATE texts SET text='' WHERE id > 2")
    store.close()


@pytest.mark.parametrize("erasing", [True, False])
def test_removed_text_is_not_in_the_file(tmp_path: Path, erasing: bool) -> None:
    """Seen in a store without encryption; without the setting (the control) it would be there."""
    path = tmp_path / "terbuka.db"
    path.touch()
    store = open_plain(path)
    if not erasing:
        store.rows("PRAGMA secure_delete=OFF")
    removed(store)
    assert (b"rahasia" in path.read_bytes()) is not erasing
