"""No index of records by area and id: it sorted the feed, and was a fifth of what a batch wrote."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the index; by area and type there is another."""
    op.drop_index("ix_records_area_record", "records")
