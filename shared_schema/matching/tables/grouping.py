"""From the odds of pairs to answers: one partner each, or groups that hang together."""

from collections.abc import Callable, Mapping

Pair = tuple[int, int]
EVEN = 0.0


def one_to_one(odds: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return the likely pairs, the best first, no row twice."""
    taken: set[int] = set()
    found: dict[Pair, float] = {}
    for (a, b), bits in sorted(odds.items(), key=lambda item: (-item[1], item[0])):
        if bits > EVEN and a not in taken and b not in taken:
            taken.update((a, b))
            found[a, b] = bits
    return found


def clusters(odds: Mapping[Pair, float], weigh: Callable[[int, int], float]) -> dict[Pair, float]:
    """Return every pair within the groups that likely pairs amount to.

    The likeliest join first; two groups join where on average all pairs between them speak
    for it, so that a chain of weak links does not join strangers.
    """
    group: dict[int, list[int]] = {}
    found: dict[Pair, float] = {}
    for (a, b), bits in sorted(odds.items(), key=lambda item: (-item[1], item[0])):
        if bits <= EVEN:
            break
        one, other = group.get(a, [a]), group.get(b, [b])
        if one is other:
            continue
        between = {
            pair: odds[pair] if pair in odds else weigh(*pair)
            for x in one
            for y in other
            for pair in ((min(x, y), max(x, y)),)
        }
        if sum(between.values()) / len(between) > EVEN:
            found.update(between)
            together = one + other
            group.update(dict.fromkeys(together, together))
    return found
