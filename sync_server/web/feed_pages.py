"""The feed for spreadsheets and Power BI: its address, its tables, and the key that opens it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync_server import feed_keys, odata
from sync_server.accounts import Right, require
from sync_server.office import Office
from sync_server.web.guard import actor
from sync_server.web.looking import looking
from sync_server.web.words import feed_word

Page = str | Response | tuple[str, int]


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""

    @pages.get("/feed")
    def feed() -> Page:
        return _page(office)

    @pages.post("/feed/key")
    def make_feed_key() -> Page:
        require(actor(), Right.READ)
        return _page(office, feed_keys.make(office, actor()))

    @pages.post("/feed/key/end")
    def end_feed_key() -> Page:
        feed_keys.end(office, actor())
        return redirect(url_for("pages.feed", done="ended"), 303)


def _page(office: Office, made: str = "") -> str:
    with looking(office) as look:
        return render_template(
            "pages/feed.html",
            address=f"{request.url_root}odata",
            sets=[(name, feed_word(name)) for name in odata.SETS],
            open_sets={one.name for one in odata.sets_for(office, actor())},
            key=feed_keys.of(office, actor()),
            made=made,
            look=look,
            done=request.args.get("done", ""),
        )
