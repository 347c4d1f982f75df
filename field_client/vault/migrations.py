"""The store's tables, and how an older store becomes a newer one: forward only, in one commit.

A released script is never edited; a change of shape is a new script at the end. The number of
scripts applied stands in SQLite's ``user_version``; a store with more of them is refused.
"""

from field_client.vault.connection import StoreConnection
from field_client.vault.errors import VaultDamaged, VaultNewer

APPLICATION_ID = 0x4A4D5056

_DOCUMENTS = (
    "CREATE TABLE doc_tables (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE docs (
        seq INTEGER PRIMARY KEY,
        tbl INTEGER NOT NULL REFERENCES doc_tables (no),
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (tbl, id)
    )""",
    "CREATE INDEX docs_in_order ON docs (tbl)",
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

MIGRATIONS: tuple[tuple[str, ...], ...] = (_DOCUMENTS,)


def create(store: StoreConnection) -> None:
    """Give an empty file its tables; it is a store only once this has committed."""
    with store.transaction():
        store.rows(f"PRAGMA application_id={APPLICATION_ID}")
        _apply(store, 0)


def migrate(store: StoreConnection) -> None:
    """Bring an opened store to this program's version.

    Raises VaultNewer where a newer program wrote it, VaultDamaged where it has no tables: an
    empty file in the store's place is never taken for a new store.
    """
    if version(store) == 0:
        raise VaultDamaged(file=store.path.name)
    if version(store) < len(MIGRATIONS):
        with store.transaction():
            _apply(store, version(store))
    if version(store) > len(MIGRATIONS):
        raise VaultNewer(file=store.path.name)


def version(store: StoreConnection) -> int:
    """Return how many migrations the store has seen."""
    number: int = store.rows("PRAGMA user_version")[0][0]
    return number


def _apply(store: StoreConnection, done: int) -> None:
    for script in MIGRATIONS[done:]:
        for statement in script:
            store.rows(statement)
    store.rows(f"PRAGMA user_version={len(MIGRATIONS)}")
