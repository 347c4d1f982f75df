"""Quality by officer: what in their visits asks for a question, and never for a verdict.

Pure arithmetic over visits. A short gap, one position for several houses or a run of "not at
home" has many good reasons: a family at one table, a service point, a feast day in the village.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

HURRIED_MS = 60_000
RUN = 8
HOUSES = 3
_PLACES = 5  # decimals of a degree: about a metre
_NOT_AT_HOME = "not_at_home"
_ORDERED = 4  # visits are looked at by officer, laptop, day and time


class Visit(NamedTuple):
    """One visit: when its writer's clock said, where, and what came of it."""

    operator: str
    device: str
    day: int
    at_ms: int
    outcome: str
    person: str
    lat: float | None = None
    lon: float | None = None
    village: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """One officer's visits, and what to ask about.

    `hurried`: visits less than a minute after the one before, on the same laptop and day.
    `together`: houses at one position with at least three of them on one day. `run`: the longest
    run of "not at home" on one day, 0 below eight.
    """

    operator: str
    visits: int
    days: int
    hurried: int
    together: int
    run: int

    @property
    def is_asked(self) -> bool:
        """Tell whether there is anything to ask about."""
        return bool(self.hurried or self.together or self.run)


Houses = Callable[[Iterable[str]], Mapping[str, str]]


def questions(visits: Iterable[Visit], houses: Houses) -> list[Questions]:
    """Return what to ask each officer, those with the most to ask first.

    `houses` gives the house of each of some people; who has none is a house alone. It is asked
    once, for those who were met where others were.
    """
    ordered = sorted(visits, key=itemgetter(*range(_ORDERED)))
    each = {operator: _shifts(made) for operator, made in groupby(ordered, key=itemgetter(0))}
    crowds = {
        operator: [crowd for shift in shifts for crowd in _crowds(shift)]
        for operator, shifts in each.items()
    }
    house = houses({who for several in crowds.values() for crowd in several for who in crowd})
    found = [_of(operator, shifts, crowds[operator], house) for operator, shifts in each.items()]
    return sorted(found, key=lambda one: (-(one.hurried + one.together + one.run), one.operator))


def _shifts(visits: Iterable[Visit]) -> list[list[Visit]]:
    return [list(made) for _, made in groupby(visits, key=itemgetter(1, 2))]


def _of(
    operator: str,
    shifts: Sequence[Sequence[Visit]],
    crowds: Iterable[set[str]],
    house: Mapping[str, str],
) -> Questions:
    together = [len({house.get(who, who) for who in crowd}) for crowd in crowds]
    longest = max(map(_run, shifts), default=0)
    return Questions(
        operator=operator,
        visits=sum(map(len, shifts)),
        days=len({shift[0].day for shift in shifts}),
        hurried=sum(map(_hurried, shifts)),
        together=sum(count for count in together if count >= HOUSES),
        run=longest if longest >= RUN else 0,
    )


def _hurried(shift: Sequence[Visit]) -> int:
    return sum(
        after.at_ms - before.at_ms < HURRIED_MS and after.person != before.person
        for before, after in pairwise(shift)
    )


def _crowds(shift: Sequence[Visit]) -> list[set[str]]:
    """Return the people met at each position where there may have been several houses."""
    people: defaultdict[tuple[float, float], set[str]] = defaultdict(set)
    for one in shift:
        if one.lat is not None and one.lon is not None:
            people[round(one.lat, _PLACES), round(one.lon, _PLACES)].add(one.person)
    return [found for found in people.values() if len(found) >= HOUSES]


def _run(shift: Sequence[Visit]) -> int:
    runs = (
        len(list(made))
        for absent, made in groupby(shift, key=lambda one: one.outcome == _NOT_AT_HOME)
        if absent
    )
    return max(runs, default=0)
