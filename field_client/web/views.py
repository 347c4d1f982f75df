"""The pages themselves: unlock, pause, home, search, lists, one record."""

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from field_client import display
from field_client.entries import COUNTED
from field_client.errors import PinForgotten, PinWeak, PinWrong, RecordUnknown
from field_client.opened import App
from field_client.search import LIMIT, search
from field_client.shift import State
from field_client.vault.errors import OperatorUnknown, PassphraseWrong
from field_client.vault.keys import list_operators
from field_client.web import screens
from field_client.web.desk import Desk
from field_client.web.errors import PageMissing
from field_client.web.visitors import Visitors
from field_client.web.words import COOKIE, language, text
from shared_schema.errors import JemputError
from shared_schema.i18n import LANGUAGES

Page = str | Response | tuple[str, int]
_YEAR_S = 365 * 86400


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return all pages over one store."""
    pages = Blueprint("pages", __name__)
    _add_unlocking(pages, desk, visitors)
    _add_resuming(pages, desk)
    _add_leaving(pages, desk, visitors)
    _add_searching(pages, desk, visitors)
    _add_reading(pages, desk)

    @pages.post("/language", endpoint="language")
    def choose_language() -> Response:
        answer = redirect(_local_path(request.form.get("back", "")), 303)
        if request.form.get("lang") in LANGUAGES:
            answer.set_cookie(COOKIE, request.form["lang"], max_age=_YEAR_S, samesite="Strict")
        return answer

    return pages


def _add_unlocking(pages: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @pages.get("/unlock")
    def unlock() -> Page:
        return _locked_page(desk)

    @pages.post("/unlock")
    def enter() -> Page:
        operator = request.form.get("operator", "")
        try:
            desk.unlock(operator, request.form.get("passphrase", ""))
        except (PassphraseWrong, OperatorUnknown) as error:
            return _locked_page(desk, error, operator), error.http_status
        g.cookie = visitors.admit()
        return redirect(url_for("pages.home"), 303)


def _add_resuming(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/pin")
    def resume() -> Page:
        return _paused_page(desk)

    @pages.post("/pin")
    def enter_by_pin() -> Page:
        try:
            desk.resume(request.form.get("pin", ""))
        except PinWrong as error:
            return _paused_page(desk, error), error.http_status
        except PinForgotten as error:
            return _locked_page(desk, error), error.http_status
        return redirect(url_for("pages.home"), 303)

    @pages.get("/pin/new")
    def new_pin() -> Page:
        with desk.use() as app:
            return _page(desk, app, "pin_new.html")

    @pages.post("/pin/new")
    def set_pin() -> Page:
        try:
            desk.set_pin(request.form.get("pin", ""))
        except PinWeak as error:
            with desk.use() as app:
                return _page(desk, app, "pin_new.html", error=error), error.http_status
        return redirect(url_for("pages.home"), 303)


def _add_leaving(pages: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @pages.post("/pause")
    def pause() -> Response:
        desk.pause()
        return _gone(url_for("pages.resume"))

    @pages.post("/lock")
    def end() -> Response:
        desk.end()
        visitors.dismiss()
        return _gone(url_for("pages.unlock"))

    @pages.get("/idle")
    def idle() -> Page:
        if g.admitted:
            return render_template("idle.html")
        return redirect(url_for("pages.home"), 303)


def _add_searching(pages: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @pages.get("/search")
    def find() -> Page:
        wanted = visitors.sought
        with desk.use() as app:
            found = screens.rows(app, search(app.journal, wanted)) if wanted else []
            return _page(desk, app, "search.html", wanted=wanted, rows=found, limit=LIMIT)

    @pages.post("/search")
    def seek() -> Response:
        visitors.sought = request.form.get("q", "").strip()
        return redirect(url_for("pages.find"), 303)


def _add_reading(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/")
    def home() -> Page:
        with desk.use() as app:
            counts = app.journal.counts()
            return _page(desk, app, "home.html", counts=counts, tiles=screens.tiles(counts))

    @pages.get("/records/<state>")
    def records(state: str) -> Page:
        if state not in set(COUNTED):
            raise PageMissing
        with desk.use() as app:
            entries = [one for one in app.journal.entries(state=state) if one.own]
            shown = screens.rows(app, entries[-LIMIT:][::-1])
            word = display.state_word(state, language())
            return _page(
                desk, app, "list.html", state=state, word=word, rows=shown, count=len(entries)
            )

    @pages.get("/record/<uuid:record>")
    def show(record: Any) -> Page:
        with desk.use() as app:
            entry = app.journal.entry(record)
            if entry is None:
                raise RecordUnknown(text=record)
            return _page(desk, app, "record.html", sheet=screens.sheet(app, entry))


def _page(desk: Desk, app: App, template: str, **values: Any) -> str:
    """Render a page of the open store, with the bar and what the officer should be told."""
    counts = values.pop("counts", None) or app.journal.counts()
    notices = [warning.message(text()) for warning in (*app.warnings, *_troubles(desk))]
    return render_template(
        template,
        app=app,
        bar=screens.bar(app, counts),
        shift=desk.shift,
        notices=notices,
        **values,
    )


def _troubles(desk: Desk) -> tuple[JemputError, ...]:
    return (desk.trouble,) if desk.trouble else ()


def _locked_page(desk: Desk, error: JemputError | None = None, chosen: str = "") -> str:
    return render_template(
        "unlock.html",
        operators=list_operators(desk.home),
        chosen=chosen,
        sealed=screens.sealed_here(desk.home),
        elsewhere=desk.shift.state is State.OPEN,
        error=error or desk.ended,
    )


def _paused_page(desk: Desk, error: JemputError | None = None) -> str:
    return render_template(
        "pin.html", shift=desk.shift, sealed=screens.sealed_here(desk.home), error=error
    )


def _gone(where: str) -> Response:
    """Lead away from what is locked now, and have the browser forget what it showed."""
    answer = make_response(redirect(where, 303))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _local_path(path: str) -> str:
    """Return a path of these pages; anything else leads to the beginning."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local else url_for("pages.home")
