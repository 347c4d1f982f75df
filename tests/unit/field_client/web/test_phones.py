"""Phones at the laptop's pages: who gets in, what they see, and what ends it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from field_client.entries import Edit
from field_client.shift import IDLE_S, SHIFT_S, State
from field_client.vault import keys
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from field_client.web.phones import CODE_S, ON_PHONE, Phones
from field_client.web.phones_room import SHARING
from tests.support.laptop import OPERATOR, PASSPHRASE
from tests.unit.field_client.web.conftest import FORM_KEY, PIN, Browser, Clock

AT = "192.168.137.1:8802"
PHONE_PIN = "314159"
VILLAGE = "53.15.05.2001"
WORDS = ("Rosa", "Lukas", "Dorotea", "Silvester", "Agnes")
ON_THE_LAPTOP_ONLY = (
    *("/unlock", "/pin", "/pin/new", "/begin", "/backup", "/device", "/phones", "/phones/list"),
)


class PhoneBrowser(Browser):
    """A phone's browser, over the line that phones use."""

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page, without following where it leads."""
        return self._shown(self.client.get(path, **self._line(), **more))

    def post(self, path: str, *, key: str | None = None, **fields: str) -> TestResponse:
        """Send a form with the key of the page that is shown."""
        found = FORM_KEY.search(self.page)
        data = {"form_key": key if key is not None else found[1] if found else "", **fields}
        return self._shown(self.client.post(path, data=data, **self._line()))

    def pair(self, code: str, name: str = "Ponsel uji") -> TestResponse:
        """Give the code."""
        self.get(f"/pair?code={code}")
        return self.post("/pair", code=code, name=name, pin=PHONE_PIN)

    def send(self, path: str, form: "SlowForm") -> TestResponse:
        """Send a form that takes its time."""
        sent = {
            "wsgi.input": form,
            "CONTENT_LENGTH": str(form.size),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
        }
        line = self._line()
        line["environ_overrides"] |= sent
        return self._shown(self.client.post(path, **line))

    @staticmethod
    def _line() -> dict[str, Any]:
        return {"base_url": f"https://{AT}", "environ_overrides": {ON_PHONE: AT}}


class SlowForm(RawIOBase):
    """A form while which arrives something else happens."""

    def __init__(self, content: bytes, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.size, self._content, self._meanwhile = len(content), BytesIO(content), meanwhile

    def readable(self) -> bool:
        """Say that it is read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give what has come."""
        self._meanwhile()
        return self._content.readinto(buffer)


@pytest.fixture
def pages(desk: Desk) -> Flask:
    """Return the pages."""
    return create_app(desk, "id", routed=lambda: False)


@pytest.fixture
def phones(pages: Flask) -> Phones:
    """Return the phones of these pages."""
    found: Phones = pages.extensions[SHARING].phones
    return found


@pytest.fixture
def browsers(pages: Flask) -> Callable[[], Browser]:
    """Return what starts a browser on the laptop."""
    return lambda: Browser(client=pages.test_client())


@pytest.fixture
def phone(pages: Flask, phones: Phones, browser: Browser, clock: Clock) -> PhoneBrowser:
    """Return a phone that was let in, after the laptop was unlocked and has a PIN."""
    browser.unlock()
    browser.set_pin()
    found = PhoneBrowser(client=pages.test_client())
    assert found.pair(phones.offer(clock()).text).location == "/"
    return found


def test_a_phone_uses_the_pages(phone: PhoneBrowser) -> None:
    """Search and register; menus lead to nothing that is the laptop's."""
    assert phone.get("/").status_code == 200
    assert 'action="/rest"' in phone.page
    assert not re.search(r'(href|action)="/(lock|pause|pin|device|backup|phones)', phone.page)
    phone.post("/search", q="maria")
    phone.get("/search")
    assert "Maria Contoh" in phone.page
    assert phone.get("/new/person").status_code == 303
    phone.get("/sync")
    assert "/sync/start" in phone.page
    assert "/sync/export" not in phone.page
    assert phone.post("/sync/export").status_code == 403


def test_a_phone_never_meets_the_laptops_doors(phone: PhoneBrowser) -> None:
    """Passphrase, PIN, backup, operators and the list of phones are refused."""
    for path in ON_THE_LAPTOP_ONLY:
        assert phone.get(path).status_code == 403, path
        assert "hanya dapat dilakukan di laptop" in phone.page
        given = phone.post(path, operator=OPERATOR, passphrase=PASSPHRASE)
        assert given.status_code in {400, 403}, path


