"""Debian's Chromium over the supervisors' pages: opened once, a fresh profile for each visit."""

import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from babel.numbers import format_decimal
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from shared_schema.i18n import translator
from tests.support.processes import ADMIN_PASSPHRASE

WIDE, NARROW = 1280, 360
ADMINISTRATOR = "penyelia"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_ANSWERED = "Failed to load resource: the server responded with a status of 4"
_LEFT = ("htmx:sendAbort", "htmx:afterRequest")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ASK = """([type, values]) => axe.run({
  runOnly: {type, values}, resultTypes: ['violations'], elementRef: false})"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; where there is none the test cannot run."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("cannot run here: there is no chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def another(browser: Browser) -> Browser:
    """Start one more Chromium, to be ended by `kill`."""
    return browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=list(_ARGUMENTS)
    )


def kill(page: Page) -> None:
    """End the browser of a page in the middle of whatever it does (SIGKILL)."""
    browser = page.context.browser
    assert browser is not None
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    (pid,) = (one["id"] for one in told["processInfo"] if one["type"] == "browser")
    with page.context.expect_event("close"):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def visit(
    browser: Browser, url: str, *, width: int = WIDE, language: str = "id", scripts: bool = True
) -> Iterator[Page]:
    """Open the office's door with a fresh profile; complaints of the browser fail the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, base_url=url, java_script_enabled=scripts
    )
    context.add_cookies([{"name": "jemput_lang", "value": language, "url": url}])
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
    try:
        yield page
    finally:
        if browser.is_connected():
            context.close()
    if complaints:
        pytest.fail("\n".join(complaints))


def _is_complaint(said: ConsoleMessage) -> bool:
    """Tell an error from the word that a page was left while it kept a field: the form has it.

    A page that says itself what was wrong is none; a part of it that is missing is.
    """
    answered = said.text.startswith(_ANSWERED) and "/static/" not in said.location["url"]
    return said.type == "error" and not answered and not said.text.startswith(_LEFT)


def sign_in(page: Page, name: str = ADMINISTRATOR, passphrase: str = ADMIN_PASSPHRASE) -> None:
    """Sign in with the keyboard alone."""
    page.goto("/")
    page.wait_for_selector("input[name=name]:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(passphrase)
    page.keyboard.press("Enter")
    page.wait_for_selector("footer")


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who is signed in at the office, and reads its pages in one language."""

    page: Page
    language: str

    def say(self, text: str) -> str:
        """Give a text of the pages in their language."""
        return translator("sync_server", self.language)(text)

    def number(self, value: int) -> str:
        """Write a number as the pages do."""
        return format_decimal(value, locale=self.language)

    def press(self, text: str) -> None:
        """Press the button that says so; for whom may stand behind it, unseen."""
        self.page.locator("main").get_by_role("button", name=self._at_first(text)).first.click()

    def fill(self, label: str, value: str) -> None:
        """Fill in the field that is called so; more may be said behind it."""
        self.page.locator("main").get_by_label(self._at_first(label)).first.fill(value)

    def _at_first(self, text: str) -> re.Pattern[str]:
        return re.compile(rf"^\s*{re.escape(self.say(text))}(?!\w)")

    def expect(self, text: str, **values: str) -> None:
        """Wait until the page says so."""
        said = self.say(text).format(**values)
        expect(self.page.get_by_text(said).first).to_be_visible()


@contextmanager
def supervisor(
    browser: Browser, url: str, *, width: int, language: str, scripts: bool = True
) -> Iterator[Supervisor]:
    """Sign in with a fresh profile."""
    with visit(browser, url, width=width, language=language, scripts=scripts) as page:
        sign_in(page)
        yield Supervisor(page, language)


def everywhere(*here: tuple[int, str]) -> pytest.MarkDecorator:
    """Take a journey in both sizes and languages: in CI ``here``, elsewhere by `make soak`."""
    return pytest.mark.parametrize(
        ("width", "language"),
        [
            pytest.param(*way, marks=() if way in here else pytest.mark.soak)
            for way in product((WIDE, NARROW), ("id", "en"))
        ],
    )


def offences(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Name what the axe rules find on the page that is shown, and a page wider than its window.

    ``rules``: these alone, by their names.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe())
    asked = ["rule", list(rules)] if rules else ["tag", _RULES]
    found: dict[str, Any] = page.evaluate(_ASK, asked)
    told = [
        f"{page.url} {one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*told, *([f"{page.url} is wider than its window"] if wide else [])]


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
