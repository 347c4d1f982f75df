"""Tables of matching at ingest: what is kept to compare people, and what comparing found.

None of them is a fact and none a projection: `sync-server duplicates rematch` makes people,
segments, pairs and arrivals anew. What a decision rested on is kept for good, and so are the
counts of words by which its weight came about.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from sync_server.store.tables import metadata

# One row a resident, a new number whenever what is compared of them changes. packed: what is
# compared. blocks: blocking keys, 8 bytes each, lowest byte first.
match_people = Table(
    "match_people",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("record", Text, nullable=False, unique=True),
    Column("packed", LargeBinary, nullable=False),
    Column("blocks", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# All keys of the people numbered up to `upto`, in rising order (8 bytes each, lowest first), and
# beside each the number of who has it (4 bytes). The newest row counts.
match_segments = Table(
    "match_segments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("upto", Integer, nullable=False),
    Column("blocks", LargeBinary, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# Pairs in rising order that a person should look at. parts: JSON, how the weight comes about.
match_pairs = Table(
    "match_pairs",
    metadata,
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("version", Text, nullable=False),
    Column("parts", Text, nullable=False),
    Column("found_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("a", "b"),
    Index("ix_match_pairs_b", "b"),
)

# How each record that came from a device was judged when it was last compared. band: known,
# doubtful or new. other: the best of those it was compared with.
match_arrivals = Table(
    "match_arrivals",
    metadata,
    Column("record", Text, primary_key=True),
    Column("band", Text, nullable=False),
    Column("other", Text),
    Column("weight", Float),
    Column("device", Text, nullable=False),
    Column("matched_ms", BigInteger, nullable=False),
    Index("ix_match_arrivals_matched_ms", "matched_ms"),
)

# On what a verdict rested: decision is the id of its change.
match_decisions = Table(
    "match_decisions",
    metadata,
    Column("decision", Text, primary_key=True),
    Column("a", Text, nullable=False),
    Column("b", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("version", Text, nullable=False),
    Column("parts", Text, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("ix_match_decisions_a_b", "a", "b"),
)

# How common each word of a name is among the people kept, as counted at some time; the newest
# counts. digest: of people and counts. counts: JSON, in how many names each word stands. Kept for
# good: what was found by them bears the digest in its version.
match_words = Table(
    "match_words",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", Text, nullable=False, index=True),
    Column("people", Integer, nullable=False),
    Column("counts", Text, nullable=False),
    sqlite_autoincrement=True,
)
