"""Keys without the half second that a passphrase costs, and a vault made with them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from field_client.vault.connection import open_encrypted
from field_client.vault.keys import STORE_FILE, VaultKeys
from field_client.vault.migrations import create
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES, VaultDB, open_vault

KEYS = VaultKeys(
    operator="Petugas Contoh",
    slot="00",
    role="operator",
    public=bytes(32),
    root=bytes(range(32)),
    identity=bytes(32),
)
Opener = Callable[..., VaultDB]


@pytest.fixture
def keys() -> VaultKeys:
    """Give the keys of `opened`."""
    return KEYS


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Open the store in the test's folder, as often as asked: each is like another program."""
    store = open_encrypted(tmp_path / STORE_FILE, KEYS.derive(PURPOSE, RAW_KEY_BYTES), create=True)
    create(store)
    store.close()
    with ExitStack() as stack:

        def opener(**options: Any) -> VaultDB:
            return stack.enter_context(open_vault(tmp_path, KEYS, **options))

        yield opener


@pytest.fixture
def db(opened: Opener) -> VaultDB:
    """Open a vault with indexes on two fields and a searched name."""
    return opened(indexes={"records": ("nik", "state")}, text_indexes={"records": ("name",)})