def test_who_has_no_code_sees_the_way_in_only(
    pages: Flask, phones: Phones, phone: PhoneBrowser, clock: Clock
) -> None:
    """Another phone, or a code that was used, or one that is too old."""
    other = PhoneBrowser(client=pages.test_client())
    for path in (
        "/",
        "/search",
        "/record/00000000-0000-8000-8000-000000000000",
        *ON_THE_LAPTOP_ONLY,
    ):
        assert other.get(path).location == "/pair", path
    code = phones.offer(clock()).text
    clock.now_s += CODE_S
    assert other.pair(code).status_code == 403
    code = phones.offer(clock()).text
    clock.now_s += 2
    assert other.pair(code).location == "/"
    third = PhoneBrowser(client=pages.test_client())
    assert third.pair(code).status_code == 403
    assert phone.get("/").status_code == 200


def test_the_phones_pages_are_not_the_laptops(browser: Browser) -> None:
    """No browser of the laptop pairs; no name but the shared address is answered."""
    browser.unlock()
    for path in ("/pair", "/wake", "/wait"):
        assert browser.get(path).status_code == 404
    assert browser.client.get("/pair", base_url=f"https://{AT}").status_code == 403
    marked = {"base_url": "https://jemput.example:8802", "environ_overrides": {ON_PHONE: AT}}
    assert browser.client.get("/pair", **marked).status_code == 403
    forged = browser.client.get("/", base_url=f"https://{AT}", headers={ON_PHONE: AT})
    assert forged.status_code == 403


def test_its_cookie_travels_by_tls_alone(
    pages: Flask, phones: Phones, browser: Browser, clock: Clock
) -> None:
    """And a cookie from before it was let in is worth nothing after."""
    browser.unlock()
    other = PhoneBrowser(client=pages.test_client())
    first = other.get("/pair").headers["Set-Cookie"]
    assert "Secure" in first
    assert "HttpOnly" in first
    assert "SameSite=Strict" in first
    code = phones.offer(clock()).text
    assert other.pair(code).headers["Set-Cookie"].split(";")[0] != first.split(";")[0]


def test_each_has_a_session_of_its_own(phone: PhoneBrowser, browser: Browser) -> None:
    """What one looks for or did last is not the other's."""
    browser.get("/")
    browser.post("/search", q="yohanes")
    phone.get("/")
    phone.post("/search", q="maria")
    browser.get("/search")
    assert "Yohanes Contoh" in browser.page
    assert "Maria Contoh" not in browser.page


def test_four_phones_serve_one_queue(
    pages: Flask, phones: Phones, phone: PhoneBrowser, clock: Clock, desk: Desk
) -> None:
    """All at once: nobody is lost or doubled, and the tally counts each."""
    with desk.use() as app:
        session = app.journal.new_record()
        values = {"place": "Balai", "date": "2026-11-23", "village": VILLAGE}
        app.journal.write([Edit(record=session, type="session", version=1, values=values)])
    hands = [phone, *(PhoneBrowser(client=pages.test_client()) for _ in range(3))]
    for hand in hands[1:]:
        hand.pair(phones.offer(clock()).text)

    def serve(at: int) -> None:
        hands[at].get(f"/point/{session}")
        for number in range(5):
            who = {"name": f"{WORDS[at]} {WORDS[number]} Uji", "sex": "P"}
            born = {"birth_date": str(1940 + 5 * at + number), "recorded": "yes"}
            said = hands[at].post(f"/point/{session}/register", **who, **born)
            assert said.status_code == 303, said.text

    with ThreadPoolExecutor(len(hands)) as team:
        list(team.map(serve, range(len(hands))))
    with desk.use() as app:
        people = [str(one.values["name"]) for one in app.journal.entries(type="person")]
        served = [name for name in people if name.endswith("Uji")]
        assert len(served) == len(set(served)) == 20
        assert len(list(app.journal.entries(type="visit"))) == 20
        tally = app.journal.entry(session)
        assert tally is not None
        assert (tally.values["attended"], tally.values["recorded"]) == (20, 20)


def test_put_out_it_is_out_at_once(phone: PhoneBrowser, phones: Phones, browser: Browser) -> None:
    """By the laptop's list, which names it."""
    browser.get("/phones/list")
    assert "Ponsel uji" in browser.page
    assert browser.post("/phones/out", phone=phones.every()[0].id).location == "/phones"
    assert phone.get("/").location == "/pair"


def test_a_form_that_was_on_its_way_is_refused_too(phone: PhoneBrowser, phones: Phones) -> None:
    """Whoever sends a form slowly is asked for again once it is here."""
    phone.get("/search")
    found = FORM_KEY.search(phone.page)
    assert found is not None
    form = SlowForm(f"form_key={found[1]}&q=maria".encode(), phones.put_all_out)
    assert phone.send("/search", form).location == "/pair"


def test_the_list_is_sent_when_it_has_changed(
    phones: Phones, browser: Browser, clock: Clock
) -> None:
    """And not while it stays the same."""
    browser.unlock()
    seen = f"{phones.version}.{int(clock() // 60)}"
    assert browser.get(f"/phones/list?seen={seen}").status_code == 204
    phones.offer(clock())
    assert browser.get(f"/phones/list?seen={seen}").status_code == 200


