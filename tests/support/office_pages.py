"""The supervisors' pages and API over a real store: users in every role, signed in."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_server import accounts, setup
from sync_server.accounts import Role
from sync_server.api.doorkeeper import Doorkeeper
from sync_server.api.serving import create_app
from sync_server.store.queries import audit
from sync_server.store.queries.users import User
from tests.support.offices import Bench, found_office

PASSPHRASE = "sandi-uji-coba"
FORM_KEY = re.compile(r'name="form_key" value="([^"]+)"')
API = "/api/v1"


def staffed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Found an office with a user in every role; the viewer's area is another district."""
    monkeypatch.setattr(setup, "_MEMORY_KIB", 64)
    found = found_office(folder)
    with found.office.store.write() as connection:
        for role in Role:
            area = ("53.15.06",) if role is Role.VIEWER else ()
            made_up = accounts.hash_of(PASSPHRASE)
            user = User(
                name=f"u-{role}", role=role, passphrase_hash=made_up, created_ms=1, area=area
            )
            accounts.add(connection, user, "user:penyelia", 1)
    return found


def web_of(bench: Bench) -> Flask:
    """Give the application."""
    return create_app(bench.office, Doorkeeper(1), frozenset({"kantor.contoh"}))


def door(app: Flask) -> FlaskClient:
    """Open a browser that has not signed in."""
    return app.test_client()


def post(browser: FlaskClient, path: str, page: str, **fields: str) -> Any:
    """Send a form with the key of a page."""
    key = FORM_KEY.search(browser.get(page).text)
    assert key
    return browser.post(path, data={"form_key": key[1], **fields})


def inside(app: Flask, role: Role = Role.SUPERVISOR) -> FlaskClient:
    """Sign in to the pages."""
    browser = door(app)
    answer = post(browser, "/sign-in", "/sign-in", name=f"u-{role}", passphrase=PASSPHRASE)
    assert answer.status_code == 303
    return browser


def program(app: Flask, role: Role = Role.SUPERVISOR) -> FlaskClient:
    """Sign in to the API; the token goes with every request."""
    client = door(app)
    said = client.post(f"{API}/session", json={"name": f"u-{role}", "passphrase": PASSPHRASE}).json
    assert said is not None
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {said['token']}"
    return client


def agree(app: Flask, browser: FlaskClient, kind: str, layout: str = "csv") -> None:
    """Let one ask for an export of people, and an administrator agree to it."""
    asked = post(
        browser, "/exports", "/exports", what=f"{kind}.{layout}", region="", reason="uji coba"
    )
    assert asked.status_code == 303
    second = inside(app, Role.ADMINISTRATOR)
    number = re.findall(r"/exports/(\d+)/decide", second.get("/exports").text)[0]
    path = f"/exports/{number}/decide"
    assert post(second, path, "/exports", decision="approve").status_code == 303


def log_of(bench: Bench) -> list[str]:
    """Give what was done, the oldest first."""
    with bench.office.store.read() as connection:
        return [one.action for one in audit.latest(connection)][::-1]
