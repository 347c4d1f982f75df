"""The feed: sums and events as tables that spreadsheets and Power BI read, by OData version 4.

Each set is a table of one kind of row. All but one hold no person; that one is there only while a
second person has agreed to an export of residents, within the region that was agreed to. What a
user's area leaves out is not in it, nor are sums of regions that it covers a part of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from shared_schema.canonical import decode
from shared_schema.errors import InputError
from shared_schema.records import RECORD_TYPES, FieldKind
from shared_schema.regions import level, parent_of
from sync_server import exporting
from sync_server.accounts import Actor
from sync_server.coverage import HEADINGS
from sync_server.feed_query import DAY, NUMBER, TEXT, TRUTH, WHOLE, Fits, Rows
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports import outage_report, published, stock_report
from sync_server.reports.overview_report import Overview, overview
from sync_server.store.driver import ask
from sync_server.store.queries import tallies

PAGE_ROWS = 10_000
_RESIDENTS = "residents"
_AT_ONCE = 2_000
_VISITS = tallies.made_in(
    "SELECT day, village, outcome, reason, count(*) FROM tally_visits WHERE MADE"
    " GROUP BY day, village, outcome, reason ORDER BY day, village, outcome, reason"
)
# `?` thrice for each area: the region itself, and what lies between `53.15.` and `53.15/`. The plus
# keeps SQLite from sorting everybody for each page: it reads on by id.
_PEOPLE = (
    "SELECT records.record, coalesce(root, records.record), shown FROM records"
    " LEFT JOIN clusters ON clusters.record = records.record"
    " WHERE +type = 'person' AND NOT void AND records.record > ? AND ({inside})"
    " ORDER BY records.record LIMIT ? OFFSET ?"
)
_COUNT_PEOPLE = "SELECT count(*) FROM records WHERE type = 'person' AND NOT void AND ({inside})"
_INSIDE = "area = ? OR (area >= ? AND area < ?)"
_KINDS = {
    FieldKind.INTEGER: WHOLE,
    FieldKind.NUMBER: NUMBER,
    FieldKind.BOOLEAN: TRUTH,
    FieldKind.DATE: DAY,
}


class FeedSetUnknown(InputError):
    """The feed has no table {name}. Its address without a name lists those there are."""

    code = "FEED_SET_UNKNOWN"
    http_status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySet:
    """A table of the feed: its name, its columns with their kinds, and which of them are the key.

    ``rows`` gives all of it; None for that of people, which is read a page at a time.
    """

    name: str
    key: Sequence[str]
    columns: Mapping[str, str]
    rows: "Callable[[Asked], Rows] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, of which office, on which day, through which connection."""

    office: Office
    connection: Connection
    actor: Actor
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a table is asked for: behind a place that a page before named, so many rows on.

    `count`: how many rows it has in all is asked for too. `fits` tells which rows are wanted, and
    `ordered` puts them in order; None for all, and as they come.
    """

    after: str = ""
    skip: int = 0
    most: int = PAGE_ROWS
    count: bool = False
    fits: Fits | None = None
    ordered: Callable[[Rows], Rows] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a table, how many it has where that was asked, and the place behind them."""

    rows: Rows
    total: int
    following: str


def asked_by(office: Office, connection: Connection, actor: Actor) -> Asked:
    """Return who asks, today."""
    today = context_of(office, connection).today
    return Asked(office=office, connection=connection, actor=actor, today=today)


def sets_for(office: Office, actor: Actor) -> list[EntitySet]:
    """Return the tables that a user may read: that of people while somebody agreed to it."""
    people = bool(exporting.agreed(office, actor, _RESIDENTS))
    return [one for one in SETS.values() if one.rows is not None or people]


def set_named(office: Office, actor: Actor, name: str) -> EntitySet:
    """Return a table. Raises FeedSetUnknown, ExportNotAgreed."""
    found = SETS.get(name)
    if found is None:
        raise FeedSetUnknown(name=name)
    if found.rows is None and not exporting.agreed(office, actor, _RESIDENTS):
        raise exporting.ExportNotAgreed
    return found


