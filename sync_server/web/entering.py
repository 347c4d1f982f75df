"""Signing in and out, one's own passphrase, and the language."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared_schema.errors import JemputError
from shared_schema.i18n import LANGUAGES
from sync_server import accounts
from sync_server.accounts import SignInLocked, SignInRefused
from sync_server.office import Office
from sync_server.setup import PassphraseShort
from sync_server.web import guard
from sync_server.web.words import COOKIE, KEYS_COOKIE

Page = str | Response | tuple[str, int]
_YEAR_S = 365 * 86400


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    _add_door(pages, office)
    _add_passphrase(pages, office)

    @pages.post("/keys")
    def set_keys() -> Page:
        answer = redirect(local_path(request.form.get("back", "")), 303)
        wanted = "off" if request.form.get("keys") == "off" else "on"
        _remember(answer, KEYS_COOKIE, wanted)
        return answer

    @pages.post("/language", endpoint="language")
    def choose_language() -> Response:
        answer = redirect(local_path(request.form.get("back", "")), 303)
        if request.form.get("lang") in LANGUAGES:
            _remember(answer, COOKIE, request.form["lang"])
        return answer


def _remember(answer: Response, name: str, value: str) -> None:
    """Have the browser keep a wish for a year."""
    secure = request.is_secure
    answer.set_cookie(name, value, max_age=_YEAR_S, samesite="Strict", httponly=True, secure=secure)


def _add_door(pages: Blueprint, office: Office) -> None:
    @pages.get("/sign-in")
    def door() -> Page:
        return render_template("pages/door.html", name="", error=None)

    @pages.post("/sign-in")
    def enter() -> Page:
        name, passphrase = (request.form.get(one, "") for one in ("name", "passphrase"))
        try:
            token, _ = accounts.sign_in(office, name, passphrase, "page")
        except (SignInRefused, SignInLocked) as error:
            return render_template("pages/door.html", name=name, error=error), error.http_status
        return guard.let_in(token)

    @pages.post("/sign-out")
    def leave() -> Page:
        accounts.sign_out(office, g.token)
        return guard.gone()


def _add_passphrase(pages: Blueprint, office: Office) -> None:
    @pages.get("/passphrase")
    def new_passphrase() -> Page:
        return _passphrase_page(None)

    @pages.post("/passphrase")
    def set_passphrase() -> Page:
        old, new = (request.form.get(one, "") for one in ("old", "new"))
        try:
            accounts.change_passphrase(office, guard.actor().name, old, new, g.token)
        except (SignInRefused, SignInLocked, PassphraseShort) as error:
            return _passphrase_page(error), error.http_status
        return redirect(url_for("pages.home"), 303)


def _passphrase_page(error: JemputError | None) -> str:
    return render_template("pages/passphrase.html", error=error)


def local_path(path: str) -> str:
    """Return a path of these pages; anything else leads to the beginning."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local else url_for("pages.home")
