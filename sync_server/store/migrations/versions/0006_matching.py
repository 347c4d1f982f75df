"""Matching at ingest: people as they are compared, and what comparing found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add five tables."""
    _what_is_compared()
    _what_was_found()
    op.create_table(
        "match_decisions",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_match_decisions")),
    )
    op.create_index("ix_match_decisions_a_b", "match_decisions", ["a", "b"])


def _what_is_compared() -> None:
    op.create_table(
        "match_people",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_match_people")),
        sa.UniqueConstraint("record", name=op.f("uq_match_people_record")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "match_segments",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_segments")),
        sqlite_autoincrement=True,
    )


def _what_was_found() -> None:
    op.create_table(
        "match_pairs",
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_match_pairs")),
    )
    op.create_index("ix_match_pairs_b", "match_pairs", ["b"])
    op.create_table(
        "match_arrivals",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("matched_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_match_arrivals")),
    )
    op.create_index("ix_match_arrivals_matched_ms", "match_arrivals", ["matched_ms"])
