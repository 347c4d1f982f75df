"""Every page of the supervisors, in both languages and sizes, looked at as people look.

With bad eyes, big thumbs, a keyboard alone, or enlarged. Pictures of all stay in build/screens.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.support.browsing import NARROW, WIDE, sign_in, visit
from tests.support.effort import in_both
from tests.support.looks import pictured, reflowed, turn_to, wrong
from tests.support.office_pages import PASSPHRASE, staffed
from tests.support.office_screens import NIK, Furnished, furnish, screens, served

# Columns side by side are walked one after the other; a way half beyond the edge is seen.
BY_DESIGN = ("focus goes back up", "behind nothing")
LANGUAGES, SIZES = ("id", "en"), (WIDE, NARROW)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str, Furnished]]:
    """Serve an office with something on every page."""
    folder = Path(tmp_path_factory.mktemp("kantor"))
    with pytest.MonkeyPatch.context() as patch:
        bench = staffed(folder, patch)
        made = furnish(bench, folder)
        with served(bench) as (app, url):
            yield app, url, made


@in_both
def test_every_page_can_be_read_pressed_and_walked_by_keyboard(
    browser: Browser, office: tuple[Flask, str, Furnished], scale: str
) -> None:
    """The rules of WCAG 2.2 AA, targets, focus in order and seen, reflow at 320 pixels.

    In CI each page is looked at in one language and one size, in turn.
    """
    app, url, made = office
    said: list[str] = []
    for at, language in enumerate(LANGUAGES):
        with visit(browser, url, language=language) as page:
            page.goto("/sign-in")
            said += _looked_at(page, "door", language, SIZES)
            sign_in(page, "u-administrator", PASSPHRASE)
            for turn, (name, path) in enumerate(screens(app, made), at):
                if scale != "soak" and turn % 2:
                    continue
                turn_to(page, path)
                sizes = SIZES if scale == "soak" else (SIZES[turn // 2 % 2],)
                said += _looked_at(page, name, language, sizes)
            said += _found(page, language)
    if said:
        pytest.fail("\n".join(said))


def _found(page: Page, language: str) -> list[str]:
    """Look at what a search finds, and at whom a bulk correction would be about."""
    page.goto("/search")
    page.fill("input[name=q]", "uji")
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.records a")
    said = _looked_at(page, "found", language, SIZES)
    page.goto("/corrections")
    page.fill("#listed", NIK)
    page.select_option("[name=set_field]", "rw")
    page.fill("[name=set_value]", "003")
    page.locator("form.bulk button.main").first.click()
    page.wait_for_selector("#bulk-reason")
    return said + _looked_at(page, "correction", language, SIZES)


def _looked_at(page: Page, name: str, language: str, sizes: Sequence[int]) -> list[str]:
    said: list[str] = []
    for width in sizes:
        pictured(page, name, f"office-{language}", width)
        found = [one for one in wrong(page) if not any(fine in one for fine in BY_DESIGN)]
        said += [f"{name} {language} {width}: {one}" for one in found]
    return said + [f"{name} {language}: {one}" for one in reflowed(page)]
