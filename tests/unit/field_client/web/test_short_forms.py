"""Forms of one page keep each field as it is left, and save one record however often they come."""

import re

import pytest

from field_client.entries import Entry
from field_client.web.desk import Desk
from tests.unit.field_client.web.conftest import Browser
from tests.unit.field_client.web.test_forming import begin, entry_of, follow, leave, send, shown

REPORT = {"component": "camera", "place": "Kota Raja", "started": "01-11-2026"}
DAY = {"started_precision": "day", "status": "broken"}
MOVED = {"office": "Kantor Contoh", "kind": "received", "quantity": "50", "date": "02-11-2026"}


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


def open_form(browser: Browser, path: str, sent: str = "") -> str:
    """Open a page; return the name of the form that is sent there, or to ``sent``."""
    follow(browser, path)
    shape = rf'action="{sent or path}".*?name="form" value="([^"]+)"'
    found = re.search(shape, browser.page, re.DOTALL)
    assert found
    return found[1]


def all_of(desk: Desk, type_name: str) -> list[Entry]:
    """Give every record of a type, drafts too, without those that were void before."""
    with desk.use() as app:
        return [one for one in app.journal.entries(type=type_name) if one.void is None]


def counts(desk: Desk) -> tuple[int, int]:
    """Count the drafts, and what waits to be sent."""
    with desk.use() as app:
        found = app.journal.counts()
    return found["draft"], found["waiting"]


def test_a_half_filled_report_outlives_the_program(browser: Browser, desk: Desk) -> None:
    """It is found among the drafts, finished there, and who said so goes with it."""
    form = open_form(browser, "/outage/new")
    said = {**DAY, "form": form, "told_by": "Operator kecamatan", "place": "Kota Raja"}
    assert "Disimpan sebagai draf" in leave(browser, "/outage/new", **said)
    desk.end()
    browser.unlock()
    follow(browser, "/records/draft")
    assert "Kota Raja" in shown(browser)
    (outage,) = all_of(desk, "outage")
    path = f"/form/outage/{outage.id}/1"
    follow(browser, path)
    assert "Kota Raja" in browser.page
    send(browser, path, component="camera", started="01-11-2026", go="save")
    (outage,), (told,) = all_of(desk, "outage"), all_of(desk, "outage_statement")
    assert (str(outage.state), str(told.state)) == ("waiting", "waiting")
    assert told.values["told_by"] == "Operator kecamatan"
    assert told.values["outage"] == str(outage.id)


def test_a_report_is_one_record_however_often_it_comes(browser: Browser, desk: Desk) -> None:
    """Left, saved, told of once more beside the tap, and sent again: one outage, one statement."""
    before = counts(desk)[1]
    form = open_form(browser, "/outage/new")
    said = {**REPORT, **DAY, "form": form, "told_by": "Camat"}
    leave(browser, "/outage/new", **said)
    at = send(browser, "/outage/new", **said)
    leave(browser, "/outage/new", **{**said, "place": "Kota"})
    assert send(browser, "/outage/new", **said) == at
    assert counts(desk) == (0, before + 2)
    assert send(browser, "/outage/new", **{**said, "place": "Alak"}) != at
    assert len(all_of(desk, "outage")) == 2


def test_a_form_that_is_only_looked_at_leaves_nothing(browser: Browser, desk: Desk) -> None:
    """Neither does one whose field was emptied again."""
    form = open_form(browser, "/outage/new")
    begun = re.search(r'name="started" value="([^"]*)"', browser.page)
    assert begun
    shape = {**DAY, "started": begun[1], "form": form}
    leave(browser, "/outage/new", place="Kota Raja", told_by="Camat", **shape)
    assert counts(desk)[0] == 2
    assert "Disimpan" not in leave(browser, "/outage/new", place="", **shape)
    assert counts(desk)[0] == 0


@pytest.mark.parametrize("room", ["word", "repair"])
def test_a_word_about_an_outage_is_kept(browser: Browser, desk: Desk, room: str) -> None:
    """And found again under its own form."""
    open_form(browser, "/outage/new")
    outage = send(browser, "/outage/new", **REPORT, **DAY)
    form = open_form(browser, outage, f"{outage}/{room}")
    field = {"word": {"told_by": "Camat"}, "repair": {"by": "Teknisi"}}[room]
    assert "Disimpan sebagai draf" in leave(browser, f"{outage}/{room}", form=form, **field)
    kind = {"word": "outage_statement", "repair": "repair_attempt"}[room]
    (kept,) = all_of(desk, kind)
    assert (str(kept.state), kept.values["outage"]) == ("draft", outage.removeprefix("/outage/"))
    follow(browser, f"/form/{kind}/{kept.id}/1")
    assert next(iter(field.values())) in browser.page


