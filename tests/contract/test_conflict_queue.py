"""The fields in conflict one by one: by district and campaign, from where a user stood."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_server.accounts import Role
from tests.support.office_pages import API, inside, post, program, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

GOLO, LEMBOR = "53.15.05", "53.15.06"
NAMES = {"Agnes Contoh": f"{GOLO}.2001", "Bruno Contoh": f"{LEMBOR}.2001",
         "Carla Contoh": f"{GOLO}.2002"}  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with users in every role."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


@pytest.fixture
def campaign(bench: Bench, app: Flask) -> str:
    """Let three addresses be in conflict; the first two of them were visited in a campaign."""
    made = post(inside(app), "/campaigns", "/campaigns", name="Jemput Contoh", area="53.15")
    plan = str(made.location.rpartition("/")[2])
    device = bench.device((GOLO, LEMBOR))
    changes: list[Any] = []
    for at, (name, village) in enumerate(NAMES.items()):
        born = device.change(person(name, village))
        changes.append(born)
        changes += [
            device.change({"address": f"Jalan {n}"}, record=born.record, replaces=[])
            for n in range(2)
        ]
        if at < 2:
            met = {"person": str(born.record), "outcome": "not_at_home", "campaign": plan}
            changes.append(device.change(met, type="visit"))
    assert bench.exchange(device, device.batch(changes)).errors == []
    return plan


def seen(browser: FlaskClient, path: str = "/conflicts") -> tuple[str, int]:
    """Give who stands on the page, and how many are said to be left."""
    page = browser.get(path).text
    name = re.search(r'<section class="one">.*?<h2><a[^>]*>([^<]*)<', page, re.DOTALL)
    left = re.search(r'class="left" role="status"><b>(\d+)<', page)
    assert left
    return (name[1] if name else ""), int(left[1])


def behind(browser: FlaskClient) -> str:
    """Give the address of the next one."""
    link = re.search(r'data-key="n" href="([^"]+)"', browser.get("/conflicts").text)
    assert link
    return link[1].replace("&amp;", "&")


def test_a_user_goes_on_where_they_stood(app: Flask, campaign: str) -> None:
    """Narrowed by district and campaign, passed over, signed in anew, chosen, taken back."""
    browser = inside(app)
    assert seen(browser)[1] == 3
    assert seen(browser, f"/conflicts?area={LEMBOR}") == ("Bruno Contoh", 1)
    assert seen(browser, f"/conflicts?campaign={campaign}&area={GOLO}") == ("Agnes Contoh", 1)
    first, left = seen(browser, f"/conflicts?area={GOLO}")
    assert left == 2
    second, left = seen(browser, behind(browser))
    assert {first, second} == {"Agnes Contoh", "Carla Contoh"}
    assert seen(inside(app)) == (second, 2), "also after signing in anew"
    page = browser.get("/conflicts").text
    path = re.search(r'action="(/conflicts/[^"]+/address)"', page)
    change = re.search(r'name="change" value="([^"]+)"', page)
    after = re.search(r'name="after" value="([^"]+)"', page)
    assert path
    assert change
    assert after
    answer = post(browser, path[1], "/conflicts", change=change[1], after=after[1])
    assert seen(browser, answer.location) == ("", 1), "the first was passed over"
    decision = answer.location.partition("last=")[2]
    back = post(browser, "/conflicts/undo", "/conflicts", decision=decision)
    assert seen(browser, back.location) == (second, 2)
    assert seen(browser, "/conflicts?after=")[1] == 3


def test_a_program_narrows_and_pages(app: Flask, campaign: str) -> None:
    """As on the page; nothing of another district is counted."""
    client = program(app)

    def ask(**asked: Any) -> Mapping[str, Any]:
        found = client.get(f"{API}/conflicts", query_string=asked).json
        assert found is not None
        return found

    assert [ask(area=GOLO)["count"], ask(campaign=campaign)["count"], ask()["count"]] == [2, 2, 3]
    (one,) = ask(limit=1)["conflicts"]
    rest = ask(after=one["key"])
    assert (rest["count"], len(rest["conflicts"])) == (3, 2)
    viewer = program(app, Role.VIEWER).get(f"{API}/conflicts").json
    assert viewer is not None
    assert viewer["count"] == 1
