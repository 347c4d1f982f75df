"""Whoever alters the log behind the program's back is found out, and the row is named."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from sync_server.app import open_office
from sync_server.config import load_config
from sync_server.verification import LogAltered, ProjectionDiffers, verify_all
from tests.support.scenes import Laptop, Office, people, regency

CUSTODY = ("changes", "batches", "streams", "quarantine")
# What a supervisor decides about a batch is administered, not evidence.
NOT_EVIDENCE = {
    "quarantine": {"id", "kind", "decision", "decided_ms"},
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office with a log of every kind: changes, a verdict, a conflict, a fork."""
    folder = tmp_path_factory.mktemp("kantor")
    with regency(folder) as found:
        fill(found)
        found.process.terminate()
        yield found


def fill(office: Office) -> None:
    """Write what a few days bring."""
    rows = people(51, 60, "53.15.05")
    one, two = (office.laptop(name, "53.15.05") for name in ("satu", "dua"))
    first, *_ = one.add("person", rows[:55])["records"]
    one.sync()
    two.add("person", [{**rows[0], "address": "Alamat Lain"}])
    two.sync()
    pairs = office.run("duplicates", "list")["pairs"]
    if pairs:
        pair = pairs[0]
        office.run("duplicates", "decide", pair["a"], pair["b"], "same", "--reason", "sama")
    two.sync()
    one.edit(first["id"], address="Alamat A")
    two.edit(first["id"], address="Alamat B")
    one.sync()
    two.sync()
    twin = Laptop(home=one.home)
    parted = {path: path.read_bytes() for path in one.home.iterdir() if path.is_file()}
    one.add("person", rows[55:57])
    one.sync()
    for path in list(one.home.iterdir()):
        if path.is_file() and path not in parted:
            path.unlink()
    for path, content in parted.items():
        path.write_bytes(content)
    twin.add("person", rows[57:60])
    assert twin.sync()["healed"]


def verify(home: Path) -> Any:
    """Check an office's whole store, in this process."""
    found = open_office(load_config({"SYNC_SERVER_HOME": str(home)}))
    try:
        return verify_all(found)
    finally:
        found.store.close()


@contextmanager
def altered(office: Office, folder: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """Give a copy of the office and a connection on which its triggers are dropped."""
    home = folder / "kantor"
    copytree(office.home, home, dirs_exist_ok=True)
    with closing(sqlite3.connect(home / "server.db")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield home, connection
        connection.commit()


def one_byte(value: Any) -> Any:
    """Alter one byte of a value, keeping its kind."""
    match value:
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case str():
            at = len(value) // 2
            return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
        case int():
            return value ^ 0x1000
    return 1


def test_an_untouched_store_is_sound_and_rebuilds_exactly(office: Office) -> None:
    """`verify` passes; `rebuild` reproduces every projection row by row; `verify` passes again."""
    counted = office.run("verify")
    assert counted["changes"] > 60
    before = office.projections()
    assert all(before[name] for name in ("records", "candidates", "edges", "record_writers"))
    office.run("rebuild")
    assert office.projections() == before
    assert office.run("verify") == counted


@pytest.mark.parametrize("table", CUSTODY)
def test_one_byte_of_any_column_is_noticed(office: Office, tmp_path: Path, table: str) -> None:
    """Each column of a row in the middle, on its own; the error names table and row."""
    columns = [row[1] for row in office.rows(f"PRAGMA table_info({table})")]
    rowids = [row[0] for row in office.rows(f"SELECT rowid FROM {table} ORDER BY rowid")]
    assert rowids
    row = rowids[len(rowids) // 2]
    for column in columns:
        if column in NOT_EVIDENCE.get(table, ()):
            continue
        with altered(office, tmp_path) as (home, connection):
            query = f"SELECT {column} FROM {table} WHERE rowid = ?"
            (value,) = connection.execute(query, [row]).fetchone()
            change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
            connection.execute(change, [one_byte(value), row])
        with pytest.raises((LogAltered, ProjectionDiffers)) as caught:
            verify(home)
        assert caught.value.details["row"], column
        if table in {"changes", "batches", "quarantine"}:
            assert caught.value.code == "LOG_ALTERED", column
            assert caught.value.details["table"] == table, column


def cut_tail(connection: sqlite3.Connection) -> None:
    """Remove the last change, as if it had never come."""
    connection.execute("DELETE FROM changes WHERE position = (SELECT max(position) FROM changes)")


def cut_batch(connection: sqlite3.Connection) -> None:
    """Remove a batch and its changes, and count the stream back."""
    connection.execute("DELETE FROM batches WHERE rowid = (SELECT max(rowid) FROM batches)")


def swap(connection: sqlite3.Connection) -> None:
    """Exchange what two changes say."""
    bodies = connection.execute("SELECT position, body FROM changes LIMIT 2").fetchall()
    for (position, _), (_, body) in zip(bodies, reversed(bodies), strict=True):
        connection.execute("UPDATE changes SET body = ? WHERE position = ?", [body, position])


def append(connection: sqlite3.Connection) -> None:
    """Put a copy of a change at the end."""
    connection.execute(
        "INSERT INTO changes (stream, sequence, record, type, body, received_ms, chain)"
        " SELECT stream, sequence + 5000, record, type, body, received_ms, chain"
        " FROM changes WHERE position = 1"
    )


@pytest.mark.parametrize("forge", [cut_tail, cut_batch, swap, append])
def test_rows_removed_exchanged_or_added_are_noticed(
    office: Office, tmp_path: Path, forge: Callable[[sqlite3.Connection], None]
) -> None:
    """Not only single bytes: the program itself ends with LOG_ALTERED."""
    with altered(office, tmp_path) as (home, connection):
        forge(connection)
    with pytest.raises(LogAltered):
        verify(home)


def test_a_projection_that_was_altered_is_named_and_mended(office: Office, tmp_path: Path) -> None:
    """`verify` names its row, `rebuild` mends it."""
    with altered(office, tmp_path) as (home, connection):
        connection.execute("UPDATE records SET shown = replace(shown, 'Alamat', 'Palsu')")
    with pytest.raises(ProjectionDiffers):
        verify(home)
    copied = Office(process=type(office.process)(home=home))
    done = copied.attempt("verify")
    assert (done.returncode != 0, done.error_code) == (True, "PROJECTION_DIFFERS")
    copied.run("rebuild")
    copied.run("verify")


def test_a_byte_flipped_in_the_file_is_an_error_that_names_its_row(
    office: Office, tmp_path: Path
) -> None:
    """A decaying disk: the byte lies in the body of one change."""
    with altered(office, tmp_path) as (home, connection):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (body,) = connection.execute("SELECT body FROM changes WHERE position = 7").fetchone()
    file = home / "server.db"
    data = bytearray(file.read_bytes())
    at = data.find(body.encode())
    assert at > 0
    data[at + len(body) // 2] ^= 1
    file.write_bytes(data)
    copied = Office(process=type(office.process)(home=home))
    done = copied.attempt("verify")
    assert (done.returncode != 0, done.error_code) == (True, "LOG_ALTERED"), done.stderr
    assert "7" in done.stderr
