"""Recorded in the field, and the ministry's list says nothing of it: how long, by whom, with what.

Pure arithmetic. A resident counts once, by the last visit that recorded them. What waits for
months has been lost on its way, and which team and kit it came from says where to look.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared_schema.ids import derived_id

AGES_DAYS = (7, 30, 90)
_REVISIT = "jemput requeue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """How many residents one team recorded on one day with one kit, and how many are queued."""

    recorded_on: date
    team: str
    kit: str
    count: int
    requeued: int = 0

    def days(self, on: date) -> int:
        """Return how many days ago that was; 0 where the laptop's clock ran ahead."""
        return days_ago(self.recorded_on, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Recordings that share a name: how many, and the age in days of the oldest."""

    name: str
    count: int
    oldest_days: int


def days_ago(day: date, on: date) -> int:
    """Return how many days before another one a day was, never below 0."""
    return max((on - day).days, 0)


def by_age(found: Iterable[Recordings], on: date) -> list[tuple[int, int | None, int]]:
    """Return (from day, to day, how many) of each span of age; the last one is open."""
    counts: Counter[int] = Counter()
    for one in found:
        counts[sum(one.days(on) > limit for limit in AGES_DAYS)] += one.count
    starts = (0, *(limit + 1 for limit in AGES_DAYS))
    ends: tuple[int | None, ...] = (*AGES_DAYS, None)
    spans = zip(starts, ends, strict=True)
    return [(start, end, counts[at]) for at, (start, end) in enumerate(spans)]


def by(found: Iterable[Recordings], name_of: Callable[[Recordings], str], on: date) -> list[Group]:
    """Return the groups that share a team or a kit, the largest first."""
    together: dict[str, list[Recordings]] = {}
    for one in found:
        together.setdefault(name_of(one), []).append(one)
    groups = [
        Group(
            name=name,
            count=sum(one.count for one in each),
            oldest_days=max(one.days(on) for one in each),
        )
        for name, each in together.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.name))


def revisit_of(visit: str) -> UUID:
    """Return the id of the visit by which the office asks for another one, given a recording's."""
    return derived_id(_REVISIT, UUID(visit).bytes)
