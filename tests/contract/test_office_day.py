"""A supervisor's morning on the pages: overview, areas, recap, campaigns, devices, exports."""

import re
import time
from pathlib import Path

import pytest
from flask import Flask

from sync_server.accounts import Role
from sync_server.store.queries.houses import houses_of
from tests.support.office_pages import agree, inside, log_of, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import RawDevice, person

NIK = "5315054107900001"
GOLO = "53.15.05"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office with users in every role."""
    return staffed(tmp_path, monkeypatch)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Let a laptop bring two residents, of whom one was recorded."""
    found = bench.device()
    one = found.change(person("Dorotea Contoh", nik=NIK) | {"marital_status": 2})
    two = found.change(person("=Silvester Contoh") | {"marital_status": 2})
    who = {"person": str(one.record), "outcome": "recorded", "lat": -8.5, "lon": 119.9}
    visit = found.change(who, type="visit")
    assert bench.exchange(found, found.batch([one, two, visit])).errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def test_the_morning_of_a_head_of_office(app: Flask, device: RawDevice) -> None:
    """Every page answers, in both languages, small enough, and says what came."""
    browser = inside(app)
    for language, words in (("id", "Ikhtisar"), ("en", "Overview")):
        browser.set_cookie("jemput_lang", language)
        page = browser.get("/").text
        assert words in page
        assert ">1 <small>50" in page, "one of two is not recorded"
    for path in ("/", "/areas", f"/areas?region={GOLO}", "/recap", "/quality", "/devices"):
        answer = browser.get(path)
        assert (answer.status_code, len(answer.data) < 150_000) == (200, True), path
    assert "sealed 3, held 3" in browser.get("/devices").text
    assert browser.get("/areas?region=53.15.05.2001").status_code == 400
    assert browser.get("/recap?region=99.99").status_code == 400
    viewer = inside(app, Role.VIEWER)
    assert viewer.get(f"/areas?region={GOLO}").status_code == 400, "another district"
    assert device.stream.hex()[:16] not in viewer.get("/devices").text


def test_a_family_at_one_table_is_one_house_and_neighbours_are_several(bench: Bench) -> None:
    """By family card, else by address in its RT; whose house nobody wrote is told by nobody."""
    device = bench.device((GOLO,))
    homes: list[dict[str, str]] = [
        {"kk_number": "5315050101100001"},
        {"kk_number": "5315050101100001", "address": "Jalan Uji 2"},
        {"address": "Jalan Uji 2", "rt": "001", "rw": "002"},
        {"address": "jalan uji 2", "rt": "001", "rw": "002"},
        {"address": "Jalan Uji 2", "rt": "003", "rw": "002"},
        {},
    ]
    people = [device.change(person(f"Warga Uji {at}") | home) for at, home in enumerate(homes)]
    assert bench.exchange(device, device.batch(people)).errors == []
    with bench.office.store.read() as connection:
        found = houses_of(connection, [str(one.record) for one in people])
    card, same, there, also, other, unknown = (found.get(str(one.record)) for one in people)
    assert (card == same, there == also, unknown) == (True, True, None)
    assert len({card, there, other}) == 3


@pytest.mark.usefixtures("device")
def test_sums_of_a_part_are_not_called_the_regencys(app: Flask) -> None:
    """A district's viewer reads "your area" wherever a line adds up less than the regency."""
    supervisor, viewer = inside(app), inside(app, Role.VIEWER)
    for path in ("/", "/areas", "/recap"):
        assert "Wilayah Anda di KABUPATEN MANGGARAI BARAT" in viewer.get(path).text, path
        assert "Wilayah Anda di" not in supervisor.get(path).text, path
    rows = viewer.get("/recap.csv").text.splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["53.15.06"]


def test_the_map_names_what_is_down_in_a_district_and_everywhere(app: Flask) -> None:
    """By the name of the place, never a code; the regency's own stands above the districts."""
    browser = inside(app)
    for office, place in ((GOLO, ""), ("53.15", "Dinas Contoh")):
        fields = {"component": "recording_set", "office": office, "place": place}
        fields |= {"started": "2023-11-01", "started_precision": "day", "status": "broken"}
        assert post(browser, "/outages", "/outages", **fields).status_code == 303
    page = browser.get("/areas").text
    told = re.findall(r"Gangguan: [^<]*", page)
    assert told == [
        "Gangguan: KABUPATEN MANGGARAI BARAT (Dinas Contoh)",
        "Gangguan: Komodo",
    ]
    assert "Dinas Contoh" not in browser.get(f"/areas?region={GOLO}").text


@pytest.mark.usefixtures("device")
def test_the_recap_is_given_as_table_workbook_and_paper(app: Flask) -> None:
    """The same day in three forms."""
    browser = inside(app)
    rows = browser.get(f"/recap.csv?region={GOLO}&on=2023-11-15").text.splitlines()
    header, last = rows[0].lstrip("\ufeff").split(","), rows[-1].split(",")
    told = dict(zip(header, last, strict=True))
    assert (told["region"], told["wajib"], told["recorded_today"]) == (GOLO, "2", "1")
    assert browser.get("/recap.xlsx").data.startswith(b"PK")
    assert browser.get("/recap.pdf").data.startswith(b"%PDF")
    assert browser.get("/recap.doc").status_code == 400


