"""Whom to summon, whom a broken machine sent away, and the area of the laptop that goes there."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from sync_server import displaced, rebuilding, verification
from sync_server.accounts import Role
from sync_server.store.queries import users
from tests.support.office_pages import inside, log_of, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import RawDevice, person

NIK = "5315054107900001"
GOLO = "53.15.05"
HERE, THERE = f"{GOLO}.2001", f"{GOLO}.2002"
PLAN = {"name": "Jemput bola", "area": GOLO, "starts_on": "2023-11-01", "deadline": "2023-11-30"}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with users in every role."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


@pytest.fixture
def campaign(app: Flask) -> str:
    """Plan a campaign; give its page."""
    return str(post(inside(app), "/campaigns", "/campaigns", **PLAN).location)


def bring(bench: Bench, device: RawDevice, *changes: object) -> None:
    """Let a device bring changes."""
    assert bench.exchange(device, device.batch(list(changes))).errors == []  # type: ignore[arg-type]


def resident(device: RawDevice, name: str, **more: object) -> object:
    """Write a married resident."""
    return device.change(person(name) | {"marital_status": 2, **more})


def visited(device: RawDevice, who: object, outcome: str, **more: object) -> object:
    """Write a visit."""
    said = {"person": str(who.record), "outcome": outcome, **more}  # type: ignore[attr-defined]
    return device.change(said, type="visit")


def test_the_unrecorded_of_a_village_are_summoned_by_rt(
    bench: Bench, app: Flask, campaign: str
) -> None:
    """Not the recorded, the dead or the moved, and nobody's number; the letters are a PDF."""
    device = bench.device()
    one = resident(device, "Dorotea Contoh", nik=NIK, rt="3", rw="01", address="Jalan Uji 1")
    two = resident(device, "Silvester Contoh", rt="003", rw="1", needs_home_service=True)
    three = resident(device, "Tanpa Rukun Contoh")
    gone, done = resident(device, "Pergi Contoh", rt="3"), resident(device, "Sudah Contoh", rt="3")
    bring(bench, device, one, two, three, gone, done)
    bring(bench, device, visited(device, gone, "moved"), visited(device, done, "recorded"))
    browser, path = inside(app), f"{campaign}/summons"
    page = browser.get(f"{path}?region={HERE}").text
    assert "RT 003/RW 001" in page
    assert "<b>3</b>" in page
    assert "Dorotea" not in page, "names are shown of one RT at a time"
    shown = browser.get(f"{path}?region={HERE}&rt=001-003").text
    assert "Dorotea Contoh" in shown
    assert "Silvester Contoh" in shown
    assert "perlu layanan rumah" in shown
    assert not {"Pergi Contoh", "Sudah Contoh", NIK} & set(shown.split("<"))
    assert NIK not in shown
    letters = post(browser, f"{path}.pdf", path, region=HERE, day="2023-11-20", place="Kantor desa")
    assert letters.data.startswith(b"%PDF")
    assert post(browser, f"{path}.pdf", path, region=HERE, rt="009-009").status_code == 400
    assert {"summons-seen", "summons-print"} <= set(log_of(bench))
    viewer = inside(app, Role.VIEWER)
    assert viewer.get(f"{path}?region={HERE}").status_code == 400, "another district"
    assert post(viewer, f"{path}.pdf", "/", region=HERE).status_code == 403


