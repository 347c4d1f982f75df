"""Blank cards out of the store: each office's balance, the forecast, and what does not fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.regions import RegionTable, parent_of
from sync_server.figures import Finding
from sync_server.places import known_regions
from sync_server.redirects import region_called
from sync_server.reports.published import Figure, RegionFinding, figures, findings
from sync_server.stock import Balance, Forecast, Movement, balance, by_office, checks, forecast
from sync_server.store import tables

Covers = Callable[[str | None], bool]
PARTS = (
    "requested", "granted", "opening", "received", "adjusted", "difference", "used", "spoiled",
    "remaining",
)  # fmt: skip
COLUMNS = ("office", "name", *PARTS, "fill_rate_percent", "a_day", "days_left", "runs_out")
_MEASURES = ("stok_blangko", "blangko_diminta", "blangko_diberi")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeStock:
    """One office's blank cards. `name`: as people read it."""

    office: str
    name: str
    movements: tuple[Movement, ...]
    balance: Balance
    forecast: Forecast
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReport:
    """The blank cards of an area on a day.

    `published`: figures of blank cards as published, and what the arithmetic says of them.
    """

    as_of: date
    offices: tuple[OfficeStock, ...]
    total: Balance
    forecast: Forecast
    published: tuple[Figure, ...]
    said: tuple[RegionFinding, ...]
    left_out: int

    @property
    def by_region(self) -> dict[str, Balance]:
        """The balance of each region that an office lies in, with the regions around it."""
        found: dict[str, Balance] = {}
        for one in self.offices:
            area = next((move.area for move in one.movements), None)
            while area:
                found[area] = found.get(area, Balance()) + one.balance
                area = parent_of(area)
        return found

    @property
    def balanced(self) -> bool:
        """Tell whether the total is the sum of the offices, part by part."""
        return sum((one.balance for one in self.offices), Balance()) == self.total


def _everything(_area: str | None) -> bool:
    return True


def stock_report(connection: Connection, on: date, covers: Covers = _everything) -> StockReport:
    """Return the balance of each office whose area is covered, as of a day."""
    regions = known_regions(connection)
    movements, left_out = _movements(connection, on, regions, covers)
    offices = tuple(
        OfficeStock(
            office=office,
            name=regions.name(office),
            movements=tuple(each),
            balance=balance(each),
            forecast=forecast(each, on),
            findings=tuple(checks(each)),
        )
        for office, each in by_office(movements).items()
    )
    published = [one for one in figures(connection, None, {}) if covers(one.region)]
    return StockReport(
        as_of=on,
        offices=offices,
        total=sum((one.balance for one in offices), Balance()),
        forecast=forecast(movements, on),
        published=tuple(one for one in published if one.published.measure in _MEASURES),
        said=tuple(one for one in findings(published, None) if one.finding.measure in _MEASURES),
        left_out=left_out,
    )


def _movements(
    connection: Connection, on: date, regions: RegionTable, covers: Covers
) -> tuple[list[Movement], int]:
    """Return the movements up to a day, the oldest first, and how many records are left out."""
    table = tables.records
    query = select(table.c.record, table.c.shown, table.c.area, table.c.void, table.c.complete)
    found, left_out = [], 0
    for row in connection.execute(query.where(table.c.type == "stock_movement")):
        values = decode(row.shown.encode())
        if row.void or not row.complete:
            left_out += 1
        elif covers(area := row.area or region_called(values["office"], regions)):
            found.append(_movement(row.record, values, area, regions))
    in_time = [one for one in found if one.on <= on]
    return sorted(in_time, key=lambda one: (one.on, one.record)), left_out


def _movement(
    record: str, values: Mapping[str, Any], area: str | None, regions: RegionTable
) -> Movement:
    return Movement(
        record=record,
        office=region_called(values["office"], regions) or values["office"],
        kind=values["kind"],
        quantity=values["quantity"],
        on=date.fromisoformat(values["date"]),
        document=values.get("document", ""),
        area=area,
    )


def stock_document(report: StockReport, lang: str) -> dict[str, Any]:
    """Return the report as a JSON document; sentences in `lang`, and in both under `texts`."""
    return {
        "as_of": report.as_of.isoformat(),
        "offices": [
            stock_row(one) | {"findings": [_finding(each, lang) for each in one.findings]}
            for one in report.offices
        ],
        "total": {**report.total.as_dict(), **_ahead(report.total, report.forecast)},
        "forecast_days": report.forecast.window_days,
        "balanced": report.balanced,
        "left_out": report.left_out,
        "published": [
            {
                "region": one.region,
                "as_of": one.as_of.isoformat() if one.as_of else None,
                "measure": one.published.measure,
                "raw": one.published.raw,
                "source": one.source,
            }
            for one in report.published
        ],
        "findings": [{"region": one.region, **_finding(one.finding, lang)} for one in report.said],
    }


def stock_row(one: OfficeStock) -> dict[str, Any]:
    """Return one office in one line, under the names of COLUMNS."""
    ahead = _ahead(one.balance, one.forecast)
    return {"office": one.office, "name": one.name, **one.balance.as_dict(), **ahead}


def _ahead(parts: Balance, ahead: Forecast) -> dict[str, Any]:
    return {
        "fill_rate_percent": percent(parts.fill_rate),
        "a_day": round(float(ahead.a_day), 1),
        "days_left": ahead.days_left,
        "runs_out": ahead.runs_out.isoformat() if ahead.runs_out else None,
    }


def percent(share: Fraction | None) -> float | None:
    """Return a share in percent to one place, None for none."""
    return None if share is None else round(float(share * 100), 1)


def _finding(finding: Finding, lang: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "text": finding.text.text(lang),
        "texts": {"id": finding.text.id, "en": finding.text.en},
        "disagrees": finding.disagrees,
    }
