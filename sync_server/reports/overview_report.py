"""What a head of office asks at eight in the morning, out of the tallies.

The day that arrivals are counted from is yesterday: what came yesterday and this morning is news.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from shared_schema.eligibility import Policy
from shared_schema.i18n import Label
from shared_schema.regions import Level, RegionTable, contains, district_of, level
from sync_server.coverage import FIELD_RECORDED, Count, needed_a_day, rolled_up
from sync_server.reports.coverage_report import Rule, rule_for
from sync_server.store.queries import facts, tallies
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.tallies import Counted, Due
from sync_server.tallies import day_number

PACE_DAYS = 7
Covers = Callable[[str | None], bool]
YOUR_AREA = Label(id="Wilayah Anda di {name}", en="Your area in {name}")
Sum = TypeVar("Sum", int, "News", Counter[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What reached the office since yesterday: residents, visits, and those that recorded."""

    residents: int = 0
    visits: int = 0
    recorded: int = 0

    def __add__(self, other: "News") -> "News":
        """Return the news of both together."""
        return News(
            residents=self.residents + other.residents,
            visits=self.visits + other.visits,
            recorded=self.recorded + other.recorded,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Counts by region, against the rule's deadline.

    `days_left`: from today to the day of the deadline, None without a deadline. `pace`:
    recordings in the field a day over the last seven days, by region. `elsewhere` and
    `incomplete`: residents who are not counted. `sums`: what all of it was counted by.
    `partial`: regions of which the user covers a part only, so that their counts are that part's.
    """

    as_of: date
    rule: Rule
    region: str
    counts: Mapping[str, Count]
    news: Mapping[str, News]
    pace: Mapping[str, float]
    days_left: int | None
    elsewhere: int
    incomplete: int
    regions: RegionTable
    sums: Counted
    partial: AbstractSet[str]

    def needed(self, region: str) -> int | None:
        """Return how many recordings a day a region needs to make the deadline."""
        if self.days_left is None:
            return None
        return needed_a_day(self.counts[region], self.days_left)

    def inside(self, region: str) -> list[str]:
        """Return the regions directly in one, in order of code."""
        deeper = Level(level(region) + 1)
        return [one for one in self.counts if level(one) is deeper and contains(region, one)]


def overview(
    connection: Connection, today: date, covers: Covers, campaign: str | None = None
) -> Overview:
    """Count what the tallies hold of the regions that a user covers."""
    office = facts.need(connection, Fact.REGION)
    rule = rule_for(connection, office, campaign)
    area = rule.area if campaign and rule.area else office
    table = RegionTable.from_rows(facts.region_rows(connection))

    def counted(village: str) -> bool:
        return contains(area, village) and covers(village)

    due = due_by(rule.policy, today, since=today - timedelta(days=1))
    counted_all = tallies.by_village(connection, due)
    villages = counted_all.villages
    always = [one for one in (area, *table.districts(area)) if one == area or covers(one)]
    here = {one.village: _count(one) for one in villages if counted(one.village)}
    rolled = rolled_up(here, always=always)
    counts = {code: count for code, count in rolled.items() if contains(area, code)}
    news = _news(connection, villages, due.since)
    return Overview(
        as_of=today,
        rule=rule,
        region=area,
        counts=counts,
        news=added_up({one: said for one, said in news.items() if counted(one)}, News()),
        pace=_pace(connection, today, counted),
        days_left=days_left(rule.policy, today),
        elsewhere=sum(one.residents for one in villages if not contains(office, one.village)),
        incomplete=sum(n for at, n in tallies.incomplete(connection).items() if covers(at)),
        regions=table,
        sums=counted_all,
        partial=partly(counts, covers),
    )


def partly(codes: Iterable[str], covers: Covers) -> frozenset[str]:
    """Return the regions of which a user sees a part only."""
    return frozenset(code for code in codes if not covers(code))


def name_of(table: RegionTable, code: str, partial: AbstractSet[str], lang: str) -> str:
    """Return what a line of sums is called: the user's area where they are not all of a region."""
    name = table.name(code)
    return YOUR_AREA.text(lang).format(name=name) if code in partial else name


def due_by(policy: Policy, day: date, *, since: date | None = None) -> Due:
    """Return by what to count under a policy on a day."""
    counted_on = day_number(policy.eligible_on or day)
    return Due(
        married_count=policy.married_count,
        born_by=counted_on - policy.min_age * 10_000,
        day=day_number(day),
        since=day_number(since or day),
    )


def days_left(policy: Policy, today: date) -> int | None:
    """Return how many days there are to the deadline, none below nothing; None without one."""
    return None if policy.deadline is None else max((policy.deadline - today).days, 0)


def counts_of(villages: Sequence[tallies.Village]) -> dict[str, Count]:
    """Return the counts by village."""
    return {one.village: _count(one) for one in villages}


def _count(one: tallies.Village) -> Count:
    return Count(
        wajib=one.due,
        recorded_ministry=one.recorded,
        recorded_field=one.in_field,
        not_recorded=one.due - one.recorded - one.in_field,
        printed=one.printed,
        not_printed=one.recorded - one.printed,
        unknown_eligibility=one.unknown,
        not_wajib=one.residents - one.due - one.unknown,
    )


def _news(
    connection: Connection, villages: Sequence[tallies.Village], since: int
) -> dict[str, News]:
    visits = tallies.visits_arrived(connection, since)
    residents = {one.village: one.arrived for one in villages}
    return {
        village: News(
            residents=residents.get(village, 0),
            visits=sum(outcomes.values()),
            recorded=_recorded(outcomes),
        )
        for village in sorted(residents.keys() | visits.keys())
        if (outcomes := visits.get(village, Counter[str]())) or residents.get(village)
    }


def _recorded(outcomes: Mapping[str, int]) -> int:
    return sum(outcomes.get(one, 0) for one in FIELD_RECORDED)


def _pace(connection: Connection, today: date, counted: Callable[[str], bool]) -> dict[str, float]:
    first, last = today - timedelta(days=PACE_DAYS), today - timedelta(days=1)
    villages = tallies.recorded_between(connection, day_number(first), day_number(last))
    totals = added_up({one: count for one, count in villages.items() if one and counted(one)}, 0)
    return {region: count / PACE_DAYS for region, count in totals.items()}


def added_up(villages: Mapping[str, Sum], nothing: Sum) -> dict[str, Sum]:
    """Add up what is known by village, for its district and regency as well."""
    found: dict[str, Sum] = {}
    for village, one in villages.items():
        regency = village.rsplit(".", 2)[0]
        for region in {village, district_of(village) or village, regency}:
            found[region] = found.get(region, nothing) + one
    return found
