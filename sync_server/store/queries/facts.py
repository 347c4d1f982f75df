"""Single facts about this office that are kept in the table `meta`, by name."""

from enum import StrEnum

from sqlalchemy import Connection

from sync_server.store.driver import ask, replacing, run
from sync_server.store.tables import meta, regions

_VALUE = "SELECT value FROM meta WHERE key = ?"
_REGIONS = "SELECT code, name FROM regions ORDER BY code"
_PUT = replacing(meta, "key")


class Fact(StrEnum):
    """The names of the facts; values are text.

    SERVER is the id that follows from its signing key. EPOCH counts restores from 1. STREAM is
    the server's own stream, CLOCK its last reading in hexadecimal. LOG_HEAD is the last position
    of the log and its chain, AUDIT_HEAD that of the audit log. TALLIED is how far in the log the
    tallies are; DISPLACED how far it was looked through for residents whom a broken machine sent
    away, and DISPLACED_DAY on which day.
    """

    SERVER = "server"
    REGION = "region"
    NAME = "name"
    TIMEZONE = "timezone"
    EPOCH = "epoch"
    STREAM = "stream"
    CLOCK = "clock"
    LOG_HEAD = "log_head"
    AUDIT_HEAD = "audit_head"
    TALLIED = "tallied"
    DISPLACED = "displaced"
    DISPLACED_DAY = "displaced_day"
    SUKET = "suket"


def get(connection: Connection, fact: Fact) -> str | None:
    """Return a fact, None where it was never set."""
    rows = ask(connection, _VALUE, fact.value)
    return rows[0][0] if rows else None


def need(connection: Connection, fact: Fact) -> str:
    """Return a fact that every initialised database has."""
    ((value,),) = ask(connection, _VALUE, fact.value)
    return str(value)


def put(connection: Connection, fact: Fact, value: str) -> None:
    """Set a fact."""
    run(connection, _PUT, [(fact.value, value)])


def region_rows(connection: Connection) -> list[tuple[str, str]]:
    """Return code and name of every region known, in code order."""
    return ask(connection, _REGIONS)


def add_regions(connection: Connection, rows: list[tuple[str, str]]) -> None:
    """Keep the regions' names; none of them is known yet."""
    connection.execute(regions.insert(), [{"code": code, "name": name} for code, name in rows])
