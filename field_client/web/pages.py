"""The WSGI application: pages, guard, languages, and how a failure is shown."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from field_client.errors import StoreLocked
from field_client.shift import IDLE_S, State
from field_client.sync.watch import has_route
from field_client.web import (
    addresses,
    assigned,
    attention,
    beginning,
    day,
    door,
    finding,
    forming,
    guard,
    held,
    home,
    keeping,
    mapping,
    outages,
    phones_pairing,
    phones_room,
    points,
    reading,
    sending,
    slip,
    stock,
    syncing,
    undoing,
    uploads,
    visiting,
)
from field_client.web.desk import Desk
from field_client.web.errors import PageMissing
from field_client.web.phones_line import Sharing
from field_client.web.runner import Runner
from field_client.web.showing import Room, page
from field_client.web.visitors import Step, Visitors
from field_client.web.words import language, size_text, text
from shared_schema.errors import InputError, JemputError

HERE = Path(__file__).parent
# Every room, in one place; its way in stands in `menu`.
ROOMS: tuple[Room, ...] = (
    door.blueprint,
    beginning.blueprint,
    home.blueprint,
    finding.blueprint,
    reading.blueprint,
    forming.blueprint,
    undoing.blueprint,
    assigned.blueprint,
    visiting.blueprint,
    points.blueprint,
    syncing.blueprint,
    sending.blueprint,
    attention.blueprint,
    outages.blueprint,
    day.blueprint,
    stock.blueprint,
    keeping.blueprint,
    slip.blueprint,
    mapping.blueprint,
    phones_room.blueprint,
    phones_pairing.blueprint,
)
BODY_BYTES = 64 << 10
_LEAVE_S = round(IDLE_S) + 5


class Pages(Flask):
    """The pages' application."""

    request_class = uploads.PagesRequest


def create_app(
    desk: Desk,
    default_language: str,
    *,
    routed: Callable[[], bool] = has_route,
    runner: Runner | None = None,
    sharing: Sharing | None = None,
    practice: bool = False,
) -> Flask:
    """Return the pages over one store. ``routed``: tells whether this laptop has any way out.

    ``runner``: syncs behind them. ``sharing``: serves them to phones. ``practice``: nothing here
    is real, and nothing is ever sent.
    """
    app = Pages(
        __name__,
        static_folder=str(HERE / "static"),
        template_folder=str(HERE / "templates"),
    )
    app.url_map.converters["region"] = addresses.RegionConverter
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.config["PRACTICE"] = practice
    app.extensions[syncing.RUNNER] = runner or Runner(desk=desk)
    shared = sharing or Sharing(desk=desk)
    app.extensions[phones_room.SHARING], shared.pages = shared, app
    app.jinja_env.filters["bytes"] = size_text
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    visitors = Visitors()

    @app.before_request
    def choose_language() -> None:
        g.default_language = default_language
        g.admitted = False

    guard.install(app, desk, visitors, shared.phones)
    for room in ROOMS:
        app.register_blueprint(room(desk, visitors))
    app.register_error_handler(Exception, lambda error: _answer(error, desk))
    app.context_processor(lambda: {"undoable": _undoable(desk, visitors)})
    app.context_processor(lambda: {"phones_in": shared.count()})
    app.context_processor(lambda: {"held": g.get("known") and held.waits(desk, g.guest)})
    app.context_processor(lambda: _always() | {"routed": routed, "practice": practice})
    return app


def _undoable(desk: Desk, visitors: Visitors) -> tuple[Step, int] | None:
    """Return what can be taken back; a page that is locked says nothing of it."""
    return undoing.undoable(desk, visitors) if g.admitted else None


def _always() -> dict[str, Any]:
    return {
        "_": text(),
        "lang": language(),
        "form_key": g.get("form_key", ""),
        "admitted": g.admitted,
        "on_phone": guard.on_phone(),
        "leave_s": _LEAVE_S,
        "here": request.full_path.rstrip("?"),
        "State": State,
        "bar": None,
        "notices": (),
        "nav": (),
    }


def _answer(error: Exception, desk: Desk) -> tuple[str, int] | Any:
    """Show what went wrong; only here is every exception caught."""
    if isinstance(error, StoreLocked):
        return current_app.redirect("/pin" if desk.shift.state is State.PIN else "/unlock", 303)
    shown = _told(error)
    return _error_page(desk, shown), shown.http_status


def _error_page(desk: Desk, shown: JemputError) -> str:
    """Say what went wrong, below the bar and the ways on as far as the store can tell them."""
    if g.admitted:
        with suppress(Exception), desk.borrow() as app:
            return page(desk, app, "error.html", error=shown)
    return render_template("error.html", error=shown)


def _told(error: Exception) -> JemputError:
    if isinstance(error, JemputError):
        return error
    if isinstance(error, HTTPException):
        return PageMissing() if error.code == 404 else InputError(reason=error.name)
    current_app.logger.error("page failed: %s", type(error).__name__)
    return JemputError()
