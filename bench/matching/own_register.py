"""A register matched against itself: a list to review, never an automatic merge."""

import time
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from bench.matching import ours
from bench.matching.noise import Source
from bench.matching.score import pairwise
from bench.matching.world import planted
from shared_schema.matching.among import weight_between
from shared_schema.matching.bands import self_review
from shared_schema.matching.keys import KEY_LIMIT
from shared_schema.matching.people import Comparable, comparable

SHOWN = 0.5


def figures(seed: int, source: Source, register: int, duplicates: int) -> dict[str, Any]:
    """Score the list of pairs that a register with planted duplicates gives."""
    people, truth = planted(seed, source, register, duplicates)
    started_s = time.perf_counter()
    known = [comparable(values) for values in people]
    index = ours.index(known)
    pairs = set(_pairs(index))
    listed = {(a, b) for a, b in pairs if _chance(known[a], known[b], index) >= SHOWN}
    return {
        "planted": len(truth),
        "listed": len(listed),
        **pairwise(listed, truth),
        "compared": len(pairs),
        "seconds": round(time.perf_counter() - started_s, 1),
    }


def _pairs(index: ours.Index) -> Iterator[tuple[int, int]]:
    for places in index.places.values():
        if len(places) <= KEY_LIMIT:
            yield from combinations(places, 2)


def _chance(a: Comparable, b: Comparable, index: ours.Index) -> float:
    return self_review(weight_between(a, b, index.parameters), index.parameters)
