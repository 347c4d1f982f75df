"""Outages, stock, letters, figures: pages and API over a real store, by role and area."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared_schema.suket_code import verified
from sync_server import ingest, suket
from sync_server.accounts import Role
from sync_server.ingest import Edit
from sync_server.people import whole_log
from sync_server.register_rows import resident_id
from sync_server.reports import print_report
from tests.support.office_pages import API, inside, log_of, post, program, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

ON = date(2023, 11, 15)
NIK = "5315054107900001"
MASKED = "531505********01"
ALL = ("/outages", "/service", "/stock", "/print-queue", "/suket", "/suket/verify", "/figures")
DOWN = {
    "component": "recording_set",
    "office": "53.15.05",
    "started": "2023-11-01",
    "started_precision": "day",
    "status": "broken",
    "redirect_to": "Boleng",
    "note": "Tanyakan kepada Warga Rahasia",
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office that heard of one recording."""
    found = staffed(tmp_path, monkeypatch)
    device = found.device()
    one = device.change(person("Dorotea Contoh", nik=NIK))
    visit = device.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
    assert found.exchange(device, device.batch([one, visit])).errors == []
    return found


@pytest.fixture
def app(bench: Bench) -> Flask:
    """Give the application."""
    return web_of(bench)


def given(client: FlaskClient, path: str) -> dict[str, Any]:
    """Give what the API answers."""
    said: dict[str, Any] | None = client.get(f"{API}{path}").json
    assert said is not None
    return said


def test_the_example_fills_every_page_and_none_is_large(app: Flask) -> None:
    """Empty first, with words; then what the two reports say, in both languages."""
    browser = inside(app)
    for path in ALL:
        assert browser.get(path).status_code == 200
    assert post(browser, "/figures/example", "/figures", do="load").status_code == 303
    sizes = {path: len(browser.get(path).data) for path in ALL}
    assert max(sizes.values()) <= 150_000
    said = browser.get("/figures").text
    for words in ("27.711", "16,88 persen", "usulan 14.628", "sekitar 956", "kurang 2.628"):
        assert words in said
    outages = browser.get("/outages").text
    assert "Kota Raja sendiri dilaporkan rusak." in outages
    assert "Camat Kota Raja, 13 Oktober 2016: Status belum diketahui" in outages
    assert "24 sampai 30 persen" in browser.get("/stock").text
    browser.set_cookie("jemput_lang", "en")
    assert "Kota Raja is itself reported down." in browser.get("/outages").text
    post(browser, "/figures/example", "/figures", do="remove")
    assert "27,711" not in browser.get("/figures").text


def test_an_outage_is_noted_contradicted_repaired_and_taken_back(bench: Bench, app: Flask) -> None:
    """A form that is wrong comes back with what was typed; viewers note nothing."""
    browser = inside(app)
    wrong = post(browser, "/outages", "/outages", **DOWN | {"started": "2999-01-01"})
    assert wrong.status_code == 400
    assert "Warga Rahasia" in wrong.text
    assert post(browser, "/outages", "/outages", **DOWN).status_code == 303
    client = program(app)
    (one,) = given(client, "/outages")["outages"]
    page = f"/outages/{one['id']}"
    told = {"told_by": "Camat", "told_on": "2023-11-10", "status": "unknown"}
    assert post(browser, f"{page}/outage_statement", page, **told).status_code == 303
    tried = {"by": "Teknisi", "result": "failed", "date": "2023-11-11"}
    assert post(browser, f"{page}/repair_attempt", page, **tried).status_code == 303
    (now,) = given(client, "/outages")["outages"]
    assert (now["disagreeing"], now["repairs_failed"]) == (["status"], 1)
    statement = now["statements"][0]["record"]
    assert post(browser, f"{page}/withdraw", page, noted=statement).status_code == 303
    (now,) = given(client, "/outages")["outages"]
    assert now["disagreeing"] == []
    assert browser.get("/outages/letter.pdf").data.startswith(b"%PDF-")
    for role in (Role.VIEWER, Role.AUDITOR):
        assert post(inside(app, role), "/outages", "/outages", **DOWN).status_code == 403
    assert page not in inside(app, Role.VIEWER).get("/outages").text, "another area"
    assert log_of(bench).count("note") == 3


