"""A phone at the laptop's pages, over TLS at another loopback address: let in, at work, put out."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Geolocation, Page, expect

from tests.support.browsing import NARROW, WIDE, offences
from tests.support.officers import VILLAGE, Hand, officer, prepare
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(180)
HOTSPOT = "127.0.0.2"
PHONE_PIN, LAPTOP_PIN = "314159", "271828"
PLACE = Geolocation(latitude=-8.5001, longitude=119.9002, accuracy=14)


def sound(page: Page) -> None:
    """Look at a page on a phone and on a desk, with the eyes of who sees badly."""
    own = page.viewport_size
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 900})
        assert offences(page) == []
    assert own is not None
    page.set_viewport_size(own)


@contextmanager
def phone(browser: Browser, lang: str = "id") -> Iterator[Page]:
    """Open a phone's browser, whose owner has accepted the laptop's certificate."""
    context = browser.new_context(
        viewport={"width": NARROW, "height": 740},
        ignore_https_errors=True,
        geolocation=PLACE,
        permissions=["geolocation"],
        locale=lang,
    )
    context.set_default_timeout(20_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def answers(host: str, port: int) -> bool:
    """Tell whether anybody listens there."""
    with socket.socket() as asked:
        asked.settimeout(2)
        return asked.connect_ex((host, port)) == 0


def pair(laptop: Hand, page: Page, name: str) -> str:
    """Let a phone in by the code that the laptop shows; return where the pages are for it."""
    path = laptop.page.inner_text(".pass .path")
    url = path.removesuffix("pair")
    code = laptop.page.inner_text(".pass .code")
    page.goto(url)
    assert urlsplit(page.url).path == "/pair"
    page.fill("#code", code.lower())
    page.fill("#name", name)
    page.fill("#pin", PHONE_PIN)
    page.click("main button.main")
    page.wait_for_selector("nav.rooms")
    return url


def test_a_phone_in_the_village(browser: Browser, tmp_path: Path) -> None:
    """Share, pair, register, a visit with its place on the map, put out; lock, nobody listens."""
    home = tmp_path / "a"
    prepare(home)
    with Pages(home=home) as pages, officer(browser, pages.url, width=WIDE) as laptop:
        begins(laptop)
        with phone(browser) as page:
            url = pair(laptop, page, "Ponsel uji")
            expect(laptop.page.get_by_role("heading", name="Ponsel uji")).to_be_visible()
            sound(laptop.page)
            expect(page.locator(".bar")).to_contain_text("ponsel: 1")
            registers(page, url)
            visits(page, url)
            page.goto(f"{url}phones")
            expect(page.locator(".trouble")).to_be_visible()
            page.goto(url)
            rests_and_wakes(page)
            waits(laptop, page, url)
            laptop.page.goto("/phones")
            laptop.page.click("button[name=phone]")
            page.goto(url)
            assert urlsplit(page.url).path == "/pair"
            laptop.press("Show a code for a phone")
            pair(laptop, page, "Ponsel lain")
        ends(laptop, int(str(urlsplit(url).port)), int(str(urlsplit(pages.url).port)))


def begins(laptop: Hand) -> None:
    """Set a PIN, and share; an address of the internet is refused."""
    laptop.page.goto("/pin/new")
    laptop.page.fill("#pin", LAPTOP_PIN)
    laptop.page.click("main button.main")
    laptop.page.goto("/phones")
    sound(laptop.page)
    laptop.page.click("main details summary")
    laptop.page.fill("#other", "8.8.8.8")
    laptop.press("Begin the sharing")
    expect(laptop.page.locator(".trouble")).to_be_visible()
    laptop.page.fill("#other", HOTSPOT)
    laptop.press("Begin the sharing")
    expect(laptop.page.locator(".qr svg")).to_be_visible()
    sound(laptop.page)


def ends(laptop: Hand, shared: int, own: int) -> None:
    """Lock: the laptop's own pages never answered there, and nobody does any more."""
    assert answers(HOTSPOT, shared)
    assert not answers(HOTSPOT, own)
    laptop.page.click("header form[action='/lock'] button")
    laptop.page.wait_for_selector("#passphrase")
    for _ in range(100):
        if not answers(HOTSPOT, shared):
            return
        laptop.page.wait_for_timeout(100)
    pytest.fail("phones are still served")


