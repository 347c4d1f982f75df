"""An older database is brought up to date when it is opened: killed anywhere, it loses nothing."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sync_server import keys, tallies, verification
from sync_server.app import Step, open_office
from sync_server.config import load_config
from sync_server.store import schema
from sync_server.store.match_tables import match_people, match_words
from sync_server.store.queries import raw
from sync_server.store.tally_tables import tally_people
from tests.support.offices import found_office
from tests.support.processes import server_environment, try_server

# What 0011 and the tables of matching brought, taken away again, and what 0012 took, brought back;
# so too what 0013 and 0014 brought.
OLDER = """
    CREATE INDEX ix_records_area_record ON records (area, record);
    DROP TABLE tally_sums;
    DROP TABLE match_words;
    DROP TABLE letters;
    ALTER TABLE edges DROP COLUMN laid;
    DROP INDEX ix_changes_links;
    DROP INDEX ix_edges_apart;
    DROP INDEX ix_edges_by_hand;
    DROP INDEX ix_records_void;
    DELETE FROM match_people;
    UPDATE alembic_version SET version_num = '0010';
"""
KILLED = """
import os, signal, sys
from sync_server.app import open_office
from sync_server.config import load_config
def told(step, done, total):
    if [step, str(done)] == sys.argv[1:]:
        os.kill(os.getpid(), signal.SIGKILL)
open_office(load_config(), told)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the home of an office whose database an older version wrote."""
    bench = found_office(tmp_path)
    device = bench.device()
    bench.exchange(device, device.batch(device.people(3)))
    tallies.finish(bench.office)
    keys.save(bench.office.keys, load_config({"SYNC_SERVER_HOME": str(tmp_path)}).secret_file)
    bench.office.store.close()
    with closing(sqlite3.connect(tmp_path / "server.db")) as database:
        database.executescript(OLDER)
    return tmp_path


def killed_at(home: Path, step: Step, done: int) -> int:
    """Open the office in a process that is killed at a step; give how it ended."""
    command = [sys.executable, "-c", KILLED, step, str(done)]
    return subprocess.run(command, env=server_environment(home), timeout=60, check=False).returncode


def revision(home: Path) -> str:
    """Give the schema that a database is at."""
    with closing(sqlite3.connect(home / "server.db")) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@pytest.mark.parametrize(
    ("step", "done", "left_at"),
    [
        (Step.TABLES, 0, "0010"),
        (Step.PEOPLE, 3, "0010"),
        (Step.TALLIES, 0, schema.NEWEST),
    ],
)
def test_a_killed_update_is_made_again(home: Path, step: Step, done: int, left_at: str) -> None:
    """Its transaction is there or not; the next program finds all, and counts what was left."""
    assert killed_at(home, step, done) == -signal.SIGKILL
    assert revision(home) == left_at
    office = open_office(load_config({"SYNC_SERVER_HOME": str(home)}))
    assert revision(home) == schema.NEWEST
    tallies.finish(office)
    assert verification.verify_all(office).changes == 3
    with office.store.read() as connection:
        for table in (tally_people, match_people):
            assert len(list(raw.rows(connection, table))) == 3, table.name
        assert [row["people"] for row in raw.rows(connection, match_words)] == [3]
    office.store.close()


def test_the_console_says_that_it_takes_a_while(home: Path) -> None:
    """Beside the answer, once; afterwards there is nothing to say."""
    first = try_server(home, "stats", "--json").check()
    assert first.json["persons"] == 3
    assert "biarkan" in first.stderr
    assert first.stderr.count("\n") == 3
    assert try_server(home, "stats", "--json").check().stderr == ""
