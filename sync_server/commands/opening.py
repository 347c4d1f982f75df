"""What the commands of supervisors share: the opened office, who acts, names of this package."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection

from shared_schema.display import time_zone
from sync_server import auditing
from sync_server.accounts import Actor, Role
from sync_server.app import open_office
from sync_server.commands.updating import Updating
from sync_server.config import load_config
from sync_server.office import Office
from sync_server.store.queries import facts, users
from sync_server.store.queries.facts import Fact

PACKAGE = "sync_server"
AT_OFFICE = "user:"


def opened() -> Office:
    """Return the office; bringing an older database up to date is said on the console."""
    return open_office(load_config(), Updating())


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection that sees the office's store as it is now."""
    with opened().store.read() as connection:
        yield connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A writing connection, and who acts: what they do is noted in the access log with it."""

    office: Office
    connection: Connection
    actor: Actor

    def note(self, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        """Write what is done; ``detail`` holds ids, counts and reasons, never a value."""
        auditing.note(self.office, self.connection, self.actor, action, subject, detail)


@contextmanager
def deciding() -> Iterator[Desk]:
    """Give a writing connection and the user under whom its changes are made."""
    office = opened()
    with office.store.write() as connection:
        yield Desk(office=office, connection=connection, actor=actor_of(connection))


def actor_of(connection: Connection) -> Actor:
    """Return whoever runs this console: the server's administrator."""
    name = users.first_administrator(connection) or "admin"
    return Actor(name=name, role=Role.ADMINISTRATOR)


def operator_of(connection: Connection) -> str:
    """Return `user:NAME` of whoever runs this console."""
    return actor_of(connection).operator


def zone_of(connection: Connection) -> tzinfo | None:
    """Return the office's time zone, in which people read times."""
    return time_zone(facts.need(connection, Fact.TIMEZONE))


def operator(office: Office) -> str:
    """Return `user:NAME` for work that opens transactions of its own."""
    with office.store.read() as connection:
        return operator_of(connection)
