"""Tallies: one narrow row a resident and a visit, so that reports need not open every record."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, empty; they are filled when somebody looks."""
    _people()
    _visits()
    op.create_table(
        "tally_clusters",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_tally_clusters")),
    )
    op.create_index(op.f("ix_tally_clusters_root"), "tally_clusters", ["root"])
    op.create_index(
        "ix_records_conflicts_area",
        "records",
        ["area"],
        sqlite_where=sa.text("conflicts <> '[]'"),
    )


def _people() -> None:
    op.create_table(
        "tally_people",
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("married", sa.Boolean(), nullable=False),
        sa.Column("born_first", sa.Integer()),
        sa.Column("born_last", sa.Integer()),
        sa.Column("central", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("field_day", sa.Integer()),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("root", name=op.f("pk_tally_people")),
    )
    op.create_index(
        "ix_tally_people_counted",
        "tally_people",
        ["village", "complete", "married", "born_first", "born_last", "central", "field_day",
         "arrived", "status"],
    )  # fmt: skip
    op.create_index(
        "ix_tally_people_village", "tally_people", ["village"], sqlite_where=sa.text("NOT complete")
    )


def _visits() -> None:
    texts = ("visit", "person", "village", "outcome", "reason", "campaign", "session")
    op.create_table(
        "tally_visits",
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visit", name=op.f("pk_tally_visits")),
    )
    for name, columns in (
        (
            "ix_tally_visits_person",
            ["person", "at_ms", "outcome", "reason", "village", "day"],
        ),
        ("ix_tally_visits_day_outcome_village", ["day", "outcome", "village"]),
        ("ix_tally_visits_arrived_outcome_village", ["arrived", "outcome", "village"]),
        ("ix_tally_visits_village", ["village", "outcome", "reason", "day"]),
    ):
        op.create_index(name, "tally_visits", columns)
