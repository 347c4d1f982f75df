"""What follows from the scores of an arriving person's candidates: one of three bands.

*Certain* is decided without a human and may be wrong as often as the parameters allow;
*review* is put before one; *new* bothers nobody. Of all candidates at most one is taken to be
the arriving person, so two good ones make each other doubtful.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
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
    if not scored:
        return Judgement(band=Band.NEW, best=None, reviewed=(), probability=0.0, probabilities=())
    odds = [2.0 ** min(chance(s.weight, parameters), _MOST_BITS) for _, s in scored]
    whole = 1.0 + sum(odds)
    chances = tuple(one / whole for one in odds)
    order = sorted(range(len(scored)), key=lambda i: -scored[i][1].weight)
    first = order[0]
    best, top = scored[first]
    certain = 1 - chances[first] <= parameters.certain_error and not top.guards
    if certain and _leads(order, scored, parameters):
        return Judgement(
            band=Band.CERTAIN,
            best=best,
            reviewed=(),
            probability=chances[first],
            probabilities=chances,
        )
    reviewed = tuple(scored[i][0] for i in order if chances[i] >= parameters.review_chance)
    return Judgement(
        band=Band.REVIEW if reviewed else Band.NEW,
        best=best,
        reviewed=reviewed,
        probability=chances[first],
        probabilities=chances,
    )


def _leads(order: list[int], scored: Sequence[tuple[Id, Score]], parameters: Parameters) -> bool:
    if len(order) == 1:
        return True
    return scored[order[0]][1].weight - scored[order[1]][1].weight >= parameters.lead
