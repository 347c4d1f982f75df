"""Exports of people take no more memory than a small office's computer has."""

import json
from pathlib import Path

from sync_server import tallies
from sync_server.store.driver import ask, run
from tests.support.export_weight import weigh
from tests.support.offices import Bench, found_office
from tests.support.raw_device import person

PEOPLE, REGENCY, DEAD_EVERY = 20_000, 165_000, 5
MOST_BYTES, PAGE_CACHE_BYTES = 200_000_000, 32 * 1024 * 1024
_PREFIX = "%begins%"
TABLES = ("records", "tally_people", "tally_visits")


def crowd(bench: Bench, count: int) -> None:
    """Let one resident, recorded in the field, stand there many times; some are told to be dead."""
    device = bench.device()
    one = device.change(person("Warga Contoh", address="Jalan Contoh 12"))
    visits = [
        device.change({"person": str(one.record), "outcome": outcome}, type="visit")
        for outcome in ("recorded", "deceased")
    ]
    assert bench.exchange(device, device.batch([one, *visits])).errors == []
    tallies.finish(bench.office)
    ids = [str(change.record) for change in (one, *visits)]
    with bench.office.store.write() as connection:
        for table in TABLES:
            found = ask(connection, f"SELECT * FROM {table}")
            marks = ", ".join("?" * len(found[0]))
            known = [text for row in found if (text := _opened(json.dumps(row), ids))]
            rows = [
                json.loads(text.replace(_PREFIX, f"{at:08x}"))
                for text in known
                for at in range(1, count, DEAD_EVERY if f"{_PREFIX}{ids[2][8:]}" in text else 1)
            ]
            run(connection, f"INSERT INTO {table} VALUES ({marks})", rows)


def _opened(row: str, ids: list[str]) -> str:
    """Give a row with a mark for the beginning of each of the ids; "" where it names none."""
    for one in ids:
        row = row.replace(one, f"{_PREFIX}{one[8:]}")
    return row if _PREFIX in row else ""


def test_a_regencys_exports_fit_into_200_mb(tmp_path: Path) -> None:
    """Scaled down: what grows with the rows may take its share, the database's cache its own."""
    bench = found_office(tmp_path)
    crowd(bench, PEOPLE)
    bench.office.store.close()
    dead = 1 + len(range(1, PEOPLE, DEAD_EVERY))
    found = weigh(tmp_path, "residents", "unconfirmed", "proposal")
    assert found["rows"] == {"residents": PEOPLE, "unconfirmed": PEOPLE, "proposal": dead}
    share = (MOST_BYTES - PAGE_CACHE_BYTES) * PEOPLE // REGENCY
    assert found["grew_bytes"] < PAGE_CACHE_BYTES + share