def test_a_place_and_a_kit_have_a_timeline_over_all_their_outages(app: Flask) -> None:
    """What was said and tried in each, the newest first; other places' are left out."""
    browser = inside(app)
    post(browser, "/outages", "/outages", **DOWN)
    post(browser, "/outages", "/outages", **DOWN | {"component": "printer", "redirect_to": ""})
    post(browser, "/outages", "/outages", **DOWN | {"office": "53.15.06", "redirect_to": ""})
    one, other, elsewhere = (each["id"] for each in given(program(app), "/outages")["outages"])
    tried = {"by": "Teknisi", "result": "failed", "date": "2023-11-11"}
    post(browser, f"/outages/{one}/repair_attempt", f"/outages/{one}", **tried)
    assert "Urutan kejadian" not in browser.get("/outages?place=99.99").text
    page = browser.get("/outages?place=53.15.05").text
    steps = page.split('<ol class="steps">')[1].split("</ol>")[0]
    assert [steps.count(each) for each in (one, other, elsewhere)] == [3, 2, 0]
    assert "Teknisi" in steps
    assert f'href="/outages/{elsewhere}"' not in page
    with_kit = DOWN | {"kit": "Alat 7", "started": "2023-11-02"}
    assert post(browser, "/outages", "/outages", **with_kit).status_code == 303
    page = browser.get("/outages?place=kit:Alat+7").text
    assert page.split('<ol class="steps">')[1].split("</ol>")[0].count("<li>") == 2


def test_service_today_names_regions_and_nothing_that_somebody_typed(app: Flask) -> None:
    """Where people go instead, on the page and in the text to share."""
    browser = inside(app)
    post(browser, "/outages", "/outages", **DOWN)
    text = browser.get("/service.txt").text
    assert "Komodo: tidak melayani perekaman; silakan ke Boleng." in text
    for said in (text, browser.get("/service").text):
        assert "Warga Rahasia" not in said
    post(browser, "/outages", "/outages", **DOWN | {"office": "53.15.06", "redirect_to": ""})
    text = browser.get("/service.txt").text
    assert "silakan ke Boleng" not in text, "it is down itself now"
    assert "\nMelayani perekaman: Kantor KABUPATEN MANGGARAI BARAT, Macang Pacar" in text
    post(browser, "/figures/example", "/figures", do="load")
    for said in (browser.get("/service.txt").text, browser.get("/service").text):
        assert "Melayani perekaman" not in said, "several districts are down, and none is named"


def test_stock_is_noted_once_however_often_the_form_is_sent(app: Flask) -> None:
    """It is taken back again; a table can be had."""
    browser, client = inside(app), program(app)
    moved = {"office": "53.15", "kind": "received", "quantity": "500", "date": "2023-11-01"}
    for _ in range(2):
        assert post(browser, "/stock", "/stock", **moved).status_code == 303
    assert given(client, "/stock")["total"]["remaining"] == 500
    assert "500" in browser.get("/stock.csv").text
    wrong = post(browser, "/stock", "/stock", **moved | {"quantity": "-5"})
    assert (wrong.status_code, 'value="-5"' in wrong.text) == (400, True)


def test_published_cards_stand_beside_ours_and_a_contradiction_is_called_one(app: Flask) -> None:
    """What is left, asked for and granted of the whole regency, none counted being a dash."""
    browser = inside(app)
    post(browser, "/figures/example", "/figures", do="load")

    def ours(measure: str) -> str:
        rows = browser.get("/figures").text.split('<tr><th scope="row">')[1:]
        row = next(one for one in rows if f">{measure}</a>" in one)
        return re.findall(r'<td class="number">([^<]*)</td>', row)[-1]

    assert ours("Stok blangko") == "-"
    for office, kind, quantity in (("53.15", "received", "500"), ("53.15.05", "used", "20")):
        moved = {"office": office, "kind": kind, "quantity": quantity, "date": "2023-11-01"}
        assert post(browser, "/stock", "/stock", **moved).status_code == 303
    assert ours("Stok blangko") == "480"
    assert "<b>Angka tidak cocok.</b>" in browser.get("/figures").text


