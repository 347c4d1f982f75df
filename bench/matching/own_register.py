"""A register matched against itself: a list to review, never an automatic merge."""

import time
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from bench.matching import ours
from bench.matching.noise import Source
from bench.matching.score import pairwise
from bench.matching.world import planted
from shared_schema.matching.bands import self_review
from shared_schema.matching.keys import KEY_LIMIT
from shared_schema.matching.people import unpack
from shared_schema.matching.score import score

SHOWN = 0.5


def figures(seed: int, source: Source, register: int, duplicates: int) -> dict[str, Any]:
    """Score the list of pairs that a register with planted duplicates gives."""
    people, truth = planted(seed, source, register, duplicates)
    started_s = time.perf_counter()
    index = ours.index(people)
    pairs = sorted(set(_pairs(index)))
    listed = {pair for pair in pairs if _chance(pair, index) >= SHOWN}
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


def _chance(pair: tuple[int, int], index: ours.Index) -> float:
    a, b = (unpack(index.packed[place]) for place in pair)
    return self_review(score(a, b, index.parameters).weight, index.parameters)
