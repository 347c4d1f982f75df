"""Who must hold an identity card, by a policy that is data with dates, never a constant.

A drive counts age on a fixed day and has a deadline; the standing rule counts it on the
day one asks. Deadlines move, so a policy has versions, each known from the day it was
announced. What is unknown about a birth date stays unknown in the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

MARRIED_OR_EVER_MARRIED = frozenset({2, 3, 4})
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a rule. `eligible_on` None: age counts on the day one asks.

    `announced_on` None: known from the beginning. `deadline` None: without one.
    """

    min_age: int
    married_count: bool
    eligible_on: date | None = None
    deadline: date | None = None
    announced_on: date | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read a policy as a campaign record or a data file has it.

        A missing `min_age` is 17 and a missing `married_count` is true, as the law has it
        (UU 24/2013, article 63). Raises ValueError for a date that is none.
        """
        return cls(
            min_age=int(values.get("min_age", 17)),
            married_count=bool(values.get("married_count", True)),
            eligible_on=_date(values.get("eligible_on")),
            deadline=_date(values.get("deadline")),
            announced_on=_date(values.get("announced_on")),
        )


def policy_known_on(versions: Iterable[Policy], day: date) -> Policy | None:
    """Return the version announced last by `day`, None if none was."""
    known = [p for p in versions if p.announced_on is None or p.announced_on <= day]
    return max(known, key=lambda p: p.announced_on or date.min, default=None)


def must_hold_card(
    birth_date: str | None,
    precision: str | None,
    marital_status: int | None,
    policy: Policy,
    *,
    on: date | None = None,
) -> bool | None:
    """Tell whether a person must hold a card, None where the birth date leaves it open.

    `on` is the day that counts where the policy names none; it is then required, and
    ValueError is raised without it. An unknown marital status counts as never married. An
    estimated date counts as its year; an unknown one says nothing.
    """
    counted_on = policy.eligible_on or on
    if counted_on is None:
        raise ValueError("a policy without eligible_on needs the day that counts")
    if policy.married_count and marital_status in MARRIED_OR_EVER_MARRIED:
        return True
    span = birth_span(birth_date, precision)
    if span is None:
        return None
    if_oldest, if_youngest = (has_age(born, policy.min_age, counted_on) for born in span)
    return if_oldest if if_oldest == if_youngest else None


def birth_span(birth_date: str | None, precision: str | None) -> tuple[date, date] | None:
    """Return the first and last day a birth date may mean, None where nothing is known."""
    if birth_date is None or precision == "unknown":
        return None
    born = date.fromisoformat(birth_date)
    if precision in ("year", "estimated"):
        return date(born.year, 1, 1), date(born.year, _DECEMBER, 31)
    if precision == "month":
        return born.replace(day=1), _month_end(born)
    return born, born


def has_age(born: date, years: int, on: date) -> bool:
    """Tell whether somebody born on `born` is at least `years` old on `on`.

    People born on 29 February come of age on 1 March of other years.
    """
    before_birthday = (on.month, on.day) < (born.month, born.day)
    return on.year - born.year - before_birthday >= years


def _month_end(day: date) -> date:
    if day.month == _DECEMBER:
        return day.replace(day=31)
    return date(day.year, day.month + 1, 1) - timedelta(days=1)


def _date(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
