"""The spool's tables, and what is looked at before a spool is used."""

from field_client.vault.connection import StoreConnection, Values
from field_client.vault.errors import VaultDamaged, VaultNewer
from field_client.vault.heard import TABLE as HEARD_TABLE
from field_client.vault.heard import check_sum

VERSION = 1
STREAM_ROWS = "SELECT stream, last, hash, through, durable_through, check_sum FROM streams"

TABLES = (
    """CREATE TABLE streams (
        stream BLOB PRIMARY KEY,
        last INTEGER NOT NULL,
        hash BLOB NOT NULL,
        through INTEGER NOT NULL DEFAULT 0,
        durable_through INTEGER NOT NULL DEFAULT 0,
        check_sum BLOB
    ) WITHOUT ROWID""",
    """CREATE TABLE batches (
        stream BLOB NOT NULL REFERENCES streams (stream),
        first INTEGER NOT NULL,
        count INTEGER NOT NULL,
        hash BLOB NOT NULL,
        body BLOB NOT NULL,
        check_sum BLOB NOT NULL,
        PRIMARY KEY (stream, first)
    )""",
    """CREATE TABLE frames (
        id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, check_sum BLOB NOT NULL
    )""",
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    HEARD_TABLE,
)


def require_version(store: StoreConnection) -> None:
    """Raise VaultDamaged for a file that is no spool, VaultNewer for a later program's."""
    if version(store) == 0:
        raise VaultDamaged(file=store.path.name)
    if version(store) > VERSION:
        raise VaultNewer(file=store.path.name)


def require_unflipped(store: StoreConnection) -> None:
    """Raise VaultDamaged for a flipped bit, see `has_flipped`."""
    if has_flipped(store):
        raise VaultDamaged(file=store.path.name)


def has_flipped(store: StoreConnection) -> bool:
    """Tell a flipped bit where it would say something else: in the schema, in a stream's numbers.

    SQLite does not notice it in a plain file.
    """
    kept = {sql for (sql,) in store.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    if not kept >= set(TABLES):
        return True
    return not all(map(is_whole, store.rows(STREAM_ROWS)))


def is_whole(row: Values) -> bool:
    """Whether a row's last column is the check sum of the others."""
    return bool(check_sum(*row[:-1]) == row[-1])


def version(store: StoreConnection) -> int:
    """Return the version of the file's tables; 0 for a new file."""
    number: int = store.rows("PRAGMA user_version")[0][0]
    return number
