"""Outages, cards and letters in a real browser, and at the console the same words."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sync_server import suket
from tests.support.browsing import sign_in, visit
from tests.support.offices import office_in
from tests.support.scenes import Office, people, regency

pytestmark = pytest.mark.timeout(300)
GOLO = "53.15.05"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve a regency to which a laptop brought one recording and one outage."""
    with regency(Path(tmp_path_factory.mktemp("kantor"))) as found:
        laptop = found.laptop("satu", GOLO)
        one = next(row for row in people(7, 40, GOLO) if "nik" in row)
        laptop.add("person", [{**one, "name": "Warga Uji Suket", "outcome": "recorded"}])
        down = {"component": "recording_set", "office": GOLO, "started_precision": "unknown"}
        laptop.add("outage", [down | {"status": "broken", "redirect_to": ["53.15.06"]}])
        laptop.sync()
        yield found


def test_the_reports_of_2016_and_a_letter_from_search_to_forgery(
    browser: Browser, office: Office
) -> None:
    """The example says what it says at the console as well, and without scripts."""
    with visit(browser, office.process.url) as page:
        sign_in(page)
        _example(page)
        _reports(office)
        _letter(page, office)
    with visit(browser, office.process.url, scripts=False) as page:
        sign_in(page)
        page.goto("/figures")
        expect(page.get_by_text("27.711 belum rekam")).to_be_visible()


def _example(page: Page) -> None:
    page.goto("/figures")
    page.get_by_role("button", name="Muat contoh").click()
    expect(page.get_by_text("usulan 14.628")).to_be_visible()
    page.goto("/outages")
    expect(page.get_by_text("Kota Raja sendiri dilaporkan rusak.").first).to_be_visible()


def _reports(office: Office) -> None:
    """Have the console say the same, in every layout."""
    told = office.run("report", "outages", "--on", "2016-10-13")
    assert [one["to_name"] for one in told["redirects"] if one["target_down"]] == ["Kota Raja"] * 2
    assert office.run("report", "stock")["balanced"]
    for name in ("outages", "stock"):
        made = office.home.with_name(f"{name}.xlsx")
        office.attempt("report", name, "--format", "xlsx", "--output", made).check()
        assert made.read_bytes().startswith(b"PK")
        assert office.attempt("report", name, "--format", "csv").check().stdout.count(",") > 5
    assert "3, 3 gagal" in office.attempt("report", "outages").check().stdout


def _letter(page: Page, office: Office) -> None:
    page.goto("/suket")
    page.get_by_label("Warga yang sudah rekam dan belum punya KTP").fill("Warga Uji Suket")
    page.get_by_role("button", name="Cari").click()
    page.get_by_role("button", name="Terbitkan surat: Warga Uji Suket").click()
    expect(page.get_by_text("diterbitkan.")).to_be_visible()
    (made,) = office.run("suket", "list")["letters"]
    opened = office_in(office.home)
    with opened.store.read() as connection:
        issued = suket.found(connection, made["number"], date.fromisoformat(made["issued_on"]))
        code = suket.code(opened, connection, issued)
    page.goto("/suket/verify")
    page.get_by_label("Teks kode QR, dari pemindai atau ponsel").fill(code)
    page.get_by_role("button", name="Periksa", exact=True).click()
    expect(page.get_by_text("Kantor ini menandatanganinya.")).to_be_visible()
    key = office.run("suket", "key")["key"]
    assert office.run("suket", "verify", code, "--key", key)["name"] == "Warga Uji Suket"
    forged = office.attempt("suket", "verify", code.replace("Uji", "Ujo"), "--key", key)
    assert "LETTER_FORGED" in forged.stderr