def part_of(asked: Asked, one: EntitySet, wanted: Wanted) -> Part:
    """Return some rows of a table."""
    if one.rows is None:
        return _people(asked, wanted)
    rows = one.rows(asked)
    if wanted.fits is not None:
        rows = list(filter(wanted.fits, rows))
    if wanted.ordered is not None:
        rows = wanted.ordered(rows)
    begin = int(wanted.after or 0) + wanted.skip
    end = begin + wanted.most
    following = str(end) if end < len(rows) else ""
    return Part(rows=rows[begin:end], total=len(rows), following=following)


# The tables ---------------------------------------------------------------------------------


def _coverage(asked: Asked) -> Rows:
    found = overview(asked.connection, asked.today, asked.actor.covers)
    return [_coverage_row(found, code) for code in sorted(found.counts.keys() - found.partial)]


def _coverage_row(found: Overview, code: str) -> list[Any]:
    count, deadline = found.counts[code].as_dict(), found.rule.policy.deadline
    return [
        code,
        found.regions.name(code),
        level(code).name.lower(),
        parent_of(code),
        found.as_of.isoformat(),
        deadline.isoformat() if deadline else None,
        *(count[name] for name in HEADINGS),
        found.needed(code),
        round(found.pace.get(code, 0.0), 2),
    ]


def _visits(asked: Asked) -> Rows:
    return [
        [_day(day), village, outcome, reason, count]
        for day, village, outcome, reason, count in ask(asked.connection, _VISITS)
        if asked.actor.covers(village or None)
    ]


def _outages(asked: Asked) -> Rows:
    report = outage_report.outage_report(asked.connection, asked.today, asked.actor.covers)
    rows = (outage_report.outage_row(report, one) for one in report.outages)
    return [[_flat(row[name]) for name in outage_report.COLUMNS] for row in rows]


def _stock(asked: Asked) -> Rows:
    report = stock_report.stock_report(asked.connection, asked.today, asked.actor.covers)
    rows = (stock_report.stock_row(one) for one in report.offices)
    return [[row[name] for name in stock_report.COLUMNS] for row in rows]


def _movements(asked: Asked) -> Rows:
    report = stock_report.stock_report(asked.connection, asked.today, asked.actor.covers)
    return [
        [one.record, one.office, office.name, one.kind, one.quantity, one.on.isoformat()]
        for office in report.offices
        for one in office.movements
    ]


def _figures(asked: Asked) -> Rows:
    counted = overview(asked.connection, asked.today, asked.actor.covers)
    cards = stock_report.stock_report(asked.connection, asked.today, asked.actor.covers).by_region
    return [
        [
            one.record,
            one.region,
            one.published.measure,
            one.published.raw,
            _number(one.published.reading.low),
            _number(one.published.reading.high),
            _number(one.ours),
            one.as_of.isoformat() if one.as_of else None,
            one.source,
        ]
        for one in published.figures(asked.connection, None, counted.counts, cards)
        if asked.actor.covers(one.region)
    ]


def _people(asked: Asked, wanted: Wanted) -> Part:
    areas = sorted(exporting.agreed(asked.office, asked.actor, _RESIDENTS))
    clause = "1" if "" in areas else " OR ".join([_INSIDE] * len(areas)) or "0"
    bounds = [] if "" in areas else [end for one in areas for end in (one, f"{one}.", f"{one}/")]
    statement = _PEOPLE.format(inside=clause)
    if wanted.fits is not None:
        return _people_who_fit(wanted, wanted.fits, _everybody(asked, wanted, statement, bounds))
    bound = (wanted.after, *bounds, wanted.most + 1, wanted.skip)
    found = ask(asked.connection, statement, *bound)
    total = 0
    if wanted.count:
        ((total,),) = ask(asked.connection, _COUNT_PEOPLE.format(inside=clause), *bounds)
    shown = found[: wanted.most]
    more = bool(shown) and len(found) > wanted.most
    return Part(rows=list(map(_person, shown)), total=total, following=shown[-1][0] if more else "")


