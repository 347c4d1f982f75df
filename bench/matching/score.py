"""Scores answers against the truth: best candidate, bands, what was lost, calibration.

Pure. An `Answer` is what a matcher said of one arrival; `probability` is that of its best candidate
being the same person, 0 where there is none.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise as neighbours
from typing import Any

from bench.matching.world import Arrival

BINS = 10
Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a matcher said: the best candidate's place, the band, and whom a supervisor sees."""

    best: int | None
    probability: float
    band: str = "new"
    reviewed: tuple[int, ...] = ()


Pair = tuple[Arrival, Answer]


def best_candidate(pairs: Iterable[Pair], threshold: float) -> Figures:
    """Score the best candidates of at least `threshold`: an arrival is linked right, or wrong."""
    right = wrong = known = 0
    for arrival, answer in pairs:
        known += arrival.truth is not None
        if answer.best is not None and answer.probability >= threshold:
            right += answer.best == arrival.truth
            wrong += answer.best != arrival.truth
    return _of(right, right + wrong, known)


def best_threshold(pairs: Sequence[Pair]) -> tuple[float, Figures]:
    """Return the threshold with the highest F1 on these very answers, which flatters a matcher."""
    known = sum(arrival.truth is not None for arrival, _ in pairs)
    linked = sorted(
        (
            (answer.probability, answer.best == arrival.truth)
            for arrival, answer in pairs
            if answer.best is not None
        ),
        reverse=True,
    )
    right, best, at, where = 0, -1.0, 1.0, (0, 0)
    for count, (probability, is_right) in enumerate(linked, 1):
        right += is_right
        last = count == len(linked) or linked[count][0] < probability
        if last and 2 * right / (count + known) > best:
            best, at, where = 2 * right / (count + known), probability, (right, count)
    return at, _of(*where, known)


def bands(pairs: Sequence[Pair]) -> Figures:
    """Score the bands. Lost: the earlier self is neither linked nor shown, of all who have one."""
    known = sum(arrival.truth is not None for arrival, _ in pairs)
    certain = [pair for pair in pairs if pair[1].band == "certain"]
    right = sum(answer.best == arrival.truth for arrival, answer in certain)
    review = [pair for pair in pairs if pair[1].band == "review"]
    shown = sum(arrival.truth in answer.reviewed for arrival, answer in review)
    useful = sum(arrival.truth is not None for arrival, _ in review)
    return {
        "certain": len(certain),
        "certain_wrong": len(certain) - right,
        "certain_precision": _share(right, len(certain), 5),
        "certain_recall": _share(right, known, 4),
        "review_share": _share(len(review), len(pairs), 4),
        "review_precision": _share(shown, len(review), 3),
        "review_of_known": useful,
        "lost_share": _share(known - right - shown, known, 4),
    }


def by_kind(
    pairs: Sequence[Pair], kinds_of: Callable[[Arrival], Iterable[str]]
) -> dict[str, Figures]:
    """Score arrivals of each kind apart: an arrival may be of several."""
    grouped: dict[str, list[Pair]] = {}
    for pair in pairs:
        for kind in kinds_of(pair[0]):
            grouped.setdefault(kind, []).append(pair)
    return {kind: _short(own) for kind, own in sorted(grouped.items())}


def _short(pairs: Sequence[Pair]) -> Figures:
    told = ("certain", "certain_wrong", "certain_recall", "review_share", "lost_share")
    whole = bands(pairs)
    return {"arrivals": len(pairs), **{name: whole[name] for name in told}}


def calibration(pairs: Iterable[tuple[float, bool]]) -> list[Figures]:
    """Compare predicted with observed match rates in ten bins of equally many pairs."""
    ordered = sorted(pairs)
    cuts = [len(ordered) * at // BINS for at in range(BINS + 1)]
    return [_bin(ordered[start:end]) for start, end in neighbours(cuts)]


def calibration_by_tenths(pairs: Iterable[tuple[float, bool]]) -> list[Figures]:
    """Compare in ten bins of equal width: those between hold few pairs, so chance shows."""
    binned: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for probability, same in pairs:
        binned[min(int(probability * BINS), BINS - 1)].append((probability, same))
    return [_bin(own) for own in binned]


def _bin(own: Sequence[tuple[float, bool]]) -> Figures:
    predicted = sum(probability for probability, _ in own)
    observed = sum(same for _, same in own)
    return {
        "pairs": len(own),
        "predicted": _share(predicted, len(own), 4),
        "observed": _share(observed, len(own), 4),
        "points_apart": _share(100 * (observed - predicted), len(own), 2),
    }


def pairwise(found: set[Any], truth: set[Any]) -> Figures:
    """Score pairs: each of two places or ids, in order."""
    return _of(len(found & truth), len(found), len(truth))


def _of(right: int, said: int, true: int) -> Figures:
    return {
        "precision": _share(right, said, 4),
        "recall": _share(right, true, 4),
        "f1": _share(2 * right, said + true, 4),
    }


def _share(part: float, whole: int, digits: int) -> float | None:
    return round(part / whole, digits) if whole else None
