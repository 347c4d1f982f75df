"""An officer at the pages in a browser: a laptop with a village, and a hand that counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from field_client.device import save_device
from shared_schema.i18n import translator
from shared_schema.regions import RegionTable
from tests.support.browsing import visit
from tests.support.laptop import PASSPHRASE, laptop, write
from tests.support.memory_server import MemoryServer

DISTRICT, VILLAGE = "53.15.05", "53.15.05.2001"
_REGIONS = {DISTRICT: "Kecamatan Contoh", VILLAGE: "Desa Contoh", "53.15.05.2002": "Desa Lain"}


def prepare(home: Path, people: int = 8) -> None:
    """Make a laptop that is assigned a district, with residents of one village to be seen."""
    with laptop(home, MemoryServer().code()) as app, app.journal.transaction():
        save_device(app.tables, replace(app.device, scope=(DISTRICT,), timezone="Asia/Makassar"))
        rows = RegionTable.from_rows(_REGIONS.items()).to_rows()
        app.tables.write_meta("regions", {"rows": [list(row) for row in rows]})
        for at in range(people):
            write(
                app,
                app.journal.new_record(),
                name=f"Warga Contoh {at}",
                sex="LP"[at % 2],
                village=VILLAGE,
                birth_date=f"19{60 + at}-05-17",
                dusun=f"Dusun {at // 4}",
                rt="001",
            )


@dataclass(slots=True)
class Hand:
    """What one officer does; ``count``: taps and fields since it was last set to 0."""

    page: Page
    lang: str
    count: int = 0

    def say(self, text: str) -> str:
        """Give a text of the pages in their language."""
        return translator("field_client", self.lang)(text)

    def tap(self, selector: str) -> None:
        """Tap something."""
        self.count += 1
        self.page.click(selector)

    def press(self, text: str) -> None:
        """Tap the button or link of the content that says so."""
        self.count += 1
        said = self.say(text)
        self.page.locator("main").locator("button:visible, a:visible").filter(
            has_text=said
        ).first.click()

    def fill(self, **fields: str) -> None:
        """Fill fields in, one after the other: type, choose from a list, or tap."""
        for name, value in fields.items():
            self.count += 1
            first = self.page.locator(f"[name={name}]").first
            if first.get_attribute("type") == "radio":
                self.page.check(f"[name={name}][value='{value}']")
            elif first.evaluate("one => one.tagName") == "SELECT":
                first.select_option(value)
            else:
                first.fill(value)


@contextmanager
def officer(
    browser: Browser, url: str, *, width: int, lang: str = "id", scripts: bool = True
) -> Iterator[Hand]:
    """Unlock the pages in a fresh browser, with the keyboard; no request of it goes elsewhere."""
    with visit(browser, url, width=width, language=lang, scripts=scripts) as page:
        asked: list[str] = []
        page.context.on("request", lambda one: asked.append(one.url))
        page.goto("/unlock")
        page.fill("#passphrase", PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_selector("nav.rooms")
        yield Hand(page, lang)
        assert f"{url.rstrip('/')}/unlock" in asked
        own = (f"{url.rstrip('/')}/", "data:", "blob:")
        assert [one for one in asked if not one.startswith(own)] == [], "a request leaves"
