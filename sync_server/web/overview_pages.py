"""The first page: what a head of office asks at eight in the morning, and where to look further."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from sync_server import choices, outages, silence, tallies
from sync_server.coverage import Count
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.news_report import news_since
from sync_server.reports.outage_report import OutageReport, outage_report
from sync_server.reports.overview_report import News, Overview, name_of, overview
from sync_server.reports.stock_report import StockReport, stock_report
from sync_server.web import tasks
from sync_server.web.guard import actor
from sync_server.web.looking import looking_at
from sync_server.web.words import language

Page = str | Response | tuple[str, int]
_WIDTH = 200
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One region of a coverage table. ``bars``: (class, from, width) of its parts, of 200."""

    code: str
    name: str
    count: Count
    needed: int | None
    pace: float
    news: News
    bars: Sequence[tuple[str, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Outages that are open, those whose end nobody knows, and the blank cards."""

    open: int
    redirected_into: int
    longest_days: int
    cards: int | None
    cards_days: int | None


def add(pages: Blueprint, office: Office) -> None:
    """Add the route to the pages."""

    @pages.get("/")
    def home() -> Page:
        left = tallies.catch_up_soon(office).left
        with office.store.read() as connection:
            today = context_of(office, connection).today
            found = overview(connection, today, actor().covers)
            look = looking_at(connection)
            down = outage_report(connection, today, actor().covers)
            cards = stock_report(connection, today, actor().covers)
            mine = [one for one in choices.waiting(connection) if actor().covers(one.area)]
            page = render_template(
                "pages/home.html",
                found=found,
                total=line(found, found.region),
                lines=[line(found, code) for code in found.inside(found.region)],
                supply=_supply(today, down, cards),
                since=news_since(connection, today - A_DAY, actor(), down, cards, mine),
                silent=silence.silent(connection, office.now_ms(), actor().covers),
                tasks=tasks.waiting(look, actor()),
                uncounted=left,
            )
        tallies.keep(office, found.sums)
        return page


def line(found: Overview, code: str) -> Line:
    """Return one region's line."""
    count = found.counts[code]
    return Line(
        code=code,
        name=name_of(found.regions, code, found.partial, language()),
        count=count,
        needed=found.needed(code),
        pace=found.pace.get(code, 0.0),
        news=found.news.get(code, News()),
        bars=bars(count),
    )


def bars(count: Count, width: int = _WIDTH) -> list[tuple[str, int, int]]:
    """Return the parts of those who must hold a card as lengths along a bar."""
    parts = (
        ("printed", count.printed),
        ("ready", count.not_printed),
        ("field", count.recorded_field),
        ("missing", count.not_recorded),
    )
    found, at, before = [], 0, 0
    for name, size in parts:
        before += size
        upto = round(width * before / count.wajib) if count.wajib else 0
        if upto > at:
            found.append((name, at, upto - at))
        at = upto
    return found


def _supply(today: date, down: OutageReport, cards: StockReport) -> Supply:
    still = [one for one in down.outages if outages.is_open(one)]
    return Supply(
        open=len(still),
        redirected_into=sum(bool(one.down) for one in down.redirects),
        longest_days=max((outages.age(one, today).least for one in still), default=0),
        cards=cards.total.remaining if cards.offices else None,
        cards_days=cards.forecast.days_left if cards.offices else None,
    )
