"""What interim letters said when they were signed: a name that is corrected later changes none."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Letters that were issued before go on saying what is known now."""
    op.create_table(
        "letters",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_letters")),
    )