def test_days_stand_in_lists_and_titles_as_people_write_them(app: Flask) -> None:
    """A row of the search, and the name of a record that is named by its day."""
    browser = inside(app)
    found = post(browser, "/search", "/search", q="Dorotea").text
    assert "1 Januari 1970" in found
    moved = {"office": "53.15", "kind": "received", "quantity": "500", "date": "2023-11-01"}
    post(browser, "/stock", "/stock", **moved)
    record = re.findall(r'name="noted" value="([^"]+)"', browser.get("/stock").text)[0]
    page = browser.get(f"/record/{record}").text
    assert "1 November 2023 · Diterima" in page
    assert "2023-11-01" not in page


def test_a_letter_is_issued_printed_checked_and_revoked(bench: Bench, app: Flask) -> None:
    """On the pages and by the API; each step stands in the access log."""
    browser, client = inside(app), program(app)
    found = post(browser, "/suket/search", "/suket", q="Dorotea").text
    assert (MASKED in found, NIK in found) == (True, False)
    person_id = found.split('name="person" value="')[1].split('"')[0]
    assert post(browser, "/suket/issue", "/suket", person=person_id).status_code == 303
    assert post(browser, "/suket/issue", "/suket", person=person_id).status_code == 400
    with bench.office.store.read() as connection:
        made = suket.found(connection, "470/1/SKT/2023", ON)
        code = suket.code(bench.office, connection, made)
    assert browser.get(f"/suket/{made.record}.pdf").data.startswith(b"%PDF-")
    assert verified(code, [bench.office.keys.signing.public_key()]).nik == NIK
    genuine = post(browser, "/suket/verify", "/suket/verify", code=code)
    assert (genuine.status_code, NIK in genuine.text) == (200, True)
    with bench.office.store.write() as connection:
        edit = Edit(record=UUID(person_id), type="person", values={"name": "Dorotea Contoh Baru"})
        ingest.write_own(connection, [edit], "user:penyelia")
        again = suket.found(connection, made.number, ON)
        assert again.values["name"] == "Dorotea Contoh Baru"
        assert suket.code(bench.office, connection, again) == code, "one number, one content"
    forged = code.replace("Dorotea", "Theodora")
    assert post(browser, "/suket/verify", "/suket/verify", code=forged).status_code == 400
    assert client.post(f"{API}/suket/verify", json={"code": forged}).status_code == 400
    revoked = post(browser, f"/suket/{made.record}/revoke", "/suket", reason="salah cetak")
    assert revoked.status_code == 303
    refused = browser.get(f"/suket/{made.record}.pdf")
    assert (refused.status_code, "tidak berlaku lagi" in refused.text) == (400, True)
    checked = client.post(f"{API}/suket/verify", json={"code": code}).json
    assert checked is not None
    assert checked["state"] == "revoked"
    viewer = inside(app, Role.VIEWER)
    assert "470/1/SKT/2023" not in viewer.get("/suket").text, "another area"
    assert viewer.get(f"/suket/{made.record}.pdf").status_code == 403
    done = log_of(bench)
    for action in ("suket-issue", "suket-print", "suket-verify", "suket-revoke"):
        assert action in done


def test_only_the_administrator_sets_how_letters_are_numbered(app: Flask) -> None:
    """A form without places for number and year is refused."""
    rule = {
        "series": "SK-{n}/{year}",
        "months": "0",
        "signs": "Kepala Dinas",
        "place": "Labuan Bajo",
    }
    assert post(inside(app), "/suket/policy", "/suket", **rule).status_code == 403
    browser = inside(app, Role.ADMINISTRATOR)
    assert post(browser, "/suket/policy", "/suket", **rule).status_code == 303
    assert "SK-1/2023" in browser.get("/suket").text
    assert post(browser, "/suket/policy", "/suket", **rule | {"series": "x"}).status_code == 400


