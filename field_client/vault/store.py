"""The encrypted store of one device: TinyDB's document API over SQLCipher.

"Saved" may be said when a writing method, or the outermost `transaction` block, has returned:
the rows are then on the disk. A store that is absent beside its key slots, damaged, or written
by a newer program is a named error, never a fresh empty store.

The file is created under another name, complete, before its key slots exist, and takes its own
name after them; whatever moment a crash strikes, there is a whole store or none.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage

from field_client.vault import durable, keys, migrations, spool
from field_client.vault.catalogue import Catalogue
from field_client.vault.connection import StoreConnection, open_encrypted
from field_client.vault.errors import VaultDamaged, VaultExists, VaultMissing
from field_client.vault.keys import STORE_FILE, VaultKeys
from field_client.vault.snapshot import Progress, copy_store, unseen
from field_client.vault.table import VaultTable

RAW_KEY_BYTES = 48
PURPOSE = "store"


class VaultStorage(Storage):
    """What TinyDB calls the storage; documents are read and written by row, never as a whole."""

    def __init__(self, store: StoreConnection) -> None:
        self.catalogue = Catalogue(store=store)

    def read(self) -> dict[str, dict[str, Any]]:
        """Refuse: reading all tables at once is what this store exists to avoid."""
        raise NotImplementedError

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Refuse: writing all tables at once would undo other programs' changes."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""
        self.catalogue.store.close()


class VaultDB(TinyDB):
    """The open vault. Tables by `table`; several writes in one commit by `transaction`.

    ``indexes`` names the fields of each table that equality is answered from, ``text_indexes``
    those that `VaultTable.match` searches; what is declared once stays maintained.
    """

    table_class = VaultTable  # type: ignore[assignment]  # the stock attribute is not generic
    _tables: dict[str, VaultTable]  # type: ignore[assignment]  # filled by table_class

    def __init__(
        self,
        store: StoreConnection,
        *,
        indexes: Mapping[str, Sequence[str]] | None = None,
        text_indexes: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._store = store
        storage = VaultStorage(store)
        self._catalogue = storage.catalogue
        super().__init__(storage=lambda: storage)
        self._catalogue.declare(indexes or {}, text_indexes or {})

    def table(self, name: str, **options: Any) -> VaultTable:
        """Return the table called ``name``; it need not exist yet."""
        found: Any = super().table(name, **options)
        return found  # type: ignore[no-any-return]  # made by table_class

    def tables(self) -> set[str]:
        """Return the names of the tables that were ever written to and not dropped."""
        return self._catalogue.names()

    def drop_table(self, name: str) -> None:
        """Remove a table with its documents in one commit."""
        if name in self.tables():
            with self.transaction():
                self.table(name).truncate()
                self._catalogue.drop(name)
        self._tables.pop(name, None)

    def drop_tables(self) -> None:
        """Remove every table in one commit."""
        with self.transaction():
            for name in self.tables():
                self.drop_table(name)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all writes of the block or none; durable when the outermost block has returned.

        Raises VaultBusy where another program holds the store for 30 s, DiskFull, VaultIO. Keep
        the block short: the other program waits for it.
        """
        with self._store.transaction():
            yield

    def next_number(self, name: str) -> int:
        """Return the next number of a counter, from 1; never again once it is committed."""
        with self._store.transaction():
            ((value,),) = self._store.rows(
                "INSERT INTO counters (name, value) VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            )
            number: int = value
            return number

    def change_number(self) -> int:
        """Return a number that rises when this or another program has committed something."""
        return self._store.change_number()

    def copy(self, target: Path, progress: Progress = unseen) -> None:
        """Copy the store as it stands now, under the same key; see `copy_store`."""
        copy_store(self._store, target, progress)

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; an empty list when sound.

        Covers each page's authentication, SQLite's structure and the index entries.
        """
        if unreadable := self._report("PRAGMA cipher_integrity_check"):
            return unreadable
        structure = [line for line in self._report("PRAGMA integrity_check") if line != "ok"]
        return structure or [
            f"{name}: {problem}"
            for name in sorted(self.tables())
            for problem in self.table(name).check()
        ]

    def _report(self, pragma: str) -> list[str]:
        return [str(line) for (line,) in self._store.rows(pragma)]


def create_vault(
    home: Path, operator: str, passphrase: str, *, calibrate: bool = True
) -> VaultKeys:
    """Create key slots, store and spool in ``home`` and return the keys; open with `open_vault`.

    Raises VaultExists, PassphraseWeak, DeviceWiped. After a crash it can simply be repeated,
    unless the crash came so late that the store is there (VaultExists: unlock it).
    """
    if (home / STORE_FILE).exists():
        raise VaultExists(home=home)
    created = keys.create_slots(
        home,
        operator,
        passphrase,
        calibrate=calibrate,
        prepare=lambda made: _prepare(home, made),
    )
    _settle(home)
    return created


def open_vault(
    home: Path,
    unlocked: VaultKeys,
    *,
    indexes: Mapping[str, Sequence[str]] | None = None,
    text_indexes: Mapping[str, Sequence[str]] | None = None,
) -> VaultDB:
    """Open the store; close it (or use ``with``) when done.

    Raises VaultMissing, VaultDamaged (also for foreign keys), VaultNewer, VaultIO, DeviceWiped.
    """
    keys.require_not_wiped(home)
    _settle(home)
    path = home / STORE_FILE
    if not path.exists():
        raise VaultMissing(home=home)
    if path.stat().st_size == 0:
        raise VaultDamaged(file=path.name)
    store = open_encrypted(path, unlocked.derive(PURPOSE, RAW_KEY_BYTES))
    try:
        migrations.migrate(store)
        return VaultDB(store, indexes=indexes, text_indexes=text_indexes)
    except BaseException:
        store.close()
        raise


def _new(home: Path) -> Path:
    return home / (STORE_FILE + durable.NEW_SUFFIX)


def _prepare(home: Path, made: VaultKeys) -> None:
    """Make the complete store under its other name; what an earlier crash left is replaced."""
    path = _new(home)
    durable.remove_files(path, *(path.with_name(path.name + end) for end in ("-wal", "-shm")))
    with durable.translated(path):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, durable.PRIVATE_FILE))
    store = open_encrypted(path, made.derive(PURPOSE, RAW_KEY_BYTES))
    try:
        migrations.create(store)
    finally:
        store.close()
    spool.create_spool(home)


def _settle(home: Path) -> None:
    """Give a store that was created whole its name; a crash may have come in between."""
    path = _new(home)
    if path.exists() and (home / keys.SLOT_FILE).exists() and not (home / STORE_FILE).exists():
        durable.rename_file(path, home / STORE_FILE)
