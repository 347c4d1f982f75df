"""What happened since a day, beside the arrivals: outages, blank cards, statuses, conflicts.

Whatever the log tells by its order is found by its position, so that an old log costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from shared_schema.display import time_zone
from sync_server.accounts import Actor
from sync_server.choices import Waiting
from sync_server.outages import is_open, restored_on
from sync_server.reports.outage_report import OutageReport
from sync_server.reports.stock_report import StockReport
from sync_server.store.driver import ask, listed
from sync_server.store.queries import audit, facts
from sync_server.store.queries.facts import Fact
from sync_server.timeline import as_of

_AT = "SELECT received_ms FROM changes WHERE position = ?"
_LAST = "SELECT coalesce(max(position), 0) FROM changes"
_CHANGED = (
    "SELECT DISTINCT record FROM changes WHERE position >= ?"
    " AND record IN (SELECT value FROM json_each(?))"
)
_AREAS = "SELECT record, area FROM records WHERE record IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What happened: outages that began and were restored, cards that came and were used.

    `statuses`: residents of whom an import of the ministry's list said something new, None for a
    user with an area, as an import is of the whole office. `conflicts`: fields in conflict of
    records that somebody wrote in; `decided`: fields of which a value was chosen.
    """

    began: int
    restored: int
    received: int
    used: int
    statuses: int | None
    conflicts: int
    decided: int


def news_since(
    connection: Connection,
    day: date,
    actor: Actor,
    down: OutageReport,
    cards: StockReport,
    waiting: Sequence[Waiting],
) -> Since:
    """Return what happened from a day on; `down`, `cards`: of the user's area, as of today."""
    moment_ms = _midnight_ms(connection, day)
    moves = [move for one in cards.offices for move in one.movements if move.on >= day]
    before = day - timedelta(days=1)
    ends = [restored_on(one) for one in down.outages if not is_open(one)]
    done = audit.since(connection, moment_ms, ("import-done", "choose"))
    imports = [one.detail for one in done if one.action == "import-done"]
    listed_ones = [one for one in imports if one.get("kind") == "status"]
    return Since(
        began=sum(as_of(one, before) is None for one in down.outages),
        restored=sum(end is not None and end >= day for end in ends),
        received=sum(move.quantity for move in moves if move.kind == "received"),
        used=sum(move.quantity for move in moves if move.kind == "used"),
        statuses=None if actor.area else sum(int(one.get("changed", 0)) for one in listed_ones),
        conflicts=_written_in(connection, moment_ms, waiting),
        decided=_inside(connection, actor, [one.subject for one in done if one.action == "choose"]),
    )


def _midnight_ms(connection: Connection, day: date) -> int:
    zone = time_zone(facts.need(connection, Fact.TIMEZONE))
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def _written_in(connection: Connection, moment_ms: int, waiting: Sequence[Waiting]) -> int:
    """Return how many fields in conflict are of records that changed since a moment."""
    if not waiting:
        return 0
    ((last,),) = ask(connection, _LAST)
    first = audit.first_at(connection, _AT, last, moment_ms)
    rows = ask(connection, _CHANGED, first, listed({one.record for one in waiting}))
    changed = {record for (record,) in rows}
    return sum(one.record in changed for one in waiting)


def _inside(connection: Connection, actor: Actor, subjects: Sequence[str]) -> int:
    """Return how many of some records, named once or more, lie in a user's area."""
    if not actor.area:
        return len(subjects)
    area = dict(ask(connection, _AREAS, listed(set(subjects))))
    return sum(actor.covers(area.get(one)) for one in subjects)
