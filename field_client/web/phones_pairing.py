"""Phones, in the hand: let in by the laptop's code, put to sleep, woken by the phone's own PIN."""

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

from field_client.app import read_clocks
from field_client.errors import PinWeak
from field_client.shift import State
from field_client.web import held
from field_client.web.desk import Desk
from field_client.web.errors import (
    PhoneCodeWait,
    PhoneCodeWrong,
    PhoneNameless,
    PhoneOut,
    PhonePinWrong,
)
from field_client.web.phones import NAME_LETTERS, ON_PHONE, Asked, Phones
from field_client.web.phones_room import SHARING
from field_client.web.showing import Page, admit, to
from field_client.web.visitors import Visitors
from shared_schema.errors import JemputError


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the phone's side; it holds nothing of anybody, and asks no passphrase."""
    room = Blueprint("pairing", __name__)
    _add_pairing(room, desk)
    _add_sleeping(room, desk, visitors)

    @room.get("/wait")
    def wait() -> Page:
        if g.known and desk.shift.state is State.OPEN:
            return _go_on(desk, visitors)
        return render_template("phone_wait.html")

    return room


def _add_pairing(room: Blueprint, desk: Desk) -> None:
    @room.get("/pair")
    def pair() -> Page:
        return to("home.home") if g.known else _asked()

    @room.post("/pair")
    def enter() -> Page:
        asked = Asked(
            code=request.form.get("code", ""),
            name=request.form.get("name", ""),
            digits=request.form.get("pin", ""),
            caller=request.remote_addr or "",
        )
        now_s, now_ms = desk.clock(), read_clocks().wall_ms
        try:
            token = _phones().pair(asked, desk.shift.operator, now_s=now_s, now_ms=now_ms)
        except (PhoneCodeWait, PhoneCodeWrong, PhoneNameless, PinWeak) as error:
            return _asked(error), error.http_status
        admit(token)
        return to("home.home")


def _add_sleeping(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/wake")
    def wake() -> Page:
        return _asleep() if g.known and not g.admitted else to("home.home")

    @room.post("/wake")
    def enter_by_pin() -> Page:
        if not g.known:
            return to("pairing.pair")
        try:
            _phones().wake(g.phone, request.form.get("pin", ""), desk.clock())
        except PhonePinWrong as error:
            return _asleep(error), error.http_status
        except PhoneOut as error:
            return _asked(error), error.http_status
        return _go_on(desk, visitors)

    @room.post("/rest")
    def rest() -> Response:
        if g.known:
            _phones().rest(g.phone)
        answer = make_response(redirect(url_for("pairing.wake"), 303))
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer


def _go_on(desk: Desk, visitors: Visitors) -> Page:
    """Carry out what the phone sent while it was asleep or the laptop locked; else go home."""
    found = held.taken(desk, g.guest)
    return held.carried_out(visitors, found, g.token, ON_PHONE) if found else to("home.home")


def _phones() -> Phones:
    found: Phones = current_app.extensions[SHARING].phones
    return found


def _asked(error: JemputError | None = None) -> str:
    return render_template(
        "phone_pair.html",
        error=error,
        code=request.values.get("code", ""),
        name=request.form.get("name", ""),
        longest=NAME_LETTERS,
    )


def _asleep(error: JemputError | None = None) -> str:
    return render_template("phone_wake.html", error=error, name=g.phone.name)
