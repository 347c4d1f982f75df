"""The write-ahead log: folded when idle, bounded under unbroken writing, never in a save's way."""

import threading
import time
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from field_client.vault import folding
from field_client.vault.store import VaultDB
from field_client.vault.table import document_of

PATIENCE_S = 20.0


def _frames(db: VaultDB) -> tuple[int, int]:
    """Return how many pages stand in the log, and how many of them in the store as well."""
    reader = db._store.another()
    _, frames, folded = reader.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    reader.close()
    return frames, folded


def _until(reached) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _save(db: VaultDB, number: int) -> None:
    db.table("records").insert(document_of({"note": "x" * 3000}, f"catatan-{number}"))


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Fold so soon that a test can wait for it."""
    monkeypatch.setattr(folding, "IDLE_S", 0.1)
    monkeypatch.setattr(folding, "LATEST_S", 0.3)


def test_idle_log_is_folded(hasty, db):
    """A moment after the last save everything stands in the store itself; nobody has closed it."""
    for number in range(20):
        _save(db, number)
    assert _frames(db)[0] > 0
    assert _until(lambda: _frames(db)[0] == _frames(db)[1])


def test_folding_is_no_change(hasty, opened):
    """Another program's change number stands still while the log is folded."""
    one, two = opened(), opened()
    _save(one, 1)
    assert two.table("records").contains(doc_id="catatan-1")
    seen = two.change_number()
    assert _until(lambda: _frames(one)[0] == _frames(one)[1])
    assert two.change_number() == seen


def test_log_stays_bounded_under_unbroken_writing(hasty, db, tmp_path: Path):
    """With no idle moment for two seconds the log begins anew again and again."""
    log = tmp_path / f"{db._store.path.name}-wal"
    longest, written, number = 0, 0, 0
    end = time.monotonic() + 2
    while time.monotonic() < end:
        before = _frames(db)[0]
        _save(db, number)
        after = _frames(db)[0]
        number += 1
        written += max(after - before, 0)
        longest = max(longest, log.stat().st_size)
    assert number > 100
    assert longest < 0.7 * written * 4096


def test_two_programs_fold_the_same_log(hasty, opened):
    """Both write and fold at once; everything is there and whole."""
    programs = [opened(), opened()]

    def write(which: int) -> None:
        for number in range(which, 200, 2):
            _save(programs[which], number)
            time.sleep(0.005)

    threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(programs[0].table("records")) == 200
    assert programs[1].check() == []


def test_folding_that_fails_leaves_the_save(hasty, db, monkeypatch):
    """A store that cannot be opened for folding is written all the same, and folded at closing."""

    def refuse():
        raise sqlite_error

    sqlite_error = sqlcipher.OperationalError("disk I/O error")
    monkeypatch.setattr(db._store._folding, "_connect", refuse)
    _save(db, 1)
    time.sleep(0.3)
    _save(db, 2)
    assert len(db.table("records")) == 2


def test_closing_ends_the_thread(db):
    """No thread is left behind, and closing again is no error."""
    _save(db, 1)
    db._store.close()
    db._store.close()
    assert not db._store._folding._thread.is_alive()
