"""What is sent after the pages have locked is carried out once its sender is back, and nobody's."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from field_client.shift import IDLE_S
from field_client.vault import keys
from field_client.web import held
from field_client.web.desk import Desk
from field_client.web.held import HELD_S
from tests.support.laptop import OPERATOR, PASSPHRASE
from tests.unit.field_client.web.conftest import BASE, PIN, Browser, Clock
from tests.unit.field_client.web.test_forming import RESIDENT, begin, entry_of, follow, shown
from tests.unit.field_client.web.test_rooms import picture, saved
from tests.unit.field_client.web.test_short_forms import DAY, MOVED, REPORT, all_of, open_form

SECOND = "rahasia-kedua"
LARGE = 600_000


@pytest.fixture(autouse=True)
def unlocked(browser: Browser) -> None:
    """Unlock the pages."""
    browser.unlock()
    browser.get("/")


def too_late(browser: Browser, clock: Clock, path: str, **fields: str) -> str:
    """Send a form on which somebody typed for longer than the pages stay open."""
    clock.now_s += IDLE_S + 1
    return str(browser.post(path, **fields).location)


def send_photo(browser: Browser, photo: bytes) -> str:
    """Send a report with a file of any size; return where that leads."""
    key = re.search(r'name="form_key" value="([^"]+)"', browser.page)
    assert key
    file = FileStorage(BytesIO(photo), "a.png", "photo")
    data = {"form_key": key[1], **REPORT, **DAY, "photo": file}
    boundary, content = encode_multipart(data)
    said = f"multipart/form-data; boundary={boundary}"
    answer = browser.client.post("/outage/new", base_url=BASE, data=content, content_type=said)
    return str(answer.location)


@pytest.mark.parametrize("with_pin", [True, False])
def test_a_resident_sent_too_late_is_saved_after_the_lock(
    browser: Browser, desk: Desk, clock: Clock, *, with_pin: bool
) -> None:
    """By the PIN or the passphrase; until then nothing is written, and the door says what waits."""
    if with_pin:
        browser.set_pin()
    path = begin(browser)
    door = too_late(browser, clock, path, **RESIDENT, go="save")
    assert door == ("/pin" if with_pin else "/unlock")
    browser.get(door)
    assert "Kiriman Anda datang setelah halaman terkunci" in shown(browser)
    if with_pin:
        assert browser.post(door, pin="999999").status_code == 403
        led = browser.post(door, pin=PIN)
    else:
        assert browser.post(door, operator=OPERATOR, passphrase="salah").status_code == 403
        led = browser.unlock()
    assert str(led.location).startswith("/saved/")
    assert entry_of(desk, str(led.location)).values["name"] == "Agnes Uji"
    follow(browser, str(led.location))
    assert "Batalkan" in shown(browser)


def test_a_report_sent_too_late_keeps_its_photo(
    browser: Browser, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory alone. The form comes back where something in it is wrong, as it was typed."""
    browser.get("/outage/new")
    clock.now_s += IDLE_S + 1
    assert send_photo(browser, picture() + bytes(LARGE)) == "/unlock"
    monkeypatch.setattr("werkzeug.test.TemporaryFile", None)
    led = browser.unlock()
    follow(browser, str(led.location))
    assert "Foto (1)" in shown(browser)
    browser.get("/outage/new")
    too_late(browser, clock, "/outage/new", **{**REPORT, "component": "", "symptom": "Padam"})
    assert browser.unlock().status_code == 400
    assert "Padam" in browser.page
    assert len(saved(desk, "outage")) == 1


def test_a_field_left_too_late_is_kept(browser: Browser, desk: Desk, clock: Clock) -> None:
    """A browser with scripts tells of a field, and is led to the door: the draft is there after."""
    form = open_form(browser, "/stock")
    clock.now_s += IDLE_S + 1
    key = re.search(r'name="form_key" value="([^"]+)"', browser.page)
    assert key
    answer = browser.client.post(
        "/stock",
        base_url=BASE,
        data={"form_key": key[1], "form": form, **MOVED},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/unlock")
    assert browser.unlock().location == "/records/draft"
    assert [str(one.state) for one in all_of(desk, "stock_movement")] == ["draft"]


def test_nobody_else_carries_it_out(
    browser: Browser, browsers: Callable[[], Browser], desk: Desk, clock: Clock
) -> None:
    """Not another operator, another browser, nor whoever comes after a lock that was asked for."""
    administrator = keys.unlock(desk.home, OPERATOR, PASSPHRASE)
    keys.add_operator(desk.home, administrator, "kedua", SECOND, calibrate=False)
    path = begin(browser)
    too_late(browser, clock, path, **RESIDENT, go="save")
    browser.get("/unlock")
    assert browser.post("/unlock", operator="kedua", passphrase=SECOND).location == "/"
    browser.unlock()
    too_late(browser, clock, begin(browser), **RESIDENT, go="save")
    assert browsers().unlock().location == "/"
    assert browser.unlock().location == "/"
    browser.get("/")
    browser.set_pin()
    too_late(browser, clock, begin(browser), **RESIDENT, go="save")
    browser.get("/pin")
    browser.post("/lock")
    assert browser.unlock().location == "/"
    with desk.use() as app:
        assert "Agnes Uji" not in {one.values["name"] for one in app.journal.entries(type="person")}


def test_a_form_written_at_the_locked_door_is_not_held(
    browser: Browser, desk: Desk, clock: Clock
) -> None:
    """Its key is another one: a passer-by cannot leave a record for the officer to let in."""
    browser.set_pin()
    clock.now_s += IDLE_S + 1
    assert browser.get("/").location == "/pin"
    browser.get("/pin")
    assert browser.post("/stock", **MOVED).location == "/pin"
    browser.get("/pin")
    assert "Kiriman Anda" not in shown(browser)
    assert browser.post("/pin", pin=PIN).location == "/"
    assert all_of(desk, "stock_movement") == []


def test_it_is_held_for_ten_minutes_and_within_bounds(
    browser: Browser, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is gone; what is larger, or no form of a record, was never held."""
    path = begin(browser)
    too_late(browser, clock, path, **RESIDENT, go="save")
    clock.now_s += HELD_S
    assert browser.unlock().location == "/"
    browser.get("/outage/new")
    assert too_late(browser, clock, "/device/operator", name="baru") == "/unlock"
    assert browser.unlock().location == "/"
    browser.get("/outage/new")
    clock.now_s += IDLE_S + 1
    monkeypatch.setattr(held, "HELD_BYTES", LARGE)
    assert send_photo(browser, bytes(LARGE)) == "/unlock"
    assert browser.unlock().location == "/"
    assert all_of(desk, "outage") == []


def test_a_page_may_say_that_somebody_is_there(browser: Browser, clock: Clock) -> None:
    """Then the pages stay open; without the key of its form, or locked, it says nothing."""
    for _ in range(3):
        clock.now_s += IDLE_S - 10
        assert browser.post("/here").status_code == 204
        browser.get("/")
    clock.now_s += IDLE_S - 10
    assert browser.post("/here", key="nobody").status_code == 403
    clock.now_s += 10
    assert browser.post("/here").location == "/unlock"
