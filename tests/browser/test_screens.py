"""Every screen of the officer's pages, in both languages and sizes.

As somebody meets it with bad eyes, big thumbs, the keyboard alone or an enlarged page. A picture
of each stays in build/screens. In CI each screen is shown in one language and one size,
in turn; `make soak` asks everything of all four.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from field_client.web import practice
from tests.support.browsing import NARROW, WIDE, visit
from tests.support.effort import in_both
from tests.support.looks import looked_at, pictured, reflowed, turn_to, wrong
from tests.support.officer_screens import Furnished, Screen, furnish, screens, unseen
from tests.support.officers import Hand, officer
from tests.support.pages import Pages

PIN = "271828"
LANGUAGES = ("id", "en")
SIZES = (NARROW, WIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """Pages with something on every screen, of practice, and of a laptop without a store."""

    made: Furnished
    pages: Pages
    practice: Pages
    empty: Pages


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """Serve them."""
    folder = tmp_path_factory.mktemp("screens")
    made = furnish(folder / "a")
    with (
        Pages(home=folder / "a") as pages,
        Pages(home=folder / "a", more=("--practice",)) as practising,
        Pages(home=folder / "none") as empty,
    ):
        yield Laptop(made=made, pages=pages, practice=practising, empty=empty)


def test_every_route_is_walked(laptop: Laptop) -> None:
    """A route that is added is looked at, or left out for a reason."""
    assert unseen(laptop.made) == []


@in_both
def test_every_screen_can_be_read_pressed_and_walked_by_keyboard(
    browser: Browser, laptop: Laptop, scale: str
) -> None:
    """The rules of WCAG 2.2 AA, targets of 48 pixels, focus in order and seen, reflow at 320."""
    said: list[str] = []
    with officer(browser, laptop.pages.url, width=WIDE) as hand:
        for at, screen in enumerate(screens(laptop.made)):
            whole = scale == "soak"
            languages = LANGUAGES if whole else (LANGUAGES[at % 2],)
            said += seen(hand.page, screen, languages, SIZES if whole else (SIZES[at // 2 % 2],))
    report(said)


def report(said: list[str]) -> None:
    """Fail with every line."""
    if said:
        pytest.fail("\n".join(said))


def seen(page: Page, screen: Screen, languages: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Look at a screen in each of the languages and sizes."""
    said: list[str] = []
    for language in languages:
        speak(page, language)
        turn_to(page, screen.path)
        for width in sizes:
            pictured(page, screen.name, f"officer-{language}", width)
            said += [f"{screen.name} {language} {width}: {one}" for one in wrong(page, thumbs=True)]
        said += [f"{screen.name} {language}: {one}" for one in reflowed(page)]
    return said


def speak(page: Page, language: str) -> None:
    """Choose a language, as its button does."""
    url = page.evaluate("location.origin")
    page.context.add_cookies([{"name": "jemput_lang", "value": language, "url": url}])


@in_both
def test_doors_and_what_shows_after_something_was_done(
    browser: Browser, laptop: Laptop, scale: str
) -> None:
    """Locked, paused, practising, enrolling; found, refused, taken back: the same is asked."""
    said: list[str] = []
    for lang in LANGUAGES if scale == "soak" else ("id",):
        for url, name, path in (
            *((laptop.pages.url, one.name, one.path) for one in screens(laptop.made, locked=True)),
            (laptop.empty.url, "beginning-begin", "/begin"),
        ):
            with visit(browser, url, language=lang) as page:
                page.goto(path)
                said += looked_at(page, name, f"officer-{lang}")
        said += practised(browser, laptop, lang)
        with officer(browser, laptop.pages.url, width=WIDE, lang=lang) as hand:
            said += staged(hand, laptop)
    report(said)


def practised(browser: Browser, laptop: Laptop, lang: str) -> list[str]:
    """Look at practice, which says what it is."""
    with visit(browser, laptop.practice.url, language=lang) as page:
        page.goto("/unlock")
        page.fill("#passphrase", practice.PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_selector("nav.rooms")
        expect(page.locator(".practice")).to_be_visible()
        return looked_at(page, "practice-home", f"officer-{lang}")


def staged(hand: Hand, laptop: Laptop) -> list[str]:
    """Look at what shows only after something was done."""
    said: list[str] = []

    def look(name: str) -> None:
        hand.page.wait_for_load_state()
        said.extend(looked_at(hand.page, name, f"officer-{hand.lang}"))

    page = hand.page
    page.goto("/search")
    page.fill("#q", "warga contoh")
    expect(page.locator("#found li").first).to_be_visible()
    look("finding-found")
    page.goto("/outage/new")
    page.click("form.long button.main")
    look("outages-report-errors")
    page.goto(f"/point/{laptop.made.session}")
    page.click(".fields button.main")
    look("points-point-errors")
    page.goto(f"/visit/{laptop.made.person}")
    page.click(".choice:has([value=not_at_home])")
    hand.press("Save")
    look("visiting-undo")
    page.goto("/nowhere")
    look("error")
    page.goto("/pin/new")
    page.fill("#pin", PIN)
    hand.press("Set the PIN")
    page.goto("/")
    hand.press("Pause, until the PIN")
    look("door-resume")
    page.fill("#pin", PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav.rooms")
    return said
