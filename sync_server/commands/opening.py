"""What the commands of supervisors share: the opened office, who acts, names of this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo

from sqlalchemy import Connection

from shared_schema.display import time_zone
from sync_server.app import open_office
from sync_server.config import load_config
from sync_server.office import Office
from sync_server.store.queries import facts, users
from sync_server.store.queries.facts import Fact

PACKAGE = "sync_server"
AT_OFFICE = "user:"


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection that sees the office's store as it is now."""
    with open_office(load_config()).store.read() as connection:
        yield connection


@contextmanager
def deciding() -> Iterator[tuple[Connection, str]]:
    """Give a writing connection and the operator under whom its changes are made."""
    with open_office(load_config()).store.write() as connection:
        yield connection, operator_of(connection)


def operator_of(connection: Connection) -> str:
    """Return `user:NAME` of whoever runs this console: the server's administrator."""
    return f"{AT_OFFICE}{users.first_administrator(connection) or 'admin'}"


def zone_of(connection: Connection) -> tzinfo | None:
    """Return the office's time zone, in which people read times."""
    return time_zone(facts.need(connection, Fact.TIMEZONE))


def operator(office: Office) -> str:
    """Return `user:NAME` for work that opens transactions of its own."""
    with office.store.read() as connection:
        return operator_of(connection)
