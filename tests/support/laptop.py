"""Laptops for tests of the field client: real vaults at the cheapest key derivation."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from field_client.app import _assemble, create_device, open_unlocked
from field_client.device import save_device
from field_client.entries import Edit, Entry
from field_client.opened import App
from field_client.vault.identity import fingerprint
from field_client.vault.keys import VaultKeys, unlock
from shared_schema.clock import Evidence
from tests.support.memory_server import NOW_MS, MemoryServer

PASSPHRASE = "sawah-lingko-enam-puluh"
OPERATOR = "petugas"
CHANGES_A_BATCH = 4


def still() -> Evidence:
    """Read a clock that stands at the server's time."""
    return Evidence(wall_ms=NOW_MS, monotonic_ms=1)


def laptop(home: Path, code: str, clocks: Callable[[], Evidence] = still) -> App:
    """Create a device that has not synced yet."""
    with create_device(home, code, OPERATOR, PASSPHRASE, calibrate=False) as created:
        keys = created.keys
    return reopen(home, keys, clocks=clocks)


def reopen(home: Path, keys: VaultKeys | None = None, **options: Any) -> App:
    """Open a store again, without the key derivation where the keys are at hand."""
    app = open_unlocked(home, keys or unlock(home, OPERATOR, PASSPHRASE), **options)
    app.changes_a_batch = CHANGES_A_BATCH
    return app


def clone(
    app: App,
    home: Path,
    *,
    told_apart: bool = False,
    clocks: Callable[[], Evidence] = still,
) -> App:
    """Copy a closed store byte for byte; a copy not told apart goes on under the same branch."""
    shutil.copytree(app.home, home)
    if not told_apart:
        with _assemble(home, app.keys, still) as copied:
            save_device(copied.tables, replace(copied.device, fingerprint=fingerprint(home)))
    return reopen(home, app.keys, clocks=clocks)


def register(app: App, names: Iterable[str]) -> list[UUID]:
    """Register people by name, each a change of its own, in one commit."""
    with app.journal.transaction():
        return [write(app, app.journal.new_record(), name=name) for name in names]


def write(app: App, record: UUID, **values: Any) -> UUID:
    """Write values to a person."""
    app.journal.write([Edit(record=record, type="person", version=1, values=values)])
    return record


def names_of(server: MemoryServer) -> list[str]:
    """Return the names the server shows, sorted, one for each record."""
    return sorted(str(state.shown("name")) for state in server.records().values())


def seen(app: App, record: UUID) -> Entry:
    """Return what a laptop shows of a record that it has."""
    entry = app.journal.entry(record)
    assert entry is not None
    return entry
