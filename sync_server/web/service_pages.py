"""Service today: one page to print and a text to share, for offices, radio and churches."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, render_template
from sqlalchemy import Connection

from shared_schema.regions import RegionTable
from sync_server import service
from sync_server.office import Office
from sync_server.places import known_regions
from sync_server.registry import context_of
from sync_server.reports import service_words as words
from sync_server.reports.outage_report import outage_report
from sync_server.reports.outage_words import day_text
from sync_server.reports.stock_report import stock_report
from sync_server.service import Serves, Today
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.web.guard import actor
from sync_server.web.words import language

_MARKS = {
    Serves.YES: ("done", "fine"),
    Serves.NO: ("attention", "down"),
    Serves.SOMETIMES: ("undecided", "unknown"),
    Serves.UNCLEAR: ("undecided", "unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    today: Today
    on: date
    office: str
    regions: RegionTable


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/service")
    def service_today() -> str:
        with office.store.read() as connection:
            found, lang = _served(office, connection), language()
        return render_template(
            "pages/service.html",
            office=found.office,
            day=day_text(found.on, lang),
            rows=[
                (
                    words.office_text(one, found.today, found.regions, lang),
                    words.RECORDS[one.records].text(lang),
                    *_MARKS[one.records],
                    words.instead_text(one, found.regions, lang),
                    [found.regions.name(code) for code in one.warned],
                    one.prints and (words.PRINTS[one.prints].text(lang), *_MARKS[one.prints]),
                )
                for one in found.today.rows
            ],
            prints=(words.PRINTS[found.today.prints].text(lang), *_MARKS[found.today.prints]),
            everywhere=found.today.everywhere is not Serves.YES,
            share=words.share_text(found.today, found.office, found.on, found.regions, lang),
        )

    @pages.get("/service.txt")
    def service_text() -> Response:
        with office.store.read() as connection:
            found = _served(office, connection)
        said = words.share_text(found.today, found.office, found.on, found.regions, language())
        answer = Response(f"{said}\n", mimetype="text/plain")
        answer.headers["Content-Disposition"] = 'attachment; filename="layanan-hari-ini.txt"'
        return answer


def _served(office: Office, connection: Connection) -> _Served:
    on = context_of(office, connection).today
    region, regions = facts.need(connection, Fact.REGION), known_regions(connection)
    down = outage_report(connection, on)
    stock = stock_report(connection, on)
    found = service.today(
        region,
        [code for code in regions.districts(region) if actor().covers(code)],
        down.outages,
        down.redirects,
        {one.office: one.balance.remaining for one in stock.offices},
        regions,
    )
    return _Served(today=found, on=on, office=facts.need(connection, Fact.NAME), regions=regions)
