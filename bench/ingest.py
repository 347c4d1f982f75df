"""Ingest: verify, open, fold, match and commit batches of 50 into a register, one process.

Four of five arrivals are in the register, with errors; what the matcher links is written, logged
and folded as well. Checkpoints are included. The batches lie there, as on a stick, so that a few
are made durable together. Prints one JSON line: arrivals a second, by the clock
and by what the processor worked; beside it how fast the same machine makes one durable SQLite
commit, since that bounds a batch, and how fast Kinto's batch endpoint takes the same people, which
verifies, opens and compares nothing and keeps them in memory only. The register of ``--register N``
people is imported first, which takes minutes; as at an office, by another process than the one
that serves.
"""

import argparse
import gc
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.matching.noise import Source
from bench.matching.world import world
from bench.peers.beside import over_loopback
from shared_schema.ids import derived_id
from sync_server import ingest, keys
from sync_server.app import spare_the_collector
from sync_server.store.queries import matching
from tests.support.offices import Bench, code_of, found_office, reopen_office
from tests.support.raw_device import RawDevice

BATCH, SEED, KINTO, KEYS = 50, 7, 2_000, "keys"


def load(bench: Bench, rows: list[dict[str, object]]) -> None:
    """Write the register as the server's own changes."""
    for at in range(0, len(rows), 500):
        edits = [
            ingest.Edit(record=derived_id("bench", b"%d" % number), type="person", values=row)
            for number, row in enumerate(rows[at : at + 500], at)
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


def arrive(folder: Path, rows: list[dict[str, object]], register: int) -> dict[str, Any]:
    """Let a device bring people in one section; time what the server makes of it."""
    bench = reopen_office(folder, keys.load(folder / KEYS))
    device = RawDevice.of(code_of(bench.office))
    bench.answer(device.section(device.enrol(), hello=device.hello(pull=False)))
    batches = [
        device.batch([device.change(row) for row in rows[at : at + BATCH]])
        for at in range(0, len(rows), BATCH)
    ]
    body = device.section(*batches, hello=device.hello(pull=False))
    spare_the_collector()
    gc.collect()
    gc.freeze()  # what the bench itself holds of its people is none of the office's
    started_s, worked_s = time.perf_counter(), time.process_time()
    reply = bench.answer(body)
    elapsed_s, worked_s = time.perf_counter() - started_s, time.process_time() - worked_s
    gc.unfreeze()
    receipts = device.read_late(reply).receipts
    assert sum(r.status == "accepted" for r in receipts) == len(batches), "all are accepted"
    with bench.office.store.read() as connection:
        found = matching.arrivals_since(connection, 0)
    return {
        "goal_arrivals_a_second": 1_500,
        "goal_times_kinto": 7,
        "register": register,
        "arrivals": len(rows),
        "arrivals_a_second": round(len(rows) / elapsed_s),
        "arrivals_a_second_of_processor": round(len(rows) / worked_s),
        "bands": dict(Counter(arrival.band for arrival, _ in found)),
    }


def main() -> None:
    """Load the register, time the arrivals, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--register", type=int, default=165_000)
    parser.add_argument("--arrivals", type=int, default=10_000)
    wanted = parser.parse_args()
    made = world(SEED, Source.own(), wanted.register, wanted.arrivals)
    rows = [dict(arrival.values) for arrival in made.arrivals]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = found_office(folder)
        load(bench, [dict(row) for row in made.register])
        keys.save(bench.office.keys, folder / KEYS)
        bench.office.store.close()
        figures = {"bench": "ingest", "load": round(os.getloadavg()[0], 1)}
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as serving:
            figures |= serving.submit(arrive, folder, rows, wanted.register).result()
        kinto = over_loopback("kinto", rows[:KINTO])
        figures["plain_commits_a_second"] = round(commits_a_second(folder))
        figures["kinto"] = kinto
        if "records_a_second" in kinto:
            figures["times_kinto"] = round(
                figures["arrivals_a_second"] / kinto["records_a_second"], 1
            )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
