"""An export at the console needs a second person; long work on a page can be left."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from sync_server import jobs
from sync_server.accounts import Actor, Role
from sync_server.cli import main
from sync_server.exporting import Exports
from sync_server.office import Office
from sync_server.store.queries import audit
from tests.support.office_pages import inside, log_of, post, staffed, web_of
from tests.support.offices import office_in

SETTINGS = {"SYNC_SERVER_ADMIN_PASSPHRASE": "kadis-uji-coba-empat-belas"}


def run(home: Path, *words: str) -> Result:
    """Run `sync-server WORDS`."""
    return CliRunner(env={**SETTINGS, "SYNC_SERVER_HOME": str(home)}).invoke(main, words)


def told(home: Path, *words: str) -> Any:
    """Run a command that must succeed; give its document."""
    done = run(home, *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_people_go_out_at_the_console_once_a_second_person_agreed(tmp_path: Path) -> None:
    """What is not about people goes out as before; who is alone in the office is noted so."""
    told(tmp_path, "init", "--region", "53.15", "--name", "Kabupaten Uji", "--admin", "penyelia")
    assert told(tmp_path, "export", "person")["count"] == 0
    assert told(tmp_path, "audit")["entries"][0]["detail"]["alone"] is True
    told(tmp_path, "user", "add", "kedua", "--role", "supervisor")
    for kind in ("person", "visit", "suket", "proposal"):
        refused = run(tmp_path, "export", kind)
        assert (refused.exit_code, "EXPORT_NOT_AGREED" in refused.stderr) == (4, True), kind
    assert run(tmp_path, "export").exit_code == 4
    assert run(tmp_path, "report", "unconfirmed", "--format", "csv").exit_code == 4
    assert run(tmp_path, "report", "unconfirmed").exit_code == 0, "the screen masks numbers"
    assert told(tmp_path, "export", "outage")["count"] == 0
    assert told(tmp_path, "export", "person", "--ask", "kirim ke pusat")["asked"] == [1]
    assert run(tmp_path, "export", "person").exit_code == 4, "nobody has agreed yet"
    second = Actor(name="kedua", role=Role.SUPERVISOR)
    exports = Exports(office_in(tmp_path))
    exports.decide(second, 1, approved=True)
    assert told(tmp_path, "export", "person")["count"] == 0
    assert run(tmp_path, "export", "visit").exit_code == 4, "another kind was agreed to"
    while exports.rows_made(1) is not None:
        time.sleep(0.05)
    assert told(tmp_path, "audit")["entries"][0]["detail"]["alone"] is False


def test_the_access_log_is_checked_on_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entries and the seal of the last; a row altered behind the program's back is named."""
    bench = staffed(tmp_path, monkeypatch)
    app = web_of(bench)
    browser = inside(app, Role.AUDITOR)

    def checked() -> str:
        assert post(browser, "/audit/verify", "/audit").status_code == 303
        while "data-follow" in (page := browser.get("/audit").text):
            time.sleep(0.05)
        return page

    page = checked()
    with bench.office.store.read() as connection:
        position, seal = audit.head(connection)
    assert f"Utuh: {position} entri" in page
    assert seal.hex() in page
    with bench.office.store.write() as connection:
        connection.execute(text("DROP TRIGGER audit_refuse_update"))
        connection.execute(text("UPDATE audit SET actor = 'user:lain' WHERE position = 1"))
    page = checked()
    assert "AUDIT_ALTERED" in page
    assert "Utuh" not in page
    assert post(inside(app), "/audit/verify", "/").status_code == 403


def test_long_work_is_begun_followed_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the administrator alone; the page says how it ended, to whoever comes back."""
    bench = staffed(tmp_path, monkeypatch)
    device = bench.device()
    assert bench.exchange(device, device.batch(device.people(5))).errors == []
    app = web_of(bench)
    browser = inside(app, Role.ADMINISTRATOR)
    for kind, word in (("rebuild", "5 perubahan"), ("rematch", "5 dari 5 warga")):
        assert post(browser, "/jobs", "/jobs", kind=kind).status_code == 303
        while "data-follow" in (page := browser.get("/jobs").text):
            time.sleep(0.05)
        assert word in page
    assert post(browser, "/jobs", "/jobs", kind="hapus").status_code == 400
    assert inside(app).get("/jobs").status_code == 403
    assert {"job-rebuild", "job-rematch"} <= set(log_of(bench))


def test_work_that_breaks_down_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong, it has ended, and the next may begin."""
    bench = staffed(tmp_path, monkeypatch)
    boss = Actor(name="u-administrator", role=Role.ADMINISTRATOR)
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)

    def broken(_office: Office, _tell: jobs.Tell) -> dict[str, Any]:
        raise KeyError

    found = jobs.Jobs(bench.office, {"broken": broken})
    for _ in range(2):
        found.begin(boss, "broken")
        while (last := found.last()) is None or last.ended_ms is None:
            time.sleep(0.01)
        assert last.trouble is not None
