"""Forms of one page in a real browser: each field is on the disk as it is left, though all dies."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.browsing import NARROW
from tests.support.officers import Hand, officer
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(300)


def leave(hand: Hand, name: str, value: str) -> None:
    """Fill a field in and leave it; wait until the page says that it is kept."""
    hand.fill(**{name: value})
    with hand.page.expect_response(lambda answer: answer.request.method == "POST"):
        hand.page.keyboard.press("Tab")
    expect(hand.page.locator("form .kept svg")).to_be_visible()


def test_what_was_left_is_there_after_a_kill(browser: Browser, own_pages: Pages) -> None:
    """A report that nobody saved, and somebody half registered in the queue."""
    with officer(browser, own_pages.url, width=NARROW) as hand:
        hand.page.goto("/new/session")
        hand.fill(place="Balai Contoh", date="23-11-2026", village="53.15.05.2001")
        hand.tap(".actions button.main")
        hand.press("To the service point")
        leave(hand, "name", "Warga Separuh")
        hand.page.goto("/outage/new")
        leave(hand, "place", "Kantor Contoh")
        own_pages.die()
    with officer(browser, own_pages.url, width=NARROW) as hand:
        hand.page.goto("/records/draft")
        expect(hand.page.get_by_text("Warga Separuh")).to_be_visible()
        hand.page.get_by_text("Kantor Contoh").click()
        hand.press("Go on writing")
        expect(hand.page.locator("[name=place]")).to_have_value("Kantor Contoh")


def test_a_form_that_was_kept_is_saved_once(browser: Browser, own_pages: Pages) -> None:
    """The last field is told of beside the tap on Save: one movement, and no draft."""
    with officer(browser, own_pages.url, width=NARROW) as hand:
        hand.page.goto("/stock")
        leave(hand, "office", "Kantor Contoh")
        hand.fill(kind="received")
        hand.fill(quantity="50")
        hand.page.locator("form.long button.main").click()
        expect(hand.page.get_by_text("keping tersisa")).to_be_visible()
        hand.page.goto("/records/draft")
        expect(hand.page.locator("ul.records li")).to_have_count(0)
        hand.page.goto("/stock")
        expect(hand.page.locator("ul.records li")).to_have_count(1)


def test_a_field_under_way_is_overtaken_by_its_form(browser: Browser, own_pages: Pages) -> None:
    """A slow line brings the name alone once more, after *Save* has brought name and office."""
    with officer(browser, own_pages.url, width=NARROW) as hand:
        hand.page.goto("/outage/new")
        hand.fill(place="Kantor Contoh")
        with hand.page.expect_request(lambda one: one.method == "POST") as sent:
            hand.page.keyboard.press("Tab")
        expect(hand.page.locator("form .kept svg")).to_be_visible()
        hand.page.locator("[name=told_by]").fill("Operator kecamatan")
        hand.page.locator("form button.main").click()
        expect(hand.page.locator("[aria-invalid=true]").first).to_be_visible()
        late = sent.value
        again = hand.page.request.post(
            late.url, data=late.post_data_buffer, headers=late.all_headers()
        )
        assert again.ok
        hand.page.goto("/records/draft")
        expect(hand.page.get_by_text("Operator kecamatan")).to_be_visible()


def test_a_field_is_called_kept_once_it_is(browser: Browser, own_pages: Pages) -> None:
    """Not while it is under way, and not where that failed: then the page says so."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with officer(browser, own_pages.url, width=NARROW) as hand:
        inside = hand.page.context.storage_state()
        # A page of its own: what the browser itself complains of there is no fault.
        context = browser.new_context(base_url=own_pages.url, storage_state=inside)
        page = context.new_page()
        page.goto("/outage/new")
        page.route("**/outage/new*", hold)
        kept = page.locator("form .kept")
        for value in ("Kantor Contoh", "Kantor Lain"):
            page.fill("[name=place]", value)
            with page.expect_request(lambda one: one.method == "POST"):
                page.keyboard.press("Tab")
            expect(kept).to_be_empty()
            if value == "Kantor Contoh":
                held.pop().continue_()
                expect(kept.locator("svg")).to_be_visible()
        held.pop().abort()
        expect(kept).to_contain_text("belum tersimpan")
        context.close()
