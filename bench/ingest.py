"""Ingest: verify, open, fold, compare and commit batches of 50 into a register, one process.

Prints one JSON line: changes a second; beside it how fast the same machine makes one durable SQLite
commit, since that bounds a batch, and how fast Kinto's batch endpoint takes the same people, which
verifies, opens and compares nothing and keeps them in memory only. ``--register N`` people are
imported first.
"""

import argparse
import json
import os
import sqlite3
import tempfile
import time
from pathlib import Path

from bench.peers.beside import over_loopback
from sync_server import ingest
from sync_server.register_rows import resident_id
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice
from tests.support.synthetic import population

BATCH, SEED = 50, 7


def load(bench: Bench, rows: list[dict[str, object]]) -> None:
    """Write the register as the server's own changes."""
    for at in range(0, len(rows), 500):
        edits = [
            ingest.Edit(record=resident_id(row, ""), type="person", values=row)
            for row in rows[at : at + 500]
        ]
        with bench.office.store.write() as connection:
            ingest.write_own(connection, edits, "user:bench/register")


def commits_a_second(folder: Path, count: int = 200) -> float:
    """Return how many one-row durable commits a plain SQLite file takes a second."""
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    plain.execute("CREATE TABLE t (x)")
    started_s = time.perf_counter()
    for _ in range(count):
        plain.execute("INSERT INTO t VALUES (1)")
    return count / (time.perf_counter() - started_s)


def main() -> None:
    """Load the register, time the arrivals, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--register", type=int, default=2_000)
    parser.add_argument("--arrivals", type=int, default=1_000)
    wanted = parser.parse_args()
    busy = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people = population(SEED)
        bench = found_office(folder)
        load(bench, [dict(row) for row in people.people(wanted.register)])
        device = RawDevice.of(code_of(bench.office))
        bench.exchange(device, device.enrol())
        rows = [dict(row) for row in people.people(wanted.arrivals)]
        body = device.section(
            *(
                device.batch([device.change(row) for row in rows[at : at + BATCH]])
                for at in range(0, len(rows), BATCH)
            ),
            hello=device.hello(pull=False),
        )
        started_s = time.perf_counter()
        reply = bench.answer(body)
        elapsed_s = time.perf_counter() - started_s
        accepted = sum(r.status == "accepted" for r in device.read(reply).receipts)
        assert accepted * BATCH == len(rows), "every batch is accepted"
        rate = len(rows) / elapsed_s
        kinto = over_loopback("kinto", [dict(row) for row in rows])
        figures = {
            "bench": "ingest",
            "load": busy,
            "goal_changes_a_second": 1_500,
            "goal_times_kinto": 7,
            "register": wanted.register,
            "arrivals": len(rows),
            "changes_a_second": round(rate),
            "plain_commits_a_second": round(commits_a_second(folder)),
            "kinto": kinto,
        }
        if "records_a_second" in kinto:
            figures["times_kinto"] = round(rate / kinto["records_a_second"], 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
