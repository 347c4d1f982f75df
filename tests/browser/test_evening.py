"""The end of an officer's day: a broken camera, two values, a stick, a line, the recap, a backup.

Against a real office, in both sizes and languages, and without scripts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_officer import sound
from tests.support.browsing import NARROW, WIDE, chromium
from tests.support.officers import Hand, officer
from tests.support.pages import Pages
from tests.support.pictures import photo
from tests.support.scenes import Laptop, Office, regency

pytestmark = pytest.mark.timeout(300)
AREA, VILLAGE = "53.15.05", "53.15.05.2001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """An office that answers, a laptop with its pages and contested records, a folder for files."""

    office: Office
    laptop: Laptop
    records: list[str]
    pages: Pages
    folder: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """Serve a regency, and the pages of one of its two laptops."""
    folder = tmp_path_factory.mktemp("evening")
    with regency(folder) as office:
        laptop = office.laptop("satu", AREA)
        records = contest(laptop, office.laptop("dua", AREA))
        with Pages(home=laptop.home) as pages:
            yield Evening(office=office, laptop=laptop, records=records, pages=pages, folder=folder)


def contest(laptop: Laptop, other: Laptop) -> list[str]:
    """Let both laptops write another mother's name to residents, without knowing."""
    values = {"sex": "P", "village": VILLAGE, "birth_date": "1975-05-17"}
    people = [{"name": f"Warga {name}", **values} for name in ("Satu", "Dua", "Tiga")]
    records = [str(one["id"]) for one in laptop.add("person", people)["records"]]
    laptop.sync()
    other.sync()
    for record in records:
        other.edit(record, mother_name="Ibu Mereka")
        laptop.edit(record, mother_name="Ibu Kami")
    other.sync()
    return records


@pytest.mark.parametrize(
    ("width", "lang", "scripts"), [(NARROW, "id", True), (WIDE, "en", True), (NARROW, "en", False)]
)
def test_the_end_of_a_day(
    browser: Browser, evening: Evening, width: int, lang: str, *, scripts: bool
) -> None:
    """What waited is at the office in the end, what was contested is decided; screens are sound."""
    record = evening.records.pop()
    url = evening.pages.url
    with officer(browser, url, width=width, lang=lang, scripts=scripts) as hand:
        report(hand, evening, scripts=scripts)
        by_stick(hand, evening, scripts=scripts)
        decide(hand, record, scripts=scripts)
        by_line(hand, scripts=scripts)
        look_around(hand, evening, record, scripts=scripts)
    assert evening.laptop.status()["waiting"] == 0
    assert evening.office.values()[record]["mother_name"] == "Ibu Mereka"


def seen(hand: Hand, *, scripts: bool) -> None:
    """Look at a screen with the accessibility rules, which need scripts."""
    if scripts:
        sound(hand)


def report(hand: Hand, evening: Evening, *, scripts: bool) -> None:
    """Report a camera with a photo; a repair fails."""
    file = evening.folder / "foto.jpg"
    file.write_bytes(photo())
    hand.page.goto("/outage/new")
    seen(hand, scripts=scripts)
    hand.fill(component="camera", place="Balai desa", started="01112026", told_by="Kepala desa")
    hand.page.set_input_files("#photo", file)
    hand.tap("form.long button.main")
    expect(hand.page.locator("img.photo")).to_have_js_property("complete", value=True)
    hand.page.click("#repair summary")
    hand.fill(by="Teknisi", result="failed")
    hand.tap("#repair button.main")
    expect(hand.page.locator(".spoken")).to_have_count(2)
    seen(hand, scripts=scripts)


def by_stick(hand: Hand, evening: Evening, *, scripts: bool) -> None:
    """Bring what waits to the office in a file, and take its answer in."""
    out, answer = evening.folder / "keluar", evening.folder / "jawaban"
    hand.page.goto("/sync")
    seen(hand, scripts=scripts)
    with hand.page.expect_download() as found:
        hand.press("File for the office")
    found.value.save_as(out)
    answer.unlink(missing_ok=True)
    evening.office.run("exchange", out, answer)
    hand.page.goto("/sync")
    hand.page.set_input_files("#file", answer)
    hand.press("Take in the answer")
    expect(hand.page.locator("p.good")).to_be_visible()


def decide(hand: Hand, record: str, *, scripts: bool) -> None:
    """Choose theirs; nothing needs attention any more."""
    hand.page.goto("/outbox")
    seen(hand, scripts=scripts)
    hand.page.goto("/attention")
    seen(hand, scripts=scripts)
    hand.page.click(f".cases a[href='/attention/{record}']")
    seen(hand, scripts=scripts)
    hand.page.locator("label.tick", has_text="Ibu Mereka").first.click()
    hand.press("Let this hold")
    expect(hand.page.locator(f".cases a[href='/attention/{record}']")).to_have_count(0)


def by_line(hand: Hand, *, scripts: bool) -> None:
    """Sync behind the pages; without scripts the officer looks for themselves."""
    hand.page.goto("/sync")
    hand.press("Sync now")
    if not scripts:
        hand.page.goto("/sync/progress")
    expect(hand.page.locator("#course.is-done")).to_be_visible()


def look_around(hand: Hand, evening: Evening, record: str, *, scripts: bool) -> None:
    """Note blank cards, back up, read the day's recap, the slip, the device, the help."""
    hand.page.goto("/stock")
    if not hand.page.locator("#movement[open]").count():
        hand.page.click("#movement summary")
    hand.fill(office="Kecamatan Contoh", kind="received", quantity="50")
    hand.tap("#movement button.main")
    expect(hand.page.locator(".cases li")).to_be_visible()
    seen(hand, scripts=scripts)
    hand.page.goto("/backup")
    hand.fill(folder=str(evening.folder))
    hand.press("Back up now")
    if not scripts:
        hand.page.goto("/backup/progress")
    expect(hand.page.locator("#copy.is-done")).to_be_visible()
    seen(hand, scripts=scripts)
    for path in (
        "/day",
        "/outages",
        f"/record/{record}/slip",
        "/device",
        "/help",
        "/sync/progress",
    ):
        hand.page.goto(path)
        seen(hand, scripts=scripts)
    hand.page.goto("/sync")
    hand.press("Sync now")
    hand.page.goto("/sync/progress")
    expect(hand.page.locator("#course.is-done")).to_be_visible()
