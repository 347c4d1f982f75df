"""The overview of a head of office: 165,000 residents, 200,000 visits, as a new process shows it.

Makes the store (minutes; kept where ``--folder`` names one), then times the page in processes of
their own: the first request after a start, the next one, and the one after an ingest. Prints one
JSON line; bytes are those of the page before any packing. With ``--exports`` also by how many bytes
a process grows that makes the workbooks of people.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from shared_schema.ids import Stream
from sync_server import accounts, projections, setup, tallies
from sync_server.accounts import Role
from sync_server.api.doorkeeper import Doorkeeper
from sync_server.api.serving import create_app
from sync_server.app import PHOTOS
from sync_server.campaigns import add_campaign
from sync_server.keys import generate
from sync_server.office import Office
from sync_server.store import schema
from sync_server.store.engine import open_store
from sync_server.store.queries import log
from sync_server.store.queries.users import User
from tests.support.export_weight import weigh
from tests.support.office_pages import PASSPHRASE, post
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import NOW_MS, RawDevice

PEOPLE, VISITS, DAYS = 165_000, 200_000, 60
GOAL_MS, GOAL_BYTES = 300, 150_000
OUTCOMES = ("recorded", "already_recorded", "not_at_home", "away_working", "moved", "revisit")
STATUSES = ("", "UNREGISTERED", "PRINT_READY_RECORD", "CARD_ISSUED", "CARD_ISSUED", "BIO_CAPTURED")
DRIVE = {"name": "Jemput bola", "area": "53.15", "policy": {"deadline": "2023-12-31"}}
TWICE = 2_000
_DAY_MS = 86_400_000


def make(bench: Bench, people: int, visits: int) -> None:
    """Fill a store with synthetic residents and visits over sixty days."""
    chance = random.Random(7)
    device = RawDevice.of(code_of(bench.office, ("53.15",)))
    bench.exchange(device, device.enrol())
    villages = setup.shipped_regions().villages("53.15")
    register = Stream(bench.office.keys.server, b"list")
    known = [
        replace(
            device.change(_person(chance, villages, at)), stream=register, operator="user:bench"
        )
        for at in range(people)
    ]
    _log(bench, known, NOW_MS - 2 * DAYS * _DAY_MS)
    add_campaign(bench.office, DRIVE, "user:bench", "id")
    for day in range(DAYS):
        device.hlc = (NOW_MS - (DAYS - day) * _DAY_MS) << 16
        share = range(visits * day // DAYS, visits * (day + 1) // DAYS)
        found = [_visit(chance, device, known[at * 7 % people].record) for at in share]
        _log(bench, found, NOW_MS - (DAYS - day) * _DAY_MS)


def _log(bench: Bench, changes: list[Any], received_ms: int) -> None:
    for at in range(0, len(changes), 1_000):
        with bench.office.store.write() as connection:
            part = log.append(connection, changes[at : at + 1_000], received_ms)
            projections.apply(connection, part)


def _person(chance: random.Random, villages: Sequence[str], at: int) -> dict[str, Any]:
    status = chance.choice(STATUSES)
    return {
        "name": f"Warga Uji {at}",
        "sex": chance.choice("LP"),
        "village": villages[at * 7919 % len(villages)],
        "birth_date": f"{chance.randint(1940, 2008)}-{chance.randint(1, 12):02d}-17",
        "birth_date_precision": "day",
        "marital_status": chance.choice((1, 2)),
        **({"central_status": status} if status else {}),
        **({"nik": f"53150541078{at % (TWICE // 2):05d}"} if at < TWICE else {}),
    }


def _visit(chance: random.Random, device: RawDevice, person: Any) -> Any:
    device.hlc += chance.randint(30, 400) * 1_000 << 16
    said = {"person": str(person), "outcome": chance.choice(OUTCOMES)}
    return device.change(said, type="visit", operator=f"Petugas {chance.randint(1, 12)}")


def ready(folder: Path, people: int, visits: int) -> Bench:
    """Give the bench in a folder, made where it is not there yet."""
    bench = found_office(folder)
    passphrase = accounts.hash_of(PASSPHRASE)
    with bench.office.store.write() as connection:
        user = User(
            name="u-supervisor", role=Role.SUPERVISOR, passphrase_hash=passphrase, created_ms=1
        )
        accounts.add(connection, user, "user:bench", 1)
    make(bench, people, visits)
    tallies.finish(bench.office)
    (folder / "keys.json").write_text(
        json.dumps(bench.office.keys.signing.private_bytes_raw().hex())
    )
    bench.office.store.close()
    return bench


def ask(folder: Path, path: str) -> dict[str, Any]:
    """Serve a store in this process and time a page: the first time, again, after an ingest."""
    store = open_store(f"sqlite:///{folder / 'server.db'}")
    made = generate()
    office = Office(store=store, keys=made, now_ms=lambda: NOW_MS, photos=folder / PHOTOS)
    with store.write() as connection:
        schema.migrate(connection)
    app = create_app(office, Doorkeeper(1))
    browser = app.test_client()
    post(browser, "/sign-in", "/sign-in", name="u-supervisor", passphrase=PASSPHRASE)
    found: dict[str, Any] = {}
    for name in ("first", "again", "after_ingest"):
        if name == "after_ingest":
            _ingest(office)
        started_s, worked_s = time.perf_counter(), time.process_time()
        answer = browser.get(path)
        found[f"{name}_ms"] = round(1_000 * (time.perf_counter() - started_s))
        found[f"{name}_cpu_ms"] = round(1_000 * (time.process_time() - worked_s))
        assert answer.status_code == 200, answer.status_code
        found["bytes"] = len(answer.data)
    return found


def _ingest(office: Any) -> None:
    """Let a batch of fifty visits come in, folded as ingest folds it."""
    device = RawDevice.of(code_of(office, ("53.15",)))
    with office.store.write() as connection:
        last = log.head(connection)[0]
        rows = list(log.after(connection, last - 50))
        device.hlc = (NOW_MS + last) << 16
        people = [entry.change.writes["person"].value for entry in rows]
        changes = [_visit(random.Random(last), device, one) for one in people]
        projections.apply(connection, log.append(connection, changes, office.now_ms()))


def main() -> None:
    """Make the store, time the page in new processes, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--page", default="/")
    parser.add_argument("--exports", action="store_true", help="weigh the workbooks of people too")
    parser.add_argument("--ask", action="store_true", help="only time, in this process")
    wanted = parser.parse_args()
    if wanted.ask:
        print(json.dumps(ask(wanted.folder, wanted.page)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = wanted.folder or Path(name)
        folder.mkdir(exist_ok=True)
        if not (folder / "keys.json").exists():
            ready(folder, wanted.people, wanted.visits)
        command = [
            sys.executable,
            "-m",
            "bench.overview",
            "--ask",
            "--folder",
            str(folder),
            "--page",
            wanted.page,
        ]
        runs = [
            json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            for _ in range(3)
        ]
        figures = {"bench": "overview", "page": wanted.page, "load": round(os.getloadavg()[0], 1)}
        figures |= {"goal_ms": GOAL_MS, "goal_bytes": GOAL_BYTES, "runs": runs}
        if wanted.exports:
            figures |= {"exports": weigh(folder, "residents", "unconfirmed", "proposal")}
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
