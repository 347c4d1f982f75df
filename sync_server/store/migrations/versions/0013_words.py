"""How common each word of a name is in this office's own register; when verdicts were laid."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, which is filled when everybody's words are counted, and a column."""
    op.create_table(
        "match_words",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_words")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_match_words_digest", "match_words", ["digest"])
    op.add_column("edges", sa.Column("laid", sa.Text(), nullable=True))
