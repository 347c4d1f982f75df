"""A relay's tables: who called, what is held for the office, what waits for the devices.

It holds sealed bytes only; the device's id, stream, numbers and hash stand beside them, since
they stand in the open in every batch. Ids are hexadecimal text, times Unix milliseconds.
"""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)

from sync_server.relay.errors import RelayNewer
from sync_server.store.engine import Store, open_store

FILE = "relay.db"
VERSION = 1
metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# known: the office named it. hello: its newest, the frame's body. passed_on: the office answered
# a section that it opened, to the end. retry_ms: not before. size: bytes of items held.
callers = Table(
    "callers",
    metadata,
    Column("device", Text, primary_key=True),
    Column("signing", LargeBinary, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("known", Boolean, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("hello", LargeBinary),
    Column("hello_ms", BigInteger),
    Column("passed_on", Boolean, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("retry_ms", BigInteger, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False, server_default="0"),
)

# kind: of the frame. body: empty once the office has answered; reply is then where its answer
# waits for the device. stream, first, count, hash: of a batch. name, total, offset: of a chunk.
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("stream", Text, nullable=False, server_default=""),
    Column("first", Integer, nullable=False, server_default="0"),
    Column("count", Integer, nullable=False, server_default="0"),
    Column("hash", LargeBinary, nullable=False, server_default=""),
    Column("name", LargeBinary, nullable=False, server_default=""),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("offset", BigInteger, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("reply", Integer, index=True),
    UniqueConstraint("device", "digest"),
    Index("ix_items_name", "device", "name"),
    sqlite_autoincrement=True,
)

# One section of the office's reply; whole: it ended in DONE. given: how often it was handed out.
replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device", Text, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("whole", Boolean, nullable=False, server_default="0"),
    Column("given", Integer, nullable=False, server_default="0"),
    Column("size", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

reply_frames = Table(
    "reply_frames",
    metadata,
    Column("reply", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("reply", "ordinal"),
)


def open_relay_store(home: Path) -> Store:
    """Return the relay's store in ``home``, made if there is none. Raises RelayNewer."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / FILE
    path.touch(mode=0o600)
    store = open_store(f"sqlite:///{path}")
    with store.write() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version > VERSION:
            raise RelayNewer
        if not inspect(connection).has_table("facts"):
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
    return store
