"""kill -9 of a saving program, again and again: what it said is saved is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from field_client.vault import keys as key_slots
from field_client.vault.errors import VaultExists
from field_client.vault.keys import VaultKeys
from field_client.vault.spool import open_spool
from field_client.vault.store import create_vault, open_vault
from tests.faults.vault_writer import STREAM

PASSPHRASE = "sandi petugas contoh"
ROUNDS = 15
WRITERS = Path(__file__).with_name("vault_writer.py")
CREATE = """
import sys
from pathlib import Path
from field_client.vault.store import create_vault
print("started", flush=True)
create_vault(Path(sys.argv[1]), "Petugas", sys.argv[2], calibrate=False)
print("created", flush=True)
"""


def _run_and_kill(home: Path, keys: VaultKeys, after_s: float) -> list[tuple[int, int]]:
    """Let the writer run until ``after_s`` past its first word, kill it, return what it said."""
    program = subprocess.Popen(
        [sys.executable, WRITERS, str(home), keys.root.hex()], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    first = program.stdout.readline()
    time.sleep(after_s)
    os.kill(program.pid, signal.SIGKILL)
    rest, _ = program.communicate(timeout=30)
    lines = (first + rest).decode().split("\n")[:-1]
    pairs = (line.split() for line in lines)
    return [(int(number), int(first_of_batch)) for number, first_of_batch in pairs]


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path):
    """After every kill: all that was said, at most one more, all indexed, the file sound."""
    keys = create_vault(tmp_path, "Petugas", PASSPHRASE, calibrate=False)
    dice = random.Random(53)
    said = 0
    for round_number in range(ROUNDS):
        words = _run_and_kill(tmp_path, keys, dice.random() * 0.06)
        with open_vault(tmp_path, keys) as db, open_spool(tmp_path) as spool:
            numbers = [document["number"] for document in db.table("records")]
            assert numbers == list(range(1, len(numbers) + 1)), round_number
            assert words[-1][0] <= len(numbers) <= words[-1][0] + 1
            sealed = [batch.first for batch in spool.batches(STREAM)]
            assert sealed == list(range(1, len(sealed) + 1))
            assert words[-1][1] <= len(sealed) <= words[-1][1] + 1
            assert spool.check() == []
        said += len(words)
    with open_vault(tmp_path, keys) as db:
        assert db.check() == []
        assert db.next_number("record") == len(numbers) + 1
    assert said > ROUNDS


@pytest.mark.parametrize("after_s", [0.0, 0.15, 0.2, 0.23, 0.26, 0.3])
def test_killed_creation_is_repeated_or_complete(tmp_path: Path, after_s: float):
    """Whenever the creation is killed, there is a whole vault or one can be made."""
    home = tmp_path / "home"
    program = subprocess.Popen(
        [sys.executable, "-c", CREATE, str(home), PASSPHRASE], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.readline()
    time.sleep(after_s)
    program.kill()
    said, _ = program.communicate(timeout=30)
    try:
        keys = create_vault(home, "Petugas", PASSPHRASE, calibrate=False)
        assert b"created" not in said
    except VaultExists:
        keys = key_slots.unlock(home, "Petugas", PASSPHRASE)
    with open_vault(home, keys) as db, open_spool(home) as spool:
        assert db.check() == []
        assert spool.check() == []
