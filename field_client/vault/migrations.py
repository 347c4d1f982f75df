"""The store's tables, and how an older store becomes a newer one: forward only, in one commit.

A released script is never edited; a change of shape is a new script at the end, of statements and
of functions that rewrite documents. The number of scripts applied stands in SQLite's
``user_version``; a store with more of them is refused.

Before scripts are run, the store is copied to ``vault.db.before-N`` beside it (N: its version),
on the disk and read back. The copy stays until `verify` finds all sound, a backup is taken, or
the next version keeps its own.
"""

from collections.abc import Callable
from pathlib import Path

from field_client.vault import births, briefing, durable
from field_client.vault.connection import StoreConnection
from field_client.vault.errors import DiskFull, UpdateNeedsRoom, VaultDamaged, VaultNewer
from field_client.vault.snapshot import Progress, copy_store, unseen

APPLICATION_ID = 0x4A4D5056
KEPT = ".before-"

_DOCUMENTS = (
    "CREATE TABLE doc_tables (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE docs (
        seq INTEGER PRIMARY KEY,
        tbl INTEGER NOT NULL REFERENCES doc_tables (no),
        id TEXT NOT NULL,
        text TEXT,
        body NOT NULL,
        UNIQUE (tbl, id),
        CHECK (seq >> 26 = tbl)
    )""",
    """CREATE TABLE doc_fields (
        no INTEGER PRIMARY KEY,
        tbl INTEGER NOT NULL REFERENCES doc_tables (no),
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (tbl, name, kind)
    )""",
    """CREATE TABLE doc_index (
        field INTEGER NOT NULL,
        value NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (field, value, seq)
    ) WITHOUT ROWID""",
    """CREATE VIRTUAL TABLE doc_text USING fts5 (
        text, content='', contentless_delete=1, detail=none,
        tokenize='trigram case_sensitive 1'
    )""",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)

Step = str | Callable[[StoreConnection, Progress], None]
_COPY = 0.25  # of the time that an update takes
MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    _DOCUMENTS,
    (),  # the next one writes what this one did: both are found in one pass
    (births.enter,),
    (briefing.enter,),
)


def create(store: StoreConnection) -> None:
    """Give an empty file its tables; it is a store only once this has committed."""
    with store.transaction():
        store.rows(f"PRAGMA application_id={APPLICATION_ID}")
        _apply(store, 0, unseen)


def migrate(store: StoreConnection, progress: Progress = unseen) -> None:
    """Bring an opened store to this program's version, keeping a copy of it as it was.

    ``progress`` is given 0 to 1. Whatever cuts it short, the store is as it was or as it will be,
    and repeating goes on. Raises UpdateNeedsRoom, VaultNewer where a newer program wrote it,
    VaultDamaged where it has no tables: an empty file in the store's place is never taken for a
    new store.
    """
    if version(store) == 0:
        raise VaultDamaged(file=store.path.name)
    if version(store) < len(MIGRATIONS):
        with store.transaction():
            done = version(store)
            if done < len(MIGRATIONS):
                _keep(store, done, lambda share: progress(_COPY * share))
                _apply(store, done, lambda share: progress(_COPY + (1 - _COPY) * share))
    if version(store) > len(MIGRATIONS):
        raise VaultNewer(file=store.path.name)


def _keep(store: StoreConnection, done: int, progress: Progress) -> None:
    """Copy the store, encrypted as it is, beside itself; copies of older versions go then."""
    kept = store.path.with_name(f"{store.path.name}{KEPT}{done}")
    new = kept.with_name(kept.name + durable.NEW_SUFFIX)
    try:
        copy_store(store, new, progress)
    except DiskFull as error:
        size = store.path.stat().st_size
        raise UpdateNeedsRoom(megabytes=size // 1_000_000 + 1) from error
    durable.rename_file(new, kept)
    older = [path for path in kept_copies(store.path) if path != kept]
    if older:
        durable.remove_files(*older)


def kept_copies(path: Path) -> list[Path]:
    """Return the copies of the store at ``path`` that were kept before it was changed."""
    return sorted(path.parent.glob(f"{path.name}{KEPT}*"))


def version(store: StoreConnection) -> int:
    """Return how many migrations the store has seen."""
    number: int = store.rows("PRAGMA user_version")[0][0]
    return number


def _apply(store: StoreConnection, done: int, progress: Progress) -> None:
    for script in MIGRATIONS[done:]:
        for step in script:
            if isinstance(step, str):
                store.rows(step)
            else:
                step(store, progress)
    store.rows(f"PRAGMA user_version={len(MIGRATIONS)}")
