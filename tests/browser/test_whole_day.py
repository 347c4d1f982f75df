"""An officer's whole day against a real office, in both sizes and languages, and without scripts.

Residents, one of them known; program and browser killed; a broken camera, no line, a stick, two
values, what the office returned, a line again, the recap, a backup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import NARROW, WIDE, everywhere
from tests.support.officers import Hand, officer
from tests.support.pages import Browser as Plain
from tests.support.pages import Pages
from tests.support.pictures import photo
from tests.support.processes import ADMIN_PASSPHRASE
from tests.support.scenes import Laptop, Office, regency

pytestmark = pytest.mark.timeout(300)
AREA, VILLAGE = "53.15.05", "53.15.05.2001"
KNOWN = ("Warga Satu", "Warga Dua", "Warga Tiga", "Warga Empat", "Warga Lima")
NEW = (
    ("Uji Kenanga", "Contoh Melati"),
    ("Uji Cempaka", "Contoh Seruni"),
    ("Uji Dahlia", "Contoh Anggrek"),
    ("Uji Mawar", "Contoh Teratai"),
    ("Uji Soka", "Contoh Kamboja"),
)
BORN = (
    "17051971",
    "03091964",
    "28021988",
    "11121955",
    "22071979",
)  # so that nobody of another run is like them
OUTAGE = re.compile(r"/outage/[0-9a-f-]{36}$")
COMMENT = "Periksa alamat di kartu keluarga"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """An office that answers, a laptop with its pages, a folder for files.

    ``records``: residents of whom two laptops say different things, of each the office wants the
    address; ``names``: whom to register.
    """

    office: Office
    laptop: Laptop
    records: list[tuple[str, str]]
    names: list[tuple[str, str]]
    pages: Pages
    folder: Path


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """Serve a regency, and the pages of one of its two laptops."""
    folder = tmp_path_factory.mktemp("evening")
    with regency(folder) as office:
        laptop = office.laptop("satu", AREA)
        contested, returned = contest(laptop, office.laptop("dua", AREA)), give_back(office, laptop)
        laptop.sync()
        with Pages(home=laptop.home) as pages:
            yield Evening(
                office=office,
                laptop=laptop,
                records=list(zip(contested, returned, strict=True)),
                names=list(NEW),
                pages=pages,
                folder=folder,
            )


def contest(laptop: Laptop, other: Laptop) -> list[str]:
    """Let both laptops write another mother's name to residents, without knowing."""
    values = {"sex": "P", "village": VILLAGE, "birth_date": "1975-05-17"}
    people = [{"name": name, **values} for name in KNOWN]
    records = [str(one["id"]) for one in laptop.add("person", people)["records"]]
    laptop.sync()
    other.sync()
    for record in records:
        other.edit(record, mother_name="Ibu Mereka")
        laptop.edit(record, mother_name="Ibu Kami")
    other.sync()
    return records


def give_back(office: Office, laptop: Laptop) -> list[str]:
    """Let the laptop register three more, and a supervisor return them with a comment."""
    values = {"sex": "L", "village": VILLAGE, "birth_date": "1948"}
    names = ("Ruteng", "Bajawa", "Maumere", "Larantuka", "Waingapu")
    rows = [{"name": f"Yohanes {name}", **values} for name in names]
    records = [str(one["id"]) for one in laptop.add("person", rows)["records"]]
    laptop.sync()
    supervisor = Plain(url=office.process.url)
    supervisor.get("/sign-in")
    supervisor.post("/sign-in", name="penyelia", passphrase=ADMIN_PASSPHRASE)
    for record in records:
        assert COMMENT in supervisor.post(f"/record/{record}/return", comment=COMMENT)
    return records


@everywhere((WIDE, "en"))
def test_a_whole_day(browser: Browser, evening: Evening, width: int, language: str) -> None:
    """What was saved is at the office in the end, what was contested is decided; nobody is lost."""
    sweep(browser, evening, width=width, lang=language, scripts=True)


