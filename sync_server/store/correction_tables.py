"""Bulk corrections: which changes of the server's stream one decision wrote, and why."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from sync_server.store.tables import metadata

# first, last: numbers of its changes in the server's stream. undoes: the one it takes back.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("undoes", Integer),
    sqlite_autoincrement=True,
)