def test_the_print_queue_is_the_change_logs_and_leaves_only_when_two_agree(
    bench: Bench, app: Flask
) -> None:
    """Urgent first, then the oldest; the rest is counted; the page shows no reason and no NIK."""
    said = [
        {
            "central_status": "PRINT_READY_RECORD",
            "recorded_on": "2023-05-01",
            "village": "53.15.06.2001",
        },
        {"central_status": "PRINT_READY_RECORD", "recorded_on": "2023-01-01"},
        {
            "central_status": "PRINT_READY_RECORD",
            "recorded_on": "2023-09-01",
            "urgent_reason": "health",
        },
        {"central_status": "SENT_FOR_ENROLLMENT", "recorded_on": "2023-01-01"},
        {"central_status": "CARD_PRINTED"},
    ]
    edits = [
        Edit(
            record=resident_id({"nik": f"531505170570000{at}"}, ""),
            type="person",
            values=person(f"Warga Uji {at}", nik=f"531505170570000{at}") | values,
        )
        for at, values in enumerate(said)
    ]
    with bench.office.store.write() as connection:
        ingest.write_own(connection, edits, "user:penyelia")
    browser = inside(app)
    moved = {"office": "53.15", "kind": "received", "quantity": "2", "date": "2023-11-01"}
    post(browser, "/stock", "/stock", **moved)
    page = browser.get("/print-queue").text
    names = re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', page)
    assert names == ["Warga Uji 2", "Warga Uji 1", "Warga Uji 0"]
    assert "2 keping blangko kurang 1 untuk 3 warga" in page
    assert ("Kesehatan" in page, "5315051705700002" in page) == (False, False)
    with bench.office.store.read() as connection:
        log = [one["values"].get("central_status") for one in whole_log(connection)]
        found = print_report.wanted(connection, ON, lambda _area: True)
        assert (found.count.ready, found.count.not_ready) == (
            log.count("PRINT_READY_RECORD"),
            log.count("SENT_FOR_ENROLLMENT"),
        )
        rows = list(print_report.rows(connection, found))
    assert [row[1:5:3] for row in rows] == [
        [True, "5315051705700002"],
        [True, "5315051705700001"],
        [False, "5315051705700000"],
    ]
    with bench.office.store.read() as connection:
        mine = print_report.wanted(connection, ON, lambda area: area == "53.15.06.2001")
        alone = list(print_report.rows(connection, mine))
    assert [row[:2] + row[4:5] for row in alone] == [[3, False, "5315051705700000"]]
    assert (mine.count.ready, mine.count.covered, mine.count.short) == (1, 0, 1)
    assert post(browser, "/print-queue/export", "/", reason=" ").status_code == 400
    asked = post(browser, "/print-queue/export", "/", reason="ke percetakan")
    assert (asked.status_code, asked.location) == (303, "/exports?done=asked")
    assert "Antrean cetak dengan NIK lengkap" in browser.get("/exports").text
    assert post(inside(app, Role.VIEWER), "/print-queue/export", "/", reason="x").status_code == 403


def test_only_what_was_noted_at_the_office_is_taken_back_there(bench: Bench, app: Flask) -> None:
    """Neither a laptop's report nor a resident of the register, whoever names them in a form."""
    device = bench.device()
    report = device.change(
        {"component": "server", "office": "53.15.05", "started_precision": "unknown"},
        type="outage",
    )
    assert bench.exchange(device, device.batch([report])).errors == []
    imported = resident_id({"nik": NIK}, "")
    edit = Edit(record=imported, type="person", values=person("Warga Uji 1", nik=NIK))
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [edit], "user:penyelia register")
    browser = inside(app)
    for record in (report.record, imported):
        for path in (f"/outages/{report.record}/withdraw", "/stock/withdraw", "/figures/withdraw"):
            assert post(browser, path, "/stock", noted=str(record)).status_code == 400
    assert given(program(app), "/outages")["total"] == 1
