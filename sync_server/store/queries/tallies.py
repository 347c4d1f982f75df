"""Sums over the tallies: residents by village, visits by day and village."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from sync_server.store.driver import ask

# Whoever is due: by marriage, or old enough whatever the day of birth is; null where it is open.
_DUE = (
    "CASE WHEN ?1 AND married THEN 1 WHEN born_first IS NULL THEN NULL"
    " WHEN born_last <= ?2 THEN 1 WHEN born_first > ?2 THEN 0 END"
)


def _due_in(statement: str) -> str:
    """Put the rule in where a statement says DUE."""
    return statement.replace("DUE", f"({_DUE})")


# The inner select has a limit so that who is due is judged once a resident, not once a sum.
_COUNTED = _due_in(
    "SELECT village, status, total(due), total(due AND central > 0), total(due AND central = 2),"
    " total(due AND central = 0 AND field_day <= ?3), total(due IS NULL), count(*),"
    " total(arrived >= ?4), total(due AND field_day = ?3) FROM (SELECT village, status, DUE AS due,"
    " central, field_day, arrived FROM tally_people INDEXED BY ix_tally_people_counted"
    " WHERE complete ORDER BY village, status LIMIT -1) GROUP BY village, status"
)
_BY_DAY = (
    "SELECT day, village, outcome, count(*)"
    " FROM tally_visits INDEXED BY ix_tally_visits_day_outcome_village WHERE day BETWEEN ? AND ?"
    " GROUP BY day, outcome, village"
)
_RECORDED_BETWEEN = (
    "SELECT village, count(*) FROM tally_visits INDEXED BY ix_tally_visits_day_outcome_village"
    " WHERE day BETWEEN ? AND ? AND outcome = 'recorded' GROUP BY village"
)
_ARRIVED = (
    "SELECT village, outcome, count(*)"
    " FROM tally_visits INDEXED BY ix_tally_visits_arrived_outcome_village WHERE arrived >= ?"
    " GROUP BY outcome, village"
)
_SINCE = (
    "SELECT operator, device, day, at_ms, outcome, person, lat, lon, village FROM tally_visits"
    " WHERE day >= ? AND operator NOT LIKE 'user:%'"
)
_UNRECORDED = _due_in(
    "SELECT root FROM tally_people WHERE village = ?4 AND complete AND central = 0 AND DUE = 1"
    " AND (field_day IS NULL OR field_day > ?3) ORDER BY root"
)
_SUMS = (
    "due", "recorded", "printed", "in_field", "unknown", "residents", "arrived", "today",
)  # fmt: skip
_INCOMPLETE = "SELECT village, count(*) FROM tally_people WHERE NOT complete GROUP BY village"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """By what to count: whether marriage counts, the last day of birth that is old enough.

    `day`: recordings in the field count up to it. `since`: from which arrivals are counted.
    Days are numbers, YYYYMMDD.
    """

    married_count: bool
    born_by: int
    day: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """One village's residents. `arrived`: how many of them the office heard of since a day.

    `today`: how many of those due were first recorded in the field on the day. `statuses`: those
    due by the ministry's status, "" where it says nothing.
    """

    village: str
    due: int
    recorded: int
    printed: int
    in_field: int
    unknown: int
    residents: int
    arrived: int
    today: int
    statuses: Mapping[str, int]


def by_village(connection: Connection, due: Due) -> list[Village]:
    """Count the residents of each village, in order of code."""
    rows = ask(connection, _COUNTED, *_values(due), due.since)
    return [
        _village(village, list(parts)) for village, parts in groupby(rows, key=lambda row: row[0])
    ]


def _village(village: str, parts: Sequence[Sequence[Any]]) -> Village:
    sums = (int(sum(column)) for column in zip(*(part[2:] for part in parts), strict=True))
    return Village(
        village=village,
        statuses={part[1]: int(part[2]) for part in parts if part[2]},
        **dict(zip(_SUMS, sums, strict=True)),
    )


def incomplete(connection: Connection) -> dict[str, int]:
    """Count by village the residents who lack what is required, and are not counted."""
    return dict(ask(connection, _INCOMPLETE))


def visits_between(
    connection: Connection, first: int, last: int
) -> list[tuple[int, str, str, int]]:
    """Return (day, village, outcome, how many) of the visits of some days."""
    return ask(connection, _BY_DAY, first, last)


def recorded_between(connection: Connection, first: int, last: int) -> dict[str, int]:
    """Count by village the visits of some days that recorded somebody."""
    return dict(ask(connection, _RECORDED_BETWEEN, first, last))


def visits_arrived(connection: Connection, since: int) -> dict[str, Counter[str]]:
    """Count by village and outcome the visits that reached the office since a day."""
    return _grouped(ask(connection, _ARRIVED, since))


def _grouped(rows: list[Any]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for village, name, count in rows:
        found.setdefault(village, Counter())[name] = count
    return found


def _values(due: Due) -> tuple[int, int, int]:
    return int(due.married_count), due.born_by, due.day


def visits_since(connection: Connection, first: int) -> list[Any]:
    """Return operator, device, day, moment, outcome, person, lat, lon and village of visits."""
    return ask(connection, _SINCE, first)


def unrecorded(connection: Connection, due: Due, village: str) -> list[str]:
    """Return the residents of a village who must hold a card and are recorded nowhere, by root."""
    return [root for (root,) in ask(connection, _UNRECORDED, *_values(due), village)]
