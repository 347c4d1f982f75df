"""Values of one column that are nearly the same, found without comparing all with all.

A slip changes few of a text's trigrams, so two texts that differ by a slip or two mostly share one
of the rarest trigrams of either. Where even those are common, as in short names, nearly equal texts
still stand side by side in order of the alphabet, read forwards or backwards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from rapidfuzz.distance import OSA

_LETTERS = 3
_RAREST = 7
_LARGEST_BLOCK = 60
_NEIGHBOURS = 4
_ALIKE = 0.6


def near_values(values: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of values that differ by little, the smaller first; none of two equal."""
    found = set(_sharing_rare_letters(values))
    found.update(_neighbours(values))
    alike = OSA.normalized_similarity
    return [
        (a, b) for a, b in sorted(found) if alike(values[a], values[b], score_cutoff=_ALIKE) > 0
    ]


def _sharing_rare_letters(values: Sequence[str]) -> Iterator[tuple[int, int]]:
    made_of = [_grams(value) for value in values]
    often = Counter(chain.from_iterable(made_of))
    sharing: defaultdict[str, list[int]] = defaultdict(list)
    for place, grams in enumerate(made_of):
        for gram in sorted(grams, key=lambda one: (often[one], one))[:_RAREST]:
            sharing[gram].append(place)
    for places in sharing.values():
        if len(places) <= _LARGEST_BLOCK:
            yield from combinations(places, 2)


def _grams(value: str) -> set[str]:
    padded = f" {value} "
    return {padded[at : at + _LETTERS] for at in range(len(padded) - _LETTERS + 1)}


def _neighbours(values: Sequence[str]) -> Iterator[tuple[int, int]]:
    for backwards in (False, True):
        spelled = [value[::-1] for value in values] if backwards else values
        order = sorted(range(len(values)), key=spelled.__getitem__)
        for at, place in enumerate(order):
            for other in order[at + 1 : at + 1 + _NEIGHBOURS]:
                yield (place, other) if place < other else (other, place)
