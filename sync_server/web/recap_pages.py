"""Rekap harian: a day of a district or the regency, on a page, on paper, or for a spreadsheet."""

from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from shared_schema.regions import Level, contains, level
from sync_server import charts, papers, tallies
from sync_server.coverage import needed_a_day
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.letterhead import SERVICE, place_and_day
from sync_server.reports.overview_report import days_left, name_of
from sync_server.reports.pace_report import recorded_by_day
from sync_server.reports.recap_layout import Table, balance_text, one_table, recap_tables
from sync_server.reports.recap_report import Recap, recap
from sync_server.spreadsheet import Sheet, write_workbook
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.web.errors import FormUnreadable
from sync_server.web.files import paper_file, table_file, workbook_file
from sync_server.web.guard import actor
from sync_server.web.words import day_text, language, number, text

Page = str | Response | tuple[str, int]
_LAYOUTS = ("csv", "xlsx", "pdf")


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/recap", endpoint="recap")
    def show_recap() -> Page:
        left = tallies.catch_up_soon(office).left
        with office.store.read() as connection:
            found = _recap(office, connection)
            page = render_template(
                "pages/recap.html",
                found=found,
                tables=recap_tables(found, language(), text()),
                name=name_of(found.regions, found.total.region, found.partial, language()),
                districts=[code for code in found.regions.districts() if actor().covers(code)],
                deeper=level(found.total.region) < Level.DISTRICT,
                supply=found.supplies.total.counts,
                **_pace(connection, found),
                uncounted=left,
                layouts=_LAYOUTS,
            )
        tallies.keep(office, found.sums)
        return page

    @pages.get("/recap.<layout>")
    def recap_file(layout: str) -> Page:
        tallies.finish(office)
        with office.store.read() as connection:
            found = _recap(office, connection)
            name = facts.need(connection, Fact.NAME)
        stem = f"rekap-{found.total.region}-{found.day.isoformat()}"
        if layout == "pdf":
            return paper_file(f"{stem}.pdf", papers.pdf("recap", _paper(found, name)))
        if layout == "xlsx":
            return workbook_file(f"{stem}.xlsx", _workbook(found))
        if layout == "csv":
            return table_file(f"{stem}.csv", *one_table(found))
        raise FormUnreadable


def _recap(office: Office, connection: Connection) -> Recap:
    try:
        given = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        given = context_of(office, connection).today
    return recap(connection, given, request.args.get("region") or None, actor().covers)


def _pace(connection: Connection, found: Recap) -> dict[str, Any]:
    """Return the recordings of each day up to this one, beside what is needed from it on."""
    region, covers = found.total.region, actor().covers
    days = recorded_by_day(
        connection, found.day, lambda village: contains(region, village) and covers(village)
    )
    left = days_left(found.rule.policy, found.day)
    needed = None if left is None else needed_a_day(found.total.count, left)
    return {
        "chart": charts.bars([day for day, _ in days], [count for _, count in days], needed),
        "needed": needed,
        "days": [(day_text(day), [count]) for day, count in reversed(days)],
    }


def _workbook(found: Recap) -> bytes:
    target = BytesIO()
    sheets = (
        Sheet(name=one.title, headers=one.headers, rows=[*one.rows, one.total], widths=(16, 24))
        for one in recap_tables(found, language(), text())
    )
    for _ in write_workbook(target, sheets):
        pass
    return target.getvalue()


def _paper(found: Recap, office: str) -> dict[str, Any]:
    texts, day = text(), day_text(found.day)
    region = name_of(found.regions, found.total.region, found.partial, language())
    return {
        "lang": language(),
        "office": office,
        "service": SERVICE.text(language()),
        "title": texts("Daily recap of {region}, {day}").format(region=region, day=day),
        "told": found.rule.name or texts("Standing rule"),
        "tables": [_printed(one) for one in recap_tables(found, language(), texts)],
        "balance": balance_text(found, texts),
        "place_and_day": place_and_day(found.day, language()),
        "signs": texts("Head of Office,"),
    }


def _printed(one: Table) -> dict[str, Any]:
    def shown(row: Any) -> list[str]:
        return [cell if isinstance(cell, str) else number(cell) for cell in row]

    return {
        "title": one.title,
        "headers": list(one.headers),
        "rows": [shown(row) for row in one.rows],
        "total": shown(one.total),
    }
