"""What stands before every page: our own address, our own forms, somebody who is signed in.

The cookie is out of reach of scripts, does not travel from other sites, and over TLS is bound to
this very host. A form carries a key made from the cookie and the server's own key. Names that we do
not answer to are refused, so that another site cannot point its own name at the office; numbers are
none, since a browser that asks for one has really gone there.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sync_server import accounts
from sync_server.accounts import Actor, SignedOut
from sync_server.office import Office
from sync_server.web.errors import FormStale, HostUnknown

OPEN_TO_ALL = frozenset({"pages.door", "pages.enter", "pages.language", "pages.static"})
FOR_THE_FRESH = frozenset({"pages.new_passphrase", "pages.set_passphrase", "pages.leave"})
WITH_FILES = frozenset({"pages.upload"})
_FORM_BYTES = 1 << 20
_OURS = ("", "same-origin", "none")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(pages: Blueprint, office: Office, hosts: Collection[str]) -> None:
    """Put the guard before the pages."""

    @pages.before_request
    def admit() -> AnyResponse | None:
        require_known_host(hosts)
        recognise(office)
        if request.method == "POST":
            if g.actor is None or request.endpoint not in WITH_FILES:
                request.max_content_length = _FORM_BYTES
            _require_own_form()
        return _way()

    pages.after_request(sealed)


def recognise(office: Office) -> None:
    """Find out whose browser this is."""
    g.cookie = None
    g.token = request.cookies.get(_cookie_name(), "")
    if not g.token:
        g.cookie = g.token = accounts.newcomer()
    g.form_key = accounts.form_key(office, g.token)
    g.actor = _who(office)


def sealed(response: Response) -> Response:
    """Return an answer with what keeps others from using it."""
    response.headers.extend(HEADERS)
    if request.endpoint != "pages.static":
        response.headers["Cache-Control"] = "no-store"
    if g.get("cookie"):
        give_cookie(response, g.cookie)
    return response


def require_known_host(hosts: Collection[str]) -> None:
    """Raise HostUnknown for a request under a name that is not ours."""
    name = urlsplit(f"//{request.host}").hostname or ""
    if name == "localhost" or name in hosts:
        return
    try:
        ip_address(name)
    except ValueError as error:
        raise HostUnknown from error


def give_cookie(response: Response, token: str) -> None:
    """Have the browser keep a token until it is closed or signed out."""
    response.set_cookie(
        _cookie_name(), token, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )


def let_in(token: str) -> AnyResponse:
    """Lead into the pages with the cookie of a new session."""
    g.cookie = token
    return redirect(url_for("pages.home"), 303)


def gone() -> AnyResponse:
    """Lead to the door, and have the browser forget what it showed."""
    g.cookie = accounts.newcomer()
    answer = make_response(redirect(url_for("pages.door"), 303))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def actor() -> Actor:
    """Return who is signed in. Raises SignedOut."""
    if g.actor is None:
        raise SignedOut
    found: Actor = g.actor
    return found


def _cookie_name() -> str:
    """Name our cookie; browsers give one machine's cookies to all its ports."""
    if request.is_secure:
        return "__Host-jemput"
    return f"jemput_{request.environ['SERVER_PORT']}"


def _require_own_form() -> None:
    """Refuse what another page sent; browsers of today say where a request comes from."""
    origin = request.headers.get("Origin", "null")
    own = origin == "null" or urlsplit(origin).netloc == request.host
    if not own or request.headers.get("Sec-Fetch-Site", "") not in _OURS:
        raise FormStale
    if not accounts.same(g.form_key, request.form.get("form_key", "")):
        raise FormStale


def _who(office: Office) -> Actor | None:
    try:
        return accounts.who(office, g.token, "page")
    except SignedOut:
        return None


def _way() -> AnyResponse | None:
    """Send whoever may not see this page to where they can sign in."""
    if g.actor is None:
        return None if request.endpoint in OPEN_TO_ALL else redirect(url_for("pages.door"), 303)
    if g.actor.fresh and request.endpoint not in FOR_THE_FRESH | OPEN_TO_ALL:
        return redirect(url_for("pages.new_passphrase"), 303)
    return None
