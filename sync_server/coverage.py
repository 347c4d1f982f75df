"""Coverage: who must hold a card, who is recorded and printed, village by village.

Pure arithmetic over residents; a resident is one cluster of records as it shows, so a person
registered twice counts once. What the ministry says and what the field says are never added
up into one figure, and whoever's birth date leaves it open is counted apart. A claim from the
field (moved, deceased, a duplicate) does not take anybody out of the count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any

from shared_schema.central import Central, central_meaning
from shared_schema.eligibility import Policy, must_hold_card
from shared_schema.fold import Head, RecordState
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import Level, level, parent_of

STANDING_RULE = Policy(min_age=17, married_count=True)


# Only a recording that our own team made: "already recorded" is what somebody told it.
FIELD_RECORDED = frozenset({"recorded"})
_PERSON = RECORD_TYPES["person"]
_FOLLOWS = {
    spec.precision_field: name for name, spec in _PERSON.fields.items() if spec.precision_field
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One cluster of records as it shows: `values` of the person, and what the field did."""

    values: Mapping[str, Any]
    field_recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many residents of one region fall under each heading.

    Of those who must hold a card (`wajib`): `recorded_ministry` (of these `printed` and
    `not_printed`), else `recorded_field`, else `not_recorded`. Beside them
    `unknown_eligibility` and those who need none (`not_wajib`).
    """

    wajib: int = 0
    recorded_ministry: int = 0
    recorded_field: int = 0
    not_recorded: int = 0
    printed: int = 0
    not_printed: int = 0
    unknown_eligibility: int = 0
    not_wajib: int = 0

    def __add__(self, other: "Count") -> "Count":
        """Return the count of both together."""
        return Count(**{n: getattr(self, n) + getattr(other, n) for n in HEADINGS})

    def as_dict(self) -> dict[str, int]:
        """Return the figures by heading, in the order of the report."""
        return {name: getattr(self, name) for name in HEADINGS}


HEADINGS = tuple(field.name for field in fields(Count))


def cluster_values(states: Iterable[RecordState]) -> dict[str, Any]:
    """Return what a cluster shows: of each field the latest value that any record shows.

    A precision always comes from the record that gave the date. Void records are left out;
    a cluster of void records shows nothing.
    """
    latest: dict[str, tuple[Head, RecordState]] = {}
    for state in states:
        if state.void is not None:
            continue
        for name, head in _filled(state):
            if name not in latest or latest[name][0].rank < head.rank:
                latest[name] = (head, state)
    shown = {name: head.value for name, (head, _) in latest.items()}
    for precision, dated in _FOLLOWS.items():
        if dated in latest:
            shown[precision] = latest[dated][1].shown(precision)
    return {name: value for name, value in sorted(shown.items()) if value is not None}


def _filled(state: RecordState) -> Iterator[tuple[str, Head]]:
    for name in state.values():
        head = state.fields[name].winner
        if head is not None:
            yield name, head


def is_complete(values: Mapping[str, Any]) -> bool:
    """Tell whether all that is required of a resident is there."""
    return all(values.get(n) is not None for n, spec in _PERSON.fields.items() if spec.required)


def count_resident(resident: Resident, policy: Policy, on: date) -> Count:
    """Return the count of one resident under `policy`; `on` is the day where it names none."""
    values = resident.values
    due = must_hold_card(
        values.get("birth_date"),
        values.get("birth_date_precision"),
        values.get("marital_status"),
        policy,
        on=on,
    )
    if due is None:
        return Count(unknown_eligibility=1)
    if not due:
        return Count(not_wajib=1)
    match central_meaning(values):
        case Central.PRINTED:
            return Count(wajib=1, recorded_ministry=1, printed=1)
        case Central.RECORDED:
            return Count(wajib=1, recorded_ministry=1, not_printed=1)
        case Central.NOT_RECORDED if resident.field_recorded:
            return Count(wajib=1, recorded_field=1)
    return Count(wajib=1, not_recorded=1)


def count_regions(
    residents: Iterable[Resident], policy: Policy, on: date, *, always: Iterable[str] = ()
) -> dict[str, Count]:
    """Return the counts by region code: each village, its district and its regency, in order.

    Every resident needs a village. Regions in `always` appear also when nobody lives there.
    """
    villages: defaultdict[str, Counter[Count]] = defaultdict(Counter)
    for resident in residents:
        one = count_resident(resident, policy, on)
        villages[str(resident.values["village"])][one] += 1
    totals = {
        village: sum((_times(part, times) for part, times in parts.items()), Count())
        for village, parts in villages.items()
    }
    return rolled_up(totals, always=always)


def rolled_up(villages: Mapping[str, Count], *, always: Iterable[str] = ()) -> dict[str, Count]:
    """Return the counts of villages, of their districts and of their regency, in order of code."""
    found: defaultdict[str, list[Count]] = defaultdict(list)
    for region in always:
        found[region] = []
    for village, total in villages.items():
        for region in _upwards(village):
            found[region].append(total)
    return {region: _summed(found[region]) for region in sorted(found)}


def _summed(counts: Iterable[Count]) -> Count:
    """Add up many counts at once."""
    rows = zip(*map(attrgetter(*HEADINGS), counts), strict=True)
    return Count(**dict(zip(HEADINGS, map(sum, rows), strict=False)))


def needed_a_day(count: Count, days: int) -> int | None:
    """Return how many recordings a day reach everybody in so many days, rounded up.

    Whoever was recorded in the field needs no other one. None where no day is left.
    """
    return -(-count.not_recorded // days) if days > 0 else None


def _times(count: Count, times: int) -> Count:
    return Count(**{name: value * times for name, value in count.as_dict().items()})


def _upwards(code: str) -> Iterator[str]:
    region: str | None = code
    while region is not None and level(region) >= Level.REGENCY:
        yield region
        region = parent_of(region)


def imbalances(counts: Mapping[str, Count]) -> tuple[tuple[str, str], ...]:
    """Return (region, heading) for every total that is not the sum of its parts.

    Checked are the headings against each other, and each region against those directly in it.
    """
    inside: defaultdict[str, list[Count]] = defaultdict(list)
    for region, count in counts.items():
        inside[parent_of(region) or ""].append(count)
    found = []
    for region, count in counts.items():
        if count.wajib != count.recorded_ministry + count.recorded_field + count.not_recorded:
            found.append((region, "wajib"))
        if count.recorded_ministry != count.printed + count.not_printed:
            found.append((region, "recorded_ministry"))
        parts = inside.get(region)
        if parts:
            total = sum(parts, Count())
            found += [(region, n) for n in HEADINGS if getattr(total, n) != getattr(count, n)]
    return tuple(found)