def test_a_whole_day_without_scripts(browser: Browser, evening: Evening) -> None:
    """The same by plain forms."""
    sweep(browser, evening, width=NARROW, lang="en", scripts=False)


def sweep(browser: Browser, evening: Evening, *, width: int, lang: str, scripts: bool) -> None:
    """Work from the morning to the last sync, dying once on the way."""
    (record, returned), names = evening.records.pop(), evening.names.pop()
    with officer(browser, evening.pages.url, width=width, lang=lang, scripts=scripts) as hand:
        before = recap(hand)
        for name in names:
            register(hand, name, BORN[len(evening.names)])
            expect(hand.page.locator(".done")).to_be_visible()
        meet(hand, scripts=scripts)
        begin(hand, scripts=scripts)
    evening.pages.die()
    with officer(browser, evening.pages.url, width=width, lang=lang, scripts=scripts) as hand:
        go_on(hand, scripts=scripts)
        call_on(hand, names[0])
        report(hand, evening)
        lose_the_line(hand, evening, scripts=scripts)
        by_stick(hand, evening)
        evening.office.process.start()
        decide(hand, record)
        mend(hand, returned)
        by_line(hand, scripts=scripts)
        look_around(hand, evening, record, scripts=scripts)
        registered, visits, _, unsent = recap(hand)
        assert [registered - before[0], visits - before[1]] == [len(names) + 1, 1]
        assert unsent == 2 * len(evening.records), "what the next one decides and mends"
    assert evening.laptop.records("--state", "draft") == {}
    assert evening.laptop.status()["waiting"] == 0
    values = evening.office.values()
    assert values[record]["mother_name"] == "Ibu Mereka"
    assert values[returned]["address"] == "Jalan Diperiksa"
    held = [str(one["name"]) for one in values.values()]
    all_names = (*names, *KNOWN, left(hand, scripts=scripts))
    assert [name for name in all_names if held.count(name) != 1] == []


def register(hand: Hand, name: str, birth_date: str) -> None:
    """Register a resident on one page."""
    hand.page.goto("/")
    hand.press("Register resident")
    hand.fill(name=name, sex="P", birth_date=birth_date, village=VILLAGE)
    hand.page.locator(".actions button.main").click()


def meet(hand: Hand, *, scripts: bool) -> None:
    """Search somebody, register them all the same, and see that they are known."""
    hand.page.goto("/search")
    hand.page.fill("#q", "warga sa")
    if not scripts:
        hand.page.press("#q", "Enter")
    expect(hand.page.locator(".records li").first).to_contain_text(KNOWN[0])
    register(hand, KNOWN[0], "17051975")
    hand.page.locator(".alike li", has_text=KNOWN[0]).locator("button").click()
    expect(hand.page.locator("h1")).to_have_text(KNOWN[0])


def left(hand: Hand, *, scripts: bool) -> str:
    """Name the resident whose form was open when everything died."""
    size = hand.page.viewport_size
    assert size
    return f"Warga Ditutup {hand.lang} {size['width']} {'dengan' if scripts else 'tanpa'} skrip"


def begin(hand: Hand, *, scripts: bool) -> None:
    """Type a name and leave it; without scripts a page of the form is kept when it is left."""
    hand.page.goto("/new/person")
    name = left(hand, scripts=scripts)
    hand.fill(name=name, sex="L", birth_date="1969", village=VILLAGE)
    if scripts:
        hand.page.focus("#nik")
        expect(hand.page.locator("#kept svg")).to_be_visible()
    else:
        hand.page.click("button[value='2']")


def go_on(hand: Hand, *, scripts: bool) -> None:
    """Find the draft as it was left, and save it; somebody of another run may be like it."""
    hand.page.goto("/records/draft")
    hand.page.click(".records a")
    hand.press("Go on writing")
    expect(hand.page.locator("#name")).to_have_value(left(hand, scripts=scripts))
    hand.page.locator(".actions button.main").click()
    if "/check/" in hand.page.url:
        hand.page.locator(".actions button.main").click()
    expect(hand.page.locator(".done")).to_be_visible()


