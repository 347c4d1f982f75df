"""Lists that grow with the regency: no page of them outgrows 150 kB, and every row is reached."""

import re
from pathlib import Path

import pytest
from flask import Flask

from shared_schema.ids import derived_id
from sync_server import ingest
from sync_server.accounts import Role
from sync_server.ingest import Edit
from sync_server.store.queries import devices
from sync_server.store.queries.devices import Device
from tests.support.office_pages import inside, staffed, web_of
from tests.support.offices import Bench

MOST_BYTES = 150_000
FLEET = 130
NEXT = re.compile(r'href="([^"]+)">(?:(?!</a>).)*Selanjutnya', re.DOTALL)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Found an office."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Serve it."""
    return web_of(bench)


def walked(app: Flask, path: str, row: str) -> list[str]:
    """Follow a list to its end; give what `row` finds on all its pages."""
    browser, found, address = inside(app, Role.ADMINISTRATOR), [], path
    while address:
        answer = browser.get(address)
        assert (answer.status_code, len(answer.data) <= MOST_BYTES) == (200, True), address
        found += re.findall(row, answer.text)
        on = NEXT.search(answer.text)
        address = on[1].replace("&amp;", "&") if on else ""
    return found


def test_a_fleet_of_devices(bench: Bench, app: Flask) -> None:
    """Those in use and those that are revoked, each on their own pages."""
    with bench.office.store.write() as connection:
        for at in range(FLEET):
            known = Device(
                id=at.to_bytes(8), signing=bytes(32), sealing=bytes(32),
                label=f"Laptop contoh {at}",
                scope=("53.15",), scope_version=1, until_ms=None, enrolled_ms=bench.office.now_ms(),
                revoked_ms=None, seen_ms=bench.office.now_ms(),
            )  # fmt: skip
            devices.save(connection, known)
            if at % 2:
                devices.revoke(connection, known.id, bench.office.now_ms())
    row = r"<h2>Laptop contoh (\d+)"
    used, gone = walked(app, "/devices", row), walked(app, "/devices?show=revoked", row)
    assert sorted(map(int, used)) == list(range(0, FLEET, 2))
    assert sorted(map(int, gone)) == list(range(1, FLEET, 2))


def test_a_regency_of_many_outages(bench: Bench, app: Flask) -> None:
    """Each of 200 is reached from the list."""
    edits = [
        Edit(
            record=derived_id("outage", b"%d" % at),
            type="outage",
            values={"component": "camera", "office": "district_office",
                    "place": f"Kantor contoh {at}",
                    "started": "2023-11-01", "started_precision": "day", "status": "broken"},
        )
        for at in range(200)
    ]  # fmt: skip
    with bench.office.store.write() as connection:
        ingest.write_own(connection, edits, "user:penyelia")
    found = walked(app, "/outages", r'<th scope="row"><a[^>]*>Kantor contoh (\d+)</a>')
    assert sorted(map(int, found)) == list(range(200))


def test_a_campaign_of_many_service_points(bench: Bench, app: Flask) -> None:
    """Each of 400 is reached from the campaign's page."""
    campaign = derived_id("campaign", b"")
    about = {"name": "Jemput bola", "area": "53.15", "starts_on": "2023-11-01",
             "ends_on": "2023-12-01"}  # fmt: skip
    points = [
        Edit(
            record=derived_id("session", b"%d" % at),
            type="session",
            values={"campaign": str(campaign), "place": f"Balai desa {at}", "date": "2023-11-10",
                    "village": "53.15.05.2001", "invited": 60, "attended": 40},
        )
        for at in range(400)
    ]  # fmt: skip
    with bench.office.store.write() as connection:
        edits = [Edit(record=campaign, type="campaign", values=about), *points]
        ingest.write_own(connection, edits, "user:penyelia")
    found = walked(app, f"/campaigns/{campaign}", r">Balai desa (\d+)<")
    assert sorted(map(int, found)) == list(range(400))
