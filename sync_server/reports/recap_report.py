"""Rekap harian: what a day brought to each village or district, and where that leaves it.

What the ministry says is what its last list said; it has no day of its own. Field recordings count
from the first visit that recorded a resident, up to the day asked for.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from shared_schema.i18n import Label
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import Level, RegionTable, contains, level
from sync_server.coverage import Count, imbalances, rolled_up
from sync_server.reports.coverage_report import RegionNotHere, Rule, rule_for
from sync_server.reports.day_supply import Supplies, supplies
from sync_server.reports.overview_report import Covers, added_up, counts_of, due_by, partly
from sync_server.store.queries import facts, tallies
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.tallies import Counted
from sync_server.tallies import day_number


def _labels(type_name: str, field: str) -> dict[str, Label]:
    codes = RECORD_TYPES[type_name].fields[field].codes
    return {str(code): label for code, label in codes.labels.items()} if codes else {}


OUTCOMES = _labels("visit", "outcome")
STATUSES = _labels("person", "central_status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One region of a recap. `today`: residents first recorded in the field on the day.

    `outcomes`: the day's visits by what came of them. `statuses`: those who must hold a card by
    the ministry's status, "" where it says nothing.
    """

    region: str
    count: Count
    today: int
    outcomes: Mapping[str, int]
    statuses: Mapping[str, int]

    @property
    def visits(self) -> int:
        """How many visits the day had."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """A day in a region: its parts, the region as a whole, and the totals that do not balance.

    `partial`: regions of which the user covers a part only, so that their sums are that part's.
    """

    day: date
    rule: Rule
    total: Part
    parts: Sequence[Part]
    uneven: Sequence[tuple[str, str]]
    supplies: Supplies
    regions: RegionTable
    sums: Counted
    partial: AbstractSet[str]


def recap(connection: Connection, day: date, region: str | None, covers: Covers) -> Recap:
    """Return the recap of a day: of a regency by district, of a district by village.

    Raises RegionNotHere.
    """
    office = facts.need(connection, Fact.REGION)
    wanted = region or office
    table = RegionTable.from_rows(facts.region_rows(connection))
    seen = wanted == office or covers(wanted)
    if not contains(office, wanted) or wanted not in table.names or not seen:
        raise RegionNotHere(text=wanted)
    rule = rule_for(connection, wanted)
    found = _sums(connection, day, rule, lambda at: contains(wanted, at) and covers(at))
    below = Level(min(level(wanted) + 1, Level.VILLAGE))
    known = (code for code in table.names if contains(wanted, code) and level(code) is below)
    shown = sorted({*(c for c in found.counts if level(c) is below), *filter(covers, known)})
    parts = [found.part(code) for code in shown if code != wanted]
    total = found.part(wanted)
    return Recap(
        day=day,
        rule=rule,
        total=total,
        parts=parts,
        uneven=[*imbalances(found.counts), *_uneven(total, parts)],
        supplies=supplies(connection, day, wanted, [one.region for one in parts], covers),
        regions=table,
        sums=found.sums,
        partial=partly((wanted, *shown), covers),
    )


def _uneven(total: Part, parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return what of a region's day is not the sum of its parts."""
    if not parts:
        return []
    found = []
    if total.today != sum(one.today for one in parts):
        found.append((total.region, "today"))
    if total.outcomes != dict(sum((Counter(one.outcomes) for one in parts), Counter())):
        found.append((total.region, "visits"))
    if sum(total.statuses.values()) != total.count.wajib:
        found.append((total.region, "statuses"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    sums: Counted
    counts: Mapping[str, Count]
    today: Mapping[str, int]
    outcomes: Mapping[str, Counter[str]]
    statuses: Mapping[str, Counter[str]]

    def part(self, region: str) -> Part:
        """Return what was added up for a region."""
        return Part(
            region=region,
            count=self.counts.get(region, Count()),
            today=self.today.get(region, 0),
            outcomes=dict(self.outcomes.get(region, {})),
            statuses=dict(self.statuses.get(region, {})),
        )


def _sums(connection: Connection, day: date, rule: Rule, counted: Callable[[str], bool]) -> _Sums:
    due, at = due_by(rule.policy, day), day_number(day)
    found = tallies.by_village(connection, due)
    villages = [one for one in found.villages if counted(one.village)]
    outcomes: dict[str, Counter[str]] = {}
    for _, village, outcome, count in tallies.visits_between(connection, at, at):
        if village and counted(village):
            outcomes.setdefault(village, Counter())[outcome] += count
    return _Sums(
        counts=rolled_up(counts_of(villages)),
        sums=found,
        today=added_up({one.village: one.today for one in villages}, 0),
        outcomes=added_up(outcomes, Counter()),
        statuses=added_up({one.village: Counter(one.statuses) for one in villages}, Counter()),
    )
