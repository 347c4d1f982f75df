"""The encrypted store of one device: TinyDB's document API over SQLCipher.

"Saved" may be said when a writing method, or the outermost `transaction` block, has returned:
the rows are then on the disk. A store that is absent beside its key slots, damaged, or written
by a newer program is a named error, never a fresh empty store.

The file is created under another name, complete, before its key slots exist, and takes its own
name after them; whatever moment a crash strikes, there is a whole store or none.
"""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage

from field_client.vault import durable, identity, keys, migrations, presence, spool
from field_client.vault.catalogue import Catalogue
from field_client.vault.connection import StoreConnection, open_encrypted
from field_client.vault.errors import VaultDamaged, VaultExists, VaultMissing
from field_client.vault.keys import STORE_FILE, VaultKeys
from field_client.vault.snapshot import Progress, copy_store, unseen
from field_client.vault.table import VaultTable

RAW_KEY_BYTES = 48
SALT_BYTES = 16
PURPOSE = "store"


class VaultStorage(Storage):
    """What TinyDB calls the storage; documents are read and written by row, never as a whole."""

    def __init__(self, store: StoreConnection, leave: Callable[[], None]) -> None:
        self.catalogue = Catalogue(store=store)
        self._leave = leave

    def read(self) -> dict[str, dict[str, Any]]:
        """Refuse: reading all tables at once is what this store exists to avoid."""
        raise NotImplementedError

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Refuse: writing all tables at once would undo other programs' changes."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file, and then leave it to whoever wants it alone."""
        try:
            self.catalogue.store.close()
        finally:
            self._leave()


def _nothing() -> None:
    """Leave nothing."""


class VaultDB(TinyDB):
    """The open vault. Tables by `table`; several writes in one commit by `transaction`.

    ``indexes`` names the fields of each table that equality is answered from, ``text_indexes``
    those that `VaultTable.match` searches; what is declared once stays maintained.
    ``fingerprint`` names this copy of the file (`identity`), read before the file was opened:
    whoever opens and closes it beside SQLite takes SQLite's own locks away.
    """

    table_class = VaultTable  # type: ignore[assignment]  # the stock attribute is not generic
    _tables: dict[str, VaultTable]  # type: ignore[assignment]  # filled by table_class

    def __init__(
        self,
        store: StoreConnection,
        fingerprint: str,
        *,
        indexes: Mapping[str, Sequence[str]] | None = None,
        text_indexes: Mapping[str, Sequence[str]] | None = None,
        leave: Callable[[], None] = _nothing,
    ) -> None:
        self.fingerprint = fingerprint
        self._store = store
        storage = VaultStorage(store, leave)
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

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all writes of the block or none; durable when the outermost block has ended.

        Raises VaultBusy where another program holds the store for 30 s, DiskFull, VaultIO. Keep
        the block short: the other program waits for it.
        """
        return self._store.transaction()

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

    def copy(self, target: Path, progress: Progress = unseen, raw_key: bytes | None = None) -> None:
        """Copy the store as it stands now, under the same or another key; see `copy_store`."""
        copy_store(self._store, target, progress, raw_key)

    def row_counts(self) -> dict[str, int]:
        """Return how many rows each table of the file has, the indexes' own tables included."""
        real = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
        counted = 'SELECT count(*) FROM "{}"'.format
        return {name: self._store.rows(counted(name))[0][0] for (name,) in self._store.rows(real)}

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; an empty list when sound.

        Covers each page's authentication, SQLite's structure and the index entries. Pages are
        read from the file alone: a page torn when the power failed while the log was folded in is
        whole in the log, so what looks damaged is looked at again once the log has been folded in.
        """
        if self._report("PRAGMA cipher_integrity_check"):
            self._store.rows("PRAGMA wal_checkpoint(PASSIVE)")
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
    unless the crash came so late that the store is there (VaultExists: unlock it). A log that
    outlived its file is refused too: it would be folded into the new one.
    """
    files = (home / STORE_FILE, home / spool.SPOOL_FILE)
    lost = [log for file in files if not file.exists() and (log := _log(file)).exists()]
    if lost or files[0].exists():
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
    updating: Progress = unseen,
) -> VaultDB:
    """Open the store; close it (or use ``with``) when done.

    ``updating`` is given 0 to 1 while an older program's store becomes one of this program's.
    Raises VaultMissing, VaultDamaged, KeysReplaced, VaultNewer, VaultBusy, VaultIO, DeviceWiped.
    """
    keys.require_not_wiped(home)
    here = presence.enter(home)
    try:
        return _opened(home, unlocked, indexes, text_indexes, here.leave, updating)
    except BaseException:
        here.leave()
        raise


def open_alone(home: Path, unlocked: VaultKeys) -> VaultDB:
    """Open the store within `presence.alone`; raises as `open_vault` does."""
    return _opened(home, unlocked, {}, {}, _nothing)


def is_under(home: Path, unlocked: VaultKeys) -> bool:
    """Whether the file is encrypted under the present root: its key's salt opens the file."""
    with durable.translated(home / STORE_FILE), (home / STORE_FILE).open("rb") as file:
        return file.read(SALT_BYTES) == store_key(unlocked)[-SALT_BYTES:]


def store_key(unlocked: VaultKeys) -> bytes:
    """Return the raw key of the store under the present root: 32 bytes of key and 16 of salt."""
    return unlocked.derive(PURPOSE, RAW_KEY_BYTES)


def _opened(
    home: Path,
    unlocked: VaultKeys,
    indexes: Mapping[str, Sequence[str]] | None,
    text_indexes: Mapping[str, Sequence[str]] | None,
    leave: Callable[[], None],
    updating: Progress = unseen,
) -> VaultDB:
    _settle(home)
    path = home / STORE_FILE
    if not path.exists():
        raise VaultMissing(home=home)
    if path.stat().st_size == 0:
        raise VaultDamaged(file=path.name)
    copy = identity.fingerprint(home)
    store = _connected(home, unlocked)
    try:
        migrations.migrate(store, updating)
        return VaultDB(store, copy, indexes=indexes, text_indexes=text_indexes, leave=leave)
    except BaseException:
        store.close()
        raise


def _connected(home: Path, unlocked: VaultKeys) -> StoreConnection:
    """Open the file under the root it is encrypted with: the present one or one before it.

    Where its salt is damaged and fits none, each is tried.
    """
    roots = unlocked.under_each_root()
    *earlier, last = [each for each in roots if is_under(home, each)] or roots
    for each in earlier:
        with contextlib.suppress(VaultDamaged):
            return open_encrypted(home / STORE_FILE, store_key(each))
    try:
        return open_encrypted(home / STORE_FILE, store_key(last))
    except VaultDamaged:
        keys.require_current(home, unlocked)
        raise


def _log(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _new(home: Path) -> Path:
    return home / (STORE_FILE + durable.NEW_SUFFIX)


def _prepare(home: Path, made: VaultKeys) -> None:
    """Make the complete store under its other name; what an earlier crash left is replaced."""
    path = _new(home)
    durable.remove_files(path, *(path.with_name(path.name + end) for end in ("-wal", "-shm")))
    with durable.translated(path):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, durable.PRIVATE_FILE))
    store = open_encrypted(path, store_key(made))
    try:
        migrations.create(store)
    finally:
        store.close()
    spool.create_spool(home)


def _settle(home: Path) -> None:
    """Give a store that was created whole its name; a crash may have come in between."""
    path = _new(home)
    if path.exists() and keys.has_slots(home) and not (home / STORE_FILE).exists():
        durable.rename_file(path, home / STORE_FILE)
