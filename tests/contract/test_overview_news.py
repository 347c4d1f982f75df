"""What the overview says happened since yesterday, and that it is over the day after."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared_schema.clock import DAY_MS
from sync_server import auditing
from sync_server.accounts import Actor, Role
from sync_server.noting import note
from tests.support.office_pages import inside, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

USER = "user:penyelia"
SOMEBODY = Actor(name="u-supervisor", role=Role.SUPERVISOR)
NOTHING = ("0 · 0", "0 · 0", "0", "0 · 0")
DOWN = {"component": "recording_set", "office": "53.15.06", "started_precision": "day"}


def lines(browser: FlaskClient) -> tuple[str, ...]:
    """Give outages, cards, statuses and conflicts of *Since yesterday*."""
    page = browser.get("/").text.split("Sejak kemarin")[1].split("</section>")[0]
    return tuple(re.findall(r"<b>([^<]*)</b>", page)[3:])


def test_what_happened_since_yesterday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outages, cards, the ministry's list and conflicts; what was before is no news."""
    bench = staffed(tmp_path, monkeypatch)
    browser = inside(web_of(bench))
    assert lines(browser) == NOTHING
    old = write(bench, "outage", DOWN | {"started": "2023-11-01"})
    write(bench, "stock_movement", moved("received", "2023-11-01", 900))
    assert lines(browser) == NOTHING
    write(bench, "outage", DOWN | {"started": "2023-11-14", "office": "53.15.05"})
    said = {"outage": old, "told_by": "Camat", "told_on": "2023-11-15", "status": "restored"}
    write(bench, "outage_statement", said)
    write(bench, "stock_movement", moved("received", "2023-11-14", 500))
    write(bench, "stock_movement", moved("used", "2023-11-15", 30))
    with bench.office.store.write() as connection:
        told = {"kind": "status", "changed": 7}
        auditing.note(bench.office, connection, SOMEBODY, "import-done", "", told)
    disagree(bench)
    assert lines(browser) == ("1 · 1", "500 · 30", "7", "1 · 0")
    page = browser.get("/conflicts").text
    pattern = r'action="(/conflicts/[^"]+)".*?name="change" value="([^"]+)"'
    form = re.search(pattern, page, re.DOTALL)
    assert form
    assert post(browser, form[1], "/conflicts", change=form[2]).status_code == 303
    assert lines(browser) == ("1 · 1", "500 · 30", "7", "0 · 1")
    bench.clock[0] += 3 * DAY_MS
    assert lines(inside(web_of(bench))) == NOTHING


def moved(kind: str, day: str, quantity: int) -> dict[str, Any]:
    """Give a movement of the regency's cards."""
    return {"office": "53.15", "kind": kind, "quantity": quantity, "date": day}


def write(bench: Bench, kind: str, values: dict[str, Any]) -> str:
    """Note something at the office; give its id."""
    with bench.office.store.write() as connection:
        note(bench.office, connection, kind, values, USER, "id")
        query = f"SELECT record FROM records WHERE type = '{kind}' ORDER BY born DESC"
        return str(connection.exec_driver_sql(query).scalars().first())


def disagree(bench: Bench) -> None:
    """Let two laptops name one resident differently."""
    one, two = bench.device(), bench.device()
    made = one.change(person("Warga Contoh"))
    named = [each.change({"name": f"Warga {at}"}, record=made.record)
             for at, each in enumerate((one, two))]  # fmt: skip
    assert bench.exchange(one, one.batch([made, named[0]])).errors == []
    assert bench.exchange(two, two.batch([named[1]])).errors == []
