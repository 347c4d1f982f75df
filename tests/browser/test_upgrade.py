"""An officer's morning after an update: what the older program left is all there, and arrives."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from field_client import drafting
from field_client.commands.unlocking import check_context
from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.transport_http import HttpTransport
from field_client.sync.trust import Trust
from field_client.vault.keys import STORE_FILE
from field_client.vault.migrations import KEPT, kept_copies
from shared_schema.records import record_type
from tests.support.browsing import NARROW
from tests.support.laptop import write
from tests.support.officers import VILLAGE, Hand, officer
from tests.support.older_store import SINCE, older_laptop
from tests.support.pages import Pages
from tests.support.scenes import Office

pytestmark = pytest.mark.timeout(300)
RECEIVED, WAITING = 4, 7
DRAFTS: tuple[dict[str, Any], ...] = (
    {"name": "Warga Draf 0", "sex": "P", "village": VILLAGE, "birth_date": "1970"},
    {"name": "Warga Draf 1", "sex": "L", "village": VILLAGE},
    {"name": "Warga Draf 2"},
)


def work_on(app: App, url: str) -> None:
    """Do a day's work with the older program: some received, seven waiting, three drafts."""
    for at in range(RECEIVED + WAITING):
        if at == RECEIVED:
            synchronise(app, HttpTransport(url=url, trust=Trust(pinned=app.device.server)))
        values = {"sex": "LP"[at % 2], "village": VILLAGE, "birth_date": f"19{60 + at}-05-17"}
        write(app, app.journal.new_record(), name=f"Warga Lama {at}", **values)
    for values in DRAFTS:
        context, person = check_context(app), record_type("person")
        drafting.keep(app.journal, person, app.journal.new_record(), values, context)
    assert not [one for one in app.tables.records if SINCE & set(one)]


def tiles(hand: Hand) -> list[int]:
    """Read drafts, waiting, received and needing attention off the home page."""
    hand.page.goto("/")
    return [int(said) for said in hand.page.locator(".tiles b").all_inner_texts()]


def test_three_drafts_and_seven_waiting_records_outlive_an_update(
    browser: Browser, office: Office, tmp_path: Path
) -> None:
    """All are counted, the list of whom to see knows them, and in the end the office has all."""
    home = tmp_path / "laptop"
    with older_laptop(home, office.code("lama", "53.15.05")) as app:
        work_on(app, office.process.url)
    with (
        Pages(home=home) as pages,
        officer(browser, pages.url, width=NARROW) as hand,
    ):
        assert tiles(hand) == [len(DRAFTS), WAITING, RECEIVED, 0]
        assert [one.name for one in kept_copies(home / STORE_FILE)] == [f"{STORE_FILE}{KEPT}1"]
        hand.page.goto(f"/tasks/{VILLAGE}")
        expect(hand.page.locator(".household a")).to_have_count(RECEIVED + WAITING)
        finish_drafts(hand)
        assert tiles(hand) == [0, WAITING + len(DRAFTS), RECEIVED, 0]
        hand.page.goto("/sync")
        hand.press("Sync now")
        expect(hand.page.locator("#course.is-done")).to_be_visible()
        assert tiles(hand) == [0, 0, RECEIVED + WAITING + len(DRAFTS), 0]
    names = sorted(str(one["name"]) for one in office.values().values())
    lama = [f"Warga Lama {at}" for at in range(RECEIVED + WAITING)]
    assert names == sorted([*lama, *(one["name"] for one in DRAFTS)])
    office.run("verify")


def finish_drafts(hand: Hand) -> None:
    """Go on where each was left: what was typed stands there still."""
    for values in DRAFTS:
        hand.page.goto("/records/draft")
        hand.page.locator(".records a", has_text=str(values["name"])).click()
        hand.press("Go on writing")
        expect(hand.page.locator("#name")).to_have_value(str(values["name"]))
        hand.fill(sex="P", birth_date="1971", village=VILLAGE)
        hand.tap(".actions button.main")
        if "/check/" in hand.page.url:
            hand.tap(".actions button.main")
        expect(hand.page.locator(".done")).to_be_visible()
