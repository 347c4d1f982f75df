"""Quality by officer: questions about the visits of some days, never verdicts."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from flask import Blueprint, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from sync_server import auditing, quality, tallies
from sync_server.office import Office
from sync_server.quality import Visit
from sync_server.registry import context_of
from sync_server.store.queries import tallies as sums
from sync_server.store.queries.houses import houses_of
from sync_server.tallies import day_number
from sync_server.web.guard import actor

Page = str | Response | tuple[str, int]
_DAYS = (7, 14, 31)


def add(pages: Blueprint, office: Office) -> None:
    """Add the route to the pages."""

    @pages.get("/quality", endpoint="quality")
    def show_quality() -> Page:
        days = request.args.get("days", _DAYS[0], type=int)
        days = days if days in _DAYS else _DAYS[0]
        tallies.catch_up_soon(office)
        with office.store.write() as connection:
            today = context_of(office, connection).today
            first = day_number(today - timedelta(days=days - 1))
            found = quality.questions(_visits(connection, first), partial(houses_of, connection))
            auditing.note(office, connection, actor(), "quality-seen", "", {"days": days})
        return render_template("pages/quality.html", found=found, days=days, among=_DAYS)


def _visits(connection: Connection, first: int) -> Iterable[Visit]:
    made = map(Visit._make, sums.visits_since(connection, first))
    user = actor()
    return (one for one in made if user.covers(one.village or None)) if user.area else made
