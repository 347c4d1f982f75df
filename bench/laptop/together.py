"""Two programs in one store: how soon one sees the other's change, and what a save waits for.

The second program of the duel lays pages and receipts into the store without a pause, as a sync
over an endlessly fast line would; the first saves people as the pages do, whole changes with
their records. Each flush of both is made to take five milliseconds longer.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from bench.laptop import tracing
from bench.laptop.roster import PAGE, STARTED_MS, state_of_person
from bench.laptop.searching import percentiles
from field_client.app import open_unlocked, read_clocks
from field_client.entries import Edit
from field_client.opened import App
from field_client.receiving import apply_page, cursor, note_receipt, note_server
from field_client.vault.keys import unlock
from shared_schema.custody import Receipt, Status
from shared_schema.fold import state_to_json
from shared_schema.messages import Page
from tests.support.laptop import OPERATOR, PASSPHRASE
from tests.support.synthetic import Person, population

CHANGES, DUEL_SAVES = 400, 300
PAUSE_S = 0.01
RECEIPT_EACH = 5
DONE = "done"
META = "bench"


def opened(home: Path) -> App:
    """Open the store as the programs do."""
    return open_unlocked(home, unlock(home, OPERATOR, PASSPHRASE), clocks=read_clocks)


def seen_ms(home: Path) -> dict[str, float]:
    """Return how long after a commit has returned the other program has seen the change."""
    watcher = subprocess.Popen(tracing.program("watch", home), stdout=subprocess.PIPE, text=True)
    assert watcher.stdout is not None
    assert watcher.stdout.readline() == "watching\n"
    committed = []
    with opened(home) as app:
        for number in range(CHANGES):
            app.tables.write_meta(META, {"number": number})
            committed.append(time.monotonic_ns())
            time.sleep(PAUSE_S)
        app.tables.write_meta(META, {"number": DONE})
        seen = {int(number): at for number, at in json.loads(watcher.stdout.read()).items()}
    watcher.wait()
    assert len(seen) > CHANGES * 0.9, "hardly a change was missed in between"
    late = [max(at - committed[number], 0) / 1e6 for number, at in seen.items()]
    return percentiles(late)


def watch(home: Path) -> dict[int, int]:
    """Poll the change number; return when each change was seen, by the clock of both programs."""
    seen: dict[int, int] = {}
    with opened(home) as app:
        known = app.db.change_number()
        sys.stdout.write("watching\n")
        sys.stdout.flush()
        while True:
            if (now := app.db.change_number()) == known:
                continue
            at, known = time.monotonic_ns(), now
            number = app.tables.read_meta(META).get("number")
            if number == DONE:
                return seen
            if number is not None:
                seen.setdefault(number, at)


def duel_ms(home: Path, *, saves: int = DUEL_SAVES) -> dict[str, Any]:
    """Return what saves take while a sync is at it, on a disk of slow flushes and on this one."""
    reason = tracing.refusal()
    command = tracing.program("duel", home, saves)
    slow = None if reason else _duel(tracing.slowly(command))
    return {
        "save_beside_sync_slow_disk_ms": slow,
        "slow_disk": reason or f"each flush {tracing.SLOW_MS} ms longer, by strace",
        "save_beside_sync_ms": _duel(command),
    }


def _duel(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def duel(home: Path, saves: int) -> dict[str, Any]:
    """Save while the other program, started here, receives."""
    people = population(saves).people(saves)
    with opened(home) as app:
        received = _received(app)
        receiver = subprocess.Popen(
            tracing.program("receive", home), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert receiver.stdin is not None
        assert receiver.stdout is not None
        receiver.stdout.readline()
        taken_ms = [_save(app, row) for row in people]
        pages = _received(app) - received
        receiver.communicate(b"enough\n")
    assert pages > 10, "the sync came to its turn as well"
    return {**percentiles(taken_ms), "saves": saves, "pages_meanwhile": pages}


def _save(app: App, row: Person) -> float:
    """Save a person as an answered form is saved; a team's clerk needs a moment for the next."""
    time.sleep(PAUSE_S)
    started_s = time.perf_counter()
    with app.journal.transaction():
        record = app.journal.new_record()
        app.journal.write([Edit(record=record, type="person", version=1, values=row)])
    return (time.perf_counter() - started_s) * 1000


def _received(app: App) -> int:
    return int(cursor(app.journal) or 0)


def receive(home: Path) -> Iterator[int]:
    """Lay pages and receipts into the store, a number for each; stop by closing."""
    people = population(7, "53.15.06")
    with opened(home) as app:
        for number in count(_received(app) + 1):
            rows = people.people(PAGE)
            states = [state_of_person(row, number * PAGE + at) for at, row in enumerate(rows)]
            items = [{"kind": "state", "state": state_to_json(state)} for state in states]
            page = Page(previous=cursor(app.journal), next=str(number), items=items)
            assert apply_page(app.journal, page)
            note_server(app.journal, 1, STARTED_MS + number)
            if number % RECEIPT_EACH == 0:
                _acknowledge(app, number)
            yield number


def _acknowledge(app: App, number: int) -> None:
    """Note the receipt of everything that was saved since the last one."""
    stream = app.journal.branches.current()
    last = app.journal.branches.last_sequence(stream)
    first = app.journal.received().get(stream.hex(), 0) + 1
    receipt = Receipt(
        stream=stream,
        first=first,
        hash=bytes(16),
        status=Status.ACCEPTED,
        sequence=last,
        head=bytes(16),
        durable_through=0,
        server_ms=STARTED_MS + number,
    )
    note_receipt(app.journal, receipt, last)
