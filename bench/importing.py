"""Importing a register: 165,000 lines for the first time, and again with 1 percent of them changed.

As `registry import` does it, from a CSV file on the disk into a real store, one process: lines are
read, checked, compared with what registers said before, logged and folded, and what is compared of
each resident is kept. Prints one JSON line; ``--register N`` for fewer people.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from sync_server.registry import Import, import_register
from tests.support.offices import Bench, found_office
from tests.support.synthetic import Person, population, write_register

SEED, REGISTER, GOAL_S = 165, 165_000, 600
_EACH = 100


def main() -> None:
    """Import twice, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--register", type=int, default=REGISTER, metavar="N")
    print(json.dumps(measured(parser.parse_args().register)))


def measured(register: int) -> dict[str, Any]:
    """Time the first import of so many people, and that of the next month's file."""
    busy = round(os.getloadavg()[0], 1)
    rows = population(SEED).register(register)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = found_office(folder)
        first = _imported(bench, folder, rows)
        again = _imported(bench, folder, next_month(rows))
    return {
        "bench": "importing",
        "load": busy,
        "goal_seconds": GOAL_S,
        "met": max(first["seconds"], again["seconds"]) <= GOAL_S * register / REGISTER,
        "register": register,
        "first": first,
        "again": again,
    }


def next_month(rows: Sequence[Person]) -> list[Person]:
    """Give the same people, each hundredth at another address."""
    return [
        {**row, "address": "Jalan Contoh Baru"} if at % _EACH == 0 else row
        for at, row in enumerate(rows)
    ]


def _imported(bench: Bench, folder: Path, rows: Sequence[Person]) -> dict[str, Any]:
    file = write_register(folder / "register.csv", rows)
    started_s, worked_s = time.perf_counter(), time.process_time()
    outcome = import_register(bench.office, Import(file=file, operator="user:bench"))
    seconds, worked_s = time.perf_counter() - started_s, time.process_time() - worked_s
    said = outcome.as_dict()
    return {
        "seconds": round(seconds, 1),
        "seconds_of_processor": round(worked_s, 1),
        **{name: said[name] for name in ("added", "changed", "unchanged")},
        "rejected": len(said["rejected"]),
    }


if __name__ == "__main__":
    main()
