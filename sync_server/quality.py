"""Quality by officer: what in their visits asks for a question, and never for a verdict.

Pure arithmetic over visits. A short gap, one position for several houses or a run of "not at
home" has many good reasons: a family at one table, a service point, a feast day in the village.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

HURRIED_MS = 60_000
RUN = 8
SAME_PLACE = 5
_PLACES = 5  # decimals of a degree: about a metre
_NOT_AT_HOME = "not_at_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: when its writer's clock said, where, and what came of it."""

    operator: str
    device: str
    day: int
    at_ms: int
    outcome: str
    person: str
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """One officer's visits, and what to ask about.

    `hurried`: visits less than a minute after the one before, on the same laptop and day.
    `together`: visits at one position with at least five different people on one day. `run`: the
    longest run of "not at home" on one day, 0 below eight.
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


def questions(visits: Iterable[Visit]) -> list[Questions]:
    """Return what to ask each officer, those with the most to ask first."""
    each: defaultdict[str, list[Visit]] = defaultdict(list)
    for one in visits:
        each[one.operator].append(one)
    found = [_of(operator, made) for operator, made in each.items()]
    return sorted(found, key=lambda one: (-(one.hurried + one.together + one.run), one.operator))


def _of(operator: str, visits: Sequence[Visit]) -> Questions:
    ordered = sorted(visits, key=lambda one: (one.device, one.day, one.at_ms))
    shifts = [list(made) for _, made in groupby(ordered, key=lambda one: (one.device, one.day))]
    longest = max(map(_run, shifts), default=0)
    return Questions(
        operator=operator,
        visits=len(ordered),
        days=len({one.day for one in ordered}),
        hurried=sum(map(_hurried, shifts)),
        together=sum(map(_together, shifts)),
        run=longest if longest >= RUN else 0,
    )


def _hurried(shift: Sequence[Visit]) -> int:
    return sum(
        after.at_ms - before.at_ms < HURRIED_MS and after.person != before.person
        for before, after in pairwise(shift)
    )


def _together(shift: Sequence[Visit]) -> int:
    people: defaultdict[tuple[float, float], set[str]] = defaultdict(set)
    for one in shift:
        if one.position is not None:
            lat, lon = one.position
            people[round(lat, _PLACES), round(lon, _PLACES)].add(one.person)
    return sum(len(found) for found in people.values() if len(found) >= SAME_PLACE)


def _run(shift: Sequence[Visit]) -> int:
    runs = (
        len(list(made))
        for absent, made in groupby(shift, key=lambda one: one.outcome == _NOT_AT_HOME)
        if absent
    )
    return max(runs, default=0)
