"""A supervisor's morning in a real browser, by forms alone; how pages look is another test's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import NARROW, WIDE, Supervisor, everywhere, supervisor
from tests.support.scenes import Office, people, regency

pytestmark = pytest.mark.timeout(300)
GOLO = "53.15.05"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency to which a laptop brought forty residents, one of them recorded."""
    with regency(tmp_path) as found:
        laptop = found.laptop("satu", GOLO)
        rows = people(7, 40, GOLO)
        broken = {"outcome": "not_at_home", "reason": "equipment_broken"}
        laptop.add("person", [rows[0] | {"outcome": "recorded"}, rows[1] | broken, *rows[2:]])
        laptop.sync()
        yield found


@everywhere((NARROW, "en"))
def test_the_same_figures_on_every_page(
    browser: Browser, office: Office, width: int, language: str
) -> None:
    """What is counted, what is noted, what the log keeps."""
    counted = next(one for one in office.run("report", "coverage")["regions"])
    with supervisor(browser, office.process.url, width=width, language=language) as one:
        _coverage(one, counted)
        one.page.goto("/service")
        expect(one.page.get_by_role("heading", name=one.say("Service today"))).to_be_visible()
        expect(one.page.get_by_text("Komodo").first).to_be_visible()
        _cards(one.page)
        one.page.goto("/quality")
        expect(one.page.locator("tbody tr").first.locator("td").first).to_have_text("2")
        _reveal(one)


def _coverage(one: Supervisor, counted: dict[str, Any]) -> None:
    """Find on the map and in the recap what the console counts."""
    names = ("wajib", "recorded_ministry", "recorded_field", "not_recorded")
    said = [str(counted[name]) for name in names]
    assert counted["recorded_field"] == 1
    one.page.goto("/areas")
    assert one.page.locator("tfoot td").all_inner_texts()[:4] == said
    one.page.goto("/recap")
    assert one.page.locator("tfoot").first.locator("td").all_inner_texts()[:5] == ["1", *said]
    one.expect("Every total is the sum of its parts.")


def _cards(page: Page) -> None:
    page.goto("/stock")
    form = page.locator("form", has=page.locator("[name=quantity]"))
    form.locator("[name=office]").select_option(GOLO)
    form.locator("[name=kind]").select_option("received")
    form.locator("[name=quantity]").fill("517")
    form.get_by_role("button").last.click()
    expect(page.locator("td", has_text="517").first).to_be_visible()
    page.goto("/recap")
    expect(page.locator("dd", has_text="517").first).to_be_visible()


def _reveal(one: Supervisor) -> None:
    """Find a number in full for a reason, and the reason in the log; add a user."""
    page = one.page
    page.goto("/search")
    page.locator("main [name=q]").fill(
        next(str(row["nik"]) for row in people(7, 40, GOLO) if "nik" in row)
    )
    page.keyboard.press("Enter")
    page.locator("ul.records a").first.click()
    page.get_by_text(one.say("Show NIK and family card number in full")).click()
    one.fill("Reason (kept in the access log)", "compare with the card")
    page.keyboard.press("Enter")
    one.expect("Numbers are shown in full. This was noted with your reason.")
    page.goto("/users")
    one.fill("User name", "kedua")
    page.locator("form", has=page.locator("[name=role]")).get_by_role("button").last.click()
    expect(page.get_by_role("rowheader", name="kedua")).to_be_visible()
    page.goto("/audit")
    expect(page.get_by_text("compare with the card")).to_be_visible()


@everywhere((WIDE, "id"))
def test_the_morning_without_scripts(
    browser: Browser, office: Office, width: int, language: str
) -> None:
    """Each journey is forms alone."""
    url = office.process.url
    with supervisor(browser, url, width=width, language=language, scripts=False) as one:
        expect(one.page.get_by_role("heading", name=one.say("Overview"))).to_be_visible()
        _campaign(one)
        _summons(one)
        _feed(one)
        _requeue(one)
        _export(one)
        _device(one)
    _queued_again(office)


def _queued_again(office: Office) -> None:
    """Find the visit by which whoever a broken machine met is queued, without anybody's doing."""
    made = [one for one in office.run("history")["changes"] if "otomatis" in one["operator"]]
    assert [one["values"]["outcome"] for one in made] == ["revisit"]


def _campaign(one: Supervisor) -> None:
    page = one.page
    page.get_by_role("link", name=one.say("Field work")).click()
    page.get_by_role("link", name=one.say("Campaigns")).click()
    one.fill("Name", "Jemput bola")
    one.fill("Deadline", "2030-12-31")
    one.press("Plan a campaign")
    page.locator("[name=region]").select_option(GOLO)
    one.press("Show")
    page.locator("[name=village]").first.check()
    one.fill("Team", "Tim 7")
    one.press("Assign")
    one.expect("The villages are assigned.")
    expect(page.locator("td", has_text="Tim 7")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text(_needed(one))).to_be_visible()


def _needed(one: Supervisor) -> str:
    return one.say("recordings needed a day, over {days} days").split(",")[0]


def _summons(one: Supervisor) -> None:
    one.page.goto("/campaigns")
    one.page.locator("ul.cards a").first.click()
    one.page.get_by_role("link", name=one.say("Summons by RT")).click()
    one.page.locator("td a", has_text=one.say("Show")).first.click()
    expect(one.page.locator("#names")).to_be_visible()
    expect(one.page.get_by_role("button", name=one.say("Letters (PDF)"))).to_be_visible()


def _feed(one: Supervisor) -> None:
    one.page.goto("/feed")
    one.press("Make a key")
    one.expect("Your new key, shown only now:")


def _requeue(one: Supervisor) -> None:
    one.page.goto("/unconfirmed")
    one.fill("Visit these residents again; the reason goes to the laptops", "tidak sampai di pusat")
    one.page.get_by_role("button", name=one.say("Queue {count} residents").format(count=1)).click()
    expect(one.page.locator("td", has_text=one.say("queued"))).to_be_visible()


def _export(one: Supervisor) -> None:
    one.page.goto("/exports")
    one.fill("Reason", "kirim ke pusat")
    one.press("Ask for it")
    one.expect("waits for a second person")


def _device(one: Supervisor) -> None:
    one.page.goto("/devices")
    one.page.get_by_text(one.say("Lost or stolen: revoke")).click()
    one.fill("Reason", "hilang di jalan")
    one.press("Revoke")
    one.expect("revoked")
