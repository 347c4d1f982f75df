"""What follows from the scores of an arriving person's candidates: one of three bands.

*Certain* is decided without a human and may be wrong as often as the parameters allow;
*review* is put before one; *new* bothers nobody. Of all candidates at most one is taken to be
the arriving person, so two good ones make each other doubtful.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp2, log2
from typing import Generic, TypeVar

from shared_schema.matching.parameters import Parameters
from shared_schema.matching.score import Score, chance

Id = TypeVar("Id")
_MOST_BITS = 60.0


class Band(StrEnum):
    """What happens to an arriving person."""

    CERTAIN = "certain"
    REVIEW = "review"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Generic[Id]):
    """`best` candidate, None without any; `reviewed` those for a human, most likely first.

    `probability` of `best` being the arriving person; `probabilities` in the order of the
    candidates as they were given.
    """

    band: Band
    best: Id | None
    reviewed: tuple[Id, ...]
    probability: float
    probabilities: tuple[float, ...]


def judge(
    arrival: object, scored: Sequence[tuple[Id, Score]], parameters: Parameters
) -> Judgement[Id]:
    """Return the band of an arriving person among the candidates that were scored.

    `arrival` names the arriving person in the caller's words and decides nothing. Equal
    weights are ordered as given.
    """
    del arrival
    guards = {at: score.guards for at, (_, score) in enumerate(scored)}
    weights = [(one, score.weight) for one, score in scored]
    return judge_weights(weights, guards.__getitem__, parameters)


def judge_weights(
    weights: Sequence[tuple[Id, float]],
    guards: Callable[[int], Collection[str]],
    parameters: Parameters,
) -> Judgement[Id]:
    """Return the same from the weights alone; `guards` gives those of one place in them."""
    if not weights:
        return Judgement(band=Band.NEW, best=None, reviewed=(), probability=0.0, probabilities=())
    odds = [2.0 ** min(chance(weight, parameters), _MOST_BITS) for _, weight in weights]
    whole = 1.0 + sum(odds)
    chances = tuple(one / whole for one in odds)
    order = sorted(range(len(weights)), key=lambda at: -weights[at][1])
    first = order[0]
    shown = tuple(weights[at][0] for at in order if chances[at] >= parameters.review_chance)
    band = Band.REVIEW if shown else Band.NEW
    likely = 1 - chances[first] <= parameters.certain_error
    if likely and not guards(first) and _leads(order, weights, parameters):
        band, shown = Band.CERTAIN, ()
    return Judgement(
        band=band,
        best=weights[first][0],
        reviewed=shown,
        probability=chances[first],
        probabilities=chances,
    )


def self_review(weight: float, parameters: Parameters, share: float = 0.05) -> float:
    """Return the probability that two people of one register are one, for a review list.

    A register that is matched against itself has a prior of its own: `share` of its people
    stand in it twice, where an arriving person is mostly known. Never a reason to merge.
    """
    prior = log2(share / (1 - share) / parameters.people)
    slope, offset = parameters.calibration
    return 1 / (1 + exp2(-max(-_MOST_BITS, min(_MOST_BITS, slope * (weight + prior) + offset))))


def _leads(
    order: Sequence[int], weights: Sequence[tuple[Id, float]], parameters: Parameters
) -> bool:
    if len(order) == 1:
        return True
    return weights[order[0]][1] - weights[order[1]][1] >= parameters.lead