def test_whoever_a_broken_machine_met_is_queued_again_by_itself(
    bench: Bench, app: Flask, campaign: str
) -> None:
    """Once for each visit, for the campaign that comes next, and a laptop of the area hears it."""
    device, other = bench.device(), bench.device()
    who, lucky, later = (resident(device, f"Warga Uji {n}") for n in range(3))
    bring(bench, device, who, lucky, later)
    bring(
        bench,
        device,
        visited(device, who, "not_at_home", reason="equipment_broken"),
        visited(device, lucky, "not_at_home", reason="equipment_broken"),
        visited(device, lucky, "recorded"),
        visited(device, later, "not_at_home"),
    )
    bench.exchange(other)
    assert displaced.requeue_new(bench.office) == 1
    assert displaced.requeue_new(bench.office) == 0
    pulled = bench.exchange(other).states.values()
    (again,) = [one for one in pulled if one["type"] == "visit"]
    fields = {name: heads["heads"][0][1] for name, heads in again["fields"].items()}
    assert fields["outcome"] == "revisit"
    assert fields["campaign"] == campaign.rpartition("/")[2]
    assert fields["person"] == str(who.record)  # type: ignore[attr-defined]
    page = inside(app).get(campaign).text
    assert "diantrekan kembali" in page
    assert "<dd>4</dd>" in page, "what the office asks for is no visit"
    recap = inside(app).get("/recap.csv?on=2023-11-15").text.splitlines()
    told = dict(zip(recap[0].split(","), recap[-1].split(","), strict=True))
    assert told["visits"] == "4"
    bring(bench, device, visited(device, who, "refused", reason="equipment_broken"))
    assert displaced.requeue_new(bench.office) == 1, "met by it once more"
    rebuilding.rebuild(bench.office)
    assert displaced.requeue_new(bench.office) == 0
    verification.verify_all(bench.office)


def test_assigning_a_village_widens_the_area_of_its_laptop(
    bench: Bench, app: Flask, campaign: str
) -> None:
    """It is told the new area and sent its people; an unknown device is assigned nothing."""
    writer, goes = bench.device(), bench.device((THERE,))
    bring(bench, writer, resident(writer, "Warga Uji 1"))
    assert bench.exchange(goes).states == {}
    browser, name = inside(app), goes.id.hex()
    said = {"village": HERE, "device": name, "widen": "yes"}
    assert post(browser, f"{campaign}/assign", campaign, **said).status_code == 303
    answer = bench.exchange(goes)
    (area,) = [one for one in answer.items if one["kind"] == "scope"]
    assert area["scope"] == [HERE, THERE]
    assert len(answer.states) >= 1
    assert [one["kind"] for one in bench.exchange(goes).items] == []
    wrong = {"village": HERE, "device": "00" * 8}
    assert post(browser, f"{campaign}/assign", campaign, **wrong).status_code == 400
    assert "device-area" in log_of(bench)


def test_the_area_of_a_device_is_changed_on_its_page(bench: Bench, app: Flask) -> None:
    """To a district or several; never to another regency, or by somebody who may not."""
    device = bench.device((HERE,))
    path, browser = f"/devices/{device.id.hex()}/area", inside(app)
    assert post(browser, path, "/devices", area="53.71").status_code == 400
    assert post(browser, path, "/devices", area=f"{GOLO}, {HERE}").status_code == 303
    assert "Changed" not in browser.get("/devices").text
    (area,) = [one for one in bench.exchange(device).items if one["kind"] == "scope"]
    assert area["scope"] == [GOLO], "a village lies in its district"
    assert post(inside(app, Role.VIEWER), path, "/", area=HERE).status_code == 403


def test_a_supervisor_of_a_district_moves_no_laptop_of_another(
    bench: Bench, app: Flask, campaign: str
) -> None:
    """Neither by assigning nor on its page; of one that serves both, their own part only."""
    other = "53.15.06"
    away, shared = bench.device((other,)), bench.device((HERE, other))
    with bench.office.store.write() as connection:
        one = users.get(connection, f"u-{Role.SUPERVISOR}")
        assert one is not None
        users.save(connection, replace(one, area=(GOLO,)))
    browser = inside(app)
    said = {"village": HERE, "device": away.id.hex(), "widen": "yes"}
    assert post(browser, f"{campaign}/assign", campaign, **said).status_code == 400
    path = f"/devices/{shared.id.hex()}/area"
    assert post(browser, path, "/devices", area=THERE).status_code == 303
    (area,) = [one for one in bench.exchange(shared).items if one["kind"] == "scope"]
    assert area["scope"] == [THERE, other]
    assert [one for one in bench.exchange(away).items if one["kind"] == "scope"] == []
