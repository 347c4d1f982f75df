"""A queue at a service point, typed without looking up; program and browser die in the middle."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from field_client.journal import Journal
from tests.support.browsing import NARROW
from tests.support.laptop import reopen
from tests.support.officers import VILLAGE, Hand, officer, prepare
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(300)
QUEUE, CUT = 40, 23
FIRST = ("Maria", "Agnes", "Petrus", "Siti", "Rosa", "Lukas", "Dorotea", "Silvester")
SECOND = ("Lembata", "Wejang", "Tungku", "Sarong", "Kondo")
NAMES = [f"{first} {second}" for second in SECOND for first in FIRST]


def open_point(hand: Hand) -> str:
    """Open a service point; return where it is."""
    hand.page.goto("/new/session")
    hand.fill(place="Balai desa", date="23112026", village=VILLAGE)
    hand.tap(".actions button.main")
    hand.press("To the service point")
    hand.page.wait_for_selector("#name")
    hand.page.focus("#name")
    return hand.page.url


def register(hand: Hand, at: int) -> None:
    """Register one: the name, a tap, the year, Enter; the next name can be typed at once."""
    keys = hand.page.keyboard
    expect(hand.page.locator("#name")).to_be_focused()
    keys.type(NAMES[at])
    keys.press("Tab")
    keys.press("Space" if at % 2 else "ArrowRight")
    keys.press("Tab")
    keys.type(str(1940 + at))
    with hand.page.expect_navigation():
        keys.press("Enter")


def registered(journal: Journal) -> dict[str, str]:
    """Give whom the store has, and how far they have come."""
    people = journal.entries(type="person", own=True)
    return {str(one.values["name"]): str(one.state) for one in people if one.void is None}


def test_forty_in_a_queue_and_none_is_lost(browser: Browser, tmp_path: Path) -> None:
    """By the keyboard alone; killed after twenty-three, while the next one's name is typed."""
    home = tmp_path / "a"
    prepare(home, people=0)
    with Pages(home=home) as pages:
        with officer(browser, pages.url, width=NARROW) as hand:
            point = open_point(hand).split("/point/")[1]
            for at in range(CUT):
                register(hand, at)
            hand.page.keyboard.type("Yang sedang dike")
            pages.die()
        with officer(browser, pages.url, width=NARROW) as hand:
            hand.page.goto(f"/point/{point}?queue=1")
            for at in range(CUT, QUEUE):
                register(hand, at)
            said = hand.page.locator("main").inner_text()
            assert f"Dilayani di sini ({QUEUE})" in said
            assert hand.page.locator(".tally b").all_inner_texts() == ["0", str(QUEUE), str(QUEUE)]
            hand.press("Save the tally")
            hand.page.wait_for_load_state()
    with reopen(home) as app:
        found = registered(app.journal)
        assert sorted(found) == sorted(NAMES)
        assert set(found.values()) == {"waiting"}
        visits = [one for one in app.journal.entries(type="visit") if one.void is None]
        assert len(visits) == QUEUE
