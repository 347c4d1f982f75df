"""Two reports that may be one outage: the same place, a component that fits, at the same time.

Both statements stay what they are; a verdict only says that they are about one outage.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

from shared_schema.links import ordered
from shared_schema.names import fold_name
from shared_schema.records.codes import COMPONENT
from sync_server.matching.exact import Candidate, Rule

_SET = "recording_set"
_NOT_IN_SET = frozenset({"server", "printer", "power_supply", "network"})
_SLACK_DAYS = {"day": 7, "month": 38, "year": 372, "recent": 60}
_PLACES = ("office", "kit", "equipment", "place")
_MOST_AT_PLACE = 60


def possible(outages: Iterable[tuple[UUID, Mapping[str, Any]]]) -> set[Candidate]:
    """Return the pairs of outages that may be one, of those that are not void.

    ``outages``: their ids and what they show.
    """
    together: defaultdict[tuple[str, str], dict[UUID, Mapping[str, Any]]] = defaultdict(dict)
    for record, values in outages:
        for place in _places(values):
            together[place][record] = values
    found = set()
    for reports in together.values():
        if len(reports) > _MOST_AT_PLACE:
            continue
        for one, other in combinations(sorted(reports), 2):
            if may_be_one(reports[one], reports[other]):
                a, b = ordered(one, other)
                found.add(Candidate(a=a, b=b, rule=Rule.OUTAGE))
    return found


def may_be_one(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two reports of one place fit together in component and time."""
    return _fits(one.get("component"), other.get("component")) and _overlap(one, other)


def _places(values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name in _PLACES:
        text = fold_name(str(values.get(name, "")))
        if text:
            yield name, text


def _fits(one: Any, other: Any) -> bool:
    if one == other:
        return True
    parts = {str(one), str(other)}
    return _SET in parts and parts <= COMPONENT.labels.keys() and not parts & _NOT_IN_SET


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether both may have begun at one time; an unknown beginning fits with any."""
    slacks = [_SLACK_DAYS.get(str(each.get("started_precision"))) for each in (one, other)]
    days = [_day(each.get("started")) for each in (one, other)]
    if None in slacks or None in days:
        return True
    apart = abs((days[0] - days[1]).days) if days[0] and days[1] else 0
    return apart <= max(slack for slack in slacks if slack is not None)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