def test_what_is_half_typed_says_and_counts_nothing_yet(browser: Browser, desk: Desk) -> None:
    """Drafts that cannot be read break no page, and change no sum and no outage's standing."""
    open_form(browser, "/outage/new")
    outage = send(browser, "/outage/new", **REPORT, **DAY)
    form = open_form(browser, outage, f"{outage}/repair")
    leave(browser, f"{outage}/repair", form=form, result="succeeded", date="kemarin")
    form = open_form(browser, "/outage/new")
    leave(browser, "/outage/new", form=form, place="Alak", people_displaced="banyak")
    leave(browser, "/outage/new", **DAY, form=form, place="Alak", started="kemarin")
    form = open_form(browser, "/stock")
    leave(browser, "/stock", **{**MOVED, "quantity": "banyak", "form": form})
    follow(browser, outage)
    assert "Rusak" in shown(browser)
    assert "Lanjutkan mengisi" in shown(browser)
    for path in ("/outages", "/stock", "/day", "/records/draft", "/outbox/draft"):
        follow(browser, path)
    for kind in ("outage", "stock_movement", "repair_attempt"):
        for one in all_of(desk, kind):
            follow(browser, f"/record/{one.id}")
    follow(browser, "/stock")
    assert "Kantor Contoh" not in re.sub(r"<details.*", "", browser.page, flags=re.DOTALL)


def test_a_movement_with_an_error_is_kept_without_scripts(browser: Browser, desk: Desk) -> None:
    """Mended in the form that came back, it is saved under the same number, once."""
    before = counts(desk)
    form = open_form(browser, "/stock")
    wrong = {**MOVED, "quantity": "banyak", "form": form}
    assert browser.post("/stock", **wrong).status_code == 400
    assert f'name="form" value="{form}"' in browser.page
    (kept,) = all_of(desk, "stock_movement")
    assert str(kept.state) == "draft"
    send(browser, "/stock", **MOVED, form=form)
    (saved,) = all_of(desk, "stock_movement")
    assert (saved.id, str(saved.state)) == (kept.id, "waiting")
    assert counts(desk) == (before[0], before[1] + 1)


def point(browser: Browser) -> str:
    """Note a service point; return where it is."""
    answers = {"place": "Balai", "date": "2026-11-23", "village": "53.15.05.2001"}
    at = send(browser, begin(browser, "session"), **answers, go="save")
    return "/point/" + at.removeprefix("/saved/")


def test_somebody_half_registered_in_the_queue_is_kept(browser: Browser, desk: Desk) -> None:
    """A killed program loses nothing that was left; the tally counts only whom it was sent for."""
    at = point(browser)
    form = open_form(browser, at, f"{at}/register")
    piece = leave(browser, f"{at}/register", form=form, name="Rosa Uji", sex="", recorded="yes")
    assert "Disimpan sebagai draf" in piece
    desk.end()
    browser.unlock()
    follow(browser, at)
    assert "Hadir 0" in shown(browser)
    (kept,) = [one for one in all_of(desk, "person") if str(one.state) == "draft"]
    assert kept.values == {"name": "Rosa Uji", "village": "53.15.05.2001"}
    answers = {"name": "Rosa Uji", "sex": "P", "birth_date": "1970", "recorded": "yes"}
    for _ in range(2):
        send(browser, f"{at}/register", form=form, **answers)
    assert "Hadir 1" in shown(browser), "a second tap counts nobody"
    assert str(entry_of(desk, str(kept.id)).state) == "waiting"


def test_a_field_that_comes_after_the_whole_form_takes_nothing_back(
    browser: Browser, desk: Desk
) -> None:
    """Somebody who stays a draft keeps the year that was typed last; what is left later counts."""
    at = point(browser)
    form = open_form(browser, at, f"{at}/register")
    path, answers = f"{at}/register", {"form": form, "name": "Rosa Uji", "sex": ""}
    leave(browser, path, **answers, turn="a:1")
    page = browser.page
    send(browser, path, **answers, birth_date="1970", turn="a:3")
    browser.page = page
    assert "Disimpan sebagai draf" in leave(browser, path, **answers, turn="a:2")
    (kept,) = [one for one in all_of(desk, "person") if str(one.state) == "draft"]
    assert kept.values["birth_date"] == "1970"
    leave(browser, path, **answers, birth_date="1971", turn="a:4")
    leave(browser, path, **answers, birth_date="1972", turn="b:1")
    assert entry_of(desk, str(kept.id)).values["birth_date"] == "1972"
