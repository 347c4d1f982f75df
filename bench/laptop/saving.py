"""Durable saves: our store, bare SQLCipher and a raw flush, in turns; TinyDB's JSON beside.

Every save is one new record with its index entries and searched text, committed by itself, as a
registration adds it. Bare SQLCipher writes the same rows into the same tables under the same
settings: it makes them from the document, as any program must, and has no lock to take and no
other program to notice. Beside it once with all rows ready made, and once with bodies of plain
JSON. TinyDB is compared with our store at the same number of documents.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from bench.laptop import tracing
from bench.laptop.roster import Document, fill
from field_client.opened import App
from field_client.tables import add
from field_client.vault import index
from field_client.vault.bodies import to_body
from field_client.vault.connection import RawConnection, connect
from field_client.vault.keys import STORE_FILE
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES
from tests.support.laptop import laptop
from tests.support.scenes import far_code

WARM, ROUNDS, SAVES = 200, 120, 5
TINYDB_SAVES = {1_000: 15, 20_000: 3}
COMPARED_SAVES = 100
FLUSHED_SAVES = 200
Body = Callable[[Any], Any]
BARE: dict[str, tuple[Body, bool]] = {
    "bare": (to_body, False),
    "bare_ready": (to_body, True),
    "bare_json": (json.dumps, False),
}
SETTINGS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "fullfsync=ON",
    "secure_delete=ON",
    "cache_size=-8192",
)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of those compared: what it does ahead with a document, and its durable save."""

    save: Callable[[Any], object]
    prepare: Callable[[Document], Any] = lambda each: each


def measured(folder: Path, base: list[Document], fresh: Iterator[Document]) -> dict[str, Any]:
    """Give the figures of saving ``fresh`` into stores that hold a thousand of ``base``."""
    apps = {name: laptop(folder / name, far_code()) for name in ("ours", *BARE)}
    for app in apps.values():
        fill(app.db, base[:1_000])
    bare = {name: _configured(apps[name]) for name in BARE}
    rounds = _in_turns(
        {
            "ours": Side(save=lambda each: add(apps["ours"].db.table("records"), *each)),
            **{name: _bare(bare[name], body, ready) for name, (body, ready) in BARE.items()},
            "flush": Side(save=_flush(folder / "flush")),
        },
        fresh,
    )
    assert len(apps["ours"].db.table("records")) == 1_000 + WARM + ROUNDS * SAVES
    for connection in bare.values():
        connection.close()
    for app in apps.values():
        app.close()
    each_ms = {name: statistics.median(taken) for name, taken in rounds.items()}
    sizes = {min(count, len(base)): most for count, most in TINYDB_SAVES.items()}
    tinydb_ms = {count: _tinydb(folder, base[:count], fresh, most) for count, most in sizes.items()}
    ours_ms = {count: _ours(folder, base[:count], fresh) for count in sizes}
    return {
        "save_ms": {name: round(value, 3) for name, value in each_ms.items()},
        "saves_of_bare_sqlcipher": _share(rounds["bare"], rounds["ours"]),
        "saves_of_bare_sqlcipher_with_rows_ready": _share(rounds["bare_ready"], rounds["ours"]),
        "saves_of_bare_sqlcipher_storing_json": _share(rounds["bare_json"], rounds["ours"]),
        "tinydb_save_ms": {str(count): round(ms, 1) for count, ms in tinydb_ms.items()},
        "save_beside_tinydb_ms": {str(count): round(ms, 3) for count, ms in ours_ms.items()},
        "saves_of_tinydb": {
            str(count): round(ms / ours_ms[count]) for count, ms in tinydb_ms.items()
        },
        "tinydb_flushes_each_save": True,
        "flushes_per_save": _flushes_per_save(folder / "ours"),
    }


def _share(theirs: list[float], ours: list[float]) -> float:
    """Return how many of their saves ours are: the median of the rounds, side by side."""
    return round(statistics.median(one / own for one, own in zip(theirs, ours, strict=True)), 2)


def _in_turns(sides: dict[str, Side], fresh: Iterator[Document]) -> dict[str, list[float]]:
    """Return the milliseconds of a save in each round; in a round each side takes its turn."""
    for side in sides.values():  # until every log has been folded once and is written over
        for each in islice(fresh, WARM):
            side.save(side.prepare(each))
    rounds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS):
        order = list(sides.items())
        for name, side in order[number % len(order) :] + order[: number % len(order)]:
            given = [side.prepare(next(fresh)) for _ in range(SAVES)]
            started_s = time.perf_counter()
            for each in given:
                side.save(each)
            rounds[name].append((time.perf_counter() - started_s) / SAVES * 1000)
    return rounds