def _everybody(
    asked: Asked, wanted: Wanted, statement: str, bounds: Sequence[str]
) -> Iterator[list[Any]]:
    """Yield residents by id, from the place on unless all of them are to be counted."""
    after = "" if wanted.count else wanted.after
    while found := ask(asked.connection, statement, after, *bounds, _AT_ONCE, 0):
        yield from map(_person, found)
        after = found[-1][0]


def _people_who_fit(wanted: Wanted, fits: Fits, everybody: Iterator[list[Any]]) -> Part:
    shown: list[list[Any]] = []
    total = met = 0
    for row in filter(fits, everybody):
        total += 1
        met += row[0] > wanted.after
        if wanted.skip < met <= wanted.skip + wanted.most:
            shown.append(row)
        if met > wanted.skip + wanted.most and not wanted.count:
            break
    more = bool(shown) and met > wanted.skip + wanted.most
    return Part(rows=shown, total=total, following=shown[-1][0] if more else "")


def _person(row: Sequence[Any]) -> list[Any]:
    values = decode(row[2].encode())
    fields = (
        _told(values.get(name), kind) for name, kind in _PERSON_COLUMNS.items() if name in _FIELDS
    )
    return [row[0], row[1], *fields]


def _told(value: Any, kind: str) -> Any:
    """Return a field's value as its column says; codes are text, also where they are numbers."""
    return _flat(str(value) if kind == TEXT and isinstance(value, int) else value)


def _flat(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _day(number: int) -> str:
    """Return a day of the tallies; the first day there is where its clock was none."""
    text = f"{number:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if number else "0001-01-01"


def _columns(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)


_FIELDS = RECORD_TYPES["person"].fields
_PERSON_COLUMNS = {
    **_columns(TEXT, "id", "cluster"),
    **{name: _KINDS.get(spec.kind, TEXT) for name, spec in _FIELDS.items()},
}
_OUTAGE_KINDS = {
    **_columns(WHOLE, "age_days_least", "age_days_most", "repairs", "repairs_failed",
               "people_displaced", "unsent_recordings"),
    **_columns(DAY, "started", "restored_on"),
    **_columns(TRUTH, "redirect_warned"),
}  # fmt: skip
_STOCK_KINDS = {
    **_columns(TEXT, "office", "name"),
    **_columns(NUMBER, "fill_rate_percent", "a_day"),
    **_columns(DAY, "runs_out"),
}
_ALL = (
    EntitySet(
        name="Coverage",
        key=("region",),
        columns={
            **_columns(TEXT, "region", "name", "level", "parent"),
            **_columns(DAY, "as_of", "deadline"),
            **_columns(WHOLE, *HEADINGS, "needed_a_day"),
            "recorded_a_day": NUMBER,
        },
        rows=_coverage,
    ),
    EntitySet(
        name="Visits",
        key=("day", "village", "outcome", "reason"),
        columns={"day": DAY, **_columns(TEXT, "village", "outcome", "reason"), "visits": WHOLE},
        rows=_visits,
    ),
    EntitySet(
        name="Outages",
        key=("id",),
        columns={name: _OUTAGE_KINDS.get(name, TEXT) for name in outage_report.COLUMNS},
        rows=_outages,
    ),
    EntitySet(
        name="Stock",
        key=("office",),
        columns={name: _STOCK_KINDS.get(name, WHOLE) for name in stock_report.COLUMNS},
        rows=_stock,
    ),
    EntitySet(
        name="StockMovements",
        key=("id",),
        columns={**_columns(TEXT, "id", "office", "name", "kind"), "quantity": WHOLE, "date": DAY},
        rows=_movements,
    ),
    EntitySet(
        name="Figures",
        key=("id",),
        columns={
            **_columns(TEXT, "id", "region", "measure", "published"),
            **_columns(NUMBER, "from", "to", "ours"),
            "as_of": DAY,
            "source": TEXT,
        },
        rows=_figures,
    ),
    EntitySet(name="People", key=("id",), columns=_PERSON_COLUMNS, rows=None),
)
SETS: Mapping[str, EntitySet] = {one.name: one for one in _ALL}
