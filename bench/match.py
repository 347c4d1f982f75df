"""Matching: 5,000 arrivals into a register of 165,000, ours beside Splink, on held-out seeds.

Prints one JSON line. Without arguments: best candidate (F1), bands, time of one arrival, predicted
against observed match rates, and a register with 4,000 planted duplicates against itself. With
``--csv A [--csv B] --columns SPEC --truth TRUTH`` two files are linked, or one is deduplicated, and
the line is precision, recall, f1 (pairwise) and seconds. ``--quick`` is small and needs no peer.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# So that it and what it starts run from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["PYTHONPATH"] = sys.path[0]

from bench.matching import files, held_out, own_register
from bench.matching.noise import Source
from bench.matching.world import ARRIVALS, DUPLICATES, REGISTER, world
from bench.peers.kinto import Absent
from shared_schema.matching.parameters import shipped

HELD_OUT = (101, 102, 103, 104)
GOALS = {
    "f1": 0.98,
    "f1_above_splink": 0.015,
    "certain_precision": 0.999,
    "certain_recall": 0.89,
    "review_share": 0.1,
    "lost_share": 0.01,
    "median_ms": 0.5,
    "p99_ms": 10,
    "calibration_worst_points": 2,
}
AT_LEAST = {"f1", "f1_above_splink", "certain_precision", "certain_recall"}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", action="append", type=Path, metavar="FILE")
    parser.add_argument("--columns", type=Path, metavar="SPEC")
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=HELD_OUT)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep there what Splink says")
    wanted = parser.parse_args()
    if wanted.csv and not (len(wanted.csv) <= 2 and wanted.columns and wanted.truth):
        parser.error("--csv once or twice, with --columns and --truth")
    if wanted.csv:
        task = files.Task(tables=wanted.csv, columns=wanted.columns, truth=wanted.truth)
        try:
            print(json.dumps(files.measured(task)))
        except files.TaskInvalid as error:
            parser.error(str(error))
    else:
        print(json.dumps(quick() if wanted.quick else whole(wanted.seeds, wanted.keep)))


def whole(seeds: list[int], kept: Path | None) -> dict[str, Any]:
    """Measure everything, about ten minutes; on standard error is told how far it is."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    try:
        source, peers = Source.peers(), True
    except Absent:
        source, peers = Source.own(), False
    return measured(seeds, source, (REGISTER, ARRIVALS, DUPLICATES), peers=peers, kept=kept)


def quick() -> dict[str, Any]:
    """Measure little, with what is at hand."""
    return measured([1], Source.own(), (2_000, 200, 50), peers=False)


def measured(
    seeds: list[int],
    source: Source,
    sizes: tuple[int, int, int],
    *,
    peers: bool,
    kept: Path | None = None,
) -> dict[str, Any]:
    """Measure with a register, arrivals and duplicates of these sizes."""
    busy, started_s = round(os.getloadavg()[0], 1), time.perf_counter()
    register, arrivals, duplicates = sizes
    worlds = (world(seed, source, register, arrivals) for seed in seeds)
    pooled = held_out.pooled(worlds, peers=peers, kept=kept, told=_told)
    found = held_out.figures(pooled)
    short = missed(found)
    return {
        "bench": "match",
        "load": busy,
        "goals": GOALS,
        "met": not short,
        "missed": short,
        "version": shipped().version,
        "register": register,
        "arrivals": arrivals,
        "seeds": list(seeds),
        "noise": source.label,
        **found,
        "register_against_itself": own_register.figures(seeds[0], source, register, duplicates),
        "seconds": round(time.perf_counter() - started_s),
    }


def missed(found: dict[str, Any]) -> list[str]:
    """Return the goals that were not reached, or not measured."""
    said = {**found["ours"], **found}
    return [name for name, goal in GOALS.items() if not _reached(name, said.get(name), goal)]


def _reached(name: str, value: float | None, goal: float) -> bool:
    return value is not None and (value >= goal if name in AT_LEAST else value <= goal)


def _told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
