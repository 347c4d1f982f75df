"""Access: areas of users, sessions, places in queues, second looks, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables; nobody may update or delete what the audit log holds."""
    op.add_column("users", sa.Column("area", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("users", sa.Column("disabled_ms", sa.BigInteger()))
    op.add_column("users", sa.Column("fresh", sa.Boolean(), nullable=False, server_default="0"))
    _sign_in_failures()
    _sessions()
    _places()
    _second_looks()
    _audit()
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuse_{action.lower()} BEFORE {action} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )


def _sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_in_failures")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"])


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user", "queue", name=op.f("pk_places")),
    )


def _second_looks() -> None:
    op.create_table(
        "second_looks",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("looked_by", sa.Text()),
        sa.Column("looked_ms", sa.BigInteger()),
        sa.Column("agreed", sa.Boolean()),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_second_looks")),
    )
    op.create_index(op.f("ix_second_looks_link"), "second_looks", ["link"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_actor"), "audit", ["actor"])
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
