"""Outages, cards and letters in a real browser, and at the console the same words."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sync_server import suket
from tests.support.browsing import WIDE, Supervisor, everywhere, supervisor
from tests.support.offices import office_in
from tests.support.scenes import Office, people, regency

pytestmark = pytest.mark.timeout(300)
GOLO = "53.15.05"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency to which a laptop brought one recording and one outage."""
    with regency(tmp_path) as found:
        laptop = found.laptop("satu", GOLO)
        one = next(row for row in people(7, 40, GOLO) if "nik" in row)
        laptop.add("person", [{**one, "name": "Warga Uji Suket", "outcome": "recorded"}])
        down = {"component": "recording_set", "office": GOLO, "started_precision": "unknown"}
        laptop.add("outage", [down | {"status": "broken", "redirect_to": ["53.15.06"]}])
        laptop.sync()
        yield found


@everywhere((WIDE, "id"))
def test_the_reports_of_2016_and_a_letter_from_search_to_forgery(
    browser: Browser, office: Office, width: int, language: str
) -> None:
    """The example says what it says at the console as well, and without scripts."""
    url = office.process.url
    with supervisor(browser, url, width=width, language=language) as one:
        _example(one)
        _reports(office)
        _letter(one, office)
    with supervisor(browser, url, width=width, language=language, scripts=False) as one:
        one.page.goto("/figures")
        one.expect("{count} not recorded", count=one.number(27_711))


def _example(one: Supervisor) -> None:
    one.page.goto("/figures")
    one.press("Load the example")
    expect(one.page.get_by_text(f" {one.number(14_628)}").first).to_be_visible()
    one.page.goto("/outages")
    told = {"id": "Kota Raja sendiri dilaporkan rusak.", "en": "Kota Raja is itself reported down."}
    expect(one.page.get_by_text(told[one.language]).first).to_be_visible()


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


def _letter(one: Supervisor, office: Office) -> None:
    one.page.goto("/suket")
    one.fill("Resident who is recorded and has no card", "Warga Uji Suket")
    one.press("Search")
    issue = f"{one.say('Issue a letter')}: Warga Uji Suket"
    one.page.get_by_role("button", name=issue).click()
    expect(
        one.page.get_by_text(one.say("Letter {number} is issued.").split("}")[1])
    ).to_be_visible()
    (made,) = office.run("suket", "list")["letters"]
    opened = office_in(office.home)
    with opened.store.read() as connection:
        issued = suket.found(connection, made["number"], date.fromisoformat(made["issued_on"]))
        code = suket.code(opened, connection, issued)
    one.page.goto("/suket/verify")
    one.fill("Text of the QR code, from a scanner or a phone", code)
    one.press("Check")
    one.expect("This office signed it.")
    key = office.run("suket", "key")["key"]
    assert office.run("suket", "verify", code, "--key", key)["name"] == "Warga Uji Suket"
    forged = office.attempt("suket", "verify", code.replace("Uji", "Ujo"), "--key", key)
    assert "LETTER_FORGED" in forged.stderr
