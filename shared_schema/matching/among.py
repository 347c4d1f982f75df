"""An arriving person among packed candidates: the same judgement as score by score, faster.

Only weights are worked out for every candidate; parts in words for those somebody will see.
"""

from collections.abc import Iterable
from typing import TypeVar

from shared_schema.matching.bands import Judgement, judge_weights
from shared_schema.matching.parameters import Parameters
from shared_schema.matching.people import Comparable, unpack
from shared_schema.matching.score import (
    Score,
    Seen,
    explained,
    guards_of,
    is_hopeless,
    seen_of_family,
    seen_of_person,
    weighed,
)

Id = TypeVar("Id")


def judge_packed(
    candidates: Iterable[tuple[Id, bytes]], arrival: Comparable, parameters: Parameters
) -> tuple[Judgement[Id], dict[Id, Score]]:
    """Return the judgement, and the scores of the best candidate and of those to review."""
    found = [(one, _seen(arrival, unpack(packed), parameters)) for one, packed in candidates]
    weights = [(one, min(weighed(what, parameters))) for one, what in found]
    judgement = judge_weights(weights, lambda at: guards_of(found[at][1]), parameters)
    told = {judgement.best, *judgement.reviewed}
    return judgement, {one: explained(what, parameters) for one, what in found if one in told}


def weight_between(a: Comparable, b: Comparable, parameters: Parameters) -> float:
    """Return the match weight of two; of hopeless ones a lower or higher one, hopeless too."""
    return min(weighed(_seen(a, b, parameters), parameters))


def _seen(a: Comparable, b: Comparable, parameters: Parameters) -> list[Seen]:
    """Return what is seen; of hopeless pairs (odds below 1 in 1,000) not the parents."""
    found = seen_of_person(a, b)
    if not is_hopeless(found, parameters):
        found += seen_of_family(a, b)
    return found
