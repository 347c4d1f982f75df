"""Our matcher over a register in memory: the same calls, in the same order, as at ingest.

What is kept of a resident is what the server keeps: packed values beside blocking keys.
"""

import gc
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.matching.score import Answer
from shared_schema.matching.among import judge_packed
from shared_schema.matching.keys import KEY_LIMIT, blocking_keys
from shared_schema.matching.parameters import Parameters, of_register, shipped
from shared_schema.matching.people import Comparable, comparable, pack
from tests.support.synthetic import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A register ready to be matched against."""

    packed: Sequence[bytes]
    places: dict[int, list[int]]
    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an arrival got: the answer, each candidate's probability, and how long it took."""

    answer: Answer
    probabilities: tuple[tuple[int, float], ...]
    ms: float


def index(register: Iterable[Comparable]) -> Index:
    """Prepare a register: packed values by place, places by key, how common each word is."""
    packed: list[bytes] = []
    places: dict[int, list[int]] = {}
    words: Counter[str] = Counter()
    for place, person in enumerate(register):
        packed.append(pack(person))
        words.update(set(person.name))
        for key in blocking_keys(person):
            places.setdefault(key, []).append(place)
    parameters = of_register(shipped(), words, len(packed))
    return Index(packed=packed, places=places, parameters=parameters)


def matched(values: Person, register: Index) -> Found:
    """Match one arrival, and time it from its values to the verdict."""
    started_s = time.perf_counter()
    person = comparable(values)
    near = candidates(person, register)
    said, _ = judge_packed(near, person, register.parameters)
    ms = (time.perf_counter() - started_s) * 1_000
    answer = Answer(
        best=said.best, probability=said.probability, band=str(said.band), reviewed=said.reviewed
    )
    places = [place for place, _ in near]
    return Found(
        answer=answer, probabilities=tuple(zip(places, said.probabilities, strict=True)), ms=ms
    )


def candidates(person: Comparable, register: Index) -> list[tuple[int, bytes]]:
    """Return whoever shares a key with `person`."""
    near: set[int] = set()
    for key in blocking_keys(person):
        sharing = register.places.get(key, ())
        if len(sharing) <= KEY_LIMIT:
            near.update(sharing)
    return [(place, register.packed[place]) for place in sorted(near)]


def all_matched(arrivals: Iterable[Person], register: Index) -> list[Found]:
    """Match arrivals one by one; what the register weighs in the collector is not timed."""
    gc.collect()
    gc.freeze()
    found = [matched(values, register) for values in arrivals]
    gc.unfreeze()
    return found
