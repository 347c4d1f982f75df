"""Sums over the tallies: residents by village, visits by day and village."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from sync_server.store.driver import ask, listed, run
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact

# Whoever is due: by marriage, or old enough whatever the day of birth is; null where it is open.
_DUE = (
    "CASE WHEN ?1 AND married THEN 1 WHEN born_first IS NULL THEN NULL"
    " WHEN born_last <= ?2 THEN 1 WHEN born_first > ?2 THEN 0 END"
)


def _due_in(statement: str) -> str:
    """Put the rule in where a statement says DUE."""
    return statement.replace("DUE", f"({_DUE})")


# By status: those due, of them recorded, printed, and recorded in the field alone; those of whom it
# is open; all. Whatever depends on a day is asked for apart, so that these can be kept.
_COUNTED = _due_in(
    "SELECT village, status, total(DUE), total(DUE AND central > 0), total(DUE AND central = 2),"
    " total(DUE AND central = 0 AND field_day IS NOT NULL), total(DUE IS NULL), count(*)"
    " FROM tally_people INDEXED BY ix_tally_people_counted WHERE complete"
    " AND village IN (SELECT value FROM json_each(?3)) GROUP BY village, status"
)
# Those whom the field recorded on the day, and those whom it recorded later only.
_FROM_DAY = _due_in(
    "SELECT village, total(DUE AND field_day = ?3), total(DUE AND central = 0 AND field_day > ?3)"
    " FROM tally_people INDEXED BY ix_tally_people_field_day"
    " WHERE complete AND field_day IS NOT NULL AND field_day >= ?3 GROUP BY village"
)
_NEW = (
    "SELECT village, count(*) FROM tally_people INDEXED BY ix_tally_people_arrived_village"
    " WHERE complete AND arrived >= ? GROUP BY village"
)
# Each next village by one look into the index.
_VILLAGES = (
    "WITH RECURSIVE each(village) AS (SELECT min(village) FROM tally_people"
    " INDEXED BY ix_tally_people_counted WHERE complete"
    " UNION ALL SELECT (SELECT min(village) FROM tally_people"
    " INDEXED BY ix_tally_people_counted WHERE complete AND tally_people.village > each.village)"
    " FROM each WHERE village IS NOT NULL)"
    " SELECT village FROM each WHERE village IS NOT NULL"
)
_KEPT = "SELECT village, sums FROM tally_sums WHERE married_count = ? AND born_by = ?"
_KEYS = "SELECT count(*) FROM (SELECT DISTINCT married_count, born_by FROM tally_sums)"
_KEEP = "INSERT OR REPLACE INTO tally_sums VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM tally_sums WHERE village IN (SELECT value FROM json_each(?))"
_FORGET_ALL = "DELETE FROM tally_sums WHERE ?"
_MOST_KEYS = 6


def made_in(statement: str) -> str:
    """Put in where a statement says MADE that a visit was one, and not asked for by the office.

    Only of those that may be is more read than the index.
    """
    return statement.replace("MADE", "NOT (outcome = 'revisit' AND operator LIKE 'user:%')")


_BY_DAY = made_in(
    "SELECT day, village, outcome, count(*)"
    " FROM tally_visits INDEXED BY ix_tally_visits_day_outcome_village"
    " WHERE day BETWEEN ? AND ? AND MADE GROUP BY day, outcome, village"
)
_RECORDED_BETWEEN = (
    "SELECT village, count(*) FROM tally_visits INDEXED BY ix_tally_visits_day_outcome_village"
    " WHERE day BETWEEN ? AND ? AND outcome = 'recorded' GROUP BY village"
)
_RECORDED_BY_DAY = (
    "SELECT day, village, count(*)"
    " FROM tally_visits INDEXED BY ix_tally_visits_day_outcome_village"
    " WHERE day BETWEEN ? AND ? AND outcome = 'recorded' GROUP BY day, village"
)
_ARRIVED = made_in(
    "SELECT village, outcome, count(*)"
    " FROM tally_visits INDEXED BY ix_tally_visits_arrived_outcome_village"
    " WHERE arrived >= ? AND MADE GROUP BY outcome, village"
)
_SINCE = (
    "SELECT operator, device, day, at_ms, outcome, person, lat, lon, village FROM tally_visits"
    " WHERE day >= ? AND operator NOT LIKE 'user:%'"
)
_UNRECORDED = _due_in(
    "SELECT root FROM tally_people WHERE village = ?4 AND complete AND central = 0 AND DUE = 1"
    " AND (field_day IS NULL OR field_day > ?3) ORDER BY root"
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The villages in order of code, counted when the tallies were at a position of the log.

    `fresh`: sums as JSON by village that are not kept yet.
    """

    villages: list[Village]
    due: Due
    position: str | None
    fresh: Mapping[str, str]


def by_village(connection: Connection, due: Due) -> Counted:
    """Count the residents of each village."""
    rule = _values(due)[:2]
    kept = dict(ask(connection, _KEPT, *rule))
    names = [village for (village,) in ask(connection, _VILLAGES)]
    fresh = _fresh(connection, rule, [village for village in names if village not in kept])
    on_day = {row[0]: row[1:] for row in ask(connection, _FROM_DAY, *_values(due))}
    arrived = dict(ask(connection, _NEW, due.since))
    known = kept | fresh
    villages = [
        _village(name, json.loads(known[name]), on_day.get(name, (0, 0)), arrived.get(name, 0))
        for name in names
    ]
    position = facts.get(connection, Fact.TALLIED)
    return Counted(villages=villages, due=due, position=position, fresh=fresh)


def _fresh(
    connection: Connection, rule: tuple[int, int], villages: Sequence[str]
) -> dict[str, str]:
    rows = ask(connection, _COUNTED, *rule, listed(villages)) if villages else []
    return {
        village: json.dumps({status: list(map(int, sums)) for _, status, *sums in parts})
        for village, parts in groupby(rows, key=itemgetter(0))
    }


def _village(
    village: str, by_status: Mapping[str, Sequence[int]], on_day: Sequence[float], arrived: int
) -> Village:
    due, recorded, printed, in_field, unknown, residents = map(
        sum, zip(*by_status.values(), strict=True)
    )
    today, later = map(int, on_day)
    return Village(
        village=village,
        due=due,
        recorded=recorded,
        printed=printed,
        in_field=in_field - later,
        unknown=unknown,
        residents=residents,
        arrived=arrived,
        today=today,
        statuses={status: sums[0] for status, sums in by_status.items() if sums[0]},
    )


def keep(connection: Connection, counted: Counted) -> None:
    """Keep what was counted anew, unless the tallies are further by now.

    Sums of other rules go where there are too many.
    """
    if facts.get(connection, Fact.TALLIED) != counted.position:
        return
    rule = _values(counted.due)[:2]
    ((rules,),) = ask(connection, _KEYS)
    if rules > _MOST_KEYS:
        run(connection, _FORGET_ALL, [(1,)])
    run(connection, _KEEP, [(*rule, village, sums) for village, sums in counted.fresh.items()])


def forget(connection: Connection, villages: Iterable[str]) -> None:
    """Forget the sums of some villages."""
    run(connection, _FORGET, [(listed(villages),)])


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


def recorded_by_day(connection: Connection, first: int, last: int) -> list[tuple[int, str, int]]:
    """Return (day, village, how many) of the visits of some days that recorded somebody."""
    return ask(connection, _RECORDED_BY_DAY, first, last)


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