def registers(page: Page, url: str) -> None:
    """Register a resident as at the laptop."""
    page.goto(url)
    sound(page)
    page.click(".great a.main")
    page.fill("#name", "Warga Ponsel")
    page.check("[name=sex][value=P]")
    page.fill("#birth_date", "1971")
    page.select_option("#village", VILLAGE)
    page.click(".actions button.main")
    expect(page.locator(".done")).to_be_visible()


def visits(page: Page, url: str) -> None:
    """Note a visit, which notes its place by itself; the map shows it."""
    page.goto(f"{url}tasks/{VILLAGE}")
    page.click(".household a >> nth=0")
    expect(page.locator(".place p")).to_contain_text("14 m")
    sound(page)
    page.click(".choice:has([value=not_at_home])")
    page.click(".actions button.main")
    page.goto(f"{url}map/{VILLAGE}")
    expect(page.locator(".spots .later")).to_have_count(1)
    expect(page.locator(".places")).to_contain_text("± 14 m")
    sound(page)


def rests_and_wakes(page: Page) -> None:
    """Put the phone away; its PIN brings it back."""
    page.click("header form[action='/rest'] button")
    page.wait_for_selector("#pin")
    sound(page)
    page.fill("#pin", PHONE_PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav.rooms")


def waits(laptop: Hand, page: Page, url: str) -> None:
    """Pause the laptop: the phone waits until the PIN is given there."""
    laptop.page.goto("/")
    laptop.press("Pause, until the PIN")
    laptop.page.wait_for_selector("#pin")
    page.goto(url)
    assert urlsplit(page.url).path == "/wait"
    sound(page)
    laptop.page.fill("#pin", LAPTOP_PIN)
    laptop.page.keyboard.press("Enter")
    laptop.page.wait_for_selector("nav.rooms")
    page.click("main a.button")
    page.wait_for_selector("nav.rooms")


def test_the_map_and_the_phones_in_english(browser: Browser, tmp_path: Path) -> None:
    """Nothing is there at first; what was shared ends with a word, and with the program."""
    home = tmp_path / "a"
    prepare(home, people=2)
    with Pages(home=home) as pages:
        with officer(browser, pages.url, width=NARROW, lang="en") as laptop:
            laptop.page.goto("/map")
            laptop.page.click(".wide-link >> nth=0")
            expect(laptop.page.get_by_text(re.compile("No visit here"))).to_be_visible()
            sound(laptop.page)
            laptop.page.goto(f"/tasks/{VILLAGE}")
            laptop.page.click(".household a >> nth=0")
            laptop.press("Note the place")
            failed = laptop.say("The place could not be found.")
            expect(laptop.page.get_by_text(failed)).to_be_visible()
            laptop.page.goto("/phones")
            laptop.page.click("main details summary")
            laptop.page.fill("#other", HOTSPOT)
            laptop.press("Begin the sharing")
            sound(laptop.page)
            laptop.press("End the sharing, put all phones out")
            expect(laptop.page.locator("#other")).to_be_attached()
        with officer(browser, pages.url, width=NARROW) as laptop:
            laptop.page.goto("/phones")
            expect(laptop.page.locator(".qr")).to_have_count(0)
            laptop.page.click("main details summary")
            laptop.page.fill("#other", HOTSPOT)
            laptop.press("Begin the sharing")
            url = laptop.page.inner_text(".pass .path")
            laptop.page.goto("/")
            with phone(browser) as page:
                page.goto(url)
                pages.stop()
                assert not answers(HOTSPOT, int(str(urlsplit(url).port)))
