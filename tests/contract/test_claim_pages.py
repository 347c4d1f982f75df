"""Recorded in the field only, and the proposal: pages, tables and API, masked until a reason."""

from pathlib import Path

import pytest
from flask import Flask

from sync_server.accounts import Role
from tests.support.office_pages import API, agree, inside, log_of, post, program, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

NIK = "5315054107900001"
MASKED = "531505********01"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office that heard of one recording and of one who moved away."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device()
    one = device.change(person("Dorotea Contoh", nik=NIK))
    two = device.change(person("Silvester Contoh", village="53.15.05.2002"))
    visits = [
        device.change({"person": str(who.record), "outcome": outcome}, type="visit")
        for who, outcome in ((one, "recorded"), (two, "moved"))
    ]
    assert found.exchange(device, device.batch([one, two, *visits])).errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def test_who_is_recorded_in_the_field_only_is_narrowed_and_taken_as_a_table(
    bench: Bench, app: Flask
) -> None:
    """By region, age, team and kit; the table with full numbers needs a right and a reason."""
    browser = inside(app)
    page = browser.get("/unconfirmed").text
    assert "Dorotea Contoh" in page
    assert (MASKED in page, NIK in page) == (True, False)
    assert "Operator 1" in page
    assert "Laptop Contoh" in page
    assert "Dorotea" in browser.get("/unconfirmed?region=53.15.05&team=Operator+1").text
    for narrowed in ("region=53.15.06", "team=Lain", "kit=Lain", "older_than=9999999"):
        assert "Dorotea" not in browser.get(f"/unconfirmed?{narrowed}").text
    assert post(browser, "/unconfirmed/export", "/", reason=" ").status_code == 400
    asked = post(browser, "/unconfirmed/export", "/", reason="kirim ke pusat")
    assert asked.location == "/exports?done=asked", "a second person has to agree first"
    agree(app, browser, "unconfirmed")
    table = post(browser, "/unconfirmed/export", "/", reason="kirim ke pusat", kit="Laptop Contoh")
    assert table.mimetype == "text/csv"
    assert NIK in table.text
    assert NIK not in post(browser, "/unconfirmed/export", "/", reason="x", kit="Lain").text
    for role in (Role.AUDITOR, Role.VIEWER):
        assert post(inside(app, role), "/unconfirmed/export", "/", reason="x").status_code == 403
    assert "Dorotea" not in inside(app, Role.VIEWER).get("/unconfirmed").text, "another area"
    assert log_of(bench).count("unconfirmed-export") == 2


def test_the_proposal_is_shown_masked_and_taken_for_a_reason(bench: Bench, app: Flask) -> None:
    """On the page and by the API."""
    browser, client = inside(app), program(app)
    page = browser.get("/proposal").text
    assert "Silvester Contoh" in page
    assert "Pindah" in page
    agree(app, browser, "proposal")
    assert "moved" in post(browser, "/proposal/export", "/", reason="kirim ke pusat").text
    said = client.get(f"{API}/proposal").json
    assert said is not None
    assert [one["claim"] for one in said["claims"]] == ["moved"]
    assert client.post(f"{API}/proposal/export", json={"reason": ""}).status_code == 422
    assert client.post(f"{API}/proposal/export", json={"reason": "pusat"}).status_code == 200
    assert program(app, Role.VIEWER).get(f"{API}/proposal").json == {"count": 0, "claims": []}
    assert log_of(bench).count("proposal-export") == 2


def test_programs_ask_who_is_recorded_in_the_field_only(app: Flask) -> None:
    """The same groups and people as the command, masked; in full for a reason."""
    client = program(app)
    said = client.get(f"{API}/unconfirmed?team=Operator 1").json
    assert said is not None
    assert (said["count"], said["people"][0]["nik"]) == (1, MASKED)
    assert said["by_kit"][0]["kit"] == "Laptop Contoh"
    assert client.get(f"{API}/unconfirmed?older_than=x").status_code == 422
    refused = client.post(f"{API}/unconfirmed/export", json={"reason": "pusat"})
    assert refused.status_code == 403, "nobody agreed"
    agree(app, inside(app), "unconfirmed")
    given = client.post(f"{API}/unconfirmed/export?kit=Lain", json={"reason": "pusat"}).json
    assert given is not None
    assert given["count"] == 0
    given = client.post(f"{API}/unconfirmed/export", json={"reason": "pusat"}).json
    assert given is not None
    assert given["people"][0]["nik"] == NIK
