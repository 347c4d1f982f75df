"""Phones, at the laptop: begin and end the sharing, show a code, see who is in, put one out."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import segno
from flask import Blueprint, Response, current_app, render_template, request

from field_client.app import read_clocks
from field_client.opened import App
from field_client.web import phones_address
from field_client.web.desk import Desk
from field_client.web.phones import Phone
from field_client.web.phones_key import line_key
from field_client.web.phones_line import Shared, Sharing
from field_client.web.showing import Page, page, to
from field_client.web.visitors import Visitors
from field_client.web.words import clock_text, local
from shared_schema.errors import JemputError

SHARING = "phones"
_GROUP = 8 * 3 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One phone in the list. ``idle_min``: minutes since it was last used."""

    id: str
    name: str
    paired: str
    idle_min: int
    awake: bool


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the laptop's side of the phones."""
    room = Blueprint("phones", __name__)
    _add_looking(room, desk)
    _add_sharing(room, desk)
    _add_putting_out(room, desk)
    return room


def _add_looking(room: Blueprint, desk: Desk) -> None:
    @room.get("/phones")
    def phones() -> Page:
        with desk.use() as app:
            return _shown(desk, app)

    @room.get("/phones/list")
    def listed() -> Page | Response:
        sharing = _sharing()
        sharing.phones.offered(desk.clock())
        if request.args.get("seen") == _state(desk, sharing):
            return Response(status=204)
        return render_template("_phones.html", **_values(desk, sharing))


def _add_sharing(room: Blueprint, desk: Desk) -> None:
    @room.post("/phones/share")
    def share() -> Page:
        with desk.use() as app:
            try:
                address = phones_address.checked(_chosen())
                _sharing().start(line_key(app, address), app.keys.operator)
            except JemputError as error:
                return _shown(desk, app, error), error.http_status
        _sharing().phones.offer(desk.clock())
        return to("phones.phones")

    @room.post("/phones/code")
    def code() -> Page:
        with desk.use():
            if _sharing().now:
                _sharing().phones.offer(desk.clock())
        return to("phones.phones")

    @room.post("/phones/stop")
    def stop() -> Page:
        with desk.use():
            _sharing().stop()
        return to("phones.phones")


def _add_putting_out(room: Blueprint, desk: Desk) -> None:
    @room.post("/phones/out")
    def out() -> Page:
        with desk.use():
            _sharing().phones.put_out(request.form.get("phone", ""))
        return to("phones.phones")

    @room.post("/phones/out/all")
    def out_all() -> Page:
        with desk.use():
            _sharing().phones.put_all_out()
        return to("phones.phones")


def _sharing() -> Sharing:
    found: Sharing = current_app.extensions[SHARING]
    return found


def _chosen() -> str:
    """Return the address that was typed, else the one that was chosen from the list."""
    return request.form.get("other", "").strip() or request.form.get("address", "")


def _shown(desk: Desk, app: App, error: JemputError | None = None) -> str:
    sharing, known = _sharing(), phones_address.found()
    return page(
        desk,
        app,
        "phones.html",
        error=error,
        addresses=known,
        gone=sharing.now is not None and not _is_here(sharing.now.key.address, known),
        typed=request.form.get("other", ""),
        has_pin=desk.shift.has_pin,
        **_values(desk, sharing),
    )


def _is_here(address: str, known: list[str]) -> bool:
    """Tell whether this laptop still has an address; a hotspot that goes off takes it along."""
    return address in known or ip_address(address).is_loopback


def _values(desk: Desk, sharing: Sharing) -> dict[str, Any]:
    """Return what the list of phones shows; the store is not needed for it."""
    now_s, shared, phones = desk.clock(), sharing.now, sharing.phones
    now_ms = read_clocks().wall_ms
    code = phones.offered(now_s) if shared else None
    link = f"{shared.url}pair?code={code.text}" if shared and code else ""
    left_s = code.until_s - now_s if code else 0.0
    return {
        "shared": shared,
        "fingerprint": _grouped(shared),
        "code": code,
        "until": _clock(now_ms + round(left_s * 1000), now_ms),
        "qr": segno.make(link, error="m", micro=False).svg_inline(omitsize=True) if link else "",
        "guessed": phones.is_guessed_at,
        "lines": [_line(one, now_s, now_ms) for one in phones.every()],
        "state": _state(desk, sharing),
    }


def _state(desk: Desk, sharing: Sharing) -> str:
    """Return a mark that changes with the list, and with each minute that it says."""
    return f"{sharing.phones.version}.{int(desk.clock() // 60)}"


def _line(phone: Phone, now_s: float, now_ms: int) -> Line:
    return Line(
        id=phone.id,
        name=phone.name,
        paired=_clock(phone.paired_ms, now_ms),
        idle_min=int((now_s - phone.guest.used_s) // 60),
        awake=phone.is_awake(now_s),
    )


def _clock(at_ms: int, now_ms: int) -> str:
    """Return a time by this laptop's own clock, which hangs beside the page."""
    return clock_text(local(at_ms, None), local(now_ms, None))


def _grouped(shared: Shared | None) -> list[str]:
    """Return the certificate's fingerprint in four lines of eight bytes."""
    text = shared.key.fingerprint if shared else ""
    return [text[at : at + _GROUP] for at in range(0, len(text), _GROUP + 1)]
