"""The laptop's store: durable saves, a regency's roster searched, two programs in one store.

Prints one JSON line. Compared in the same run: bare SQLCipher with the same rows and indexes, a
raw flush, TinyDB's own JSON storage (which flushes at each save, in place), and LIKE over the
same rows. Times are this machine's at its present load, which is printed; ratios are of medians
over rounds in which every side takes its turn. ``--people N`` makes a smaller roster.

Beside the figures stand their goals. That of 0.9 is of ``saves_of_bare_sqlcipher``: the peer that
makes its rows from the document within the save, as ours does; the other two bare ones show what
making them and packing the body costs. Goals of times are those of percentiles where they say so.
"""

import argparse
import json
import os
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.laptop import roster, saving, searching, together
from bench.laptop.roster import Document
from field_client.vault.keys import STORE_FILE
from tests.support.laptop import laptop
from tests.support.scenes import far_code
from tests.support.synthetic import Person

PEOPLE, COMPARED, FRESH = 160_000, 20_000, 4_800
GOALS = {
    "goal_saves_of_bare_sqlcipher": 0.9,
    "goal_saves_of_tinydb": {"1000": 10, "20000": 300},
    "goal_flushes_per_save": 1.1,
    "goal_first_exact_answer_ms": 10,
    "goal_name_search_p95_ms": 20,
    "goal_resident_peak_mb": 80,
    "goal_file_of_json": 1.75,
    "goal_change_seen_median_ms": 1,
    "goal_save_beside_sync_slow_disk_p99_ms": 150,
}


def held(home: Path, people: list[Person]) -> tuple[dict[str, Any], list[Document]]:
    """Fill a laptop with a roster; give the size of its files and the first documents."""
    found = roster.documents(people)
    first = list(islice(found, COMPARED))
    with laptop(home, far_code()) as app:
        json_bytes = roster.fill(app.db, first) + roster.fill(app.db, found)
    file_bytes = sum(path.stat().st_size for path in home.glob(f"{STORE_FILE}*"))
    return {
        "json_mb": round(json_bytes / 1e6, 1),
        "file_mb": round(file_bytes / 1e6, 1),
        "file_of_json": round(file_bytes / json_bytes, 2),
    }, first


def main() -> None:
    """Measure everything and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=PEOPLE)
    wanted = parser.parse_args()
    people, others = roster.people(wanted.people, FRESH)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "roster"
        size, first = held(home, people)
        figures = {
            "bench": "vault",
            "people": wanted.people,
            **size,
            **searching.measured(home, searching.typed(people)),
            **saving.measured(Path(name), first, roster.documents(others)),
            "change_seen_ms": together.seen_ms(home),
            **together.duel_ms(home),
            **GOALS,
            "load_average": round(os.getloadavg()[0], 1),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
