"""Addresses that are nobody's, methods that are not taken, failures, and a proxy before us."""

from pathlib import Path

import pytest
from flask import Flask

from sync_server.accounts import Role
from sync_server.api.doorkeeper import Doorkeeper
from sync_server.api.serving import create_app
from sync_server.store.queries import audit
from tests.support.office_pages import API, FORM_KEY, PASSPHRASE, inside, post, staffed, web_of
from tests.support.offices import Bench

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "kantor.contoh"}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with users in every role."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


@pytest.mark.parametrize("path", ["/tidak-ada", "/api/v1/tidak-ada", "/imports/bukan-id"])
def test_an_unknown_address_answers_browsers_with_a_page_and_programs_with_json(
    app: Flask, path: str
) -> None:
    """In the browser's language, signed in or not, with all strict headers and a working switch."""
    for browser in (app.test_client(), inside(app)):
        answer = browser.get(path, headers=BROWSER)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "Halaman ini tidak ada" in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
        key = FORM_KEY.search(answer.text)
        assert key
        switch = {"form_key": key[1], "lang": "en", "back": path}
        assert browser.post("/language", data=switch).status_code == 303
        assert "There is no such page." in browser.get(path, headers=BROWSER).text
    said = app.test_client().get(path)
    assert (said.status_code, said.mimetype) == (404, "application/json")
    assert said.json is not None
    assert said.json["error"]["code"]
    assert (
        app.test_client().get(path, headers={**BROWSER, "Host": "jahat.contoh"}).status_code == 421
    )


def test_a_method_that_is_not_taken_and_a_missing_right_are_pages_too(app: Flask) -> None:
    """405 and 403, each with a way back; the API answers in JSON whoever asks."""
    browser = inside(app)
    answer = browser.delete("/duplicates", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    answer = inside(app, Role.VIEWER).get("/audit", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert app.test_client().get(f"{API}/devices", headers=BROWSER).mimetype == "application/json"


def test_an_unforeseen_failure_shows_a_page_and_no_secret(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the exception is told."""

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("rahasia")

    monkeypatch.setattr(audit, "latest", broken)
    answer = inside(app, Role.ADMINISTRATOR).get("/audit", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "rahasia" not in answer.text
    assert "Terjadi kesalahan" in answer.text


def test_a_proxy_is_believed_only_where_it_is_configured(bench: Bench, app: Flask) -> None:
    """Cookies are then for TLS alone and bound to the host, also those of language and keys."""
    hosts = frozenset({"kantor.contoh"})
    behind = create_app(bench.office, Doorkeeper(1), hosts, 1).test_client()
    cookie = behind.get("/sign-in", headers=FORWARDED).headers["Set-Cookie"]
    assert cookie.startswith("__Host-jemput=")
    assert "Secure" in cookie
    page = behind.get("/sign-in", headers=FORWARDED, base_url="https://localhost").text
    key = FORM_KEY.search(page)
    assert key
    form = {"form_key": key[1], "name": "u-supervisor", "passphrase": PASSPHRASE}
    origin = {**FORWARDED, "Origin": "https://kantor.contoh"}
    signed = behind.post("/sign-in", data=form, headers=origin)
    assert signed.status_code == 303
    assert "Secure" in signed.headers["Set-Cookie"]
    wrong = {**FORWARDED, "X-Forwarded-Host": "jahat.contoh"}
    assert behind.get("/sign-in", headers=wrong).status_code == 421
    alone = app.test_client().get("/sign-in", headers=FORWARDED).headers["Set-Cookie"]
    assert alone.startswith("jemput_80=")
    assert "Secure" not in alone
    language = post(app.test_client(), "/language", "/sign-in", lang="en", back="/")
    assert "HttpOnly" in language.headers["Set-Cookie"]
