"""Every route under the eyes of a viewer from another district: nothing seen, nothing done."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from sync_server.accounts import Role
from sync_server.store.queries import devices, log, users
from tests.support.office_pages import FORM_KEY, inside, post, program, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

NIK = "5315054107900001"
GOLO = "53.15.05"
# What a viewer sends on purpose: their own session, language, search, letter to check, key.
OPEN_POSTS = frozenset(
    {"enter", "leave", "language", "set_passphrase", "seek", "suket_verify",
     "make_feed_key", "end_feed_key",
     "set_keys"}
)  # fmt: skip
_REFUSED = (400, 403, 404, 422)
OPEN_API = frozenset({"sign_in", "sign_out", "verify_letter"})
MARKS = ("Dorotea", "Silvester", "Alat Rahasia", "Kegiatan Rahasia", "Titik Rahasia", NIK)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office where everything there is lies in one district."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


@pytest.fixture
def named(bench: Bench, app: Flask) -> dict[str, Any]:
    """Fill the district; give a value for each place in an address."""
    device = bench.device()
    one = device.change(person("Dorotea Contoh", nik=NIK) | {"marital_status": 2})
    two = device.change(person("Silvester Contoh") | {"marital_status": 2})
    visit = device.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
    down = device.change(
        {"component": "printer", "place": "Alat Rahasia", "office": GOLO,
         "started": "2023-11-01", "started_precision": "day"},
        type="outage",
    )  # fmt: skip
    cards = device.change(
        {"office": GOLO, "kind": "received", "quantity": 77123, "date": "2023-11-02"},
        type="stock_movement",
    )
    point = device.change(
        {"place": "Titik Rahasia", "date": "2023-11-10", "village": f"{GOLO}.2001"}, type="session"
    )
    told = bench.exchange(device, device.batch([one, two, visit, down, cards, point]))
    assert told.errors == []
    browser = inside(app)
    made = post(browser, "/campaigns", "/campaigns", name="Kegiatan Rahasia", area=GOLO)
    post(browser, "/exports", "/exports", what="residents.csv", region=GOLO, reason="Rahasia")
    return {
        "record": [str(one.record), str(down.record), made.location.rpartition("/")[2]],
        "device": [device.id.hex()],
        "number": ["1"],
        "field": ["name"],
        "kind": ["repair_attempt"],
        "upload": ["00000000-0000-4000-8000-000000000000"],
        "decision": ["00000000-0000-4000-8000-000000000000"],
        "name": ["u-supervisor"],
        "layout": ["csv"],
        "filename": ["style.css"],
    }


def addresses(rule: Rule, named: dict[str, Any]) -> Iterator[str]:
    """Give the addresses of a route, one for each thing that it may be asked about."""
    places = sorted(rule.arguments)
    for at in range(max((len(named[place]) for place in places), default=1)):
        path = str(rule.rule)
        for place in places:
            value = named[place][at % len(named[place])]
            path = re.sub(rf"<[^>]*\b{place}>", value, path)
        yield path


def rules(app: Flask, blueprint: str, method: str) -> list[Rule]:
    """Give the routes of a part of the server."""
    every = app.url_map.iter_rules()
    return [
        rule
        for rule in every
        if rule.endpoint.startswith(f"{blueprint}.") and method in (rule.methods or ())
    ]


def state(bench: Bench) -> object:
    """Give what a viewer never changes."""
    with bench.office.store.read() as connection:
        return log.count(connection), devices.everyone(connection), users.everyone(connection)


def leaks(client: FlaskClient, path: str) -> list[str]:
    """Name the marks of another district that an address shows."""
    with client.get(path) as answer:
        assert answer.status_code < 500, path
        return [f"{path}: {mark}" for mark in MARKS if mark.encode() in answer.data]


def test_no_page_shows_another_district(app: Flask, named: dict[str, Any]) -> None:
    """Names, numbers, places: not by list, by address, in a file, or in a filter asked for."""
    viewer, supervisor = inside(app, Role.VIEWER), inside(app)
    found, seen = [], []
    for rule in rules(app, "pages", "GET"):
        for path in addresses(rule, named):
            asked = f"{path}?region={GOLO}&days=31&all=1"
            found += leaks(viewer, path) + leaks(viewer, asked)
            seen += leaks(supervisor, path)
    assert found == []
    assert {mark for one in seen for mark in MARKS if one.endswith(mark)} >= set(MARKS[:5]), (
        "a supervisor of the whole regency does see them"
    )


def test_no_answer_of_the_api_shows_another_district(app: Flask, named: dict[str, Any]) -> None:
    """Neither its lists nor its records, by name or id."""
    client = program(app, Role.VIEWER)
    found = []
    for rule in rules(app, "supervisors", "GET"):
        for path in addresses(rule, named):
            found += leaks(client, path) + leaks(client, f"{path}?q=contoh&region={GOLO}")
            body = client.get(path).text
            ids = named["device"] if rule.arguments else named["device"] + named["record"]
            found += [path for one in ids if one in body]
    assert found == []


def test_a_viewer_changes_nothing(bench: Bench, app: Flask, named: dict[str, Any]) -> None:
    """Each form is refused, whatever it holds; so is each request of a program."""
    viewer, client, before = inside(app, Role.VIEWER), program(app, Role.VIEWER), state(bench)
    key = FORM_KEY.search(viewer.get("/").text)
    assert key
    form = {"form_key": key[1], "reason": "uji", "region": GOLO, "what": "residents.csv",
            "decision": "approve", "kind": "rematch", "area": "53.15.06"}  # fmt: skip
    body = {"reason": "uji", "kind": "register", "comment": "uji", "confirm": "uji"}
    for rule in rules(app, "pages", "POST"):
        if rule.endpoint.partition(".")[2] not in OPEN_POSTS:
            for path in addresses(rule, named):
                assert viewer.post(path, data=form).status_code in _REFUSED, path
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        for rule in rules(app, "supervisors", method):
            if rule.endpoint.partition(".")[2] not in OPEN_API:
                for path in addresses(rule, named):
                    status = client.open(path, method=method, json=body).status_code
                    assert status in _REFUSED, path
    assert state(bench) == before


def test_nobody_outside_is_shown_or_lets_anything_be_done(
    app: Flask, named: dict[str, Any]
) -> None:
    """Whoever is not signed in is led to the door, or told that nobody is."""
    stranger = app.test_client()
    for rule in rules(app, "pages", "GET"):
        for path in addresses(rule, named):
            assert not leaks(stranger, path), path
            if rule.endpoint not in {"pages.door", "pages.static", "pages.language"}:
                assert stranger.get(path).status_code == 303, path
    for rule in rules(app, "supervisors", "GET"):
        for path in addresses(rule, named):
            assert stranger.get(path).status_code == 401, path
    assert json.loads(stranger.get("/odata").text)["error"]["code"] == "FEED_KEY_REFUSED"


def test_every_way_that_is_offered_leads_somewhere(app: Flask) -> None:
    """Each link of the first page answers whoever is shown it."""
    for role in Role:
        browser = inside(app, role)
        ways = set(re.findall(r'<a href="(/[^"#]*)"', browser.get("/").text))
        assert len(ways) > 3
        assert {path: browser.get(path).status_code for path in ways} == dict.fromkeys(ways, 200)
