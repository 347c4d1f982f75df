"""What is kept of people to compare them, and what comparing found."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select

from sync_server.store.driver import ask, listed, run
from sync_server.store.match_tables import (
    match_arrivals,
    match_pairs,
    match_people,
    match_segments,
)

_PEOPLE = (
    "SELECT number, record, packed FROM match_people"
    " WHERE number IN (SELECT value FROM json_each(?))"
)
_PACKED = "SELECT record, packed FROM match_people WHERE record IN (SELECT value FROM json_each(?))"
_ROOTS = "SELECT record, root FROM clusters WHERE record IN (SELECT value FROM json_each(?))"
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"
_EXISTING = "SELECT record FROM records WHERE record IN (SELECT value FROM json_each(?))"
_APART = (
    "SELECT a, b, verdict FROM edges"
    " WHERE verdict <> 'same' AND a IN (SELECT value FROM json_each(?1))"
    " UNION SELECT a, b, verdict FROM edges"
    " WHERE verdict <> 'same' AND b IN (SELECT value FROM json_each(?1))"
)
_ARRIVALS = (
    "SELECT record, band, other, weight, device, matched_ms FROM match_arrivals"
    " WHERE matched_ms >= ? ORDER BY matched_ms DESC, record"
)
_NAMED = "SELECT packed FROM match_people"
_NEWEST_WORDS = "SELECT digest, people FROM match_words ORDER BY id DESC LIMIT 1"
_WORDS = "SELECT people, counts FROM match_words WHERE digest = ? LIMIT 1"
_PUT_WORDS = "INSERT INTO match_words (digest, people, counts) VALUES (?, ?, ?)"
_DECISION = "SELECT weight, version, parts FROM match_decisions WHERE decision = ?"


class Person(NamedTuple):
    """One person as kept for comparing."""

    number: int
    record: str
    packed: bytes
    keys: bytes


class Pair(NamedTuple):
    """Two records for a person to look at, in rising order of id; `parts` is JSON."""

    a: str
    b: str
    weight: float
    version: str
    parts: str


class Arrival(NamedTuple):
    """How a record from a device was judged: `band` known, doubtful or new."""

    record: str
    band: str
    other: str | None
    weight: float | None
    device: str


def packed_of(connection: Connection, ids: Iterable[str]) -> dict[str, bytes]:
    """Return what is kept of some records, by record."""
    return dict(ask(connection, _PACKED, listed(ids)))


def people(connection: Connection, numbers: Iterable[int]) -> dict[int, tuple[str, bytes]]:
    """Return record and packed form of those numbers that are still in use."""
    rows = ask(connection, _PEOPLE, listed(numbers))
    return {number: (record, packed) for number, record, packed in rows}


def keep(connection: Connection, found: Sequence[Person]) -> None:
    """Keep people under their new numbers, in place of what was kept of their records."""
    run(connection, "INSERT OR REPLACE INTO match_people VALUES (?, ?, ?, ?)", found)


def drop(connection: Connection, ids: Collection[str]) -> None:
    """Forget records that are no residents any more."""
    if ids:
        connection.execute(delete(match_people).where(match_people.c.record.in_(ids)))
        connection.execute(delete(match_arrivals).where(match_arrivals.c.record.in_(ids)))


def drop_pairs(connection: Connection, ids: Collection[str]) -> None:
    """Forget the pairs of some records, which are compared anew."""
    if ids:
        ends = or_(match_pairs.c.a.in_(ids), match_pairs.c.b.in_(ids))
        connection.execute(delete(match_pairs).where(ends))


def add_pairs(connection: Connection, found: Iterable[Pair], found_ms: int) -> None:
    """Keep pairs for a person to look at."""
    rows = [(*pair, found_ms) for pair in found]
    run(connection, "INSERT OR REPLACE INTO match_pairs VALUES (?, ?, ?, ?, ?, ?)", rows)


def note_arrivals(connection: Connection, found: Iterable[Arrival], matched_ms: int) -> None:
    """Keep how records from devices were judged."""
    rows = [(*one, matched_ms) for one in found]
    run(connection, "INSERT OR REPLACE INTO match_arrivals VALUES (?, ?, ?, ?, ?, ?)", rows)


def note_decisions(
    connection: Connection, found: Iterable[tuple[UUID, Pair]], made_ms: int, *, automatic: bool
) -> None:
    """Keep on what decisions rested; the id is that of the change."""
    rows = [(str(change), *pair, automatic, made_ms) for change, pair in found]
    run(connection, "INSERT INTO match_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def roots(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the cluster of each record that is in one."""
    return dict(ask(connection, _ROOTS, listed(ids)))


def members(connection: Connection, of: Iterable[str]) -> dict[str, list[str]]:
    """Return the records of some clusters, by root."""
    found: dict[str, list[str]] = {}
    for record, root in ask(connection, _MEMBERS, listed(of)):
        found.setdefault(root, []).append(record)
    return found


def existing(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Return those of the records that exist."""
    return {record for (record,) in ask(connection, _EXISTING, listed(ids))}


def not_same(connection: Connection, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (a, b, verdict) of the verdicts about some records that do not join."""
    return ask(connection, _APART, listed(ids))


def clear_people(connection: Connection) -> None:
    """Forget what is kept of people to compare them."""
    for table in (match_people, match_segments):
        connection.execute(delete(table))


def clear_found(connection: Connection) -> None:
    """Forget what comparing found."""
    for table in (match_pairs, match_arrivals):
        connection.execute(delete(table))


def arrivals_since(connection: Connection, since_ms: int) -> list[tuple[Arrival, int]]:
    """Return how records from devices were judged since a time, and when, the latest first."""
    rows = ask(connection, _ARRIVALS, since_ms)
    return [(Arrival(*row[:5]), row[5]) for row in rows]


def decision(connection: Connection, change: UUID) -> tuple[float, str, str] | None:
    """Return weight, version and parts on which a decision rested, where that was kept."""
    rows = ask(connection, _DECISION, str(change))
    return rows[0] if rows else None


def packed_people(connection: Connection) -> Iterator[bytes]:
    """Yield what is kept of everybody, in no order."""
    for (packed,) in connection.exec_driver_sql(_NAMED):
        yield packed


def newest_words(connection: Connection) -> tuple[str, int] | None:
    """Return the digest of the counts of words that hold now, and of how many people."""
    rows = ask(connection, _NEWEST_WORDS)
    return rows[0] if rows else None


def words(connection: Connection, digest: str) -> tuple[int, str] | None:
    """Return people and counts (JSON) of a digest, None where they are not known."""
    rows = ask(connection, _WORDS, digest)
    return rows[0] if rows else None


def put_words(connection: Connection, digest: str, people_: int, counts: str) -> None:
    """Keep counts that hold from now on."""
    run(connection, _PUT_WORDS, [(digest, people_, counts)])


def count_pairs(connection: Connection) -> int:
    """Return how many pairs were found for a person to look at."""
    return connection.execute(select(func.count()).select_from(match_pairs)).scalar_one()


def count_people(connection: Connection) -> int:
    """Return how many people are kept for comparing."""
    return connection.execute(select(func.count()).select_from(match_people)).scalar_one()
