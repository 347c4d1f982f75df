"""A supervisor's morning in a real browser, by forms alone; how pages look is another test's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import NARROW, sign_in, visit
from tests.support.scenes import Office, people, regency

pytestmark = pytest.mark.timeout(300)
GOLO = "53.15.05"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve a regency to which a laptop brought forty residents, one of them recorded."""
    with regency(Path(tmp_path_factory.mktemp("kantor"))) as found:
        laptop = found.laptop("satu", GOLO)
        rows = people(7, 40, GOLO)
        broken = {"outcome": "not_at_home", "reason": "equipment_broken"}
        laptop.add("person", [rows[0] | {"outcome": "recorded"}, rows[1] | broken, *rows[2:]])
        laptop.sync()
        yield found


def test_the_same_figures_on_every_page(browser: Browser, office: Office) -> None:
    """In English on a narrow screen: what is counted, what is noted, what the log keeps."""
    counted = next(one for one in office.run("report", "coverage")["regions"])
    with visit(browser, office.process.url, width=NARROW, language="en") as page:
        sign_in(page)
        _coverage(page, counted)
        page.goto("/service")
        expect(page.get_by_role("heading", name="Service today")).to_be_visible()
        expect(page.get_by_text("Komodo").first).to_be_visible()
        _cards(page)
        page.goto("/quality")
        expect(page.locator("tbody tr").first.locator("td").first).to_have_text("2")
        _reveal(page)


def _coverage(page: Page, counted: dict[str, Any]) -> None:
    """Find on the map and in the recap what the console counts."""
    names = ("wajib", "recorded_ministry", "recorded_field", "not_recorded")
    said = [str(counted[name]) for name in names]
    assert counted["recorded_field"] == 1
    page.goto("/areas")
    assert page.locator("tfoot td").all_inner_texts()[:4] == said
    page.goto("/recap")
    assert page.locator("tfoot").first.locator("td").all_inner_texts()[:5] == ["1", *said]
    expect(page.get_by_text("Every total is the sum of its parts.")).to_be_visible()


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


def _reveal(page: Page) -> None:
    """Find a number in full for a reason, and the reason in the log; add a user."""
    page.goto("/search")
    page.locator("main [name=q]").fill(
        next(str(row["nik"]) for row in people(7, 40, GOLO) if "nik" in row)
    )
    page.keyboard.press("Enter")
    page.locator("ul.records a").first.click()
    page.get_by_text("Show NIK and family card number in full").click()
    page.get_by_label("Reason (kept in the access log)").fill("compare with the card")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Numbers are shown in full.")).to_be_visible()
    page.goto("/users")
    page.get_by_label("User name").fill("kedua")
    page.locator("form", has=page.locator("[name=role]")).get_by_role("button").last.click()
    expect(page.get_by_role("rowheader", name="kedua")).to_be_visible()
    page.goto("/audit")
    expect(page.get_by_text("compare with the card")).to_be_visible()


def test_the_morning_without_scripts(browser: Browser, office: Office) -> None:
    """Each journey is forms alone."""
    with visit(browser, office.process.url, scripts=False) as page:
        sign_in(page)
        expect(page.get_by_role("heading", name="Ikhtisar")).to_be_visible()
        _campaign(page)
        _summons(page)
        _feed(page)
        _requeue(page)
        _export(page)
        _device(page)
    _queued_again(office)


def _queued_again(office: Office) -> None:
    """Find the visit by which whoever a broken machine met is queued, without anybody's doing."""
    made = [one for one in office.run("history")["changes"] if "otomatis" in one["operator"]]
    assert [one["values"]["outcome"] for one in made] == ["revisit"]


def _campaign(page: Page) -> None:
    page.get_by_role("link", name="Lapangan").click()
    page.get_by_role("link", name="Kegiatan").click()
    page.get_by_label("Nama").fill("Jemput bola")
    page.get_by_label("Batas waktu").fill("2030-12-31")
    page.get_by_role("button", name="Rencanakan kegiatan").click()
    page.locator("[name=region]").select_option(GOLO)
    page.get_by_role("button", name="Tampilkan").click()
    page.locator("[name=village]").first.check()
    page.get_by_label("Tim").fill("Tim 7")
    page.get_by_role("button", name="Tugaskan").click()
    expect(page.get_by_text("Desa sudah ditugaskan.")).to_be_visible()
    expect(page.locator("td", has_text="Tim 7")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("perekaman diperlukan sehari")).to_be_visible()


def _summons(page: Page) -> None:
    page.goto("/campaigns")
    page.locator("ul.cards a").first.click()
    page.get_by_role("link", name="Undangan per RT").click()
    page.locator("td a", has_text="Tampilkan").first.click()
    expect(page.locator("#names")).to_be_visible()
    expect(page.get_by_role("button", name="Surat (PDF)")).to_be_visible()


def _feed(page: Page) -> None:
    page.goto("/feed")
    page.get_by_role("button", name="Buat kunci").click()
    expect(page.get_by_text("Kunci baru Anda")).to_be_visible()


def _requeue(page: Page) -> None:
    page.goto("/unconfirmed")
    page.get_by_label("Kunjungi lagi warga ini").fill("tidak sampai di pusat")
    page.get_by_role("button", name="Antrekan 1 warga").click()
    expect(page.locator("td", has_text="sudah antre")).to_be_visible()


def _export(page: Page) -> None:
    page.goto("/exports")
    page.get_by_label("Alasan").fill("kirim ke pusat")
    page.get_by_role("button", name="Minta").click()
    expect(page.get_by_text("menunggu orang kedua")).to_be_visible()


def _device(page: Page) -> None:
    page.goto("/devices")
    page.get_by_text("Hilang atau dicuri: cabut").click()
    page.get_by_label("Alasan").fill("hilang di jalan")
    page.get_by_role("button", name="Cabut").click()
    expect(page.get_by_text("dicabut").first).to_be_visible()
