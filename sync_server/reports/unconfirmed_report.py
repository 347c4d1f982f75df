"""Residents recorded in the field whom the ministry's list lacks, out of the store.

The team is the operator who wrote the visit, the kit the laptop it was written on.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, or_, select

from shared_schema.changes import Stamp
from shared_schema.clock import wall_of
from shared_schema.display import time_zone
from shared_schema.fold import RecordState
from shared_schema.regions import contains
from sync_server.coverage import FIELD_RECORDED, cluster_values
from sync_server.people import device_labels, root_of_each
from sync_server.store import tables
from sync_server.store.queries import facts, log, records
from sync_server.store.queries.facts import Fact
from sync_server.unconfirmed import Recording, by, by_age, unconfirmed

COLUMNS = (
    "record", "visit", "name", "sex", "village", "birth_date", "nik", "central_status",
    "recorded_on", "days", "team", "kit",
)  # fmt: skip
OFFICE = "office"
_RECORDED = tuple(f'"outcome":"{outcome}"' for outcome in sorted(FIELD_RECORDED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to: a region, an age of so many days, one team, one kit.

    `areas`: of the user who asks; empty for the whole regency.
    """

    region: str | None = None
    older_than: int = 0
    team: str | None = None
    kit: str | None = None
    areas: tuple[str, ...] = ()

    def within(self, one: Recording) -> bool:
        """Tell whether a recording lies where the user may see it."""
        village = str(one.values.get("village", ""))
        return not self.areas or any(contains(area, village) for area in self.areas)

    def means(self, one: Recording, on: date) -> bool:
        """Tell whether a recording is asked for."""
        village = str(one.values.get("village", ""))
        return (
            one.days(on) >= self.older_than
            and self.team in (None, one.team)
            and self.kit in (None, one.kit)
            and (self.region is None or contains(self.region, village))
        )


_ALL = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """The list as asked for. `teams` and `kits`: all that it could be narrowed to."""

    on: date
    region: str | None
    people: tuple[Recording, ...]
    teams: tuple[str, ...] = ()
    kits: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the groups and the people, the oldest recording first."""
        found, on = self.people, self.on
        return {
            "on": on.isoformat(),
            "region": self.region,
            "count": len(found),
            "by_age": [
                {"from_days": start, "to_days": end, "count": count}
                for start, end, count in by_age(found, on)
            ],
            "by_team": [
                {"team": one.name, "count": one.count, "oldest_days": one.oldest_days}
                for one in by(found, lambda one: one.team, on)
            ],
            "by_kit": [
                {"kit": one.name, "count": one.count, "oldest_days": one.oldest_days}
                for one in by(found, lambda one: one.kit, on)
            ],
            "people": [person_row(one, on) for one in found],
        }


def person_row(one: Recording, on: date) -> dict[str, Any]:
    """Return one person of the list."""
    shown = ("name", "sex", "village", "birth_date", "nik", "central_status")
    return {
        "record": one.record,
        "visit": one.visit,
        **{name: one.values.get(name) for name in shown},
        "recorded_on": one.recorded_on.isoformat(),
        "days": one.days(on),
        "team": one.team,
        "kit": one.kit,
    }


def unconfirmed_report(connection: Connection, on: date, wanted: Wanted = _ALL) -> Unconfirmed:
    """Return who was recorded in the field and lacks the ministry's word, on a day."""
    waiting = [one for one in unconfirmed(_recordings(connection)) if wanted.within(one)]
    return Unconfirmed(
        on=on,
        region=wanted.region,
        people=tuple(one for one in waiting if wanted.means(one, on)),
        teams=tuple(sorted({one.team for one in waiting})),
        kits=tuple(sorted({one.kit for one in waiting})),
    )


def _recordings(connection: Connection) -> Iterator[Recording]:
    last = _last_visits(connection)
    labels, zone = device_labels(connection), time_zone(facts.need(connection, Fact.TIMEZONE))
    operators = _operators(connection, last)
    shown = _shown(connection, last)
    for root, (stamp, visit) in last.items():
        if shown.get(root):
            device = stamp.stream.device.hex()
            yield Recording(
                record=str(root),
                visit=str(visit.record),
                values=shown[root],
                recorded_on=_day(stamp, zone),
                team=operators.get(visit.record, "?"),
                kit=labels.get(device, OFFICE),
            )


def _day(stamp: Stamp, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(wall_of(stamp.hlc) / 1000, zone).date()


def _last_visits(connection: Connection) -> dict[UUID, tuple[Stamp, RecordState]]:
    """Return the last visit that recorded each cluster, by its root, and the stamp of that."""
    table = tables.records
    query = select(table.c.record).where(table.c.type == "visit", table.c.void.is_(False))
    wanted = query.where(or_(*(table.c.shown.contains(one, autoescape=True) for one in _RECORDED)))
    ids = [UUID(one) for one in connection.execute(wanted).scalars()]
    found: dict[UUID, tuple[Stamp, RecordState]] = {}
    visits = records.many(connection, ids)
    people = {one: _person(visits[one].state) for one in ids}
    roots = root_of_each(connection, {one for one in people.values() if one})
    for one in ids:
        person, state = people[one], visits[one].state
        said = state.fields["outcome"].winner
        if person is None or said is None:
            continue
        root = roots.get(person, person)
        if root not in found or found[root][0] < said.stamp:
            found[root] = (said.stamp, state)
    return found


def _person(visit: RecordState) -> UUID | None:
    try:
        return UUID(str(visit.shown("person")))
    except ValueError:
        return None


def _operators(
    connection: Connection, last: Mapping[UUID, tuple[Stamp, RecordState]]
) -> dict[UUID, str]:
    stamps = {visit.record: stamp for stamp, visit in last.values()}
    return {
        entry.change.record: entry.change.operator
        for entry in log.of_records(connection, [str(one) for one in stamps])
        if entry.change.stamp == stamps[entry.change.record]
    }


def _shown(connection: Connection, roots: Mapping[UUID, object]) -> dict[UUID, dict[str, Any]]:
    """Return what each cluster shows; of one whose records are all void nothing."""
    members: defaultdict[UUID, list[UUID]] = defaultdict(list)
    table = tables.clusters
    for part in records.chunks([str(root) for root in roots]):
        query = select(table.c.record, table.c.root).where(table.c.root.in_(part))
        for row in connection.execute(query):
            members[UUID(row.root)].append(UUID(row.record))
    together = {root: members.get(root, [root]) for root in roots}
    known = records.many(connection, [one for found in together.values() for one in found])
    return {
        root: cluster_values(known[one].state for one in found if one in known)
        for root, found in together.items()
    }
