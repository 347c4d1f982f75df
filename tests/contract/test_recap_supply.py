"""The recap's letters, blank cards and outages: of its region, and as of its day."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from sync_server import keys
from sync_server.cli import main
from sync_server.noting import note
from tests.support.office_pages import inside, post, staffed, web_of
from tests.support.offices import Bench
from tests.support.raw_device import person

KOMODO, BOLENG, REGENCY = "53.15.05", "53.15.06", "53.15"
USER = "user:penyelia"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give an office whose Boleng is down since 10 November, and holds 500 cards of 600."""
    found = staffed(tmp_path, monkeypatch)
    broken = {
        "component": "recording_set",
        "office": BOLENG,
        "started": "2023-11-10",
        "started_precision": "day",
        "status": "broken",
    }
    with found.office.store.write() as connection:
        note(found.office, connection, "outage", broken, USER, "id")
        for office, kind, quantity, day in (
            (BOLENG, "received", 600, "2023-11-01"),
            (BOLENG, "used", 100, "2023-11-15"),
            (REGENCY, "received", 40, "2023-11-01"),
        ):
            moved = {"office": office, "kind": kind, "quantity": quantity, "date": day}
            note(found.office, connection, "stock_movement", moved, USER, "id")
    return found


@pytest.fixture
def browser(bench: Bench) -> FlaskClient:
    """Give a supervisor's browser."""
    return inside(web_of(bench))


def rows(browser: FlaskClient, query: str = "") -> dict[str, dict[str, str]]:
    """Give the lines of a recap's table by region."""
    text = browser.get(f"/recap.csv?{query}").text.lstrip("\ufeff")
    return {one["region"]: one for one in csv.DictReader(io.StringIO(text))}


def supply(row: dict[str, str]) -> tuple[int, ...]:
    """Give the cards used and left, and the outages, of one line."""
    names = ("cards_used", "cards_remaining", "outages_open", "outages_recording")
    return tuple(int(row[name]) for name in names)


def test_a_district_shows_its_own_cards_and_outages(browser: FlaskClient) -> None:
    """Komodo has none of Boleng's; the regency has both, and its own office's."""
    whole = rows(browser)
    assert supply(whole[KOMODO]) == (0, 0, 0, 0)
    assert supply(whole[BOLENG]) == (100, 500, 1, 1)
    assert supply(whole[REGENCY]) == (100, 540, 1, 1)
    assert supply(rows(browser, f"region={KOMODO}")[KOMODO]) == (0, 0, 0, 0)
    assert supply(rows(browser, f"region={BOLENG}")[BOLENG]) == (100, 500, 1, 1)
    page = browser.get("/recap").text
    assert "Di luar bagian-bagian ini" in page, "the regency's own office lies in no district"
    assert "Suket, blangko, alat" in page
    assert browser.get("/recap.pdf").data.startswith(b"%PDF")
    assert browser.get("/recap.xlsx").data.startswith(b"PK")


def test_a_day_shows_what_stood_then(bench: Bench, browser: FlaskClient) -> None:
    """Before it began there is no outage; on days before it was restored it is still one."""
    assert supply(rows(browser, "on=2023-10-01")[REGENCY]) == (0, 0, 0, 0)
    assert supply(rows(browser, "on=2023-11-09")[REGENCY]) == (0, 640, 0, 0)
    assert supply(rows(browser, "on=2023-11-12")[REGENCY]) == (0, 640, 1, 1)
    with bench.office.store.read() as connection:
        query = "SELECT record FROM records WHERE type = 'outage'"
        outage = connection.exec_driver_sql(query).scalar_one()
    told = {"told_by": "Camat", "told_on": "2023-11-14", "status": "restored"}
    with bench.office.store.write() as connection:
        said = {"outage": outage, **told}
        note(bench.office, connection, "outage_statement", said, USER, "id")
    open_on = {
        day: supply(rows(browser, f"on=2023-11-{day}")[BOLENG])[2] for day in ("09", "13", "14")
    }
    assert open_on == {"09": 0, "13": 1, "14": 0}


def test_letters_count_on_their_day_and_while_they_hold(bench: Bench, browser: FlaskClient) -> None:
    """In the district of whom they were given to; one that is revoked does not count."""
    device = bench.device()
    one = device.change(person("Warga Contoh", nik="5315054107900001"))
    visit = device.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
    assert bench.exchange(device, device.batch([one, visit])).errors == []
    assert post(browser, "/suket/issue", "/suket", person=str(one.record)).status_code == 303

    def letters(day: str) -> tuple[str, str]:
        row = rows(browser, f"on={day}")[KOMODO]
        return row["suket_issued"], row["suket_holding"]

    days = ("2023-11-14", "2023-11-15", "2023-11-16", "2024-06-01")
    assert [letters(day) for day in days] == [("0", "0"), ("1", "1"), ("0", "1"), ("0", "0")]
    number = browser.get("/suket").text.split('action="/suket/')[-1].split("/revoke")[0]
    assert post(browser, f"/suket/{number}/revoke", "/suket", reason="salah").status_code == 303
    assert letters("2023-11-15") == ("0", "0")


@pytest.mark.parametrize("layout", ["table", "csv", "xlsx", "json"])
def test_the_console_gives_the_same_recap(
    bench: Bench, browser: FlaskClient, tmp_path: Path, layout: str
) -> None:
    """`report rekap`, by district or of one by village, in every layout."""
    said = console(bench, tmp_path, layout)
    if layout == "json":
        document = json.loads(said)
        assert (document["balanced"], document["total"]["cards_remaining"]) == (True, 540)
        assert document["in_no_part"]["cards_remaining"] == 40
    elif layout == "csv":
        table = list(csv.DictReader(io.StringIO(said.decode().lstrip("\ufeff"))))
        assert {one["region"]: one for one in table} == rows(browser)
    elif layout == "xlsx":
        assert said.startswith(b"PK")
    else:
        assert "Setiap jumlah sama dengan bagian-bagiannya." in said.decode()
        assert "Boleng" in said.decode()


def console(bench: Bench, folder: Path, layout: str) -> bytes:
    """Give what `sync-server report rekap` writes into a file."""
    target = folder / "rekap"
    words = ["report", "rekap", "--on", "2023-11-15", "--format", layout, "--output", str(target)]
    keys.save(bench.office.keys, folder / "secret.json")
    done = CliRunner(env={"SYNC_SERVER_HOME": str(folder)}).invoke(main, words)
    assert done.exit_code == 0, done.output
    return target.read_bytes()
