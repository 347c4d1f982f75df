"""Recorded in the field, and the ministry's list says nothing of it: how long, by whom, with what.

Pure arithmetic. A resident counts once, by the last visit that recorded them. What waits for
months has been lost on its way, and which team and kit it came from says where to look.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared_schema.central import Central, central_meaning

AGES_DAYS = (7, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One resident as shown, and the visit that recorded them: when, by which team and kit."""

    record: str
    visit: str
    values: Mapping[str, Any]
    recorded_on: date
    team: str
    kit: str

    def days(self, on: date) -> int:
        """Return how many days ago that was; 0 where the laptop's clock ran ahead."""
        return max((on - self.recorded_on).days, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Recordings that share a name: how many, and the age in days of the oldest."""

    name: str
    count: int
    oldest_days: int


def unconfirmed(recordings: Iterable[Recording]) -> list[Recording]:
    """Return those of whom the ministry's status does not say that they are recorded.

    The oldest come first.
    """
    found = [one for one in recordings if central_meaning(one.values) is Central.NOT_RECORDED]
    return sorted(found, key=lambda one: (one.recorded_on, one.record))


def by_age(found: Sequence[Recording], on: date) -> list[tuple[int, int | None, int]]:
    """Return (from day, to day, how many) of each span of age; the last one is open."""
    counts = Counter(sum(one.days(on) > limit for limit in AGES_DAYS) for one in found)
    starts = (0, *(limit + 1 for limit in AGES_DAYS))
    ends: tuple[int | None, ...] = (*AGES_DAYS, None)
    spans = zip(starts, ends, strict=True)
    return [(start, end, counts[at]) for at, (start, end) in enumerate(spans)]


def by(found: Sequence[Recording], name_of: Callable[[Recording], str], on: date) -> list[Group]:
    """Return the groups that share a team or a kit, the largest first."""
    together: dict[str, list[int]] = {}
    for one in found:
        together.setdefault(name_of(one), []).append(one.days(on))
    groups = [
        Group(name=name, count=len(days), oldest_days=max(days)) for name, days in together.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.name))
