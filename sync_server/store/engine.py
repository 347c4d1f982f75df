"""The embedded database: one file, write-ahead log, every commit on the disk before it counts.

A write transaction takes the write lock when it begins, so that it never fails half-way because
another came first.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from shared_schema.errors import StorageError

BUSY_TIMEOUT_MS = 60_000
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    # 32 MB each: what a batch touches of a large register stays in memory, and pages that many
    # batches write are folded into the file once.
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=8000",
)


class DatabaseFailed(StorageError):
    """The database could not be read or written ({reason}). Nothing confirmed is lost."""

    code = "DATABASE_FAILED"


@dataclass(frozen=True, slots=True)
class Store:
    """Transactions on one database; ``read`` sees one moment, ``write`` is all or nothing."""

    engine: Engine
    _lock: Lock = field(default_factory=Lock, repr=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees the database as it is now. Raises DatabaseFailed."""
        with _translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection; commits at the end, undoes all on an exception.

        Raises DatabaseFailed (a full or broken disk, a lock held for over a minute).
        """
        with self._lock, _translated(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Return the store at a SQLAlchemy URL; the file is made if there is none.

    Values stay out of its errors: they are residents' data.
    """
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Store(engine)


def _prepare(connection: Any, _record: Any) -> None:
    """Take transactions into our own hands and set what holds for a connection."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    driver = connection.connection.cursor()
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    driver.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, DatabaseError) as error:
        raise DatabaseFailed(reason=str(error.orig)) from error
    except sqlite3.DatabaseError as error:
        raise DatabaseFailed(reason=str(error)) from error
