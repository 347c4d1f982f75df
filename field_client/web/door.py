"""The door: unlock, the PIN of a paused shift, pause, lock, a page left alone, the language."""

from flask import (
    Blueprint,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from field_client.errors import PinForgotten, PinWeak, PinWrong
from field_client.vault.errors import OperatorUnknown, PassphraseWrong
from field_client.vault.keys import has_slots, require_not_wiped
from field_client.web import held
from field_client.web.ahead import read_ahead
from field_client.web.desk import Desk
from field_client.web.showing import Page, admit, local_path, locked_page, page, paused_page, to
from field_client.web.visitors import Visitors
from field_client.web.words import COOKIE
from shared_schema.i18n import LANGUAGES

_YEAR_S = 365 * 86400


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the pages that open and close the store."""
    room = Blueprint("door", __name__)
    _add_unlocking(room, desk, visitors)
    _add_resuming(room, desk, visitors)
    _add_leaving(room, desk, visitors)

    @room.post("/language", endpoint="language")
    def choose_language() -> Response:
        answer = redirect(local_path(request.form.get("back", "")), 303)
        if request.form.get("lang") in LANGUAGES:
            answer.set_cookie(COOKIE, request.form["lang"], max_age=_YEAR_S, samesite="Strict")
        return answer

    @room.get("/shell.js")
    def shell() -> Response:
        return current_app.send_static_file("shell.js")

    @room.get("/asleep")
    def asleep() -> Page:
        return render_template("asleep.html")

    return room


def _add_unlocking(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/unlock")
    def unlock() -> Page:
        require_not_wiped(desk.home)
        if not has_slots(desk.home):
            return to("beginning.begin")
        return locked_page(desk)

    @room.get("/unlock/progress")
    def updating() -> Page:
        return render_template("_updating.html", share=desk.updated, anew=desk.anew)

    @room.post("/unlock")
    def enter() -> Page:
        operator = request.form.get("operator", "")
        try:
            desk.unlock(operator, request.form.get("passphrase", ""))
        except (PassphraseWrong, OperatorUnknown) as error:
            return locked_page(desk, error, operator), error.http_status
        read_ahead(desk)
        operator, before = desk.shift.operator, visitors.here
        found = held.taken(desk, before) if before.operator == operator else None
        token = visitors.admit(desk.clock(), operator)
        led = held.carried_out(visitors, found, token) if found else to("home.home")
        admit(token)
        return led


def _add_resuming(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/pin")
    def resume() -> Page:
        return paused_page(desk)

    @room.post("/pin")
    def enter_by_pin() -> Page:
        try:
            desk.resume(request.form.get("pin", ""))
        except PinWrong as error:
            return paused_page(desk, error), error.http_status
        except PinForgotten as error:
            return locked_page(desk, error), error.http_status
        read_ahead(desk)
        visitors.here.used_s = desk.clock()
        found = held.taken(desk, visitors.here)
        return held.carried_out(visitors, found, g.token) if found else to("home.home")

    @room.get("/pin/new")
    def new_pin() -> Page:
        with desk.use() as app:
            return page(desk, app, "pin_new.html")

    @room.post("/pin/new")
    def set_pin() -> Page:
        try:
            desk.set_pin(request.form.get("pin", ""))
        except PinWeak as error:
            with desk.use() as app:
                return page(desk, app, "pin_new.html", error=error), error.http_status
        return to("home.home")


def _add_leaving(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/pause")
    def pause() -> Response:
        desk.pause()
        return _gone(url_for("door.resume"))

    @room.post("/lock")
    def end() -> Response:
        desk.end()
        visitors.dismiss()
        return _gone(url_for("door.unlock"))

    @room.get("/idle")
    def idle() -> Page:
        if g.admitted:
            return render_template("idle.html")
        return to("home.home")


def _gone(where: str) -> Response:
    """Lead away from what is locked now, and have the browser forget what it showed."""
    answer = make_response(redirect(where, 303))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
