"""Home: what an officer does next, and how far the records are."""

from flask import Blueprint

from field_client.web import guard, memo, menu, screens
from field_client.web.desk import Desk
from field_client.web.showing import Page, page
from field_client.web.visitors import Visitors
from field_client.web.words import language


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the first page."""
    room = Blueprint("home", __name__)

    @room.get("/")
    def home() -> Page:
        with desk.use() as app:
            return page(
                desk,
                app,
                "home.html",
                tiles=screens.tiles(memo.counts(app)),
                more=menu.more(language(), on_phone=guard.on_phone()),
            )

    @room.post("/here")
    def here() -> Page:
        with desk.use():
            return "", 204

    return room
