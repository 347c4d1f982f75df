"""Relays: which codes make one, and which devices are one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to two tables."""
    for table in ("devices", "enrolments"):
        op.add_column(table, sa.Column("relay", sa.Boolean(), nullable=False, server_default="0"))
