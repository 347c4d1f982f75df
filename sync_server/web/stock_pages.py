"""Blank cards: what each office asked for, received, used and has left, and how long it lasts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import RegionTable
from sync_server import charts, noting, stock
from sync_server.accounts import Right, require
from sync_server.figures import MEASURES, Finding
from sync_server.office import Office
from sync_server.places import known_regions
from sync_server.registry import context_of
from sync_server.reports.outage_words import day_text
from sync_server.reports.stock_layout import PART_LABELS, fill_text, forecast_text, stock_rows
from sync_server.reports.stock_report import COLUMNS, PARTS, StockReport, stock_report
from sync_server.stock import Balance
from sync_server.web import noted
from sync_server.web.files import table_file
from sync_server.web.guard import actor
from sync_server.web.looking import Looking, looking_at

Page = str | Response | tuple[str, int]
_FIELDS = ("office", "kind", "quantity", "date", "document", "note")
_LAST = 30
_DRAWN = ("requested", "received", "used", "remaining")
_KIND = "stock_movement"


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/stock")
    def stock_page() -> Page:
        with office.store.read() as connection:
            return _page(office, connection)

    @pages.get("/stock.csv")
    def stock_table() -> Page:
        with office.store.read() as connection:
            report = _report(office, connection)
        return table_file("blangko.csv", COLUMNS, stock_rows(report))

    @pages.post("/stock")
    def note_movement() -> Page:
        require(actor(), Right.DECIDE)
        form = noted.said(request.form)
        try:
            with office.store.write() as connection:
                noted.note(office, connection, _KIND, form)
        except JemputError as error:
            with office.store.read() as connection:
                return _page(office, connection, form=form, error=error), error.http_status
        return redirect(url_for("pages.stock_page"), 303)

    @pages.post("/stock/withdraw")
    def withdraw_movement() -> Page:
        noted.withdraw(office, request.form.get("noted", ""))
        return redirect(url_for("pages.stock_page"), 303)


def _report(office: Office, connection: Connection) -> StockReport:
    return stock_report(connection, context_of(office, connection).today, actor().covers)


def _page(
    office: Office,
    connection: Connection,
    *,
    form: Mapping[str, str] | None = None,
    error: JemputError | None = None,
) -> str:
    report, look = _report(office, connection), looking_at(connection)
    typed = form or {"date": report.as_of.isoformat()}
    return render_template(
        "pages/stock.html",
        day=day_text(report.as_of, look.lang),
        remaining=report.total.remaining,
        awaited=report.total.awaited,
        forecast=report.forecast,
        rate=round(report.forecast.a_day) if report.forecast.a_day >= 1 else None,
        ahead=forecast_text(report.forecast, look.lang) if report.offices else "",
        parts=[PART_LABELS[name].text(look.lang) for name in PARTS],
        rows=[(one.name, _cells(one.balance)) for one in report.offices],
        total=_cells(report.total),
        balanced=report.balanced,
        told=[_told(one, look) for one in report.offices],
        published=_published(report, known_regions(connection), look.lang),
        said=[(_warns(one.finding), one.finding.text.text(look.lang)) for one in report.said],
        movements=_movements(report, connection, look),
        **_over_time(report, look.lang),
        left_out=report.left_out,
        fields=noted.inputs(look, _KIND, _FIELDS, typed, {"office": noted.regions(look)}),
        error=error,
    )


def _over_time(report: StockReport, lang: str) -> dict[str, Any]:
    """Return how the cards of all offices came and went: a chart, and the table behind it."""
    moved = [one for office in report.offices for one in office.movements]
    days = stock.over_time(moved, report.as_of)
    if len(days) < 2:
        return {"chart": None, "days": ()}
    series = {
        PART_LABELS[name].text(lang): [one.as_dict()[name] for _, one in days] for name in _DRAWN
    }
    return {
        "chart": charts.steps([on for on, _ in days], series),
        "days": [
            (day_text(on, lang), [one.as_dict()[name] for name in _DRAWN]) for on, one in days
        ],
    }


def _cells(balance: Balance) -> Sequence[int]:
    return [balance.as_dict()[name] for name in PARTS]


def _told(one: Any, look: Looking) -> dict[str, Any]:
    return {
        "name": one.name,
        "ahead": forecast_text(one.forecast, look.lang),
        "fill": fill_text(one.balance, look.lang),
        "findings": [(each.disagrees, each.text.text(look.lang)) for each in one.findings],
    }


def _warns(finding: Finding) -> bool:
    return finding.disagrees or finding.code == "BLANKS_SHORT"


def _published(
    report: StockReport, regions: RegionTable, lang: str
) -> list[tuple[str, str, str, str]]:
    """Return place, day, what it counts and the raw text of each figure that was published."""
    return [
        (
            regions.name(one.region),
            day_text(one.as_of, lang),
            measure_text(one.published.measure, lang),
            one.published.raw,
        )
        for one in report.published
    ]


def _movements(report: StockReport, connection: Connection, look: Looking) -> list[dict[str, Any]]:
    """Return the last movements, the newest first."""
    kinds = RECORD_TYPES[_KIND].fields["kind"].codes
    together = [(one, office.name) for office in report.offices for one in office.movements]
    together.sort(key=lambda pair: (pair[0].on, pair[0].record), reverse=True)
    return [
        {
            "record": one.record,
            "day": day_text(one.on, look.lang),
            "office": name,
            "kind": kinds.label(one.kind).text(look.lang) if kinds else one.kind,
            "quantity": one.quantity,
            "document": one.document,
            "ours": noting.is_ours(connection, UUID(one.record)),
        }
        for one, name in together[:_LAST]
    ]


def measure_text(measure: str, lang: str) -> str:
    """Return what a published figure counts."""
    known = MEASURES.get(measure)
    return known.text(lang) if known else measure
