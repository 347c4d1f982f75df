"""One byte of the log is altered behind the program's back: verify names the row."""

import sqlite3
from pathlib import Path

import pytest

from sync_server import verification
from sync_server.store.tables import batches, changes, quarantine, records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import person


@pytest.fixture
def bench(untouched: Bench, tmp_path: Path) -> Bench:
    """Open a copy of the office that a test may spoil."""
    return untouched.copy(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Open an office with two streams, a held batch and a fork in quarantine; verify passes."""
    bench = found_office(tmp_path_factory.mktemp("office"))
    device, other = bench.device(), bench.device()
    for _ in range(3):
        bench.exchange(device, device.batch(device.people(2)))
    bench.exchange(other, other.batch(other.people(1)), other.batch(other.people(1), codec=9))
    other.sequence = 0
    forked = other.change(person("Warga Contoh 99"))
    bench.exchange(other, other.batch([forked], previous=bytes(16)))
    verification.verify_all(bench.office)
    return bench


def alter(bench: Bench, statement: str, *values: object) -> None:
    """Run SQL as somebody with the file would: without our triggers."""
    path = str(bench.office.store.engine.url.database)
    connection = sqlite3.connect(path)
    for name, action in [(t, a) for t in ("changes", "batches") for a in ("update", "delete")]:
        connection.execute(f"DROP TRIGGER {name}_refuse_{action}")
    assert connection.execute(statement, values).rowcount == 1
    connection.commit()
    connection.close()


def flip(value: object) -> object:
    """Alter one byte, or one unit, of a value."""
    if isinstance(value, int):
        return value + 64
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    text = str(value)
    return text[:-2] + chr(ord(text[-2]) ^ 1) + text[-1]


@pytest.mark.parametrize("column", [c.name for c in changes.columns if c.name != "position"])
@pytest.mark.parametrize("position", [1, 4, 7])
def test_any_column_of_a_change(bench: Bench, column: str, position: int) -> None:
    """The chain runs over every column; the first row that is not as it was is named."""
    path = str(bench.office.store.engine.url.database)
    connection = sqlite3.connect(path)
    query = f"SELECT {column} FROM changes WHERE position = ?"
    (was,) = connection.execute(query, (position,)).fetchone()
    connection.close()
    alter(bench, f"UPDATE changes SET {column} = ? WHERE position = ?", flip(was), position)
    with pytest.raises(verification.LogAltered, match=rf"table changes, row {position}\b"):
        verification.verify_all(bench.office)


def test_a_position(bench: Bench) -> None:
    """A row that moves leaves a hole, which is named."""
    alter(bench, "UPDATE changes SET position = 70 WHERE position = 4")
    with pytest.raises(verification.LogAltered, match=r"table changes, row 4 \(missing"):
        verification.verify_all(bench.office)


def test_bytes_that_are_no_text(bench: Bench) -> None:
    """A flipped bit that breaks UTF-8 is told like any other."""
    alter(bench, "UPDATE changes SET body = CAST(x'80' AS TEXT) WHERE position = 2")
    with pytest.raises(verification.LogAltered, match=r"table changes, row 2\b"):
        verification.verify_all(bench.office)


@pytest.mark.parametrize("position", [3, 7])
def test_a_change_that_is_missing(bench: Bench, position: int) -> None:
    """In the middle or at the end: the head is kept beside the log."""
    alter(bench, "DELETE FROM changes WHERE position = ?", position)
    with pytest.raises(verification.LogAltered, match=rf"table changes, row {position}\b"):
        verification.verify_all(bench.office)


@pytest.mark.parametrize("column", [column.name for column in batches.columns])
def test_any_column_of_a_batch(bench: Bench, column: str) -> None:
    """Signed by the device, its receipt by us; the row is named by stream and number."""
    path = str(bench.office.store.engine.url.database)
    connection = sqlite3.connect(path)
    query = f'SELECT stream, "{column}" FROM batches WHERE first = 3'
    stream, was = connection.execute(query).fetchone()
    connection.close()
    alter(bench, f'UPDATE batches SET "{column}" = ? WHERE first = 3', flip(was))
    with pytest.raises(verification.LogAltered, match="table batches") as caught:
        verification.verify_all(bench.office)
    assert stream[:16] in str(caught.value)


def test_a_batch_that_is_missing(bench: Bench) -> None:
    """The last of a stream as well: its head says what there was."""
    alter(bench, "DELETE FROM batches WHERE first = 5")
    with pytest.raises(verification.LogAltered, match="table streams"):
        verification.verify_all(bench.office)


@pytest.mark.parametrize("column", ["body", "receipt", "hash", "first", "count", "received_ms"])
def test_a_batch_in_quarantine(bench: Bench, column: str) -> None:
    """What waits for a supervisor is guarded alike."""
    assert column in quarantine.columns
    path = str(bench.office.store.engine.url.database)
    connection = sqlite3.connect(path)
    (was,) = connection.execute(f'SELECT "{column}" FROM quarantine WHERE id = 1').fetchone()
    connection.close()
    alter(bench, f'UPDATE quarantine SET "{column}" = ? WHERE id = 1', flip(was))
    with pytest.raises(verification.LogAltered, match="table quarantine, row 1"):
        verification.verify_all(bench.office)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE streams SET sequence = sequence + 1 WHERE sequence = 6", "table streams"),
        ("UPDATE devices SET signing = x'00' WHERE rowid = 1", "table devices"),
        ("UPDATE meta SET value = '6:' || substr(value, 3) WHERE key = 'log_head'", "row 7"),
    ],
)
def test_what_the_log_hangs_on(bench: Bench, statement: str, named: str) -> None:
    """Heads and keys are checked against what they stand for."""
    alter(bench, statement)
    with pytest.raises(verification.LogAltered, match=named):
        verification.verify_all(bench.office)


def test_a_projection_that_does_not_follow(bench: Bench) -> None:
    """It is named, and told apart from an altered log: a rebuild mends it."""
    assert "shown" in records.columns
    path = str(bench.office.store.engine.url.database)
    connection = sqlite3.connect(path)
    (record,) = connection.execute("SELECT min(record) FROM records").fetchone()
    connection.close()
    alter(bench, "UPDATE records SET area = '53.15.99' WHERE record = ?", record)
    with pytest.raises(verification.ProjectionDiffers, match=record):
        verification.verify_all(bench.office)
