"""What stands before every page: our own address, our own forms, our own browser or phone.

Another site in the same browser can send requests to 127.0.0.1, under names of its own as well
(DNS rebinding). It is kept out by the names we answer to, by a cookie that does not travel from
other sites, by the form key, and by what browsers say of where a request comes from.

What comes over the line to phones is marked by our own server. It never meets the passphrase or
the laptop's PIN, and sees those rooms only that are named here.
"""

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from field_client.shift import State
from field_client.web import held, uploads
from field_client.web.desk import Desk
from field_client.web.errors import FormOutdated, LaptopOnly, PageMissing, PagesElsewhere
from field_client.web.phones import ON_PHONE, Phones
from field_client.web.visitors import Guest, Visitors

NAMES = ("127.0.0.1", "localhost")
SHELL = ("door.shell", "door.asleep")
OPEN_TO_ALL = frozenset(
    {
        *(
            "door.unlock",
            "door.enter",
            "door.updating",
            "door.language",
            "door.idle",
            "static",
            *SHELL,
        ),
        *("beginning.begin", "beginning.enrol", "beginning.restore"),
    }
)
# Looking at these is no use of the pages.
QUIET = frozenset(
    {"door.idle", "static", *SHELL, "syncing.progress", "keeping.copied", "phones.listed"}
)
PAIRING = "pairing"
PHONE_ROOMS = frozenset(
    {
        *("home", "finding", "reading", "forming", "undoing", "assigned", "visiting", "points"),
        *("syncing", "sending", "attention", "outages", "day", "stock", "slip", "mapping"),
    }
)
# A stick is plugged into the laptop.
NOT_FOR_PHONES = frozenset({"syncing.export", "syncing.take_in"})
OPEN_TO_PHONES = frozenset({"door.language", "door.idle", "static", *SHELL})
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


def install(app: Flask, desk: Desk, visitors: Visitors, phones: Phones) -> None:
    """Put the guard before the pages of ``app``."""

    @app.before_request
    def admit() -> AnyResponse | None:
        _require_own_address()
        g.cookie, g.cookie_name = None, _cookie_name()
        g.token = request.cookies.get(g.cookie_name, "")
        if not g.token:
            g.cookie = g.token = visitors.newcomer()
        g.form_key = visitors.form_key(g.token)
        _find(visitors, phones)
        if request.method == "POST":
            _require_own_form(visitors)
            # A form may be long on its way: who sent it may have been put out since.
            _find(visitors, phones)
        desk.look()
        led = _phones_way(desk, phones) if on_phone() else _way(desk)
        _settle(desk, visitors, led)
        return led

    @app.after_request
    def seal(response: Response) -> Response:
        if request.headers.get("HX-Request") == "true" and response.status_code == 303:
            response = _lead_whole_page(response)
        response.headers.extend(_HEADERS)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        _note_use(desk)
        if g.get("cookie"):
            _give_cookie(response)
        return response


def _settle(desk: Desk, visitors: Visitors, led: AnyResponse | None) -> None:
    """Give the forms of an open store their key; hold what came to one that has locked since."""
    if g.admitted:
        g.form_key = visitors.form_key(g.token, shown_inside=True)
    elif led is not None and g.known and request.method == "POST":
        held.hold(desk, visitors, g.token)


def _note_use(desk: Desk) -> None:
    """Note that somebody is at work in this browser."""
    if g.admitted and request.endpoint not in QUIET:
        g.guest.used_s = desk.clock()


def on_phone() -> bool:
    """Tell whether the request at hand came over the line to phones."""
    return ON_PHONE in request.environ


def _find(visitors: Visitors, phones: Phones) -> None:
    """Find whether this cookie was let in, by the passphrase or as a phone, and what it did."""
    if on_phone():
        g.phone = phones.find(g.token)
        found = g.phone.guest if g.phone else None
    else:
        found = visitors.find(g.token)
    g.known, g.guest = found is not None, found or Guest()


def _give_cookie(response: Response) -> None:
    secure = on_phone()
    response.set_cookie(g.cookie_name, g.cookie, httponly=True, samesite="Strict", secure=secure)


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
    shared = request.environ.get(ON_PHONE)
    ours = {shared} if shared else {f"{name}:{_port()}" for name in NAMES}
    if request.host not in ours:
        raise PagesElsewhere


def _require_own_form(visitors: Visitors) -> None:
    """Refuse what another page sent; browsers of today say where a request comes from."""
    origin = request.headers.get("Origin", "null")
    own = origin in ("null", f"{request.scheme}://{request.host}")
    if not own or request.headers.get("Sec-Fetch-Site", "") not in _OURS:
        raise FormOutdated
    if g.known:
        uploads.allow()
    if not visitors.is_form_key(g.token, request.form.get("form_key", "")):
        raise FormOutdated


def _way(desk: Desk) -> AnyResponse | None:
    """Send a browser of this laptop that may not see this page to where it can unlock.

    One that was left alone needs the PIN again, even where phones have kept the store open.
    """
    if request.blueprint == PAIRING:
        raise PageMissing
    shift = desk.shift
    left_alone = shift.state is State.OPEN and g.guest.is_idle(desk.clock())
    g.admitted = g.known and shift.state is State.OPEN and not left_alone
    if request.endpoint in OPEN_TO_ALL or g.admitted:
        return None
    if g.known and (shift.state is State.PIN or (left_alone and shift.has_pin)):
        allowed = request.endpoint in FOR_THE_PAUSED
        return None if allowed else redirect(url_for("door.resume"), 303)
    return redirect(url_for("door.unlock"), 303)


def _phones_way(desk: Desk, phones: Phones) -> AnyResponse | None:
    """Send a phone that may not see this page to where it is let in, waits, or gives its PIN."""
    shift = desk.shift
    is_open = shift.state is State.OPEN
    if is_open and g.known and g.phone.operator != shift.operator:
        g.known = False
    awake = g.known and g.phone.is_awake(desk.clock())
    g.admitted = awake and is_open
    if request.endpoint in OPEN_TO_PHONES or request.blueprint == PAIRING:
        return None
    if not g.known:
        return redirect(url_for("pairing.pair"), 303)
    if not is_open:
        return redirect(url_for("pairing.wait"), 303)
    if not awake:
        phones.rest(g.phone)
        return redirect(url_for("pairing.wake"), 303)
    _require_phones_room()
    return None


def _require_phones_room() -> None:
    """Refuse what is the laptop's; what is no page at all is told so elsewhere."""
    foreign = request.endpoint is not None and request.blueprint not in PHONE_ROOMS
    if foreign or request.endpoint in NOT_FOR_PHONES:
        raise LaptopOnly
