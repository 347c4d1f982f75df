"""The pages put together: guard, routes, what every template knows, and how a failure is shown."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from shared_schema.errors import InputError, JemputError
from sync_server.accounts import Right, SignedOut
from sync_server.api import errors
from sync_server.importing import Imports
from sync_server.office import Office
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.web import (
    area_pages,
    arrival_pages,
    campaign_pages,
    claim_pages,
    conflict_pages,
    correction_pages,
    decision_pages,
    device_pages,
    entering,
    export_pages,
    feed_pages,
    guard,
    home_pages,
    import_pages,
    job_pages,
    office_pages,
    overview_pages,
    quality_pages,
    queue_pages,
    recap_pages,
    summons_pages,
    supply_pages,
)
from sync_server.web.errors import (
    FormTooLarge,
    FormUnreadable,
    HostUnknown,
    NotDoneHere,
    PageUnknown,
)
from sync_server.web.words import (
    KEYS_COOKIE,
    action_word,
    bits,
    day_text,
    language,
    number,
    percent,
    role_word,
    short_day,
    text,
)

_PARTS = (
    entering,
    home_pages,
    overview_pages,
    area_pages,
    device_pages,
    recap_pages,
    campaign_pages,
    summons_pages,
    quality_pages,
    export_pages,
    feed_pages,
    arrival_pages,
    queue_pages,
    conflict_pages,
    decision_pages,
    correction_pages,
    claim_pages,
    job_pages,
    office_pages,
    supply_pages,
)

# Read at the start, so that the first request waits for none of it.
_WARMED = ("door", "home", "base", "_parts", "_ways", "_coverage")


def install(app: Flask, office: Office, imports: Imports, hosts: Collection[str] = ()) -> None:
    """Add the pages to the server's application."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = Blueprint(
        "pages", __name__, static_folder="static", static_url_path="/static",
        template_folder="templates",
    )  # fmt: skip
    guard.install(pages, office, hosts)
    for part in _PARTS:
        part.add(pages, office)
    import_pages.add(pages, office, imports)
    pages.register_error_handler(Exception, _answer)
    with office.store.read() as connection:
        name = facts.need(connection, Fact.NAME)
    pages.context_processor(lambda: _always(name))
    app.register_blueprint(pages)
    for first in _WARMED:
        app.jinja_env.get_template(f"pages/{first}.html")

    def answer_anywhere(error: Exception) -> Any:
        """Show a page to a browser that asked for an address which is nobody's."""
        if request.blueprint is not None or not _is_browser():
            return errors.answer(error)
        try:
            guard.require_known_host(hosts)
        except HostUnknown as unknown:
            return errors.answer(unknown)
        guard.recognise(office)
        shown = told(error)
        page = render_template("pages/error.html", error=shown, **_always(name))
        return guard.sealed(make_response(page, shown.http_status))

    app.register_error_handler(Exception, answer_anywhere)


def _is_browser() -> bool:
    """Tell whether pages are asked for by name, as browsers do and programs do not."""
    return "text/html" in request.headers.get("Accept", "")


def _always(office_name: str) -> dict[str, Any]:
    return {
        "_": text(),
        "lang": language(),
        "form_key": g.get("form_key", ""),
        "actor": g.get("actor"),
        "here": request.full_path.rstrip("?"),
        "office_name": office_name,
        "keys_on": request.cookies.get(KEYS_COOKIE) != "off",
        "Right": Right,
        "number": number,
        "bits": bits,
        "percent": percent,
        "day_text": day_text,
        "short_day": short_day,
        "role_word": role_word,
        "action_word": action_word,
    }


def _answer(error: Exception) -> Any:
    """Show what went wrong on a page."""
    if isinstance(error, SignedOut):
        return redirect(url_for("pages.door"), 303)
    shown = told(error)
    return render_template("pages/error.html", error=shown), shown.http_status


_BY_STATUS: Mapping[int | None, type[InputError]] = {
    404: PageUnknown,
    405: NotDoneHere,
    413: FormTooLarge,
}


def told(error: Exception) -> JemputError:
    """Return an error that a page can explain in place of any other."""
    if isinstance(error, JemputError):
        return error
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.code, FormUnreadable)()
    current_app.logger.error("page failed: %s", type(error).__name__)
    return JemputError()
