"""First tables."""

from alembic import op

from sync_server.store.tables import APPEND_ONLY, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, and the triggers that keep the log append-only."""
    metadata.create_all(op.get_bind())
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table.name}_refuse_{action.lower()} "
                f"BEFORE {action} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            )
