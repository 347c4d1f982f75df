"""Tables of who may use the office's pages, and what they did: users, sessions, the audit log.

The audit log is append-only, enforced by triggers, and hash-chained like the change log. It holds
who did what to which record and why, never a name, a number or a value of a resident.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from sync_server.store.tables import metadata

# area: JSON list of region codes, empty for the whole regency. fresh: the passphrase is one that
# somebody else chose, and is to be changed.
users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("passphrase_hash", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("area", Text, nullable=False, server_default="[]"),
    Column("disabled_ms", BigInteger),
    Column("fresh", Boolean, nullable=False, server_default="0"),
)

# Wrong passphrases in a row by the name that was typed, known or not.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("name", Text, primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)

# token: SHA-256 of what the browser or program holds. kind: page, api or feed.
sessions = Table(
    "sessions",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("user", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
)

# Where a user stood in a queue: the place behind which they go on, and their filters.
places = Table(
    "places",
    metadata,
    Column("user", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("filters", Text, nullable=False),
    PrimaryKeyConstraint("user", "queue"),
)

# A decision that another supervisor should look at. link: its link record; decision: the change.
second_looks = Table(
    "second_looks",
    metadata,
    Column("decision", Text, primary_key=True),
    Column("link", Text, nullable=False, index=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("looked_by", Text),
    Column("looked_ms", BigInteger),
    Column("agreed", Boolean),
)

# What a letter said of its resident when it was issued and signed, as JSON of the values.
letters = Table(
    "letters",
    metadata,
    Column("record", Text, primary_key=True),
    Column("said", Text, nullable=False),
)

# Exports of people: asked for by one, decided by another. region: what they are narrowed to, or "".
# approved null while nobody has decided. taken_ms: when the file was last taken.
exports = Table(
    "exports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("layout", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("decided_by", Text),
    Column("decided_ms", BigInteger),
    Column("approved", Boolean),
    Column("taken_ms", BigInteger),
    sqlite_autoincrement=True,
)

# Who goes where for a campaign. team, device: "" where that is left open.
assignments = Table(
    "assignments",
    metadata,
    Column("campaign", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("campaign", "village"),
)

# actor: `user:NAME`. subject: the id of a record, change, user or report. detail: canonical JSON.
# chain: SHA-256 over the chain before and all other columns.
audit = Table(
    "audit",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
