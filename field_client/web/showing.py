"""How every room shows a page: the bar, what the officer should be told, the way to undo."""

from collections.abc import Callable
from typing import Any

from flask import Response as FlaskResponse
from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from field_client.opened import App
from field_client.shift import State
from field_client.vault.keys import list_operators
from field_client.web import menu, screens
from field_client.web.desk import Desk
from field_client.web.visitors import Visitors
from field_client.web.words import language, text
from shared_schema.errors import JemputError

Page = str | Response | FlaskResponse | tuple[str, int]
Room = Callable[[Desk, Visitors], Any]


def page(desk: Desk, app: App, template: str, **values: Any) -> str:
    """Render a page of the open store, with the bar and what the officer should be told."""
    notices = [warning.message(text()) for warning in (*app.warnings, *_troubles(desk))]
    return render_template(
        template,
        app=app,
        bar=screens.bar(app),
        shift=desk.shift,
        notices=notices,
        nav=menu.bar(language(), request.endpoint or ""),
        **values,
    )


def part(template: str, **values: Any) -> str:
    """Render a piece of a page, for a browser that puts it in place by itself."""
    return render_template(template, **values)


def wants_part() -> bool:
    """Tell whether the page itself asked for a piece, not the browser for a page."""
    return request.headers.get("HX-Request") == "true"


def to(endpoint: str, **values: Any) -> Response:
    """Lead on to another page after something was done."""
    return redirect(url_for(endpoint, **values), 303)


def local_path(path: str) -> str:
    """Return a path of these pages; anything else leads to the beginning."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local else url_for("home.home")


def locked_page(desk: Desk, error: JemputError | None = None, chosen: str = "") -> str:
    """Render the door."""
    return render_template(
        "unlock.html",
        operators=list_operators(desk.home),
        chosen=chosen,
        sealed=screens.sealed_here(desk.home),
        elsewhere=desk.shift.state is State.OPEN,
        error=error or desk.ended,
        share=desk.updated,
        anew=desk.anew,
    )


def paused_page(desk: Desk, error: JemputError | None = None) -> str:
    """Render the door of a paused shift."""
    return render_template(
        "pin.html", shift=desk.shift, sealed=screens.sealed_here(desk.home), error=error
    )


def admit(token: str) -> None:
    """Give the browser that has unlocked its new cookie with this answer."""
    g.cookie = token


def _troubles(desk: Desk) -> tuple[JemputError, ...]:
    return (desk.trouble,) if desk.trouble else ()
