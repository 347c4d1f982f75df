"""An hour with the keyboard alone: no pointer is there, and focus is always seen."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browsing import WIDE
from tests.support.officers import VILLAGE, Hand, officer
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(300)
FAR = 60
SEEN = """() => [document.activeElement, document.activeElement.closest("label")]
  .some(one => one && getComputedStyle(one).outlineStyle !== "none")"""


def to(hand: Hand, there: Locator, key: str = "Tab") -> None:
    """Press Tab until something has the focus; on the way it is always seen where it is."""
    for _ in range(FAR):
        hand.page.keyboard.press(key)
        assert hand.page.evaluate(SEEN), hand.page.evaluate("document.activeElement.outerHTML")
        if there.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{there} was never reached")


def press(hand: Hand, text: str) -> None:
    """Go to the button or link that says so, and press it."""
    said = hand.say(text)
    there = hand.page.locator("main").locator("button:visible, a:visible").filter(has_text=said)
    to(hand, there.first)
    with hand.page.expect_navigation():
        hand.page.keyboard.press("Enter")


def test_a_resident_and_a_visit_without_a_pointer(browser: Browser, pages: Pages) -> None:
    """From the door over the search to the record, its visit, and back out."""
    with officer(browser, pages.url, width=WIDE) as hand:
        page, keys = hand.page, hand.page.keyboard
        skip(hand)
        press(hand, "Register resident")
        to(hand, page.locator("#name"))
        keys.type("Warga Papan Ketik")
        to(hand, page.locator("[name=sex]").first)
        keys.press("Space")
        to(hand, page.locator("#birth_date"))
        keys.type("17051970")
        to(hand, page.locator("#village"))
        keys.type("Desa C")
        expect(page.locator("#village")).to_have_value(VILLAGE)
        expect(page.locator("#kept svg")).to_be_visible()
        press(hand, "Save")
        if "/check/" in page.url:
            press(hand, "Another person: save")
        press(hand, "Open the record")
        press(hand, "Visit")
        to(hand, page.locator("[name=outcome]").first)
        keys.press("ArrowDown")
        assert page.locator("[name=outcome]:checked").count() == 1
        press(hand, "Save")
        to(hand, page.locator(".undo button"))
        find(hand)
        leave(hand)


def skip(hand: Hand) -> None:
    """Skip what stands above every page."""
    hand.page.keyboard.press("Tab")
    expect(hand.page.locator(".skip")).to_be_focused()
    hand.page.keyboard.press("Enter")
    assert hand.page.evaluate("document.activeElement.id") == "main"


def find(hand: Hand) -> None:
    """Search: the field has the focus, the first found is next but one."""
    hand.page.goto("/search")
    expect(hand.page.locator("#q")).to_be_focused()
    hand.page.keyboard.type("warga con")
    found = hand.page.locator("#found a").first
    expect(found).to_be_visible()
    to(hand, found)
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_url("**/record/*")


def leave(hand: Hand) -> None:
    """Lock."""
    to(hand, hand.page.locator("header").get_by_role("button", name=hand.say("Lock")))
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_url("**/unlock")
