"""Learns the parameters from a register and from people who arrived, without any labels.

How often strangers agree is counted on pairs of the register, and how often relatives do on
pairs who share a family card. How often one person's two records agree is learned by
expectation and maximisation over arrivals and their candidates, of whom at most one is the
arriving person. What belongs to the household (card, village, parents' address) a relative
shares like the person does: there the two probabilities are one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp2
from typing import Any

from shared_schema.matching.levels import MISSING
from shared_schema.matching.parameters import Triple, parameters_from
from shared_schema.matching.people import Comparable
from shared_schema.matching.score import Seen, chance, seen, weighed

SHARED = ("family_card", "village", "birth_place")
OF_NAMESAKES = ("birth_date", "village", "mother", "father")
OWN_NIK = ("nik", "nik_same_birth")
ALIKE = {
    "name": ("same", "near", "short", "faint", "part", "part_first"),
    "birth_date": ("same", "default_day", "swapped", "slip", "year_slip", "year_known"),
}
PARENTS = ("mother", "father")
_ROUNDS = 8
_PSEUDO = 1.0
_FEWEST = 100
_LEAST = 1e-7
_MOST_KNOWN, _FEWEST_NAMESAKES = 0.999, 0.001
_SAMPLE = 50_000
_A_PERSON = 20
_STRIDE = 7919

OneLevels = dict[str, list[float]]
Levels = dict[str, OneLevels]
Pairs = list[list[Seen]]
Tally = defaultdict[str, Counter[str]]


def fit(
    register: Sequence[Comparable],
    arrivals: Sequence[tuple[Comparable, Sequence[int]]],
    start: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the document of parameters like `start` that fits best.

    `arrivals`: who arrived, and the places of their candidates in `register`.
    """
    document = {**start, "people": len(register), "levels": _copy(start["levels"])}
    set_strangers(document, register, [arrival for arrival, _ in arrivals])
    set_relatives(document, register)
    compared = [[seen(one, register[place]) for place in places] for one, places in arrivals]
    of_household = _copy(document["levels"])
    for _ in range(_ROUNDS):
        relatives = maximise(document, compared)
        fit_relatives(document, of_household, relatives, len(compared))
    return document


def set_strangers(
    document: dict[str, Any], register: Sequence[Comparable], arrivals: Sequence[Comparable]
) -> None:
    """Count how often two people who have nothing to do with each other agree."""
    levels: Levels = document["levels"]
    counts = _counted(_random_pairs(arrivals, register))
    for comparison in ("sex", "village", "birth_place"):
        _put(levels[comparison], 1, counts[comparison])
    _put(levels["birth_date"], 1, _birth_counts(counts["birth_date"], register))
    niks = _counted(_same_group(register, lambda one: one.birth))
    _put(levels["nik_same_birth"], 1, niks["nik_same_birth"])
    for comparison in ("name", "mother", "father"):
        _put_other(levels[comparison], counts[comparison])


def _birth_counts(counts: Counter[str], register: Sequence[Comparable]) -> Counter[str]:
    """Return the counts of levels of random pairs, the ones within a year from many more pairs."""
    within = _counted(_same_group(register, lambda one: one.birth[:4]))["birth_date"]
    same_year = sum(counts[level] for level in within)
    fine: Counter[str] = Counter()
    for level, count in counts.items():
        if level not in within:
            fine[level] = count * 1000
    for level, count in within.items():
        fine[level] = round(1000 * same_year * count / within.total())
    return fine


def set_relatives(document: dict[str, Any], register: Sequence[Comparable]) -> None:
    """Count how often two people of one family card agree."""
    counts = _counted(_same_group(register, lambda one: one.card))
    for comparison, levels in document["levels"].items():
        if comparison not in SHARED:
            _put(levels, 2, counts[comparison])


def maximise(document: dict[str, Any], compared: Sequence[Pairs]) -> Tally:
    """Do one round: judge every arrival, then count levels by how likely each pair is one.

    Returns what was counted of relatives.
    """
    parameters = parameters_from(document)
    tallies: list[Tally] = [defaultdict(Counter) for _ in range(4)]
    known = namesakes = 0.0
    for pairs in compared:
        weights = [weighed(found, parameters) for found in pairs]
        odds = [exp2(min(chance(min(sums), parameters), 60.0)) for sums in weights]
        whole = 1.0 + sum(odds)
        known += (whole - 1.0) / whole
        for found, own, sums in zip(pairs, odds, weights, strict=True):
            _count(tallies[0], found, own / whole)
            shares = _shares(sums)
            namesakes += (1 - own / whole) * shares[2]
            for tally, share in zip(tallies[1:], shares, strict=True):
                _count(tally, found, (1 - own / whole) * share)
    document["known"] = min(round(known / len(compared), 4), _MOST_KNOWN)
    document["namesakes"] = max(round(namesakes / len(compared), 4), _FEWEST_NAMESAKES)
    for comparison, levels in document["levels"].items():
        _fit_levels(comparison, levels, [tally[comparison] for tally in tallies])
    return tallies[2]


