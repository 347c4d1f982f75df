"""Tallies of what pages list: who waits for a card, for the ministry's word, for another visit."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables anew, empty; they follow from the records and fill when somebody looks."""
    op.drop_table("tally_people")
    op.drop_table("tally_visits")
    op.execute("DELETE FROM tally_clusters")
    op.execute("DELETE FROM meta WHERE key = 'tallied'")
    _people()
    _visits()
    _sums()
    op.create_index(
        "ix_changes_links", "changes", ["position"], sqlite_where=sa.text("type = 'link'")
    )
    for name, where in (
        ("ix_edges_apart", "verdict <> 'same'"),
        ("ix_edges_by_hand", "human AND verdict = 'same'"),
    ):
        op.create_index(name, "edges", ["a", "b"], sqlite_where=sa.text(where))
    op.create_index("ix_records_void", "records", ["record"], sqlite_where=sa.text("void"))


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
        sa.Column("print_order", sa.Text()),
        sa.Column("field_visit", sa.Text()),
        sa.Column("field_last", sa.Integer()),
        sa.Column("field_team", sa.Text()),
        sa.Column("field_device", sa.Text()),
        sa.Column("requeued", sa.Boolean(), nullable=False),
        sa.Column("last_day", sa.Integer()),
        sa.Column("last_asks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("root", name=op.f("pk_tally_people")),
    )
    for name, columns, where in (
        (
            "counted",
            ["village", "status", "married", "born_first", "born_last", "central", "field_day"],
            "complete",
        ),
        ("village", ["village"], "NOT complete"),
        ("arrived_village", ["arrived", "village"], "complete"),
        (
            "field_day",
            ["field_day", "village", "married", "born_first", "born_last", "central"],
            "complete AND field_day IS NOT NULL",
        ),
        ("print_order_root_village", ["print_order", "root", "village"], "print_order IS NOT NULL"),
        ("village_status", ["village", "status"], "complete AND central = 1"),
        (
            "field_last_root",
            ["field_last", "root", "village", "field_team", "field_device", "requeued"],
            "central = 0 AND field_visit IS NOT NULL",
        ),
        (
            "village_last",
            ["village", "last_day", "last_asks"],
            "central = 0 AND last_day IS NOT NULL",
        ),
    ):  # fmt: skip
        op.create_index(
            f"ix_tally_people_{name}",
            "tally_people",
            columns,
            sqlite_where=sa.text(where),
        )


def _visits() -> None:
    texts = ("visit", "person", "village", "outcome", "reason", "campaign", "session")
    op.create_table(
        "tally_visits",
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visit", name=op.f("pk_tally_visits")),
    )
    for name, columns in (
        ("person", ["person"]),
        ("day_outcome_village", ["day", "outcome", "village"]),
        ("arrived_outcome_village", ["arrived", "outcome", "village"]),
        ("village", ["village", "outcome", "reason", "day"]),
    ):
        op.create_index(f"ix_tally_visits_{name}", "tally_visits", columns)
    op.create_index(
        "ix_tally_visits_claims",
        "tally_visits",
        ["at_ms", "visit", "outcome", "person", "village"],
        sqlite_where=sa.text("outcome IN ('deceased', 'moved')"),
    )
    op.create_index(
        "ix_tally_visits_office",
        "tally_visits",
        ["day", "village", "outcome", "reason"],
        sqlite_where=sa.text("operator >= 'user:' AND operator < 'user;'"),
    )


def _sums() -> None:
    op.create_table(
        "tally_sums",
        sa.Column("married_count", sa.Boolean(), nullable=False),
        sa.Column("born_by", sa.Integer(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("married_count", "born_by", "village", name=op.f("pk_tally_sums")),
    )
    op.create_index("ix_tally_sums_village", "tally_sums", ["village"])
