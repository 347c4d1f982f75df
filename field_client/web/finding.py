"""Search first: by part of a name or number, as it is typed, without a line."""

from flask import Blueprint, request

from field_client.opened import App
from field_client.search import LIMIT, search
from field_client.web import screens
from field_client.web.desk import Desk
from field_client.web.showing import Page, page, part, to, wants_part
from field_client.web.visitors import Visitors

TYPED = 20


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the search; what is sought is remembered here, since browsers keep addresses."""
    room = Blueprint("finding", __name__)

    @room.get("/search")
    def find() -> Page:
        with desk.use() as app:
            rows = _found(app, visitors.here.sought)
            return page(
                desk, app, "search.html", wanted=visitors.here.sought, rows=rows, limit=LIMIT
            )

    @room.post("/search")
    def seek() -> Page:
        visitors.here.sought = request.form.get("q", "").strip()
        if not wants_part():
            return to("finding.find")
        with desk.use() as app:
            rows = _found(app, visitors.here.sought, TYPED)
            return part("_found.html", wanted=visitors.here.sought, rows=rows, limit=TYPED)

    return room


def _found(app: App, wanted: str, limit: int = LIMIT) -> list[screens.Row]:
    return screens.rows(app, search(app.journal, wanted, limit)) if wanted else []
