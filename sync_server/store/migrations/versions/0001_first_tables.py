"""First tables: registers, custody and projections, and the triggers that guard the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("batches", "changes")


def upgrade() -> None:
    """Create every table, and let nobody update or delete what was received."""
    _meta()
    _users()
    _regions()
    _devices()
    _enrolments()
    _streams()
    _batches()
    _changes()
    _quarantine()
    _unfolded()
    _records()
    _record_writers()
    _record_parents()
    _identity_keys()
    _candidates()
    _edges()
    _clusters()
    _person_names()
    for table in _APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("passphrase_hash", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )


def _regions() -> None:
    op.create_table(
        "regions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
    )


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("signing", sa.LargeBinary(), nullable=False),
        sa.Column("sealing", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_version", sa.Integer(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_devices")),
    )


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("secret_id", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("secret_id", name=op.f("pk_enrolments")),
    )


def _streams() -> None:
    op.create_table(
        "streams",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_streams")),
    )
    op.create_index(op.f("ix_streams_device"), "streams", ["device"], unique=False)


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "first", name=op.f("pk_batches")),
    )


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_changes")),
        sa.UniqueConstraint("stream", "sequence", name=op.f("uq_changes_stream_sequence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_record"), "changes", ["record"], unique=False)


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "stream", "first", "hash", name=op.f("uq_quarantine_stream_first_hash")
        ),
    )


def _unfolded() -> None:
    op.create_table(
        "unfolded",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", "ordinal", name=op.f("pk_unfolded")),
    )


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("own_area", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Text(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("outside", sa.Text(), nullable=True),
        sa.Column("born", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_records")),
    )
    op.create_index("ix_records_area_record", "records", ["area", "record"], unique=False)
    op.create_index("ix_records_position_record", "records", ["position", "record"], unique=False)
    op.create_index("ix_records_type_area", "records", ["type", "area"], unique=False)


def _record_writers() -> None:
    op.create_table(
        "record_writers",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device", "record", name=op.f("pk_record_writers")),
    )
    op.create_index("ix_record_writers_record", "record_writers", ["record"], unique=False)


def _record_parents() -> None:
    op.create_table(
        "record_parents",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", "ordinal", name=op.f("pk_record_parents")),
    )
    op.create_index("ix_record_parents_parent", "record_parents", ["parent"], unique=False)


def _identity_keys() -> None:
    op.create_table(
        "identity_keys",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "key", "record", name=op.f("pk_identity_keys")),
    )
    op.create_index("ix_identity_keys_record", "identity_keys", ["record"], unique=False)


def _candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b", "rule", name=op.f("pk_candidates")),
    )
    op.create_index("ix_candidates_b", "candidates", ["b"], unique=False)


def _edges() -> None:
    op.create_table(
        "edges",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("human", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_edges")),
    )
    op.create_index(op.f("ix_edges_a"), "edges", ["a"], unique=False)
    op.create_index(op.f("ix_edges_b"), "edges", ["b"], unique=False)


def _clusters() -> None:
    op.create_table(
        "clusters",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_clusters")),
    )
    op.create_index(op.f("ix_clusters_root"), "clusters", ["root"], unique=False)


def _person_names() -> None:
    op.create_table(
        "person_names",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_person_names")),
    )
