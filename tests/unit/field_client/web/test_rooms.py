"""Outbox, choices, outages, the day: what an officer does there, and what is saved by it."""

import re
import time
from html import unescape
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from field_client.app import read_clocks
from field_client.entries import Entry
from field_client.shift import IDLE_S
from field_client.sync.engine import synchronise
from field_client.web.desk import Desk
from tests.support.laptop import laptop, register, reopen, write
from tests.support.memory_server import MemoryServer
from tests.unit.field_client.web.conftest import BASE, FORM_KEY, Browser, Clock

TAGS = re.compile(r"<[^>]+>")


@pytest.fixture
def server() -> MemoryServer:
    """Return an office whose clock is right."""
    return MemoryServer(now_ms=time.time_ns() // 1_000_000)


def words(browser: Browser, path: str = "") -> str:
    """Return the text of a page, of the one that is shown where none is named."""
    if path:
        assert browser.get(path).status_code == 200, path
    return unescape(" ".join(TAGS.sub(" ", browser.page).split()))


def picture(colour: str = "teal") -> bytes:
    """Return a photo as a camera writes it."""
    content = BytesIO()
    Image.new("RGB", (64, 48), colour).save(content, "JPEG")
    return content.getvalue()


def send(browser: Browser, path: str, photo: bytes, **fields: str) -> str:
    """Send a form with a photo; return where it leads, "" where it is shown again."""
    key = FORM_KEY.search(browser.page)
    assert key
    data = {"form_key": key[1], "photo": (BytesIO(photo), "gambar.jpg"), **fields}
    response = browser.client.post(path, base_url=BASE, data=data)
    if response.status_code != 303:
        browser.page = response.text
    return str(response.location or "")


def saved(desk: Desk, type_name: str) -> list[Entry]:
    """Return the records of a type."""
    with desk.use() as app:
        return list(app.journal.entries(type=type_name))


def test_the_outbox_says_how_far_each_record_is(
    browser: Browser, desk: Desk, server: MemoryServer
) -> None:
    """Ready, then sealed by a lock, then received; a remark of the office shows with its reason."""
    browser.unlock()
    assert "Siap dikirim (2)" in words(browser, "/outbox")
    browser.post("/lock")
    browser.unlock()
    assert "Dalam perjalanan (2)" in words(browser, "/outbox")
    with desk.use() as app:
        server.remarks = {}
        synchronise(app, server)
    assert "Diterima server (2)" in words(browser, "/outbox/received")
    with desk.use() as app:
        (refused,) = register(app, ["Warga Uji 9"])
        server.remarks = {"name": "REQUIRED"}
        synchronise(app, server)
    page = words(browser, "/outbox")
    assert "Perlu perhatian (1)" in page
    assert "Catatan dari kantor: Nama wajib diisi. (REQUIRED)" in page
    assert f"/attention/{refused}" in browser.page
    led = str(browser.get(f"/attention/{refused}").location)
    assert led == f"/form/person/{refused}/1"
    assert "Catatan dari kantor: Nama wajib diisi. (REQUIRED)" in words(browser, led)
    assert "0 belum terkirim" in browser.page
    assert browser.post(led, name="Warga Uji Sembilan", go="save").status_code == 303
    assert "Perlu perhatian (0)" in words(browser, "/outbox/refused")
    mended = words(browser, "/outbox/ready")
    assert "1 belum terkirim" in mended
    assert "Menunggu dikirim · sudah diperbaiki" in mended
    with desk.use() as app:
        server.remarks = {}
        synchronise(app, server)
    assert "Perlu perhatian (0)" in words(browser, "/outbox/refused")
    assert browser.get("/outbox/nowhere").status_code == 404


def contested(desk: Desk, server: MemoryServer, elsewhere: Path) -> UUID:
    """Give a record two values in three fields: ours, and those of another laptop."""
    with desk.use() as app:
        (record,) = register(app, ["Warga Uji 5"])
        synchronise(app, server)
        with laptop(elsewhere, server.code(), read_clocks) as other:
            synchronise(other, server)
            write(other, record, mother_name="Uji Hijau", sex="P", rt="002")
            synchronise(other, server)
        write(app, record, mother_name="Uji Biru", sex="L", rt="001")
        synchronise(app, server)
    return record


def choices(browser: Browser) -> dict[str, dict[str, str]]:
    """Return by field what each value on the page is called in the form."""
    found: dict[str, dict[str, str]] = {}
    shape = r'name="choice[.](\w+)" value="([^"]*)"[^>]*>\s*<span>(?:<strong>(.*?)</strong>)?'
    for field, value, shown in re.findall(shape, browser.page):
        found.setdefault(field, {})[shown] = value
    return found


def test_each_field_is_decided_by_itself_mine_theirs_or_both(
    browser: Browser, desk: Desk, server: MemoryServer, tmp_path: Path
) -> None:
    """One field is left open and asked for again; what was decided goes to the office."""
    browser.unlock()
    record = contested(desk, server, tmp_path / "b")
    assert "Perlu perhatian (1)" in words(browser, "/attention")
    assert "Pilih yang berlaku" in browser.page
    page = words(browser, f"/attention/{record}")
    assert "milik saya" in page
    assert "milik pihak lain" in page
    asked = choices(browser)
    assert set(asked) == {"sex", "mother_name", "rt"}
    assert "both" not in asked["sex"].values(), "a person has one sex"
    seen = dict(re.findall(r'name="(seen[.]\w+)" value="([^"]*)"', browser.page))
    theirs = {
        "choice.sex": asked["sex"]["Perempuan"],
        "choice.mother_name": "both",
        "choice.rt": "",
    }
    led = browser.post(f"/attention/{record}", **seen, **theirs)
    assert led.location == f"/attention/{record}", "one is left"
    assert "1 belum terkirim" in words(browser, "/attention"), "what was decided waits already"
    assert "Warga 1" in words(browser, "/sync")
    browser.get(f"/attention/{record}")
    left = choices(browser)
    assert set(left) == {"rt"}
    stale = browser.post(f"/attention/{record}", **seen, **theirs)
    assert (stale.status_code, "Nilai lain datang" in browser.page) == (400, True)
    seen = dict(re.findall(r'name="(seen[.]\w+)" value="([^"]*)"', browser.page))
    browser.post(f"/attention/{record}", **seen, **{"choice.rt": left["rt"]["001"]})
    assert "Perlu perhatian (0)" in words(browser, "/attention")
    with desk.use() as app:
        synchronise(app, server)
    values = server.records()[record].values()
    assert (values["sex"], values["rt"]) == ("P", "001")
    assert sorted(values["mother_name"].split(" / ")) == ["Uji Biru", "Uji Hijau"]
    assert server.records()[record].conflicts() == ()


REPORT = {
    "component": "camera",
    "place": "Kota Raja",
    "started": "01-11-2026",
    "started_precision": "month",
    "status": "broken",
}


def test_an_outage_is_reported_with_a_photo_and_who_says_so(browser: Browser, desk: Desk) -> None:
    """Three records in the end; the photo is shown, and never lay on the disk as it came."""
    browser.unlock()
    browser.get("/outage/new")
    led = send(browser, "/outage/new", picture(), told_by="Operator kecamatan", **REPORT)
    assert led.startswith("/outage/")
    page = words(browser, led)
    assert "Kamera · Kota Raja" in page
    assert "Operator kecamatan" in page
    assert "Foto (1)" in page
    (outage,) = saved(desk, "outage")
    assert outage.values["started"] == "2026-11-01"
    image = re.search(r'src="(/photo/[^"]+)"', browser.page)
    assert image
    shown = browser.client.get(image[1], base_url=BASE)
    assert (shown.mimetype, Image.open(BytesIO(shown.data)).size) == ("image/webp", (64, 48))
    browser.get(led)
    assert send(browser, f"{led}/photo", picture("red")) == led
    assert "Foto (2)" in words(browser, led)
    assert send(browser, f"{led}/photo", b"no photo") == ""
    assert "bukan foto" in words(browser)


def test_what_is_wrong_in_a_report_is_said_at_its_field(browser: Browser, desk: Desk) -> None:
    """Nothing is saved; what was typed stays."""
    browser.unlock()
    browser.get("/outage/new")
    given = {**REPORT, "component": "", "started": "01-11-2096"}
    assert send(browser, "/outage/new", b"", **given) == ""
    assert 'id="f-component-wrong"' in browser.page
    assert 'id="f-started-wrong"' in browser.page
    assert 'value="Kota Raja"' in browser.page
    assert saved(desk, "outage") == []


def test_a_chosen_photo_outlives_a_form_that_comes_back(browser: Browser, desk: Desk) -> None:
    """Shown in the form, saved with the report, replaced or left out at will; gone with a lock."""
    browser.unlock()
    wrong = {**REPORT, "component": ""}
    for again, count in (({}, 1), ({"without": "1"}, 0)):
        browser.get("/outage/new")
        assert send(browser, "/outage/new", picture(), **wrong) == ""
        image = re.search(r'src="(/outage/photo/([^"]+))"', browser.page)
        assert image
        seen = browser.client.get(image[1], base_url=BASE)
        assert Image.open(BytesIO(seen.data)).size == (64, 48)
        led = send(browser, "/outage/new", b"", kept=image[2], **REPORT, **again)
        assert f"Foto ({count})" in words(browser, led)
    browser.get("/outage/new")
    assert send(browser, "/outage/new", picture(), **wrong) == ""
    image = re.search(r'src="(/outage/photo/([^"]+))"', browser.page)
    assert image
    browser.post("/lock")
    browser.unlock()
    assert browser.get(image[1]).status_code == 404


def test_sending_people_to_a_place_that_is_down_is_pointed_out(
    browser: Browser, desk: Desk
) -> None:
    """Saved only when the officer says that they know; not once it works again."""
    browser.unlock()
    browser.get("/outage/new")
    down = send(browser, "/outage/new", b"", **REPORT)
    other = {**REPORT, "place": "Kelapa Lima", "redirect_to": "Kecamatan Kota Radja, Oebobo"}
    browser.get("/outage/new")
    assert send(browser, "/outage/new", b"", **other) == ""
    assert "Kota Radja sendiri sedang terganggu: Kamera · Kota Raja" in words(browser)
    assert len(saved(desk, "outage")) == 1
    assert send(browser, "/outage/new", b"", sure="1", **other) != ""
    browser.get(down)
    browser.post(f"{down}/restored")
    assert "Pulih" in words(browser, down)
    browser.get("/outage/new")
    third = {**other, "place": "Alak"}
    assert send(browser, "/outage/new", b"", **third) != "", "it works again"


def test_a_place_named_by_its_code_is_pointed_out_by_its_name(browser: Browser, desk: Desk) -> None:
    """As the regions of the office name it, which the form offers."""
    browser.unlock()
    with desk.use() as app, app.journal.transaction():
        app.tables.write_meta("regions", {"rows": [["53.15.06", "Kecamatan Misal"]]})
    browser.get("/outage/new")
    assert '<option value="Kecamatan Misal">' in browser.page
    send(browser, "/outage/new", b"", **{**REPORT, "place": "53.15.06"})
    browser.get("/outage/new")
    other = {**REPORT, "place": "Alak", "redirect_to": "Misal"}
    assert send(browser, "/outage/new", b"", **other) == ""
    assert "Misal sendiri sedang terganggu" in words(browser)


def test_a_repair_and_a_word_change_how_an_outage_stands(browser: Browser) -> None:
    """A failed attempt waits for the next one; what is wrong in a form opens it again."""
    browser.unlock()
    browser.get("/outage/new")
    outage = send(browser, "/outage/new", b"", **REPORT)
    browser.get(outage)
    assert browser.post(f"{outage}/repair", result="failed").status_code == 400
    assert '<details id="repair" open>' in browser.page
    browser.post(f"{outage}/repair", result="failed", by="Teknisi Dinas", date="02-11-2026")
    assert "Menunggu perbaikan" in words(browser, "/outages")
    browser.get(outage)
    browser.post(f"{outage}/word", told_by="Camat", status="intermittent")
    assert "Kadang berfungsi" in words(browser, "/outages")


def test_the_day_counts_by_village_and_names_nobody(browser: Browser, desk: Desk) -> None:
    """The villages add up; yesterday has none of it."""
    with reopen(desk.home, clocks=read_clocks) as app:
        register(app, ["Maria Uji"])
        for name, village in (("Agnes Uji", "53.15.05.2001"), ("Paulus Uji", "53.15.05.2001")):
            (record,) = register(app, [name])
            write(app, record, village=village)
    browser.unlock()
    page = words(browser, "/day")
    assert "3 Warga didaftarkan" in page
    assert "Jumlah 3 0 0" in page
    assert not any(name in page for name in ("Maria", "Agnes", "Paulus"))
    assert "53.15.05.2001: 2 didaftarkan" in page
    yesterday = re.search(r'href="(/day[?]day=[^"&]+)', browser.page)
    assert yesterday
    assert "0 Warga didaftarkan" in words(browser, yesterday[1])


def test_a_stick_brings_what_waits_and_its_answer(
    browser: Browser, desk: Desk, server: MemoryServer
) -> None:
    """By a file that the browser saves, and one that it brings back; an empty form says so."""
    browser.unlock()
    browser.get("/sync")
    key = FORM_KEY.search(browser.page)
    assert key
    out = browser.client.post("/sync/export", base_url=BASE, data={"form_key": key[1]})
    assert "attachment" in out.headers["Content-Disposition"]
    answer = b"".join(server.answer(out.data))
    files = {"form_key": key[1], "file": (BytesIO(answer), "jawaban")}
    said = browser.client.post("/sync/import", base_url=BASE, data=files)
    assert "2 perubahan diterima" in said.text
    with desk.use() as app:
        assert app.journal.counts()["received"] == 2
    assert browser.post("/sync/import").status_code == 400
    assert "Belum ada berkas" in browser.page


def test_progress_can_be_watched_without_keeping_the_store_open(
    browser: Browser, clock: Clock
) -> None:
    """A page that looks every second is no use of the store: it locks after five minutes."""
    browser.unlock()
    for _ in range(4):
        clock.now_s += IDLE_S / 3
        led = browser.get("/sync/progress").location
    assert led == "/unlock"


def test_a_large_form_is_taken_only_where_a_page_asks_for_a_file(browser: Browser) -> None:
    """Not on the way in, and not from a browser that is not admitted."""
    large = {"q": "x" * (100 << 10)}
    browser.get("/unlock")
    assert send(browser, "/outage/new", b"x" * (100 << 10), **REPORT) == ""
    assert browser.client.post("/unlock", base_url=BASE, data=large).status_code == 400
