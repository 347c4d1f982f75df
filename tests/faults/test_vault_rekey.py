"""kill -9 while an operator is removed and the store encrypted anew: it opens whole, always."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from field_client.vault import keys, rekey, store
from field_client.vault.keys import VaultKeys
from field_client.vault.store import create_vault, open_vault
from field_client.vault.table import document_of
from tests.support import effort, stretching
from tests.support.effort import Effort

FIRST, SECOND = "sandi pertama", "sandi kedua"
KILLS = Effort("test_vault_rekey.py::test_killed_removal", ci=8, soak=300)
PEOPLE = [document_of({"nik": f"{n:016d}", "note": "x" * 1400}, f"orang-{n}") for n in range(1500)]
INDEXES = {"people": ("nik",)}
PROGRAM = """
import sys
from pathlib import Path
from field_client.vault import keys, rekey
from tests.support import stretching

stretching.quick_for_good()
home = Path(sys.argv[1])
unlocked = keys.unlock(home, "Satu", sys.argv[2])
print("started", flush=True)
removed = keys.remove_operator(home, unlocked, "Dua")
print("removed", flush=True)
rekey.rekey(home, removed, lambda *_: None)
print("done", flush=True)
"""


def _add_second(home: Path, unlocked: VaultKeys) -> None:
    keys.add_operator(home, unlocked, "Dua", SECOND, calibrate=False)


def _run(home: Path, after_s: float) -> tuple[list[str], float]:
    """Run the removal, kill it ``after_s`` past its first word; return its words and its time."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), FIRST], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    first = program.stdout.readline()
    started = time.monotonic()
    try:
        rest, _ = program.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        program.kill()
        rest, _ = program.communicate(timeout=30)
    return [first.strip(), *rest.split()], time.monotonic() - started


@effort.in_both
def test_killed_removal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: str):
    """Spread over the whole run, each kill leaves keys that open a store with all its people.

    Whoever was told to be removed stays removed; what was told to be done is done.
    """
    stretching.quick_here(monkeypatch)
    unlocked = create_vault(tmp_path, "Satu", FIRST, calibrate=False)
    _add_second(tmp_path, unlocked)
    with open_vault(tmp_path, unlocked, indexes=INDEXES) as db:
        db.table("people").insert_multiple(PEOPLE)
    words, whole_s = _run(tmp_path, 60)
    assert words == ["started", "removed", "done"]
    unlocked = keys.unlock(tmp_path, "Satu", FIRST)
    seen: Counter[str] = Counter()
    rounds = KILLS.tries(scale)
    for number in range(rounds):
        if "Dua" not in keys.list_operators(tmp_path):
            _add_second(tmp_path, unlocked)
        words, _ = _run(tmp_path, whole_s * number / rounds)
        unlocked = keys.unlock(tmp_path, "Satu", FIRST)
        assert "removed" not in words or "Dua" not in keys.list_operators(tmp_path)
        assert "done" not in words or unlocked.previous == ()
        seen[f"{words[-1]}, {'waits' if unlocked.previous else 'at rest'}"] += 1
        _require_all(tmp_path, unlocked)
        if number % 2:
            finished = rekey.rekey(tmp_path, unlocked, lambda *_: None)
            assert finished is not None
            unlocked = finished
            assert store.is_under(tmp_path, unlocked)
            _require_all(tmp_path, unlocked)
    assert len(seen) > 1, seen
    effort.report(kills=rounds, **seen)


def _require_all(home: Path, unlocked: VaultKeys) -> None:
    with open_vault(home, unlocked, indexes=INDEXES) as db:
        assert db.table("people").all() == PEOPLE
        assert db.check() == []