def _configured(app: App) -> RawConnection:
    bare = connect(app.home / STORE_FILE, app.keys.derive(PURPOSE, RAW_KEY_BYTES))
    for setting in SETTINGS:
        bare.execute(f"PRAGMA {setting}").fetchall()
    return bare


def _bare(bare: RawConnection, body: Body, ready: bool) -> Side:  # noqa: FBT001 - a table's cell
    """Write rows that are made within the save, or ahead of it where they are to be ``ready``."""
    rows = _Rows(bare, body)

    def save(given: tuple[Any, ...]) -> None:
        row, entries, text = given if ready else rows.of(given)
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO docs (seq, tbl, id, text, body) VALUES (?, ?, ?, ?, ?)", row)
        bare.executemany("INSERT INTO doc_index (field, value, seq) VALUES (?, ?, ?)", entries)
        bare.execute("INSERT INTO doc_text (rowid, text) VALUES (?, ?)", text)
        bare.execute("COMMIT")

    return Side(prepare=rows.of if ready else lambda each: each, save=save)


class _Rows:
    """Rows as the store would write them next."""

    def __init__(self, bare: RawConnection, body: Body) -> None:
        self._body = body
        table = "SELECT no FROM doc_tables WHERE name='records'"
        fields = f"SELECT kind, name, no FROM doc_fields WHERE tbl=({table})"  # noqa: S608 - ours
        declared = bare.execute(fields).fetchall()
        by_kind = [
            {name: number for each, name, number in declared if each == kind}
            for kind in (index.VALUE, index.TEXT)
        ]
        self._fields = index.Fields(values=by_kind[0], text=by_kind[1])
        ((self._number,),) = bare.execute(table).fetchall()
        last = "SELECT max(seq) + 1 FROM docs WHERE tbl=?"
        ((self._next,),) = bare.execute(last, (self._number,)).fetchall()

    def of(self, each: Document) -> tuple[Any, ...]:
        """Give the row, its index entries and its searched text."""
        marks = index.marks(self._fields, each[1])
        seq, self._next = self._next, self._next + 1
        row = (seq, self._number, each[0], marks.text, self._body(each[1]))
        return row, [(*entry, seq) for entry in marks.values], (seq, marks.text)


def _flush(path: Path) -> Callable[[Any], object]:
    """Append a page and flush it: what no durable save can go below."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def save(_: Any) -> None:
        os.write(handle, bytes(4096))
        os.fsync(handle)

    return save


def _tinydb(folder: Path, base: list[Document], fresh: Iterator[Document], saves: int) -> float:
    """Return the milliseconds of one insert into TinyDB's own JSON file, which flushes it."""
    path = folder / f"tiny{len(base)}.json"
    content = {"records": {str(number): body for number, (_, body) in enumerate(base, start=1)}}
    path.write_text(json.dumps(content), encoding="utf-8")
    taken = []
    with TinyDB(path) as db:
        records = db.table("records")
        for _ in range(saves):
            _, body = next(fresh)
            started_s = time.perf_counter()
            records.insert(body)
            taken.append((time.perf_counter() - started_s) * 1000)
    return statistics.median(taken)


def _ours(folder: Path, base: list[Document], fresh: Iterator[Document]) -> float:
    """Return the milliseconds of one save into a store of ours that holds ``base``."""
    taken = []
    with laptop(folder / f"ours{len(base)}", far_code()) as app:
        fill(app.db, base)
        for number, each in enumerate(islice(fresh, WARM + COMPARED_SAVES)):
            started_s = time.perf_counter()
            add(app.db.table("records"), *each)
            if number >= WARM:  # until the log has been folded once and is written over
                taken.append((time.perf_counter() - started_s) * 1000)
    assert len(taken) == COMPARED_SAVES
    return statistics.median(taken)


def _flushes_per_save(home: Path) -> float | str:
    """Count the flushes of a program that saves, less those of one that only opens and closes."""
    if reason := tracing.refusal():
        return reason
    idle, busy = (
        tracing.flushes(tracing.program("save", home, saves)) for saves in (0, FLUSHED_SAVES)
    )
    return round((busy - idle) / FLUSHED_SAVES, 2)
