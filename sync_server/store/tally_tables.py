"""Tables of what reports count: one narrow row a resident and one a visit.

They follow from the log like projections do, and are brought up to date when somebody looks
(tallies.py): nothing is added to the path of an arriving batch. Days are numbers, YYYYMMDD, in
the office's zone. Names, NIKs and notes are not in them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from sync_server.store.tables import metadata

# root: the cluster, or the record that stands alone. born_first, born_last: the days between which
# the birth lies, null where nothing is known. central: 0 not recorded, 1 recorded, 2 printed.
# field_day: of the first visit that recorded them. arrived: the day on which the office first
# heard of them. print_order: by which cards are printed, null where none can be. field_visit,
# field_last, field_team, field_device: of the last visit that recorded them; requeued: the office
# asked for another visit after that one. last_day, last_asks: the day of the last visit, and what
# it leaves to do: 0 nothing, 1 another visit, 2 another since a machine was broken.
tally_people = Table(
    "tally_people",
    metadata,
    Column("root", Text, primary_key=True),
    Column("village", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("married", Boolean, nullable=False),
    Column("born_first", Integer),
    Column("born_last", Integer),
    Column("central", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("field_day", Integer),
    Column("arrived", Integer, nullable=False),
    Column("print_order", Text),
    Column("field_visit", Text),
    Column("field_last", Integer),
    Column("field_team", Text),
    Column("field_device", Text),
    Column("requeued", Boolean, nullable=False),
    Column("last_day", Integer),
    Column("last_asks", Integer, nullable=False),
    Index(
        "ix_tally_people_counted",
        "village", "status", "married", "born_first", "born_last", "central", "field_day",
        sqlite_where=text("complete"),
    ),
    Index("ix_tally_people_village", "village", sqlite_where=text("NOT complete")),
    Index("ix_tally_people_arrived_village", "arrived", "village", sqlite_where=text("complete")),
    Index(
        "ix_tally_people_field_day",
        "field_day", "village", "married", "born_first", "born_last", "central",
        sqlite_where=text("complete AND field_day IS NOT NULL"),
    ),
    Index(
        "ix_tally_people_print_order_root_village",
        "print_order", "root", "village",
        sqlite_where=text("print_order IS NOT NULL"),
    ),
    Index(
        "ix_tally_people_village_status",
        "village", "status",
        sqlite_where=text("complete AND central = 1"),
    ),
    Index(
        "ix_tally_people_field_last_root",
        "field_last", "root", "village", "field_team", "field_device", "requeued",
        sqlite_where=text("central = 0 AND field_visit IS NOT NULL"),
    ),
    Index(
        "ix_tally_people_village_last",
        "village", "last_day", "last_asks",
        sqlite_where=text("central = 0 AND last_day IS NOT NULL"),
    ),
)  # fmt: skip

# at_ms, tick: the writer's clock, and its counter within. device: 16 hexadecimal digits. arrived:
# the day it reached the office.
tally_visits = Table(
    "tally_visits",
    metadata,
    Column("visit", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("village", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("operator", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("arrived", Integer, nullable=False),
    Index("ix_tally_visits_person", "person"),
    Index("ix_tally_visits_day_outcome_village", "day", "outcome", "village"),
    Index("ix_tally_visits_arrived_outcome_village", "arrived", "outcome", "village"),
    Index("ix_tally_visits_village", "village", "outcome", "reason", "day"),
    Index(
        "ix_tally_visits_claims",
        "at_ms",
        "visit",
        "outcome",
        "person",
        "village",
        sqlite_where=text("outcome IN ('deceased', 'moved')"),
    ),
    Index(
        "ix_tally_visits_office",
        "day",
        "village",
        "outcome",
        "reason",
        sqlite_where=text("operator >= 'user:' AND operator < 'user;'"),
    ),
)

# The clusters as they were when people were last tallied, by which those that changed are known.
tally_clusters = Table(
    "tally_clusters",
    metadata,
    Column("record", Text, primary_key=True),
    Column("root", Text, nullable=False, index=True),
)

# What a village's residents add up to by one rule (whether marriage counts, the last day of birth
# that is old enough), as JSON; kept while nobody of the village is tallied anew.
tally_sums = Table(
    "tally_sums",
    metadata,
    Column("married_count", Boolean, nullable=False),
    Column("born_by", Integer, nullable=False),
    Column("village", Text, nullable=False),
    Column("sums", Text, nullable=False),
    PrimaryKeyConstraint("married_count", "born_by", "village"),
    Index("ix_tally_sums_village", "village"),
)

TALLIES = (tally_people, tally_visits, tally_clusters)
