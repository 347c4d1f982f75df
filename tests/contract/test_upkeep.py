"""What the running server does by itself goes on after any fault, and the fault is seen."""

import logging
import sqlite3
from pathlib import Path

import pytest

from sync_server.store.driver import ask
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.upkeep import Upkeep
from tests.support.offices import Bench, found_office
from tests.support.raw_device import person


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give an office that heard of a resident whom a broken machine sent away."""
    found = found_office(tmp_path)
    device = found.device()
    who = device.change(person("Warga Uji 12", marital_status=2))
    said = {"person": str(who.record), "outcome": "revisit", "reason": "equipment_broken"}
    visit = device.change(said, type="visit")
    assert found.exchange(device, device.batch([who, visit])).errors == []
    return found


def visits(bench: Bench) -> int:
    """Count the visits there are."""
    with bench.office.store.read() as connection:
        ((count,),) = ask(connection, "SELECT count(*) FROM records WHERE type = 'visit'")
    return int(count)


def turned(bench: Bench, caplog: pytest.LogCaptureFixture, work: Upkeep, times: int = 2) -> str:
    """Take turns at the work; give what was logged."""
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        for _ in range(times):
            work.turn()
    return caplog.text


def test_a_missing_table_is_said_once_and_outlived(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Once while it lasts; what waited is done at the turn after it is mended."""
    work = Upkeep(bench.office)
    database = sqlite3.connect(str(bench.office.store.engine.url.database))
    database.execute("ALTER TABLE tally_visits RENAME TO gone")
    said = turned(bench, caplog, work, 4)
    assert said.count("DATABASE_FAILED") == 1
    assert "tally_visits" in said
    database.execute("ALTER TABLE gone RENAME TO tally_visits")
    assert turned(bench, caplog, work) == ""
    assert visits(bench) == 2
    database.execute("ALTER TABLE tally_visits RENAME TO gone")
    database.close()
    device = bench.device()
    bench.exchange(device, device.batch(device.people(1)))
    assert turned(bench, caplog, work, 4).count("DATABASE_FAILED") == 1, "it is new once more"


def test_a_damaged_note_does_not_end_it(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An error that has no code is named by its kind and place, without a value."""
    work = Upkeep(bench.office)
    with bench.office.store.write() as connection:
        facts.put(connection, Fact.DISPLACED_DAY, "Warga Uji 12")
    said = turned(bench, caplog, work, 3)
    assert said.count("ValueError") == 1
    assert "displaced.py" in said
    assert "Warga" not in said
    with bench.office.store.write() as connection:
        facts.put(connection, Fact.DISPLACED_DAY, "0")
    turned(bench, caplog, work, 1)
    assert visits(bench) == 2