def test_it_rests_after_five_idle_minutes(
    phone: PhoneBrowser, browser: Browser, clock: Clock
) -> None:
    """Whatever the laptop does meanwhile; its own PIN wakes it, five wrong ones put it out."""
    for _ in range(4):
        clock.now_s += IDLE_S / 4
        browser.get("/")
    assert phone.get("/").location == "/wake"
    assert phone.get("/search").location == "/wake"
    phone.get("/wake")
    assert "Maria" not in phone.page
    assert phone.post("/wake", pin=PIN).status_code == 403
    assert phone.post("/wake", pin=PHONE_PIN).location == "/"
    assert phone.get("/").status_code == 200
    assert phone.post("/rest").location == "/wake"
    phone.get("/wake")
    for left in range(4, 0, -1):
        assert phone.post("/wake", pin="999999").status_code == 403
        assert f"Sisa percobaan: {left}" in phone.page
    assert phone.post("/wake", pin="999999").status_code == 403
    assert phone.get("/").location == "/pair"


def test_what_a_phone_sent_while_it_rested_is_carried_out(
    phone: PhoneBrowser, browser: Browser, clock: Clock
) -> None:
    """By its own PIN; where the laptop was locked, as soon as that is open."""
    phone.get("/stock")
    sent = {"office": "Kantor Contoh", "kind": "received", "quantity": "5", "date": "02-11-2026"}
    for _ in range(4):
        clock.now_s += IDLE_S / 4
        browser.get("/")
    assert phone.post("/stock", **sent).location == "/wake"
    phone.get("/wake")
    assert "Kiriman Anda datang setelah halaman terkunci" in phone.page
    assert phone.post("/wake", pin=PHONE_PIN).location == "/stock"
    phone.get("/stock")
    assert "(1)" in phone.page
    browser.get("/")
    browser.post("/pause")
    assert phone.post("/stock", **{**sent, "quantity": "6"}).location == "/wait"
    browser.get("/pin")
    browser.post("/pin", pin=PIN)
    assert phone.get("/wait").location == "/stock"
    phone.get("/stock")
    assert "(2)" in phone.page


@pytest.mark.parametrize("has_pin", [True, False])
def test_the_laptop_rests_while_a_phone_works(
    has_pin: bool,
    phone: PhoneBrowser,
    browser: Browser,
    clock: Clock,
    desk: Desk,
) -> None:
    """Nobody goes on at an empty chair; the phone does, and whoever returns gives the PIN."""
    if not has_pin:
        browser.get("/unlock")
        browser.unlock()
    for _ in range(4):
        clock.now_s += IDLE_S / 4
        assert phone.get("/").status_code == 200
    assert desk.shift.state is State.OPEN
    assert browser.get("/").location == ("/pin" if has_pin else "/unlock")
    assert browser.get("/idle").location == "/"
    if has_pin:
        browser.get("/pin")
        assert browser.post("/pin", pin="999999").status_code == 403
        assert browser.post("/pin", pin=PIN).location == "/"
    else:
        browser.unlock()
    assert browser.get("/").status_code == 200
    assert phone.get("/").status_code == 200


def test_five_wrong_pins_at_an_open_laptop_end_the_shift(
    phone: PhoneBrowser, browser: Browser, clock: Clock, desk: Desk
) -> None:
    """As they do at a paused one; the phones are out with it."""
    clock.now_s += IDLE_S - 1
    phone.get("/")
    clock.now_s += 1
    browser.get("/pin")
    for _ in range(5):
        browser.post("/pin", pin="999999")
    assert desk.shift.state is State.LOCKED
    assert phone.get("/").location == "/wait"
    assert desk.is_over(OPERATOR)


def test_a_pause_lets_it_wait_and_a_lock_ends_it(
    phone: PhoneBrowser, browser: Browser, clock: Clock, desk: Desk
) -> None:
    """Nothing is shown meanwhile; after the PIN at the laptop it goes on."""
    browser.get("/")
    browser.post("/pause")
    assert phone.get("/").location == "/wait"
    assert phone.get("/wait").status_code == 200
    assert "Contoh" not in phone.page
    assert not desk.is_over(OPERATOR)
    browser.get("/pin")
    browser.post("/pin", pin=PIN)
    assert phone.get("/").status_code == 200
    clock.now_s += SHIFT_S
    assert phone.get("/").location == "/wait"
    assert desk.is_over(OPERATOR)


def test_it_ends_with_the_operators_shift(
    phone: PhoneBrowser, browser: Browser, desk: Desk
) -> None:
    """Who unlocks under another name has not let these phones in."""
    with desk.use() as app:
        keys.add_operator(app.home, app.keys, "rekan", PASSPHRASE, calibrate=False)
    browser.get("/unlock")
    browser.post("/unlock", operator="rekan", passphrase=PASSPHRASE)
    assert desk.is_over(OPERATOR)
    assert not desk.is_over("rekan")
    assert phone.get("/").status_code == 303
