"""How soon a laptop with a whole regency on it answers, and what that takes of its memory."""

import json
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tinydb import where

from bench.laptop import tracing
from bench.laptop.roster import SEED
from field_client.app import open_unlocked
from field_client.search import search
from field_client.vault.connection import RawConnection, connect
from field_client.vault.keys import STORE_FILE, unlock
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES
from shared_schema.names import search_tokens
from tests.support.laptop import OPERATOR, PASSPHRASE
from tests.support.synthetic import Person, old_spelling, shortened

PEOPLE, LIKES = 150, 40


def typed(rows: list[Person]) -> dict[str, list[str]]:
    """Give what officers type: names letter by letter as they know them, parts of numbers."""
    chance = random.Random(SEED)
    names: list[str] = []
    numbers: list[str] = []
    for row in chance.choices(rows, k=PEOPLE):
        name = chance.choice((str, str, old_spelling, shortened))(str(row["name"]))
        words = chance.choice((name.split(), name.split()[::-1], name.split()[-1:]))
        name = " ".join(words)
        ends = range(1, len(name) + 1)
        names += [name[:end] for end in sorted(chance.sample(ends, min(4, len(ends))))]
        number = str(row.get("nik") or row["kk_number"])
        begun, last = number[: chance.randint(4, 16)], number[-chance.randint(4, 8) :]
        numbers += [begun, chance.choice((last, number[6:12]))]
    exact = [str(row["nik"]) for row in rows[:: max(len(rows) // 20, 1)] if "nik" in row]
    return {"names": names, "numbers": numbers, "exact": exact}


def measured(home: Path, asked: dict[str, list[str]]) -> dict[str, Any]:
    """Give the figures of fresh processes that open the store and search."""
    given, command = json.dumps(asked).encode(), tracing.program("search", home)
    runs: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(3)
    ]
    return sorted(runs, key=lambda run: run["name_search_ms"]["p95"])[1]


def answer(home: Path, asked: dict[str, list[str]]) -> dict[str, Any]:
    """Open and search, as a program of its own."""
    imported_mb = _memory_mb("VmRSS")
    keys = unlock(home, OPERATOR, PASSPHRASE)
    _forget_peak()
    started_s = time.perf_counter()
    with open_unlocked(home, keys) as app:
        opened_s = time.perf_counter()
        nik = asked["exact"][0]
        assert app.tables.records.count(where("nik") == nik) == 1
        first_ms = (time.perf_counter() - started_s) * 1000
        assert [entry.values["nik"] for entry in search(app.journal, nik)] == [nik]
        found = {
            kind: _spread(asked[kind], lambda text: search(app.journal, text)) for kind in asked
        }
        resident, peak = _memory_mb("VmRSS"), _memory_mb("VmHWM")
    bare = connect(home / STORE_FILE, keys.derive(PURPOSE, RAW_KEY_BYTES))
    some = asked["names"][:: max(len(asked["names"]) // LIKES, 1)]
    like = _spread(some, lambda text: _like(bare, text))
    return {
        "first_exact_answer_ms": round(first_ms, 1),
        "of_it_opening_ms": round((opened_s - started_s) * 1000, 1),
        "exact_search_ms": found["exact"],
        "name_search_ms": found["names"],
        "number_search_ms": found["numbers"],
        "bare_sqlcipher_like_ms": like,
        "resident_mb": resident,
        "resident_peak_mb": peak,
        "resident_after_imports_mb": imported_mb,
    }


def _spread(texts: Iterable[str], look: Callable[[str], object]) -> dict[str, float]:
    taken_ms = []
    for text in texts:
        started_s = time.perf_counter()
        look(text)
        taken_ms.append((time.perf_counter() - started_s) * 1000)
    return percentiles(taken_ms)


def percentiles(taken_ms: list[float]) -> dict[str, float]:
    """Give median, 95th and 99th percentile, and the worst."""
    cuts = statistics.quantiles(taken_ms, n=100, method="inclusive")
    named = {"median": cuts[49], "p95": cuts[94], "p99": cuts[98], "worst": max(taken_ms)}
    return {name: round(value, 2) for name, value in named.items()}


def _like(bare: RawConnection, text: str) -> list[Any]:
    """Look for the same parts by LIKE in the same rows, the first fifty and no ranking."""
    ways = [ways[0] for ways in search_tokens(text)]
    like = " AND ".join("text LIKE ?" for _ in ways)
    sql = f"SELECT id, body FROM docs WHERE {like} LIMIT 50"  # noqa: S608 - marks only
    found: list[Any] = bare.execute(sql, [f"%{way}%" for way in ways]).fetchall()
    return found


def _memory_mb(name: str) -> float | None:
    """Return a line of the kernel's account of this process, None where there is none."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return round(int(kilobytes) / 1024, 1)


def _forget_peak() -> None:
    """Let the peak begin anew: deriving a key takes 64 MB for a second, on purpose."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5", encoding="ascii")
