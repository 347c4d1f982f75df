"""An officer's day in a real browser, in both sizes and languages, and without scripts.

Each screen as such is looked at in `test_screens`.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import NARROW, WIDE, another, everywhere, kill
from tests.support.officers import VILLAGE, Hand, officer, prepare
from tests.support.pages import Pages

pytestmark = pytest.mark.timeout(300)
PERSON, FAMILY, VISIT = 25, 70, 3
CARD = "5315050101080001"
HASTY = """() => {
  const button = document.querySelector("main .fields button.main");
  button.click();
  for (const later_ms of [2, 5, 10, 15, 25]) setTimeout(() => button.click(), later_ms);
}"""


@everywhere((NARROW, "id"), (WIDE, "en"))
def test_a_day_of_sweeping(browser: Browser, own_pages: Pages, width: int, language: str) -> None:
    """Search, a resident in 25 steps, a family of five in 70, a visit in 3."""
    with officer(browser, own_pages.url, width=width, lang=language) as hand:
        hand.page.goto("/search")
        hand.page.keyboard.type("warga co")
        expect(hand.page.locator("#found li").first).to_be_visible()
        register_fully(hand)
        visit_somebody(hand)
        register_family(hand)
        throw_away(hand)


def register_fully(hand: Hand) -> None:
    """Fill every section of the form."""
    hand.page.goto("/")
    hand.count = 0
    hand.press("Register resident")
    hand.fill(name="Rosa Uji", sex="P", birth_date="17051971", village=VILLAGE)
    hand.fill(nik="5315055705710001", kk_number="5315050101080002")
    expect(hand.page.locator("#kept svg")).to_be_visible()
    hand.tap("button[value='2']")
    hand.fill(relationship="1", marital_status="2", mother_name="Ibu Rosa")
    hand.fill(father_name="Bapak Rosa")
    hand.fill(birth_place="Contoh")
    hand.tap("button[value='3']")
    hand.fill(address="Jalan Contoh", dusun="Dusun 1", rt="001", rw="002")
    hand.tap("button[value='4']")
    hand.fill(religion="3", education="5", occupation="9")
    hand.tap(".actions button.main")
    expect(hand.page.locator(".done")).to_be_visible()
    assert hand.count <= PERSON, hand.count


def register_family(hand: Hand) -> None:
    """Register a head and four members, one page each for who they are and whose."""
    hand.page.goto("/")
    hand.count = 0
    hand.press("Register resident")
    hand.fill(name="Petrus Misal", sex="L", birth_date="1965", village=VILLAGE)
    hand.fill(kk_number=CARD)
    hand.tap("button[value='2']")
    hand.fill(relationship="1", marital_status="2")
    hand.tap("button[value='3']")
    hand.fill(address="Jalan Misal", dusun="Dusun 2", rt="003", rw="002")
    hand.tap(".actions button.main")
    for at, name in enumerate(("Agnes", "Dorotea", "Silvester", "Lukas")):
        hand.press("Next family member")
        known = hand.say("Family members known: {count}").format(count=at + 1)
        expect(hand.page.get_by_text(known)).to_be_visible()
        hand.fill(name=f"{name} Misal", sex="PPLL"[at], birth_date=f"0{at + 1}031{990 + at}")
        hand.tap("button[value='2']")
        hand.fill(relationship="4", mother_name="Agnes Misal")
        hand.tap(".actions button.main")
        if "/check/" in hand.page.url:
            hand.tap(".actions button.main")
        expect(hand.page.locator(".done")).to_be_visible()
    assert hand.count <= FAMILY, hand.count


def visit_somebody(hand: Hand) -> None:
    """Note a visit from a person's page, take it back, and note it from the list by a hasty tap."""
    hand.page.goto(f"/tasks/{VILLAGE}")
    hand.page.click(".household a >> nth=0")
    person = hand.page.url.split("/visit/")[1].split("?")[0]
    hand.page.goto(f"/record/{person}")
    hand.count = 0
    hand.press("Visit")
    hand.tap(".choice:has([value=not_at_home])")
    hand.press("Save")
    assert hand.count == VISIT
    expect(hand.page.locator(".undo")).to_be_visible()
    hand.tap(".undo button")
    expect(hand.page.locator(".undo")).to_have_count(0)
    hand.page.goto(f"/visit/{person}?from=tasks")
    hand.tap(".choice:has([value=revisit])")
    sent: list[str] = []
    hand.page.on("request", lambda one: sent.append(one.method))
    hand.page.evaluate(HASTY)
    expect(hand.page.locator(".listed.again")).to_be_visible()
    assert sent.count("POST") == 1
    hand.page.goto(f"/tasks/{VILLAGE}/print")


def throw_away(hand: Hand) -> None:
    """Begin, throw away, look into the trash."""
    hand.page.goto("/new/outage")
    hand.page.goto("/new/person")
    hand.fill(name="Warga Buang")
    hand.page.keyboard.press("Tab")
    expect(hand.page.locator("#kept svg")).to_be_visible()
    hand.page.goto("/records/draft")
    hand.page.locator(".records a", has_text="Warga Buang").click()
    hand.press("Throw this draft away")
    expect(hand.page.locator(".undo")).to_be_visible()
    hand.page.goto("/trash")


def test_a_killed_program_loses_the_field_being_typed_at_most(
    browser: Browser, tmp_path: Path
) -> None:
    """Browser and program are killed in the middle of a form: the draft is there."""
    home = tmp_path / "a"
    prepare(home, people=1)
    with Pages(home=home) as pages:
        with officer(another(browser), pages.url, width=NARROW) as hand:
            hand.page.goto("/new/person")
            hand.fill(name="Warga Terputus", birth_date="1980")
            with hand.page.expect_response(lambda got: "1980" in (got.request.post_data or "")):
                hand.page.focus("#nik")
            hand.page.keyboard.type("5315")
            kill(hand.page)
        pages.die()
        with officer(browser, pages.url, width=NARROW) as hand:
            hand.page.goto("/records/draft")
            hand.page.click(".records a")
            hand.press("Go on writing")
            expect(hand.page.locator("#name")).to_have_value("Warga Terputus")
            expect(hand.page.locator("#birth_date")).to_have_value("1980")


def test_the_same_day_without_scripts(browser: Browser, pages: Pages) -> None:
    """Search, a resident who is like another one, a visit, a queue, undo: plain forms suffice."""
    with officer(browser, pages.url, width=NARROW, scripts=False) as hand:
        hand.page.fill("#q", "warga contoh 3")
        hand.page.press("#q", "Enter")
        expect(hand.page.locator(".records li").first).to_be_visible()
        hand.page.goto("/new/person")
        hand.fill(name="Warga Contoh 3", sex="P", birth_date="17051963", village=VILLAGE)
        hand.tap("button[value='3']")
        hand.fill(dusun="Dusun 0", rt="001")
        hand.tap(".actions button.main")
        assert "/check/" in hand.page.url
        hand.tap(".actions button.main")
        expect(hand.page.locator(".done")).to_be_visible()
        hand.press("Open the record")
        hand.press("Visit")
        hand.tap(".choice:has([value=recorded])")
        hand.press("Save")
        hand.tap(".undo button")
        hand.page.goto("/new/session")
        hand.fill(place="Balai desa", date="23112026", village=VILLAGE)
        hand.tap(".actions button.main")
        hand.press("To the service point")
        for name in ("Yustina Uji", "Kornelis Misal"):
            hand.fill(name=name, sex="L", birth_date="1950")
            hand.tap(".fields button.main")
        expect(hand.page.get_by_text("Dilayani di sini (2)")).to_be_visible()
