"""The filters of the queue: read from an address, shown in a form, carried along."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from sqlalchemy import select

from shared_schema.regions import Level, level
from sync_server import queueing
from sync_server.queue import Filters
from sync_server.store import tables
from sync_server.store.queries.records import current_of
from sync_server.web.guard import actor
from sync_server.web.looking import Looking

_MOST_CAMPAIGNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The filters of a page: themselves, what can be chosen, and their form in an address."""

    now: Filters
    query: str
    areas: list[tuple[str, str]]
    campaigns: list[tuple[str, str]]

    @property
    def active(self) -> bool:
        """Tell whether anything but the kind is asked for."""
        return self.now != Filters(kind=self.now.kind)


def asked() -> Filters:
    """Return the filters in this request: its form's, else its address's."""
    carried = request.form.get("filters")
    return queueing.filters_of(request.query_string.decode() if carried is None else carried)


def address(filters: Filters, **more: Any) -> str:
    """Return the address of the queue under these filters."""
    path = url_for("pages.queue", **{name: value for name, value in more.items() if value})
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}{queueing.query_of(filters)}"


def shown(look: Looking, filters: Filters) -> Shown:
    """Return filters with what else could be chosen."""
    areas = [
        (code, look.regions.name(code))
        for code, _ in look.regions.to_rows()
        if level(code) is Level.DISTRICT and actor().touches(code)
    ]
    return Shown(
        now=filters, query=queueing.query_of(filters), areas=areas, campaigns=_campaigns(look)
    )


def _campaigns(look: Looking) -> list[tuple[str, str]]:
    table = tables.records
    query = select(table).where(table.c.type == "campaign", table.c.void.is_(False))
    newest = query.order_by(table.c.position.desc()).limit(_MOST_CAMPAIGNS)
    every = [current_of(row) for row in look.connection.execute(newest)]
    found = [one for one in every if actor().touches(one.area)]
    return [(str(one.record), str(one.state.shown("name") or one.record)) for one in found]
