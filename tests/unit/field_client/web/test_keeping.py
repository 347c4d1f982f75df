"""Blank cards, backup, operators, slip, practice, help, a laptop without a store."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from field_client.backups import back_up
from field_client.capture import assess
from field_client.commands.unlocking import check_context
from field_client.vault import keys
from field_client.vault.backup import restore_backup
from field_client.vault.keys import list_operators
from field_client.web.beginning import BACKUPS
from field_client.web.desk import Desk
from field_client.web.pages import create_app
from field_client.web.practice import OPERATOR as PRACTISING
from field_client.web.practice import PASSPHRASE, practice_home, prepare, residents
from shared_schema.records import record_type
from tests.support.laptop import OPERATOR, register, reopen
from tests.support.laptop import PASSPHRASE as OFFICERS
from tests.support.memory_server import MemoryServer
from tests.support.source import ROOT
from tests.unit.field_client.web.conftest import Browser
from tests.unit.field_client.web.test_rooms import words

PHRASE = "frasa sandi yang baru"


@pytest.fixture
def server() -> MemoryServer:
    """Return an office whose clock is right."""
    return MemoryServer(now_ms=time.time_ns() // 1_000_000)


def test_blank_cards_balance_and_last_for_so_many_days(browser: Browser) -> None:
    """Opening 100 less 60 in six days: 40 left, four days; promises do not count."""
    browser.unlock()
    today = datetime.now(tz=UTC).date()
    moves = [("opening", 100, 5), ("granted", 500, 4), ("used", 50, 2), ("spoiled", 10, 1)]
    for kind, quantity, ago in moves:
        browser.get("/stock")
        day = (today - timedelta(days=ago)).isoformat()
        given = {"office": "Kecamatan Uji", "kind": kind, "quantity": str(quantity), "date": day}
        assert browser.post("/stock", **given).location == "/stock"
    page = words(browser, "/stock")
    assert "40 keping tersisa" in page
    assert "cukup untuk sekitar 4 hari" in page
    assert browser.post("/stock", kind="used", quantity="-5").status_code == 400
    assert 'id="f-office-wrong"' in browser.page


def test_a_backup_is_made_behind_the_pages(browser: Browser, tmp_path: Path) -> None:
    """Whole and read back; a folder that is not there is named, nothing is written then."""
    browser.unlock()
    browser.get("/backup")
    assert browser.post("/backup", folder=str(tmp_path / "nowhere")).status_code == 400
    assert "Tidak ada folder" in browser.page
    stick = tmp_path / "stick"
    stick.mkdir()
    assert browser.post("/backup", folder=str(stick)).location == "/backup"
    for _ in range(500):
        browser.get("/backup/progress")
        if "Tertulis dan sudah dibaca ulang" in browser.page:
            break
        time.sleep(0.02)
    assert "Tertulis dan sudah dibaca ulang" in words(browser, "/backup")
    (made,) = stick.iterdir()
    assert restore_backup(made, tmp_path / "other").about.counts["records"] == 2


def test_an_administrator_adds_and_removes_an_operator(browser: Browser, desk: Desk) -> None:
    """Both passphrases alike; a removal ends the shift."""
    browser.unlock()
    browser.get("/device")
    new = {"name": "petugas dua", "passphrase": "sandi baru sekali", "again": "sandi lain sekali"}
    assert browser.post("/device/operator", **new).status_code == 400
    assert "Kedua frasa sandi berbeda" in browser.page
    assert "dapat membuka laptop ini" not in words(browser)
    browser.post("/device/operator", **{**new, "again": new["passphrase"]})
    assert list_operators(desk.home) == [OPERATOR, "petugas dua"]
    assert browser.post("/device/remove", name="petugas dua").location == "/unlock"
    assert list_operators(desk.home) == [OPERATOR]


def test_a_passphrase_is_changed_by_its_owner_or_an_administrator(
    browser: Browser, browsers: Callable[[], Browser], desk: Desk
) -> None:
    """Typed twice alike; the shift of whoever's it is ends, and only the new one opens again."""
    second = {"operator": "petugas dua", "passphrase": "sandi petugas dua"}
    unlocked = keys.unlock(desk.home, OPERATOR, OFFICERS)
    keys.add_operator(desk.home, unlocked, *second.values(), calibrate=False)
    browser.unlock()
    browser.get("/device")
    for given in ({"again": "sandi lain sekali"}, {"passphrase": "kecil", "again": "kecil"}):
        typed = {"passphrase": PHRASE, "again": PHRASE, **given}
        assert browser.post("/device/passphrase", **typed).status_code in {400, 403}
    done = browser.post(
        "/device/passphrase", operator="petugas dua", passphrase=PHRASE, again=PHRASE
    )
    assert (done.status_code, "petugas dua" in browser.page) == (200, True)
    assert browser.get("/").status_code == 200, "another's passphrase ends another's shift"
    done = browser.post("/device/passphrase", passphrase=PHRASE + "!", again=PHRASE + "!")
    assert done.status_code == 200
    assert browser.get("/").location == "/unlock"
    assert browser.unlock().status_code == 403, "the old one"
    assert browser.unlock(PHRASE + "!").location == "/"
    other = browsers()
    other.get("/unlock")
    assert other.post("/unlock", **second).status_code == 403
    other.post("/unlock", **{**second, "passphrase": PHRASE})
    other.get("/device")
    for_chief = {"operator": OPERATOR, "passphrase": PHRASE, "again": PHRASE}
    assert other.post("/device/passphrase", **for_chief).status_code == 403
    assert keys.unlock(desk.home, OPERATOR, PHRASE + "!").operator == OPERATOR


