"""Who of a village is to be summoned for a campaign, out of the store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.errors import InputError
from shared_schema.regions import Level, RegionTable, contains, level
from sync_server.coverage import cluster_values
from sync_server.reports.campaign_report import Campaign, campaign_named
from sync_server.reports.coverage_report import RegionNotHere, rule_for
from sync_server.reports.overview_report import Covers, due_by
from sync_server.store.driver import ask, listed
from sync_server.store.queries import facts, records, tallies
from sync_server.summons import NOT_SUMMONED, Neighbourhood, neighbourhoods

# SQLite takes the outcome from the row of the latest moment.
_LAST = (
    "SELECT person, outcome, max(at_ms) FROM tally_visits"
    " WHERE person IN (SELECT value FROM json_each(?)) GROUP BY person"
)
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"


class NobodyToSummon(InputError):
    """Nobody of this village or RT is left to be summoned. Choose another one."""

    code = "NOBODY_TO_SUMMON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """Whom a campaign summons in one village. `left_out`: how many are not, by what was said."""

    campaign: Campaign
    village: str
    groups: Sequence[Neighbourhood]
    left_out: Mapping[str, int]
    regions: RegionTable

    @property
    def count(self) -> int:
        """How many are summoned."""
        return sum(len(one.residents) for one in self.groups)

    def only(self, key: str) -> Sequence[Neighbourhood]:
        """Return one neighbourhood, or all of them for "". Raises NobodyToSummon."""
        chosen = [one for one in self.groups if key in ("", one.key)]
        if not chosen:
            raise NobodyToSummon
        return chosen


def villages_of(connection: Connection, campaign: Campaign, covers: Covers) -> list[str]:
    """Return the villages of a campaign that a user covers."""
    table = RegionTable.from_rows(facts.region_rows(connection))
    return [one for one in table.villages(campaign.values["area"]) if covers(one)]


def summons(
    connection: Connection, record: str, village: str, today: date, covers: Covers
) -> Summons:
    """Return whom a campaign summons in a village. Raises CampaignUnknown, RegionNotHere."""
    campaign = campaign_named(connection, record)
    inside = contains(campaign.values["area"], village) and covers(village)
    if not inside or level(village) is not Level.VILLAGE:
        raise RegionNotHere(text=village)
    rule = rule_for(connection, village, campaign.record)
    roots = tallies.unrecorded(connection, due_by(rule.policy, today), village)
    members = _members(connection, roots)
    said = _last_outcome(connection, members)
    summoned = [root for root in roots if said.get(root) not in NOT_SUMMONED]
    gone = Counter(said[root] for root in roots if said.get(root) in NOT_SUMMONED)
    return Summons(
        campaign=campaign,
        village=village,
        groups=neighbourhoods(_values(connection, summoned, members)),
        left_out=dict(sorted(gone.items())),
        regions=RegionTable.from_rows(facts.region_rows(connection)),
    )


def _members(connection: Connection, roots: Sequence[str]) -> dict[str, list[str]]:
    """Return the records of each resident, by root."""
    found: dict[str, list[str]] = {root: [] for root in roots}
    for record, root in ask(connection, _MEMBERS, listed(roots)):
        found[root].append(record)
    return {root: records_ or [root] for root, records_ in found.items()}


def _last_outcome(connection: Connection, members: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what the last visit said of each resident, by root."""
    roots = {record: root for root, found in members.items() for record in found}
    latest: dict[str, tuple[int, str]] = {}
    for person, outcome, at_ms in ask(connection, _LAST, listed(roots)):
        root = roots[person]
        latest[root] = max(latest.get(root, (0, "")), (at_ms, outcome))
    return {root: outcome for root, (_, outcome) in latest.items()}


def _values(
    connection: Connection, roots: Sequence[str], members: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    wanted = [UUID(record) for root in roots for record in members[root]]
    known = records.many(connection, wanted)
    for root in roots:
        states = [known[UUID(one)].state for one in members[root] if UUID(one) in known]
        yield root, cluster_values(states)
