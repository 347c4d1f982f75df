"""Blank cards at an office, as the movements known here add up: what is left, and for how long.

Pure. Requested and granted cards are promises: they are shown, and never counted. The forecast is
what is left divided by what went on an average day of the last two weeks, days without use
counted; with no use there is none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WINDOW_DAYS = 14
_IN = ("opening", "received", "adjusted")
_OUT = ("used", "spoiled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """An office's blanks. ``sums``: cards by kind. ``daily``: gone on an average day.

    ``days_left``: None where nothing goes, 0 where nothing is left. ``counted_days``: the days
    that the average is over.
    """

    office: str
    sums: Mapping[str, int]
    remaining: int
    daily: float
    days_left: int | None
    counted_days: int


def stock(office: str, movements: Iterable[Mapping[str, Any]], today: date) -> Stock:
    """Add up the movements of one office as of ``today``."""
    known = list(movements)
    sums: Counter[str] = Counter()
    for one in known:
        sums[str(one.get("kind"))] += int(one.get("quantity") or 0)
    remaining = sum(sums[kind] for kind in _IN) - sum(sums[kind] for kind in _OUT)
    daily, days = _daily(known, today)
    left = max(remaining, 0)
    return Stock(
        office=office,
        sums=dict(sums),
        remaining=remaining,
        daily=daily,
        days_left=int(left / daily) if daily else None,
        counted_days=days,
    )


def by_office(movements: Iterable[Mapping[str, Any]], today: date) -> list[Stock]:
    """Return the stock of each office that is named, the one that runs out first before others."""
    offices: dict[str, list[Mapping[str, Any]]] = {}
    for one in movements:
        offices.setdefault(str(one.get("office")), []).append(one)
    found = [stock(office, known, today) for office, known in offices.items()]
    return sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0, one.office))


def _daily(movements: Iterable[Mapping[str, Any]], today: date) -> tuple[float, int]:
    """Return how many went on an average day, and how many days that is over."""
    begin = today - timedelta(days=WINDOW_DAYS - 1)
    dated = [(date.fromisoformat(str(one["date"])), one) for one in movements if one.get("date")]
    within = [(day, one) for day, one in dated if begin <= day <= today]
    gone = sum(int(one.get("quantity") or 0) for _, one in within if one.get("kind") in _OUT)
    if not gone:
        return 0.0, 0
    first = min(day for day, _ in dated)
    days = min(WINDOW_DAYS, (today - first).days + 1)
    return gone / days, days
