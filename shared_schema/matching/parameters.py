"""The numbers behind a judgement, as one versioned file, and what they make of each level.

For each comparison and level four probabilities: how often the level is seen when the two
are one person, strangers, relatives who share a household, or namesakes. The match weight of
a level is the logarithm to base 2 of the first over one of the others.
For the words of a name the frequency of each word stands in the place of a probability
among strangers: a rare name says more.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import log2
from types import MappingProxyType
from typing import Any

from shared_schema.resources import read_package_text

_FILE = "matching.json"
_FEWEST = 2.0
_OF_FAMILY = ("mother", "father", "birth_place")

Triple = tuple[float, float, float]
Bits = Mapping[str, Triple]
"""Level -> bits for one person against strangers, against relatives, and against namesakes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`source` is what the file says; the rest follows from it.

    `people` in the register; `fewer` the bits by which strangers (0), relatives and namesakes
    of a person are fewer than all people;
    `prior` the bits of a register's person being the one before anything is compared,
    `bits` by comparison, `rarity` bits of each word and `unseen` those of any other,
    `most_of_family` the most bits that parents and place of birth can add against each,
    `manner` the most bits that a word is worth where it agrees as `near`, `short`, `initial`.
    """

    version: str
    source: Mapping[str, Any]
    people: int
    fewer: Triple
    prior: float
    bits: Mapping[str, Bits]
    rarity: Mapping[str, float]
    unseen: float
    manner: Mapping[str, float]
    most_name_bits: float
    most_of_family: Triple
    calibration: tuple[float, float]
    certain_error: float
    review_chance: float
    lead: float


@cache
def shipped() -> Parameters:
    """Return the parameters that come with this version of the programs."""
    return parameters_from_json(read_package_text("shared_schema", "data", _FILE))


def parameters_from_json(text: str) -> Parameters:
    """Return the parameters written in `text`. Raises ValueError or KeyError for another form."""
    return parameters_from(json.loads(text))


def parameters_from(source: Mapping[str, Any]) -> Parameters:
    """Return the parameters of a document as `parameters_from_json` reads it."""
    people = int(source["people"])
    known = float(source["known"])
    words = source["words"]
    total = float(words["people"])
    return Parameters(
        version=str(source["version"]),
        source=MappingProxyType(dict(source)),
        people=people,
        fewer=(
            0.0,
            log2(people / float(source["relatives"])),
            log2(people / float(source["namesakes"])),
        ),
        prior=log2(known / (1 - known) / people),
        bits=MappingProxyType({c: _bits(levels) for c, levels in source["levels"].items()}),
        rarity=MappingProxyType(
            {word: log2(total / max(count, _FEWEST)) for word, count in words["counts"].items()}
        ),
        unseen=log2(total / _FEWEST),
        manner=MappingProxyType({how: float(most) for how, most in source["manner"].items()}),
        most_name_bits=float(source["most_name_bits"]),
        most_of_family=_most_of_family(source),
        calibration=(float(source["calibration"][0]), float(source["calibration"][1])),
        certain_error=float(source["certain_error"]),
        review_chance=float(source["review_chance"]),
        lead=float(source["lead"]),
    )


def with_words(parameters: Parameters, counts: Mapping[str, int], people: int) -> Parameters:
    """Return parameters that know how common each word is among the `people` of a register.

    `counts`: in how many people's names each word (in its `name_key` spelling) occurs. The
    version stays: it names the weights, and rarity follows the register.
    """
    words = {"people": people, "counts": {w: n for w, n in counts.items() if n > _FEWEST}}
    return parameters_from({**parameters.source, "people": people, "words": words})


def of_register(parameters: Parameters, counts: Mapping[str, int], people: int) -> Parameters:
    """Return parameters that go by the words of one register's `people`; `counts` as above.

    A register smaller than the one behind `parameters` is filled up to its size with people who
    are named like those: its own words count from the first person on, and count alone once it is
    as large.
    """
    before = parameters.source["words"]
    missing = max(0, int(before["people"]) - people)
    share = missing / float(before["people"])
    filled = Counter({word: round(n * share) for word, n in before["counts"].items()})
    filled.update(counts)
    return with_words(parameters, filled, people + missing)


def word_counts(names: Iterable[Iterable[str]]) -> Counter[str]:
    """Return in how many of people's names, given as words, each word occurs."""
    counts: Counter[str] = Counter()
    for name in names:
        counts.update(set(name))
    return counts


def _most_of_family(source: Mapping[str, Any]) -> Triple:
    """Return the most that the family can add; against strangers with rare names of both."""
    bits = [_bits(source["levels"][one]).values() for one in _OF_FAMILY]
    most = [sum(max(0.0, *(level[who] for level in each)) for each in bits) for who in range(3)]
    names = (len(_OF_FAMILY) - 1) * float(source["most_name_bits"])
    return most[0] + names, most[1], most[2]


def _bits(levels: Mapping[str, list[float]]) -> Bits:
    return MappingProxyType(
        {
            level: (log2(one / stranger), log2(one / relative), log2(one / namesake))
            for level, (one, stranger, relative, namesake) in levels.items()
        }
    )
