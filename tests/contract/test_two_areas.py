"""A supervisor of two districts takes out what is theirs without naming one of them."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_server import accounts
from sync_server.accounts import Role
from sync_server.store.queries.users import User
from tests.support.office_pages import FORM_KEY, PASSPHRASE, door, inside, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

MINE, ELSEWHERE = ("53.15.05", "53.15.06"), "53.15.07"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with a resident in each of three districts, recorded in the field."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device(("53.15",))
    for place in (*MINE, ELSEWHERE):
        one = device.change(person(f"Warga {place}", marital_status=2, village=f"{place}.2001"))
        met = device.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
        assert found.exchange(device, device.batch([one, met])).errors == []
    made_up = accounts.hash_of(PASSPHRASE)
    user = User(
        name="u-two", role=Role.SUPERVISOR, passphrase_hash=made_up, created_ms=1, area=MINE
    )
    with found.office.store.write() as connection:
        accounts.add(connection, user, "user:penyelia", 1)
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """Sign in the supervisor of two districts."""
    found = door(app)
    assert post(found, "/sign-in", "/sign-in", name="u-two", passphrase=PASSPHRASE).status_code
    return found


def decide(app: Flask, role: Role) -> int:
    """Let somebody agree to what was asked for last; give the status of the answer."""
    second = inside(app, role)
    numbers = re.findall(r"/exports/(\d+)/decide", second.get("/exports").text)
    key = FORM_KEY.search(second.get("/").text)
    assert key
    said = {"form_key": key[1], "decision": "approve"}
    return second.post(f"/exports/{numbers[0]}/decide", data=said).status_code if numbers else 0


@pytest.mark.parametrize("path", ["/unconfirmed/export", "/proposal/export"])
def test_a_table_of_both_districts(app: Flask, browser: FlaskClient, path: str) -> None:
    """Asked for, agreed to and taken without a region; the third district is not in it."""
    asked = post(browser, path, "/", reason="kirim ke pusat")
    assert asked.location == "/exports?done=asked"
    assert decide(app, Role.ADMINISTRATOR) == 303
    table = post(browser, path, "/", reason="kirim ke pusat")
    assert table.mimetype == "text/csv"
    assert ELSEWHERE not in table.text
    if path == "/unconfirmed/export":
        assert all(f"Warga {place}" in table.text for place in MINE)


def test_the_form_offers_all_of_their_area(app: Flask, browser: FlaskClient) -> None:
    """And names both districts where a second person agrees."""
    page = browser.get("/exports").text
    assert "Seluruh wilayah Anda" in page
    asked = post(
        browser, "/exports", "/exports", what="residents.csv", region="", reason="uji coba"
    )
    assert asked.status_code == 303
    assert "Boleng" in inside(app, Role.ADMINISTRATOR).get("/exports").text
    for region in (f"{MINE[0]},{ELSEWHERE}", ELSEWHERE, "53.15", ","):
        again = post(
            browser, "/exports", "/exports", what="residents.csv", region=region, reason="uji"
        )
        assert again.status_code == 400, region
