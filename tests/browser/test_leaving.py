"""A page that is left alone says so before it is put away, and stays for whoever is there."""

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import NARROW, WIDE, offences
from tests.support.officers import officer
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(300)
WARNED_S, GONE_S = 244, 310


@pytest.mark.parametrize(("width", "lang"), [(NARROW, "id"), (WIDE, "en")])
def test_a_page_warns_before_it_is_put_away(
    browser: Browser, pages: Pages, width: int, lang: str
) -> None:
    """A button, or a key, keeps it as it is and tells the program; nobody there, it is gone."""
    with officer(browser, pages.url, width=width, lang=lang) as hand:
        page = hand.page
        page.clock.install()
        page.goto("/outage/new")
        page.locator("[name=place]").focus()
        page.keyboard.type("Balai")
        warning = page.get_by_role("alert").filter(has_text=hand.say("I am still here"))
        page.clock.fast_forward(WARNED_S * 1000)
        expect(warning).to_be_visible()
        assert offences(page) == []
        with page.expect_response("**/here") as told:
            warning.get_by_role("button").click()
        assert told.value.status == 204
        expect(warning).to_be_hidden()
        page.clock.fast_forward(WARNED_S * 1000)
        expect(warning).to_be_visible()
        page.locator("[name=place]").focus()
        with page.expect_response("**/here"):
            page.keyboard.type(" desa")
        expect(warning).to_be_hidden()
        expect(page.locator("[name=place]")).to_have_value("Balai desa")
        page.clock.fast_forward(GONE_S * 1000)
        page.wait_for_url("**/idle")