@pytest.mark.usefixtures("device")
def test_a_campaign_is_planned_and_its_villages_are_assigned(bench: Bench, app: Flask) -> None:
    """A village without a team or device is not assigned; a viewer plans nothing."""
    browser = inside(app)
    plan = {
        "name": "Jemput bola",
        "area": GOLO,
        "starts_on": "2023-11-01",
        "deadline": "2023-11-30",
    }
    made = post(browser, "/campaigns", "/campaigns", **plan)
    assert made.status_code == 303
    page = browser.get(made.location).text
    assert "Jemput bola" in browser.get("/campaigns").text
    path = f"{made.location}/assign"
    village = f"{GOLO}.2001"
    assert post(browser, path, "/", village=village).status_code == 400
    assert post(browser, path, "/", village=village, team="Tim 7").status_code == 303
    page = browser.get(made.location).text
    assert "Tim 7" in page
    wrong = {**plan, "ends_on": "2023-10-01", "name": "Salah"}
    assert post(browser, "/campaigns", "/campaigns", **wrong).status_code == 400
    assert post(inside(app, Role.VIEWER), "/campaigns", "/", **plan).status_code == 403
    assert {"campaign-add", "campaign-assign"} <= set(log_of(bench))


def test_what_a_revoked_device_sends_is_taken_in_or_discarded(
    bench: Bench, app: Flask, device: RawDevice
) -> None:
    """Revoked for a reason; its next batch waits until somebody decides."""
    browser, name = inside(app), device.stream.hex()[:16]
    path = f"/devices/{name}/revoke"
    assert post(browser, path, "/", reason=" ").status_code == 400
    assert post(browser, path, "/", reason="hilang di jalan").status_code == 303
    bench.exchange(device, device.batch(device.people(2)))
    page = browser.get("/devices").text
    assert "/devices/quarantine/1" in page
    viewer = inside(app, Role.VIEWER)
    assert post(viewer, "/devices/quarantine/1", "/", decision="accept").status_code == 403
    taken = post(browser, "/devices/quarantine/1", "/", decision="accept")
    assert taken.status_code == 303
    assert "/devices/quarantine/1" not in browser.get("/devices").text
    again = post(browser, "/devices/quarantine/1", "/", decision="discard")
    assert again.status_code == 400, "it was decided"
    assert "5" in browser.get("/devices").text


@pytest.mark.usefixtures("device")
def test_a_lost_recording_goes_back_to_the_laptops_once(bench: Bench, app: Flask) -> None:
    """As a visit with the outcome *revisit*."""
    browser = inside(app)
    for expected in (1, 0):
        made = post(browser, "/unconfirmed/requeue", "/", reason="tidak sampai di pusat")
        assert made.location == f"/unconfirmed?requeued={expected}"
    assert "sudah antre" in browser.get("/unconfirmed").text
    assert log_of(bench).count("unconfirmed-requeue") == 2


@pytest.mark.usefixtures("device")
def test_an_export_of_people_takes_two(bench: Bench, app: Flask) -> None:
    """Nobody agrees to their own; the file is for whoever asked, and for a day."""
    browser, second = inside(app), inside(app, Role.ADMINISTRATOR)
    asked = {"what": "residents.csv", "region": "", "reason": "kirim ke pusat"}
    assert post(browser, "/exports", "/exports", **{**asked, "reason": ""}).status_code == 400
    assert post(browser, "/exports", "/exports", **asked).status_code == 303
    assert post(browser, "/exports/1/decide", "/exports", decision="approve").status_code == 403
    assert post(browser, "/exports/1/file", "/exports").status_code == 404, "nobody agreed"
    assert post(second, "/exports/1/decide", "/exports", decision="approve").status_code == 303
    assert post(second, "/exports/1/file", "/exports").status_code == 404, "not theirs"
    table = taken(browser, 1)
    assert NIK in table
    assert "'=Silvester" in table
    assert inside(app, Role.VIEWER).get("/exports").status_code == 403
    bench.clock[0] += 2 * 86_400_000 + int(time.time() * 1000)
    browser = inside(app)
    browser.get("/exports")
    assert post(browser, "/exports/1/file", "/exports").status_code == 410
    done = [one for one in log_of(bench) if one.startswith("export-")]
    assert done == ["export-ask", "export-approve", "export-take"]


@pytest.mark.usefixtures("device")
def test_visits_are_given_as_points(app: Flask) -> None:
    """GeoJSON, longitude first."""
    browser = inside(app)
    agree(app, browser, "visits", "geojson")
    assert '"coordinates":[119.9,-8.5]' in taken(browser, 1)


def taken(browser: object, number: int) -> str:
    """Take a file as soon as it is made."""
    for _ in range(100):
        answer = post(browser, f"/exports/{number}/file", "/exports")  # type: ignore[arg-type]
        told = str(answer.text)
        answer.close()
        if answer.status_code == 200:
            return told
        time.sleep(0.05)
    raise AssertionError(answer.status_code)
