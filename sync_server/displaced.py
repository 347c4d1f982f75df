"""Residents whom a broken machine sent away are queued again, without anybody having to say so.

Whoever was met last by a broken machine, and is not recorded since, gets a visit with the outcome
*revisit*, which the laptops of their village pull like any other. It belongs to the campaign that
comes to their village next; one for each visit that failed, however often this is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.i18n import Label
from shared_schema.ids import derived_id
from shared_schema.regions import contains
from sync_server import auditing, ingest, tallies
from sync_server.accounts import Actor, Role
from sync_server.ingest import Edit
from sync_server.office import Office
from sync_server.registry import context_of
from sync_server.reports.campaign_report import Campaign, campaigns
from sync_server.store.driver import ask, listed
from sync_server.store.queries import facts, log, records
from sync_server.store.queries.facts import Fact
from sync_server.tallies import day_number

# Nobody who signs in can be called so: a user's name has neither spaces nor brackets.
BY_ITSELF = Actor(name="jemput (otomatis)", role=Role.SUPERVISOR)
_AT_ONCE = 500
_LABEL = "jemput displaced"
_NOTE = Label(
    id="Alat rusak pada kunjungan sebelumnya; diantrekan kembali.",
    en="A machine was broken at the visit before; queued again.",
)
_BROKEN = (
    "SELECT visit, person, village, campaign, at_ms FROM tally_visits"
    " WHERE arrived >= ? AND reason = 'equipment_broken' AND outcome <> 'recorded'"
    " AND operator NOT LIKE 'user:%' ORDER BY at_ms, visit"
)
_MEMBERS = (
    "SELECT given.value, coalesce(other.record, given.value) FROM json_each(?) AS given"
    " LEFT JOIN clusters AS mine ON mine.record = given.value"
    " LEFT JOIN clusters AS other ON other.root = mine.root"
)
_LATER = (
    "SELECT person, max(at_ms) FROM tally_visits"
    " WHERE person IN (SELECT value FROM json_each(?)) GROUP BY person"
)
_DONE = (
    "SELECT root FROM tally_people WHERE central > 0 AND root IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Displaced:
    """A visit that failed for a machine, and whom it met."""

    visit: str
    person: str
    village: str
    campaign: str


def head(office: Office) -> int:
    """Return the end of the log."""
    with office.store.read() as connection:
        return log.head(connection)[0]


def requeue_new(office: Office) -> int:
    """Queue whoever arrived since the last time; return how many. Cheap where nothing is new."""
    end = str(head(office))
    with office.store.read() as connection:
        if facts.get(connection, Fact.DISPLACED) == end:
            return 0
    tallies.finish(office)
    with office.store.write() as connection:
        today = context_of(office, connection).today
        fresh = _fresh(connection, _found(connection, _since(connection)))
        _write(office, connection, fresh, today)
        facts.put(connection, Fact.DISPLACED, str(log.head(connection)[0]))
        facts.put(connection, Fact.DISPLACED_DAY, str(day_number(today)))
        if fresh:
            told = {"count": len(fresh)}
            auditing.note(office, connection, BY_ITSELF, "displaced-requeue", "", told)
    return len(fresh)


def _since(connection: Connection) -> int:
    """Return the day from which arrivals have to be looked at."""
    return int(facts.get(connection, Fact.DISPLACED_DAY) or 0)


def _found(connection: Connection, since: int) -> list[Displaced]:
    """Return the visits that were the last of somebody who is not recorded."""
    rows = ask(connection, _BROKEN, since)
    people = {row[1] for row in rows}
    members: dict[str, list[str]] = {}
    for person, record in ask(connection, _MEMBERS, listed(people)):
        members.setdefault(person, []).append(record)
    everybody = {record for found in members.values() for record in found}
    last = dict(ask(connection, _LATER, listed(everybody)))
    done = {root for (root,) in ask(connection, _DONE, listed(everybody))}
    latest: dict[str, Displaced] = {}
    for visit, person, village, campaign, at_ms in rows:
        together = members[person]
        later = max(last.get(one, 0) for one in together)
        if at_ms >= later and not done.intersection(together):
            latest[min(together)] = Displaced(
                visit=visit, person=person, village=village, campaign=campaign
            )
    return list(latest.values())


def _fresh(connection: Connection, found: Sequence[Displaced]) -> list[Displaced]:
    """Return those who are not queued for that visit yet."""
    wanted = {_again(one): one for one in found}
    there = records.own_areas(connection, wanted)
    return [one for record, one in wanted.items() if record not in there]


def _write(office: Office, connection: Connection, fresh: Sequence[Displaced], today: date) -> None:
    planned = campaigns(connection)
    for at in range(0, len(fresh), _AT_ONCE):
        edits = [
            Edit(record=_again(one), type="visit", values=_values(one, planned, today))
            for one in fresh[at : at + _AT_ONCE]
        ]
        ingest.write_own(connection, edits, BY_ITSELF.operator, wall_ms=office.now_ms())


def _values(one: Displaced, planned: Sequence[Campaign], today: date) -> Mapping[str, Any]:
    said = {
        "person": one.person,
        "outcome": "revisit",
        "reason": "equipment_broken",
        "note": _NOTE.id,
    }
    following = campaign_after(one, planned, today)
    return {**said, "campaign": following} if following else said


def campaign_after(one: Displaced, planned: Sequence[Campaign], today: date) -> str:
    """Return the campaign that comes to the village next: another one before the one that failed.

    "" where none does.
    """
    now = day_number(today)
    coming = [
        (campaign.record == one.campaign, campaign.days[0], campaign.record)
        for campaign in planned
        if one.village
        and contains(campaign.values["area"], one.village)
        and campaign.days[1] >= now
    ]
    return min(coming)[2] if coming else ""


def _again(one: Displaced) -> UUID:
    return derived_id(_LABEL, UUID(one.visit).bytes)
