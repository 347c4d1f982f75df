"""A campaign: what is left to do in each village, who goes there, and what came of the visits.

Its visits are those in its area on its days. Whoever was met by a broken machine and is not
recorded since is to be visited again, without anybody having to say so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.regions import RegionTable, contains
from sync_server.coverage import FIELD_RECORDED, Count
from sync_server.lookup import resolve
from sync_server.reports.coverage_report import CAMPAIGN, CampaignUnknown
from sync_server.reports.overview_report import Covers, Overview, overview
from sync_server.store import tables
from sync_server.store.access_tables import assignments
from sync_server.store.driver import ask
from sync_server.tallies import day_number

_FOREVER = 99_999_999
# Whoever's last visit of those days leaves something to do. Most were not visited since; of the
# others the last visit of those days is looked for.
_AGAIN = (
    "SELECT village, count(*), total(asks = 2) FROM (SELECT village, last_asks AS asks"
    " FROM tally_people INDEXED BY ix_tally_people_village_last"
    " WHERE central = 0 AND last_day IS NOT NULL AND last_day BETWEEN ?1 AND ?2"
    " UNION ALL SELECT village, (SELECT CASE"
    " WHEN outcome <> 'recorded' AND reason = 'equipment_broken' THEN 2"
    " WHEN outcome IN ('revisit', 'not_at_home') THEN 1 ELSE 0 END FROM tally_visits"
    " WHERE person IN (SELECT p.root UNION SELECT record FROM tally_clusters WHERE root = p.root)"
    " AND day BETWEEN ?1 AND ?2 ORDER BY at_ms DESC, tick DESC, device DESC, visit DESC LIMIT 1)"
    " FROM tally_people AS p INDEXED BY ix_tally_people_village_last"
    " WHERE central = 0 AND last_day IS NOT NULL AND last_day > ?2)"
    " WHERE asks > 0 GROUP BY village"
)
_BY_REASON = (
    "SELECT village, outcome, reason, count(*) FROM tally_visits INDEXED BY ix_tally_visits_village"
    " WHERE day BETWEEN ? AND ? GROUP BY village, outcome, reason"
)
# What the office wrote to have somebody visited again is no visit.
_ASKED = (
    "SELECT village, outcome, reason, -count(*) FROM tally_visits"
    " WHERE operator >= 'user:' AND operator < 'user;' AND day BETWEEN ? AND ?"
    " AND outcome = 'revisit' GROUP BY village, reason"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign's id and values."""

    record: str
    values: Mapping[str, Any]

    @property
    def days(self) -> tuple[int, int]:
        """Its first and last day as numbers; open ends reach to the ends of time."""
        first, last = self.values.get("starts_on"), self.values.get("ends_on")
        return (
            day_number(date.fromisoformat(first)) if first else 0,
            day_number(date.fromisoformat(last)) if last else _FOREVER,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """One village of a campaign.

    `again`: residents to visit again; `displaced`: those of them who were met by a broken machine.
    `team`, `device`: who goes there, "" for nobody yet.
    """

    code: str
    count: Count
    visits: int
    recorded: int
    again: int
    displaced: int
    team: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A service point's day."""

    record: str
    values: Mapping[str, Any]

    @property
    def turnout(self) -> float | None:
        """The share of the invited who came."""
        invited, attended = self.values.get("invited"), self.values.get("attended")
        return attended / invited if invited and attended is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReport:
    """A campaign as it stands. `reasons`: (outcome, reason) of visits that did not record."""

    campaign: Campaign
    found: Overview
    villages: Sequence[Village]
    sessions: Sequence[Session]
    reasons: Mapping[tuple[str, str], int]
    regions: RegionTable


def campaigns(connection: Connection) -> list[Campaign]:
    """Return the campaigns, the newest first."""
    found = [
        Campaign(record=record, values=values) for record, values in _shown(connection, CAMPAIGN)
    ]
    return sorted(found, key=lambda one: str(one.values.get("starts_on", "")), reverse=True)


def campaign_named(connection: Connection, record: str) -> Campaign:
    """Return a campaign. Raises CampaignUnknown."""
    current = resolve(connection, record)
    values = current.state.values()
    if current.state.type != CAMPAIGN or not current.complete or current.state.void is not None:
        raise CampaignUnknown(text=record)
    return Campaign(record=str(current.record), values=values)


def campaign_report(
    connection: Connection, record: str, today: date, covers: Covers
) -> CampaignReport:
    """Return a campaign with its villages, sessions and reasons. Raises CampaignUnknown."""
    campaign = campaign_named(connection, record)
    values = campaign.values
    found = overview(connection, today, covers, campaign.record)
    visits, reasons = _visits(connection, campaign, covers)
    again = _again(connection, campaign)
    assigned = _assigned(connection, campaign.record)
    villages = [
        Village(
            code=code,
            count=found.counts.get(code, Count()),
            visits=sum(visits.get(code, Counter[str]()).values()),
            recorded=sum(visits.get(code, Counter[str]())[one] for one in FIELD_RECORDED),
            again=again.get(code, (0, 0))[0],
            displaced=again.get(code, (0, 0))[1],
            team=assigned.get(code, ("", ""))[0],
            device=assigned.get(code, ("", ""))[1],
        )
        for code in found.regions.villages(values["area"])
        if covers(code)
    ]
    if not villages and not covers(values["area"]):
        raise CampaignUnknown(text=record)
    return CampaignReport(
        campaign=campaign,
        found=found,
        villages=sorted(villages, key=lambda one: (-one.count.not_recorded, one.code)),
        sessions=sessions_of(connection, campaign, covers),
        reasons=reasons,
        regions=found.regions,
    )


def _visits(
    connection: Connection, campaign: Campaign, covers: Covers
) -> tuple[dict[str, Counter[str]], Counter[tuple[str, str]]]:
    outcomes: dict[str, Counter[str]] = {}
    reasons: Counter[tuple[str, str]] = Counter()
    visits = ask(connection, _BY_REASON, *campaign.days)
    for village, outcome, reason, count in [*visits, *ask(connection, _ASKED, *campaign.days)]:
        if village and contains(campaign.values["area"], village) and covers(village):
            outcomes.setdefault(village, Counter())[outcome] += count
            if outcome not in FIELD_RECORDED:
                reasons[outcome, reason] += count
    return outcomes, +reasons


def _again(connection: Connection, campaign: Campaign) -> dict[str, tuple[int, int]]:
    """Return by village how many to visit again, and how many of them a broken machine met."""
    rows = ask(connection, _AGAIN, *campaign.days)
    return {village: (again, int(displaced)) for village, again, displaced in rows}


def _assigned(connection: Connection, campaign: str) -> dict[str, tuple[str, str]]:
    query = select(assignments).where(assignments.c.campaign == campaign)
    return {row.village: (row.team, row.device) for row in connection.execute(query)}


def sessions_of(connection: Connection, campaign: Campaign, covers: Covers) -> list[Session]:
    """Return the service points of a campaign, the latest day first."""
    found = []
    for record, values in _shown(connection, "session"):
        village = str(values.get("village", ""))
        own = values.get("campaign") == campaign.record
        inside = contains(campaign.values["area"], village) and _on_its_days(campaign, values)
        if (own or inside) and covers(village or None):
            found.append(Session(record=record, values=values))
    return sorted(found, key=lambda one: str(one.values.get("date", "")), reverse=True)


def _on_its_days(campaign: Campaign, values: Mapping[str, Any]) -> bool:
    if not values.get("date"):
        return False
    first, last = campaign.days
    return first <= day_number(date.fromisoformat(values["date"])) <= last


def _shown(connection: Connection, type_name: str) -> list[tuple[str, Mapping[str, Any]]]:
    table = tables.records
    query = select(table.c.record, table.c.shown).where(
        table.c.type == type_name, table.c.void.is_(False), table.c.complete.is_(True)
    )
    return [(row.record, decode(row.shown.encode())) for row in connection.execute(query)]