def test_a_backup_that_the_documents_name_is_one_that_a_page_offers() -> None:
    """What was written by the command is found by the page of a laptop without a store."""
    written = [
        name
        for page in sorted((ROOT / "docs").glob("*.md"))
        for name in re.findall(
            r"^field-client (?:backup|restore) (\S+)$", page.read_text(), re.MULTILINE
        )
    ]
    assert len(written) >= 3
    assert all(fnmatch(name, BACKUPS) for name in written)


def test_a_slip_is_for_who_was_registered_here(browser: Browser, desk: Desk) -> None:
    """It shows a code that finds the record, and says that it is no identity document."""
    browser.unlock()
    with desk.use() as app:
        (record,) = register(app, ["Warga Uji 8"])
        draft = app.journal.new_record()
        app.journal.save_draft(draft, "person", 1, {"name": "Warga Uji 9"})
    page = words(browser, f"/record/{record}/slip")
    assert "Warga Uji 8" in page
    assert "bukan dokumen kependudukan" in page
    assert str(record)[-12:].upper() in page
    assert browser.get(f"/record/{draft}/slip").status_code == 400


def test_practice_has_people_nobody_can_send(tmp_path: Path) -> None:
    """A store of its own, made once; the banner is on every page, and sync refuses."""
    home = practice_home(tmp_path / "jemput")
    prepare(home)
    prepare(home)
    desk = Desk(home=home)
    browser = Browser(
        client=create_app(desk, "id", routed=lambda: False, practice=True).test_client()
    )
    browser.get("/unlock")
    assert "rekaan" in browser.page
    assert PASSPHRASE in browser.page
    browser.post("/unlock", operator=PRACTISING, passphrase=PASSPHRASE)
    browser.get("/")
    browser.post("/search", q="latihan")
    assert "Latihan 1" in words(browser, "/search")
    page = words(browser, "/sync")
    assert "tidak ada yang dikirim dari sini" in page
    for path in ("/sync/start", "/sync/export", "/sync/import"):
        assert browser.post(path).status_code == 403, path
    assert sum(1 for _ in residents()) > 50
    with desk.use() as app:
        context = check_context(app)
        people = [assess(record_type("person"), _plain(one), context) for one in residents()]
    assert [one.problems for one in people if one.problems] == []
    desk.end()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "central_status"}


def test_help_is_there_in_both_languages(browser: Browser) -> None:
    """Every word of it."""
    browser.unlock()
    assert "Kapan data saya aman?" in words(browser, "/help")
    browser.post("/language", lang="en", back="/help")
    assert "When is my work safe?" in words(browser, "/help")


def test_a_laptop_without_a_store_is_enrolled_or_restored_here(
    browser: Browser, desk: Desk, server: MemoryServer, tmp_path: Path
) -> None:
    """What is wrong is said; afterwards the same address leads to the door, as where a store is."""
    assert browser.get("/begin").location == "/unlock"
    stick = tmp_path / "stick"
    stick.mkdir()
    with reopen(desk.home) as app:
        back_up(app, stick / "a.backup", lambda _: None)
    fresh = Desk(home=tmp_path / "fresh")
    other = Browser(client=create_app(fresh, "id", routed=lambda: False).test_client())
    assert other.get("/unlock").location == "/begin"
    assert "belum punya simpanan" in words(other, "/begin")
    assert other.post("/begin/restore", file=str(stick / "none")).status_code == 400
    assert other.post("/begin/restore", file=str(stick / "a.backup")).location == "/unlock"
    assert other.get("/begin").location == "/unlock"
    assert other.unlock().location == "/"
    fresh.end()
    new = Desk(home=tmp_path / "new")
    third = Browser(client=create_app(new, "id", routed=lambda: False).test_client())
    third.get("/begin")
    given = {"code": server.code(), "name": OPERATOR, "passphrase": PHRASE, "again": PHRASE}
    assert third.post("/begin/enrol", **{**given, "code": "JEMPUT-XX"}).status_code == 400
    assert "JEMPUT-XX" in third.page
    assert third.post("/begin/enrol", **{**given, "again": "other"}).status_code == 400
    assert third.post("/begin/enrol", **given).location == "/unlock"
    assert third.unlock(PHRASE).location == "/"
    new.end()