def fit_relatives(
    document: dict[str, Any], of_household: Levels, counted: Tally, arrivals: int
) -> None:
    """Set what relatives are like, whose records are written with the same errors as one's own.

    Relatives as alike as `ALIKE` are all among the candidates (twins, siblings of one name), so
    they are counted there; what the others are like, pairs of one family card have shown.
    """
    levels: Levels = document["levels"]
    whole = arrivals * float(document["relatives"])
    for comparison, alike in ALIKE.items():
        rows, counts = levels[comparison], counted[comparison]
        close = {level: (counts[level] + _PSEUDO) / whole for level in alike}
        apart = {level: row[2] for level, row in of_household[comparison].items()}
        if comparison == "birth_date":
            _make_vague(apart, rows)
        far = sum(share for level, share in apart.items() if level not in alike)
        for level, row in rows.items():
            left = (1 - sum(close.values())) * apart[level] / far
            row[2] = _rounded(close.get(level, left))
    for comparison in PARENTS:
        together = of_household[comparison]["same"][2]
        for level, row in levels[comparison].items():
            apart_share = of_household[comparison][level][2] if level != "same" else 0.0
            row[2] = _rounded(together * row[0] + apart_share)


def _make_vague(apart: dict[str, float], rows: OneLevels) -> None:
    """Let relatives' births be told as vaguely as one's own: the register knows the days."""
    vague = rows["about"][0] + rows["year_known"][0]
    apart["about"] = vague * apart["close_year"]
    apart["other"] *= 1 - vague * apart["close_year"]


def _fit_levels(comparison: str, levels: OneLevels, counts: Sequence[Counter[str]]) -> None:
    """Set what one person, relatives and namesakes are like by the counts of each."""
    _put(levels, 0, counts[0])
    if comparison in SHARED:
        _tie(levels, 2, 0)
    elif comparison in OWN_NIK:
        _put(levels, 2, counts[2])
    if comparison == "name":
        _tie(levels, 3, 0)
    elif comparison in OF_NAMESAKES:
        _put(levels, 3, counts[3])
    else:
        _tie(levels, 3, 1)


def _tie(levels: OneLevels, place: int, to: int) -> None:
    for row in levels.values():
        row[place] = row[to]


def _shares(sums: Triple) -> list[float]:
    """Return how likely each alternative is, if the two are not one."""
    least = min(sums)
    odds = [exp2(least - one) for one in sums]
    return [one / sum(odds) for one in odds]


def _count(counts: defaultdict[str, Counter[str]], found: list[Seen], share: float) -> None:
    for comparison, level, _ in found:
        if level != MISSING:
            counts[comparison][level] += share  # type: ignore[assignment]


def _counted(pairs: Iterable[tuple[Comparable, Comparable]]) -> defaultdict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for a, b in pairs:
        _count(counts, seen(a, b), 1)
    return counts


def _put(levels: OneLevels, place: int, counts: Mapping[str, float]) -> None:
    """Set one column of a comparison to the shares of what was counted, if anything was."""
    whole = sum(counts.values()) + _PSEUDO * len(levels)
    if whole > _FEWEST:
        for level, row in levels.items():
            row[place] = _rounded((counts.get(level, 0) + _PSEUDO) / whole)


def _rounded(share: float) -> float:
    """Return three digits of a share; nothing is impossible."""
    return float(f"{max(share, _LEAST):.3g}")


def _put_other(levels: OneLevels, counts: Counter[str]) -> None:
    if counts.total() > _FEWEST:
        levels["other"][1] = _rounded(counts["other"] / counts.total())


def _random_pairs(
    ones: Sequence[Comparable], others: Sequence[Comparable]
) -> Iterator[tuple[Comparable, Comparable]]:
    for at in range(min(_SAMPLE, _A_PERSON * len(others))):
        yield ones[at % len(ones)], others[at * _STRIDE % len(others)]


def _same_group(
    register: Sequence[Comparable], key: Any
) -> Iterator[tuple[Comparable, Comparable]]:
    """Give pairs that share a key: neighbours in their group, at most `_SAMPLE`."""
    groups: defaultdict[str, list[Comparable]] = defaultdict(list)
    for one in register:
        if key(one):
            groups[key(one)].append(one)
    left = _SAMPLE
    for group in groups.values():
        for step in range(1, min(len(group), 4)):
            for at in range(len(group) - step):
                yield group[at], group[at + step]
                left -= 1
                if not left:
                    return


def _copy(levels: Mapping[str, Mapping[str, Sequence[float]]]) -> Levels:
    return {c: {level: list(row) for level, row in rows.items()} for c, rows in levels.items()}
