"""What `verify` finds: each part by itself, one screen, and what to do."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from field_client import verification
from field_client.app import _assemble
from field_client.backups import back_up
from field_client.commands.verifying import _apart, _told
from field_client.config import Config
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.tables import change_key, put
from field_client.vault.keys import STORE_FILE
from field_client.vault.slotfile import SLOT_COPY
from field_client.vault.spool import SPOOL_FILE
from field_client.verification import Examination, Fault, Part, examine, unopened
from shared_schema.fold import state_from_json, state_to_json
from tests.support.laptop import OPERATOR, PASSPHRASE, laptop, register, reopen, still
from tests.support.memory_server import MemoryServer


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop with people, some of whom are sealed."""
    with laptop(tmp_path / "a", MemoryServer().code()) as opened:
        register(opened, [f"Warga Contoh {at}" for at in range(6)])
        seal_waiting(opened)
        register(opened, ["Warga Contoh 6"])
        yield opened


def codes(found: Examination) -> dict[str, set[str]]:
    """Return the codes of faults by part, of parts that have any."""
    return {one.part: {fault.code for fault in one.faults} for one in found.parts if one.faults}


def test_a_sound_store(app: App) -> None:
    """Every part is counted and there is no fault; nothing is changed by looking."""
    before = app.db.change_number(), app.spool.change_number()
    found = examine(app)
    assert found.faults == ()
    assert [each.part for each in found.parts] == list(Part)
    counted = {part: found.count(part) for part in Part}
    assert (counted[Part.KEYS], counted[Part.LOG], counted[Part.RECORDS]) == (1, 7, 7)
    assert (counted[Part.BATCHES], counted[Part.PHOTOS]) == (2, 0)
    assert (app.db.change_number(), app.spool.change_number()) == before


def test_each_part_is_told_apart(app: App) -> None:
    """A change, a gap, a record, a lost end of the log, a key slot, a batch."""
    stream = app.journal.branches.current()
    (first, *_) = list(app.tables.records)
    spoilt = json.loads(json.dumps(first["mine"]).replace("Warga Contoh 0", "Warga Palsu 0"))
    put(app.tables.records, str(first.doc_id), {"mine": state_to_json(state_from_json(spoilt))})
    assert codes(examine(app)) == {"records": {"RECORD_DIFFERS"}}
    app.tables.records.remove(doc_ids=[str(first.doc_id)])
    assert codes(examine(app)) == {"records": {"RECORD_MISSING"}}
    put(app.tables.changes, change_key(stream, 1), {"digest": "00"})
    assert codes(examine(app)) == {"log": {"CHANGE_ALTERED"}}
    app.tables.changes.remove(doc_ids=[change_key(stream, 1)])
    assert codes(examine(app)) == {"log": {"LOG_GAP"}}
    app.journal.branches._set(stream, sequence=4)
    app.tables.changes.remove(doc_ids=[change_key(stream, at) for at in (5, 6, 7)])
    assert "LOG_CUT" in codes(examine(app))["log"]
    (app.home / SLOT_COPY).unlink()
    assert codes(examine(app))["keys"] == {"KEYS_DAMAGED"}
    with closing(sqlite3.connect(app.home / SPOOL_FILE)) as spool:
        spool.execute("UPDATE batches SET hash = zeroblob(16) WHERE first = 1")
        spool.commit()
    assert codes(examine(app))["batches"] == {"BATCH_ALTERED", "CHAIN_BROKEN"}


def test_a_damaged_page_does_not_hide_the_other_parts(tmp_path: Path) -> None:
    """The screen still comes, says which part it is, and what to do about it."""
    with laptop(tmp_path / "a", MemoryServer().code()) as made:
        register(made, [f"Warga Contoh {at}" for at in range(300)])
        keys = made.keys
    path = tmp_path / "a" / STORE_FILE
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content), 4096):
        content[at] ^= 1
    path.write_bytes(content)
    with _assemble(tmp_path / "a", keys, still) as app:
        found = examine(app)
    assert "STORE_DAMAGED" in codes(found)["store"]
    assert not set(codes(found)) & {Part.KEYS, Part.BATCHES}
    screen = _told(found, None).splitlines()
    assert len(screen) < 40
    assert any("restore" in line for line in screen)
    assert any("lagi; --json" in line for line in screen)


def test_what_could_not_even_be_opened(app: App) -> None:
    """The part the file belongs to is faulty; of the others only the key slots were read."""
    assert codes(unopened(app.home, SPOOL_FILE)) == {"batches": {"SPOOL_DAMAGED"}}
    found = unopened(app.home, STORE_FILE)
    assert codes(found) == {"store": {"STORE_DAMAGED"}}
    assert [each.part for each in found.parts if each.count is not None] == [Part.KEYS]


def test_a_damaged_spool_does_not_hide_the_store(app: App) -> None:
    """All but the batches is read all the same; where the store is damaged too, the keys are."""
    app.close()
    spool = app.home / SPOOL_FILE
    spool.write_bytes(bytes(100) + spool.read_bytes()[100:])
    config = Config(home=app.home, operator=OPERATOR, passphrase=PASSPHRASE)
    found = _apart(config, SPOOL_FILE)
    assert codes(found) == {"batches": {"SPOOL_DAMAGED"}}
    assert (found.count(Part.LOG), found.count(Part.RECORDS)) == (7, 7)
    assert [each.part for each in found.parts] == list(Part)
    (app.home / STORE_FILE).write_bytes(bytes(4096))
    unread = _apart(config, SPOOL_FILE)
    assert [each.part for each in unread.parts if each.count is not None] == [Part.KEYS]


@pytest.mark.parametrize(
    ("age", "line"),
    [
        (None, "Belum ada cadangan"),
        (0, "kurang dari sehari"),
        (3, "Cadangan terakhir: 3 hari"),
        (12, "ingat"),
    ],
)
def test_the_screen_names_the_last_backup(app: App, age: int | None, line: str) -> None:
    """Its age; overdue ones stand out."""
    screen = _told(examine(app), age).splitlines()
    assert line in screen[-2]
    assert screen[-1] == "Semuanya baik."
    assert len(screen) == len(Part) + 2


def test_while_somebody_writes_all_is_sound(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes between the log's reading and the records' is no fault."""
    read = verification._tails

    def late(one: App) -> Iterator[Fault]:
        with reopen(app.home, app.keys) as other:
            register(other, ["Warga Contoh terlambat"])
            seal_waiting(other)
        yield from read(one)

    monkeypatch.setattr(verification, "_tails", late)
    assert examine(app).faults == ()


def test_a_backup_drops_the_copy_kept_before_an_update(app: App, tmp_path: Path) -> None:
    """It is what the copy was kept for."""
    kept = app.home / f"{STORE_FILE}.before-1"
    kept.write_bytes(b"old")
    back_up(app, tmp_path / "cadangan", lambda _: None)
    assert not kept.exists()
