"""Outages out of the store: with what was said of them, redirects, and totals that balance."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.clock import wall_of
from shared_schema.display import time_zone
from shared_schema.regions import RegionTable
from sync_server import outages as arithmetic
from sync_server.outages import Outage, Part, Repairs, Report, Span, Standing, Word
from sync_server.places import known_regions
from sync_server.redirects import Redirect, redirects, region_called
from sync_server.store import tables
from sync_server.store.driver import ask, listed
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.records import Current, current_of
from sync_server.timeline import Event, timeline

Covers = Callable[[str | None], bool]
_WRITERS = (
    "SELECT record, json_extract(body, '$.operator') FROM changes"
    " WHERE record IN (SELECT value FROM json_each(?))"
    " AND position NOT IN (SELECT position FROM unfolded) ORDER BY position"
)
COLUMNS = (
    "id", "area", "area_name", "place", "component", "standing", "started", "started_precision",
    "age_days_least", "age_days_most", "restored_on", "repairs", "repairs_failed",
    "people_displaced", "unsent_recordings", "disagreeing", "redirect_to", "redirect_warned",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReport:
    """The outages of an area on a day. `left_out`: void or incomplete records of their types."""

    as_of: date
    outages: tuple[Outage, ...]
    redirects: tuple[Redirect, ...]
    repairs: Repairs
    left_out: int
    regions: RegionTable

    @property
    def standing(self) -> dict[str, int]:
        """How many stand in which way; their sum is the number of outages."""
        counts = Counter(arithmetic.standing(one) for one in self.outages)
        return {one.value: counts[one] for one in Standing}

    @property
    def open(self) -> tuple[Outage, ...]:
        """Those that are not restored."""
        return tuple(one for one in self.outages if arithmetic.is_open(one))

    def lasted(self, outage: Outage) -> Span:
        """Return how long an outage lasted, or has lasted so far."""
        return arithmetic.age(outage, arithmetic.restored_on(outage) or self.as_of)


def _everything(_area: str | None) -> bool:
    return True


def outage_report(connection: Connection, on: date, covers: Covers = _everything) -> OutageReport:
    """Return the outages whose area is covered, as one moment of the store has them.

    What stands at a redirect's target counts also where the target's area is not covered.
    """
    regions = known_regions(connection)
    loaded = _Loading(connection=connection, regions=regions, zone=_zone(connection))
    everything, left_out = loaded.outages()
    mine = tuple(one for one in everything if covers(one.area))
    ids = {one.id for one in mine}
    return OutageReport(
        as_of=on,
        outages=mine,
        redirects=tuple(one for one in redirects(everything, regions) if one.outage in ids),
        repairs=arithmetic.time_to_repair(mine),
        left_out=left_out,
        regions=regions,
    )


def _zone(connection: Connection) -> tzinfo | None:
    return time_zone(facts.need(connection, Fact.TIMEZONE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loading:
    connection: Connection
    regions: RegionTable
    zone: tzinfo | None

    def outages(self) -> tuple[list[Outage], int]:
        left_out = 0
        known: dict[str, list[Current]] = {}
        for name in ("outage", "outage_statement", "repair_attempt"):
            rows = list(_rows(self.connection, name))
            known[name] = [one for one in rows if one.complete and one.state.void is None]
            left_out += len(rows) - len(known[name])
        writers = _writers(self.connection, [str(one.record) for one in known["outage"]])
        found = arithmetic.gather(
            [self._report(one, writers) for one in known["outage"]],
            [_part(one) for one in known["outage_statement"]],
            [_part(one) for one in known["repair_attempt"]],
            _roots(self.connection),
        )
        return found, left_out

    def _report(self, current: Current, writers: Mapping[str, str]) -> Report:
        state, values = current.state, current.state.values()
        written = state.fields["status" if "status" in values else "component"].winner
        told_ms = wall_of(written.stamp.hlc) if written else 0
        return Report(
            record=str(current.record),
            values=values,
            area=current.own_area or self._named(values) or current.area,
            told_on=datetime.fromtimestamp(told_ms / 1000, self.zone).date(),
            by=writers.get(str(current.record), ""),
            written_ms=told_ms,
        )

    def _named(self, values: Mapping[str, Any]) -> str | None:
        words = (str(values[name]) for name in ("office", "place") if name in values)
        return next((code for one in words if (code := region_called(one, self.regions))), None)


def _writers(connection: Connection, records: Sequence[str]) -> dict[str, str]:
    """Return who wrote each record first."""
    found: dict[str, str] = {}
    for record, operator in ask(connection, _WRITERS, listed(records)):
        found.setdefault(record, operator)
    return found


def _rows(connection: Connection, name: str) -> Iterator[Current]:
    table = tables.records
    query = select(table).where(table.c.type == name).order_by(table.c.born)
    return (current_of(row) for row in connection.execute(query))


def _part(current: Current) -> Part:
    values, written = current.state.values(), current.state.fields["outage"].winner
    return Part(
        record=str(current.record),
        outage=values["outage"],
        values=values,
        written_ms=wall_of(written.stamp.hlc) if written else 0,
    )


def _roots(connection: Connection) -> dict[str, str]:
    table, known = tables.clusters, tables.records
    query = select(table.c.record, table.c.root).join(known, known.c.record == table.c.record)
    rows = connection.execute(query.where(known.c.type == "outage"))
    return {row.record: row.root for row in rows}


def outage_document(report: OutageReport) -> dict[str, Any]:
    """Return the report as a JSON document; the totals are sums over its outages."""
    outages = [outage_row(report, one) for one in report.outages]
    return {
        "as_of": report.as_of.isoformat(),
        "total": len(outages),
        "open": len(report.open),
        "standing": report.standing,
        "balanced": sum(report.standing.values()) == len(outages),
        "people_displaced": sum(one.most("people_displaced") for one in report.open),
        "unsent_recordings": sum(one.most("unsent_recordings") for one in report.open),
        "mean_days_to_repair": {
            "counted": report.repairs.counted,
            "left_out": report.repairs.left_out,
            "least": rounded(report.repairs.least),
            "most": rounded(report.repairs.most),
        },
        "left_out": report.left_out,
        "redirects": [redirect_document(report, one) for one in report.redirects],
        "outages": [row | _said(one) for row, one in zip(outages, report.outages, strict=True)],
    }


def rounded(number: Fraction | None) -> float | None:
    """Return a number to one place, None for none."""
    return None if number is None else round(float(number), 1)


def outage_row(report: OutageReport, outage: Outage) -> dict[str, Any]:
    """Return one outage in one line, under the names of COLUMNS."""
    span, ended = report.lasted(outage), arithmetic.restored_on(outage)
    mine = [one for one in report.redirects if one.outage == outage.id]
    return {
        "id": outage.id,
        "area": outage.area,
        "area_name": report.regions.name(outage.area) if outage.area else None,
        "place": outage.place,
        "component": outage.value("component"),
        "standing": arithmetic.standing(outage).value,
        "started": outage.value("started"),
        "started_precision": outage.value("started_precision"),
        "age_days_least": span.least,
        "age_days_most": span.most,
        "restored_on": ended.isoformat() if ended else None,
        "repairs": len(outage.attempts),
        "repairs_failed": sum(one.values["result"] == "failed" for one in outage.attempts),
        "people_displaced": outage.most("people_displaced"),
        "unsent_recordings": outage.most("unsent_recordings"),
        "disagreeing": sorted(arithmetic.disagreements(outage)),
        "redirect_to": [one.target or one.words for one in mine],
        "redirect_warned": any(one.warned for one in mine),
    }


def redirect_document(report: OutageReport, one: Redirect) -> dict[str, Any]:
    """Return a redirect with what speaks against it."""
    return {
        "outage": one.outage,
        "from": one.source,
        "from_name": report.regions.name(one.source) if one.source else None,
        "to": one.target or one.words,
        "to_name": report.regions.name(one.target) if one.target else one.words,
        "target_known": one.target is not None,
        "target_down": bool(one.down),
        "target_unclear": bool(one.unclear),
        "to_itself": one.to_itself,
        "overloaded": one.overloaded,
        "people_displaced": one.displaced,
        "senders": one.senders,
        "warned": one.warned,
    }


def _said(outage: Outage) -> dict[str, Any]:
    return {
        "reports": [one.record for one in outage.reports],
        "statements": [_word(one) for one in arithmetic.words(outage)],
        "disagreements": {
            name: [{"by": one.by, "on": _iso(one.on), "says": one.said[name]} for one in words]
            for name, words in arithmetic.disagreements(outage).items()
        },
        "timeline": [_event(one) for one in timeline(outage)],
    }


def _word(word: Word) -> dict[str, Any]:
    return {"record": word.record, "by": word.by, "on": _iso(word.on), **word.said}


def _event(event: Event) -> dict[str, Any]:
    return {
        "on": _iso(event.on),
        "precision": event.precision,
        "kind": event.kind,
        "by": event.by,
        "result": event.result,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
