"""The queue in a real browser, over real processes: the keyboard alone, two laptops, no scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import NARROW, WIDE, everywhere, supervisor
from tests.support.scenes import Laptop, Office, people

CASES = 20
pytestmark = pytest.mark.timeout(300)
GOLO = "53.15.05"
OTHER_NAMES = ("Dorotea", "Kristoforus", "Bernadeta", "Silvester", "Apolonia")


def doubles(count: int) -> list[dict[str, Any]]:
    """Give people who have a NIK, no two from one family."""
    rows = [row for row in people(7, count * 6, GOLO) if "nik" in row]
    apart = {row.get("kk_number", row["nik"]): row for row in rows}
    return list(apart.values())[:count]


def two_laptops(office: Office, count: int) -> tuple[Laptop, Laptop]:
    """Let two laptops register the same people under one NIK and quite different names."""
    one, two = office.laptop("satu", GOLO), office.laptop("dua", GOLO)
    rows = doubles(count)
    assert len(rows) == count
    others = [
        {**row, "name": f"{OTHER_NAMES[at % 5]} Contoh {at}", "address": f"Dusun {at}"}
        for at, row in enumerate(rows)
    ]
    one.add("person", rows)
    two.add("person", others)
    sync_all(one, two)
    return one, two


def sync_all(*devices: Laptop) -> None:
    """Let everybody sync, one after the other."""
    for device in devices:
        device.sync()


def left(page: Page) -> int:
    """Read how many cases are left."""
    return int(page.locator("p.left b").inner_text())


def verdicts(device: Laptop) -> dict[str, Any]:
    """Give what a laptop holds of the verdicts, by id."""
    return device.roster("link")


def press(page: Page, key: str, expected: int) -> None:
    """Press a key and wait until so many cases are left."""
    page.wait_for_load_state()
    page.keyboard.press(key)
    expect(page.locator("p.left b")).to_have_text(str(expected))


@everywhere((WIDE, "id"))
def test_a_queue_of_twenty_is_cleared_with_the_keyboard_undone_and_both_laptops_agree(
    office: Office, browser: Browser, width: int, language: str
) -> None:
    """Ten are the same, ten different; every decision is undone, and each laptop follows."""
    one, two = two_laptops(office, CASES)
    with supervisor(browser, office.process.url, width=width, language=language) as signed_in:
        page = signed_in.page
        page.goto("/duplicates")
        assert left(page) == CASES
        for at in range(CASES):
            page.keyboard.press("r")
            page.keyboard.type("alamat sama" if at % 2 else "dua orang")
            page.keyboard.press("Escape")
            press(page, "12"[at % 2 == 0], CASES - at - 1)
        stats = office.stats()
        assert (stats["clusters"], stats["duplicates"]) == (CASES + CASES // 2, 0)
        sync_all(one, two)
        held = verdicts(one)
        assert verdicts(two) == held
        assert len(held) == CASES
        press(page, "z", 1)
        page.goto("/decisions")
        expect(page.locator("ul.told > li")).to_have_count(CASES - 1)
        for _ in range(CASES - 1):
            count = page.locator("ul.told > li").count()
            page.wait_for_load_state()
            page.keyboard.press("z")
            expect(page.locator("ul.told > li")).to_have_count(count - 1)
    sync_all(one, two)
    assert verdicts(one) == verdicts(two)
    stats = office.stats()
    assert (stats["clusters"], stats["duplicates"]) == (2 * CASES, CASES)
    office.run("verify")


@everywhere((NARROW, "en"))
def test_the_queue_works_without_scripts_and_keeps_its_place(
    office: Office, browser: Browser, width: int, language: str
) -> None:
    """Passed over, decided, undone by forms alone; the next sign-in goes on where the last was."""
    two_laptops(office, 3)
    url = office.process.url
    with supervisor(browser, url, width=width, language=language, scripts=False) as one:
        one.page.goto("/duplicates?kind=person")
        first = one.page.locator("thead th a").first.inner_text()
        one.page.get_by_role("link", name=one.say("Next")).click()
        second = one.page.locator("thead th a").first.inner_text()
        assert (left(one.page), first != second) == (3, True)
    with supervisor(browser, url, width=width, language=language, scripts=False) as one:
        waiting = one.page.locator("ul.lines").get_by_role("link")
        waiting.filter(has_text=one.say("Possible duplicates")).click()
        assert one.page.locator("thead th a").first.inner_text() == second
        one.press("Same person")
        assert left(one.page) == 2
        one.press("Undo")
        assert (left(one.page), one.page.locator("thead th a").first.inner_text()) == (3, second)
