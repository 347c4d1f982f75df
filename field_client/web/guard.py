"""What stands before every page: our own address, our own forms, our own browser.

Another site in the same browser can send requests to 127.0.0.1, under names of its own as well
(DNS rebinding). It is kept out by the names we answer to, by a cookie that does not travel from
other sites, by the form key, and by what browsers say of where a request comes from.
"""

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from field_client.shift import State
from field_client.web import uploads
from field_client.web.desk import Desk
from field_client.web.errors import FormOutdated, PagesElsewhere
from field_client.web.visitors import Visitors

NAMES = ("127.0.0.1", "localhost")
SHELL = ("door.shell", "door.asleep")
OPEN_TO_ALL = frozenset(
    {
        *("door.unlock", "door.enter", "door.language", "door.idle", "static", *SHELL),
        *("beginning.begin", "beginning.enrol", "beginning.restore"),
    }
)
FOR_THE_PAUSED = frozenset({"door.resume", "door.enter_by_pin", "door.end"})
_OURS = ("", "same-origin", "none")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask, desk: Desk, visitors: Visitors) -> None:
    """Put the guard before the pages of ``app``."""

    @app.before_request
    def admit() -> AnyResponse | None:
        _require_own_address()
        g.cookie = None
        g.token = request.cookies.get(_cookie_name(), "")
        if not g.token:
            g.cookie = g.token = visitors.newcomer()
        g.form_key = visitors.form_key(g.token)
        if request.method == "POST":
            _require_own_form(visitors)
        desk.look()
        return _way(desk, visitors)

    @app.after_request
    def seal(response: Response) -> Response:
        if request.headers.get("HX-Request") == "true" and response.status_code == 303:
            response = _lead_whole_page(response)
        response.headers.extend(_HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if g.get("cookie"):
            response.set_cookie(_cookie_name(), g.cookie, httponly=True, samesite="Strict")
        return response


def _lead_whole_page(response: Response) -> Response:
    """Lead the page itself on; the piece that it asked for would be filled with another page."""
    led = Response(status=204)
    led.headers["HX-Redirect"] = response.headers["Location"]
    return led


def _port() -> str:
    """Return the port we answer at, by our own server's word and not the request's."""
    return str(request.environ["SERVER_PORT"])


def _cookie_name() -> str:
    """Name our cookie; browsers give one laptop's cookies to all its ports."""
    return f"jemput_{_port()}"


def _require_own_address() -> None:
    if request.host not in {f"{name}:{_port()}" for name in NAMES}:
        raise PagesElsewhere


def _require_own_form(visitors: Visitors) -> None:
    """Refuse what another page sent; browsers of today say where a request comes from."""
    origin = request.headers.get("Origin", "null")
    own = origin in ("null", f"http://{request.host}")
    if not own or request.headers.get("Sec-Fetch-Site", "") not in _OURS:
        raise FormOutdated
    if visitors.is_admitted(g.token):
        uploads.allow()
    if not visitors.is_form_key(g.token, request.form.get("form_key", "")):
        raise FormOutdated


def _way(desk: Desk, visitors: Visitors) -> AnyResponse | None:
    """Send a browser that may not see this page to where it can unlock."""
    state, admitted = desk.shift.state, visitors.is_admitted(g.token)
    g.admitted = admitted and state is State.OPEN
    if request.endpoint in OPEN_TO_ALL or g.admitted:
        return None
    if admitted and state is State.PIN:
        allowed = request.endpoint in FOR_THE_PAUSED
        return None if allowed else redirect(url_for("door.resume"), 303)
    return redirect(url_for("door.unlock"), 303)
