"""Seeds that nothing was tuned on: ours and Splink on the same people, pooled over the seeds."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.matching import ours, peer
from bench.matching.score import (
    Answer,
    Figures,
    bands,
    best_candidate,
    best_threshold,
    by_kind,
    calibration,
    calibration_by_tenths,
)
from bench.matching.world import Arrival, World
from bench.peers.kinto import Absent
from shared_schema.matching.people import Comparable, comparable

EVEN = 0.5
UNKNOWN = {"name:typo", "name:scan", "name:sound"}

Told = Callable[[str], object]
Pairs = list[tuple[Arrival, Answer]]


@dataclass(slots=True)
class Pooled:
    """What both said of every arrival of every seed; `absent` says why there is no Splink."""

    ours: Pairs = field(default_factory=list)
    splink: Pairs = field(default_factory=list)
    candidates: list[tuple[float, bool]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    splink_seconds: list[float] = field(default_factory=list)
    splink_one_ms: list[float] = field(default_factory=list)
    index_seconds: list[float] = field(default_factory=list)
    absent: str = ""


def pooled(
    worlds: Iterable[World], *, peers: bool, kept: Path | None = None, told: Told = lambda _: None
) -> Pooled:
    """Match each world's arrivals by both; `kept` is a folder for what Splink says."""
    found = Pooled(absent="" if peers else "not asked for")
    for people in worlds:
        register = [comparable(values) for values in people.register]
        _by_us(register, people.arrivals, found)
        told(f"seed {people.seed}: ours done")
        if not found.absent:
            coming = (comparable(arrival.values) for arrival in people.arrivals)
            try:
                said = peer.linked(register, coming, kept)
            except Absent as reason:
                found.absent = str(reason)
                continue
            found.splink += zip(people.arrivals, said.answers, strict=True)
            found.splink_seconds.append(said.seconds)
            found.splink_one_ms += said.one_ms
            told(f"seed {people.seed}: Splink done")
    return found


def _by_us(register: Sequence[Comparable], arrivals: Sequence[Arrival], found: Pooled) -> None:
    started_s = time.perf_counter()
    index = ours.index(register)
    found.index_seconds.append(time.perf_counter() - started_s)
    for arrival, one in zip(
        arrivals, ours.all_matched((each.values for each in arrivals), index), strict=True
    ):
        found.ours.append((arrival, one.answer))
        found.ms.append(one.ms)
        found.candidates += [
            (chance, place == arrival.truth) for place, chance in one.probabilities
        ]


def figures(found: Pooled) -> dict[str, Any]:
    """Sum up, both in the same words."""
    best = [
        (answer.probability, answer.best == arrival.truth)
        for arrival, answer in found.ours
        if answer.best is not None
    ]
    deciles = calibration(best)
    said: dict[str, Any] = {
        "ours": {
            **_linked(found.ours),
            **bands(found.ours),
            "median_ms": round(median(found.ms), 3),
            "p99_ms": round(sorted(found.ms)[int(len(found.ms) * 0.99)], 2),
            "index_seconds": round(median(found.index_seconds), 1),
        },
        "splink": _of_splink(found),
        "calibration_worst_points": max(abs(each["points_apart"] or 0) for each in deciles),
        "calibration": deciles,
        "calibration_by_tenths_of_all_candidates": calibration_by_tenths(found.candidates),
        "by_who_arrives": by_kind(found.ours, lambda arrival: [arrival.kind]),
        "by_error": by_kind(found.ours, lambda arrival: arrival.errors or ["none"]),
    }
    if found.splink:
        ours_f1, peer_f1 = said["ours"]["f1"], said["splink"]["f1"]
        said["f1_above_splink"] = round(ours_f1 - peer_f1, 4)
        gap = said["ours"]["at_best_threshold"]["f1"] - said["splink"]["at_best_threshold"]["f1"]
        said["f1_above_splink_both_at_best_threshold"] = round(gap, 4)
    return said


def _linked(pairs: Pairs) -> dict[str, Any]:
    """Score best candidates, and those with name errors that no normaliser undoes, apart."""
    threshold, at_best = best_threshold(pairs)
    unknown = [pair for pair in pairs if UNKNOWN.intersection(pair[0].errors)]
    return {
        **best_candidate(pairs, EVEN),
        "at_best_threshold": {**at_best, "threshold": round(threshold, 4)},
        "misspelt_by_pseudopeople": {"arrivals": len(unknown), **best_candidate(unknown, EVEN)},
    }


def _of_splink(found: Pooled) -> Figures | dict[str, Any]:
    if not found.splink:
        return {"cannot_run_here": found.absent}
    return {
        **_linked(found.splink),
        "seconds_for_a_seed": round(median(found.splink_seconds), 1),
        "one_arrival_ms": round(median(found.splink_one_ms)),
    }
