"""The server's tables: what was received, which nothing may alter, and what follows from it.

*Custody* (batches, changes, streams) is the truth: the change log is append-only, enforced by
triggers, and hash-chained over all its columns. *Projections* follow from the log and are
reproduced exactly by a rebuild. *Registers* (devices, codes, regions) are administered;
users and what they did stand in access_tables.py.

Ids are text: a record's UUID with dashes, a stream's 24 and a device's 16 hexadecimal digits.
JSON columns hold canonical bytes as text. Times are Unix milliseconds.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Registers ----------------------------------------------------------------------------------

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

regions = Table(
    "regions",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("device", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("signing", LargeBinary, nullable=False),
    Column("sealing", LargeBinary, nullable=False),
    Column("scope", Text, nullable=False),  # JSON list of region codes
    Column("scope_version", Integer, nullable=False),
    Column("until_ms", BigInteger),
    Column("enrolled_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("seen_ms", BigInteger),
    Column("recovery", Integer, nullable=False, server_default="0"),  # key it said it took
    Column("relay", Boolean, nullable=False, server_default="0"),
    Column("software", Text, nullable=False, server_default=""),  # as it named itself last
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("secret_id", LargeBinary, primary_key=True),
    Column("label", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("until_ms", BigInteger),
    Column("expires_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("device", Text),
    Column("used_ms", BigInteger),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("relay", Boolean, nullable=False, server_default="0"),
)

# Public halves only. identifier: SLIP-39's, by which a share is told from another key's. holders:
# JSON list, one name a share, empty where nobody was named.
recovery_keys = Table(
    "recovery_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public", LargeBinary, nullable=False),
    Column("identifier", Integer, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("holders", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)

# kind: created, exercised or answered. shares: JSON list of the numbers of the shares used.
recovery_events = Table(
    "recovery_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("shares", Text, nullable=False),
    Column("device", Text),
    Column("operator", Text),
    sqlite_autoincrement=True,
)

# Bulk corrections. first, last: numbers of its changes in the server's stream. undoes: the one it
# takes back.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("undoes", Integer),
    sqlite_autoincrement=True,
)

# Custody ------------------------------------------------------------------------------------

streams = Table(
    "streams",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("device", Text, nullable=False, index=True),
    Column("sequence", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# receipt: body of the signed RECEIPT frame, repeated byte for byte.
batches = Table(
    "batches",
    metadata,
    Column("stream", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("stream", "first"),
)

# body: canonical JSON of the change. chain: SHA-256 over the chain before and all other columns.
changes = Table(
    "changes",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("record", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    UniqueConstraint("stream", "sequence"),
    Index("ix_changes_links", "position", sqlite_where=text("type = 'link'")),
    sqlite_autoincrement=True,
)

# Batches kept for a supervisor. kind: fork or revoked. decision: accepted, discarded or null.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("decision", Text),
    Column("decided_ms", BigInteger),
    UniqueConstraint("stream", "first", "hash"),
)

# Photos that came whole. name: of the sealed file, SHA-256; sha256: of the opened photo.
photos = Table(
    "photos",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("sealed_bytes", BigInteger, nullable=False),
    Column("device", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)

# Projections --------------------------------------------------------------------------------

# Changes that are in the log but not folded. state: invalid or held. A change may have several.
unfolded = Table(
    "unfolded",
    metadata,
    Column("position", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("field", Text),
    PrimaryKeyConstraint("position", "ordinal"),
)

# state: state_to_json. shown: the shown values. own_area: the region it names; area: that, or its
# parents'. conflicts: JSON list of field names. outside: a device that wrote it from outside its
# scope. born, position: first and last place in the log at which it, or its area, was touched.
records = Table(
    "records",
    metadata,
    Column("record", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("own_area", Text),
    Column("area", Text),
    Column("void", Boolean, nullable=False),
    Column("conflicts", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("outside", Text),
    Column("born", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Index("ix_records_type_area", "type", "area"),
    Index("ix_records_position_record", "position", "record"),
    Index("ix_records_conflicts_area", "area", sqlite_where=text("conflicts <> '[]'")),
    Index("ix_records_void", "record", sqlite_where=text("void")),
)

# late: whether the device wrote it after its scope had ended.
record_writers = Table(
    "record_writers",
    metadata,
    Column("record", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    PrimaryKeyConstraint("device", "record"),
    Index("ix_record_writers_record", "record"),
)

record_parents = Table(
    "record_parents",
    metadata,
    Column("record", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("parent", Text, nullable=False),
    PrimaryKeyConstraint("record", "ordinal"),
    Index("ix_record_parents_parent", "parent"),
)

# key: what two records must share to be compared under a rule.
identity_keys = Table(
    "identity_keys",
    metadata,
    Column("rule", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("record", Text, nullable=False),
    PrimaryKeyConstraint("rule", "key", "record"),
    Index("ix_identity_keys_record", "record"),
)

# Pairs in rising order that share an identity key, whatever the verdict; verdicts are consulted
# when open pairs are listed, so that one taken back brings its pair back.
candidates = Table(
    "candidates",
    metadata,
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("rule", Text, nullable=False),
    PrimaryKeyConstraint("a", "b", "rule"),
    Index("ix_candidates_b", "b"),
)

# The verdicts that stand, one row a link record. stamp: of its verdict; human: else a machine's.
edges = Table(
    "edges",
    metadata,
    Column("record", Text, primary_key=True),
    Column("a", Text, nullable=False, index=True),
    Column("b", Text, nullable=False, index=True),
    Column("verdict", Text, nullable=False),
    Column("human", Boolean, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("laid", Text),
    Index("ix_edges_apart", "a", "b", sqlite_where=text("verdict <> 'same'")),
    Index("ix_edges_by_hand", "a", "b", sqlite_where=text("human AND verdict = 'same'")),
)

# Records that verdicts put together; root: the smallest id of the cluster.
clusters = Table(
    "clusters",
    metadata,
    Column("record", Text, primary_key=True),
    Column("root", Text, nullable=False, index=True),
)

# The key under which all spellings of a person's name are found.
person_names = Table(
    "person_names",
    metadata,
    Column("record", Text, primary_key=True),
    Column("search_key", Text, nullable=False),
)

PROJECTIONS = (
    unfolded,
    records,
    record_writers,
    record_parents,
    identity_keys,
    candidates,
    edges,
    clusters,
    person_names,
)
APPEND_ONLY = (batches, changes)
