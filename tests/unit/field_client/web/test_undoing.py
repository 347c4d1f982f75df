"""What was done last is taken back for ten seconds; a draft thrown away for thirty days."""

from uuid import UUID

import pytest

from field_client.web.desk import Desk
from tests.support.laptop import write
from tests.unit.field_client.web.conftest import Browser, Clock
from tests.unit.field_client.web.test_forming import (
    RESIDENT,
    begin,
    entry_of,
    follow,
    leave,
    send,
    shown,
)


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


def saved(browser: Browser, desk: Desk) -> UUID:
    """Register a resident."""
    return entry_of(desk, send(browser, begin(browser), **RESIDENT, go="save")).id


def test_a_saved_resident_is_taken_back_into_the_form(browser: Browser, desk: Desk) -> None:
    """What was saved is void for everybody; what was typed is a draft again, and nobody's twin."""
    record = saved(browser, desk)
    follow(browser, "/")
    assert "Tersimpan: Agnes Uji Batalkan" in shown(browser)
    at = send(browser, "/undo")
    assert at.startswith("/form/person/")
    assert 'value="Agnes Uji"' in browser.page
    assert "Dugaan ganda" not in browser.page
    assert entry_of(desk, str(record)).void is not None
    assert str(entry_of(desk, at).state) == "draft"
    assert send(browser, at, go="save").startswith("/saved/")


def test_after_ten_seconds_it_is_too_late(browser: Browser, desk: Desk, clock: Clock) -> None:
    """The offer is gone; an answer that was on its way then still counts, a later one does not."""
    record = saved(browser, desk)
    clock.now_s += 9
    browser.get("/")
    assert "left-1" in browser.page
    clock.now_s += 2
    browser.get("/")
    assert "/undo" not in browser.page
    clock.now_s += 5
    assert browser.post("/undo").status_code == 400
    assert "terlambat" in browser.page
    assert entry_of(desk, str(record)).void is None


def test_what_another_phone_wrote_since_is_not_taken_back(browser: Browser, desk: Desk) -> None:
    """Neither is the record void, nor the other's word replaced by an older one."""
    record = saved(browser, desk)
    path = f"/form/person/{record}/1"
    follow(browser, path)
    send(browser, path, name="Agnes Lain", go="save")
    with desk.use() as app:
        write(app, record, name="Agnes Benar")
    assert browser.post("/undo").status_code == 400
    assert entry_of(desk, path).values["name"] == "Agnes Benar"


def test_a_correction_is_taken_back(browser: Browser, desk: Desk) -> None:
    """The values from before hold again, an empty one too."""
    record = saved(browser, desk)
    path = f"/form/person/{record}/1"
    follow(browser, path)
    send(browser, path, name="Agnes Lain", kk_number="5315050101080001", go="save")
    send(browser, "/undo")
    values = entry_of(desk, path).values
    assert values["name"] == "Agnes Uji"
    assert "kk_number" not in values


def test_a_draft_thrown_away_comes_back(browser: Browser, desk: Desk, clock: Clock) -> None:
    """At once by undo, later from the trash."""
    path = begin(browser)
    leave(browser, path, name="Agnes Uji")
    record = path.split("/")[3]
    assert send(browser, f"/discard/{record}") == "/records/draft"
    assert "Draf (0)" in shown(browser)
    assert send(browser, "/undo") == f"/record/{record}"
    send(browser, f"/discard/{record}")
    clock.now_s += 60
    follow(browser, "/trash")
    assert "Agnes Uji" in shown(browser)
    assert send(browser, f"/trash/{record}") == f"/record/{record}"
    assert entry_of(desk, path).values == {"name": "Agnes Uji"}
    assert browser.post(f"/trash/{record}").status_code == 400


def test_a_record_is_declared_void_for_a_reason(browser: Browser, desk: Desk) -> None:
    """And stands again where that was wrong."""
    record = saved(browser, desk)
    follow(browser, f"/record/{record}")
    assert browser.post(f"/void/{record}", reason=" ").status_code == 400
    follow(browser, f"/record/{record}")
    send(browser, f"/void/{record}", reason="Terdaftar dua kali")
    assert "Ternyata tetap berlaku" in shown(browser)
    assert entry_of(desk, str(record)).void == {"reason": "Terdaftar dua kali"}
    send(browser, f"/void/{record}", undo="yes")
    assert entry_of(desk, str(record)).void is None