def call_on(hand: Hand, name: str) -> None:
    """Visit a resident of the day's list, who is recorded there; the list counts it."""
    hand.page.goto("/tasks")
    hand.page.click(f"a[href='/tasks/{VILLAGE}']")
    hand.page.locator(".household a", has_text=name).click()
    hand.page.click(".choice:has([value=recorded])")
    hand.press("Save")
    done = hand.page.locator("section", has=hand.page.locator(".listed.done"))
    expect(done.locator(".household a", has_text=name)).to_be_visible()


def recap(hand: Hand) -> list[int]:
    """Read the day: residents registered, visits, records corrected, and what is not confirmed."""
    hand.page.goto("/day")
    return [int(one) for one in hand.page.locator(".tiles .tile b").all_inner_texts()]


def mend(hand: Hand, returned: str) -> None:
    """Mend what the office returned; its comment stands above the form."""
    hand.page.goto("/outbox/refused")
    hand.page.click(f"a[href='/attention/{returned}']")
    expect(hand.page.locator(".notice").first).to_contain_text(COMMENT)
    hand.page.click("button[value='3']")
    hand.fill(address="Jalan Diperiksa")
    hand.page.locator(".actions button.main").click()
    expect(hand.page.locator(".done")).to_be_visible()


def report(hand: Hand, evening: Evening) -> None:
    """Report a camera with a photo, which outlives a forgotten field; a repair fails."""
    file = evening.folder / "foto.jpg"
    file.write_bytes(photo())
    hand.page.goto("/outage/new")
    hand.fill(place="Balai desa", started="01112026", told_by="Kepala desa")
    hand.page.set_input_files("#photo", file)
    hand.tap("form.long button.main")
    expect(hand.page.locator("form img.photo")).to_have_js_property("naturalWidth", 64)
    hand.fill(component="camera")
    hand.tap("form.long button.main")
    hand.page.wait_for_url(OUTAGE)
    expect(hand.page.locator("img.photo")).to_have_js_property("complete", value=True)
    hand.page.click("#repair summary")
    hand.fill(by="Teknisi", result="failed")
    hand.tap("#repair button.main")
    expect(hand.page.locator(".spoken")).to_have_count(2)


def lose_the_line(hand: Hand, evening: Evening, *, scripts: bool) -> None:
    """Sync where nobody answers: the page says so, and nothing is lost."""
    evening.office.process.terminate()
    hand.page.goto("/sync")
    hand.press("Sync now")
    if not scripts:
        hand.page.goto("/sync/progress")
    expect(hand.page.locator("#course.is-failed .notice")).to_be_visible()


def by_stick(hand: Hand, evening: Evening) -> None:
    """Bring what waits to the office in a file, and take its answer in."""
    out, answer = evening.folder / "keluar", evening.folder / "jawaban"
    hand.page.goto("/sync")
    with hand.page.expect_download() as found:
        hand.press("File for the office")
    found.value.save_as(out)
    answer.unlink(missing_ok=True)
    evening.office.run("exchange", out, answer)
    hand.page.goto("/sync")
    hand.page.set_input_files("#file", answer)
    hand.press("Take in the answer")
    expect(hand.page.locator("p.good")).to_be_visible()


def decide(hand: Hand, record: str) -> None:
    """Choose theirs; nothing needs attention any more."""
    hand.page.goto("/outbox")
    hand.page.goto("/attention")
    hand.page.click(f".cases a[href='/attention/{record}']")
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
    hand.page.goto("/backup")
    hand.fill(folder=str(evening.folder))
    hand.press("Back up now")
    if not scripts:
        hand.page.goto("/backup/progress")
    expect(hand.page.locator("#copy.is-done")).to_be_visible()
    for path in ("/day", "/outages", f"/record/{record}/slip", "/device", "/help"):
        answer = hand.page.goto(path)
        assert answer
        assert answer.ok, path
    hand.page.goto("/sync")
    hand.press("Sync now")
    hand.page.goto("/sync/progress")
    expect(hand.page.locator("#course.is-done")).to_be_visible()
