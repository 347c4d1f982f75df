"""A day's work on this laptop, counted: no names, no numbers of people, fit to be read aloud.

Pure but for reading the log, from its end and no further back than the day. What counts is when
something was saved, by the office's calendar. A record that was saved twice on a day counts once;
one that was declared void does not count at all. The villages add up to the total: what has no
village has a line of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from field_client.entries import Entry, Standing, shown
from field_client.journal import Journal
from field_client.reduction import Logged, logged
from field_client.tables import change_key, id_of
from shared_schema.changes import Change
from shared_schema.clock import wall_of
from shared_schema.ids import Stream

TALLIES = ("invited", "attended", "recorded")
_SLACK = timedelta(days=1)
_AT_ONCE = 64


@dataclass(slots=True, kw_only=True)
class Place:
    """What was done in one village. ``outcomes``: visits by what came of them."""

    registered: int = 0
    corrected: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def visits(self) -> int:
        """How many visits were paid."""
        return self.outcomes.total()


@dataclass(slots=True, kw_only=True)
class Recap:
    """What was done on one day. ``villages``: by code, "" for what names none.

    ``operator``: whose work it is, "" for everybody's. ``unsent``: what the office has not
    confirmed of it. ``stock``: blank cards by kind of movement.
    """

    day: date
    operator: str = ""
    villages: dict[str, Place] = field(default_factory=dict)
    sessions: int = 0
    tallies: Counter[str] = field(default_factory=Counter)
    outages: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    stock: Counter[str] = field(default_factory=Counter)
    others: int = 0
    records: int = 0
    unsent: int = 0

    @property
    def total(self) -> Place:
        """All villages together."""
        places = self.villages.values()
        return Place(
            registered=sum(place.registered for place in places),
            corrected=sum(place.corrected for place in places),
            outcomes=sum((place.outcomes for place in places), Counter()),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing was done."""
        return not self.records


def recap(journal: Journal, day: date, zone: tzinfo | None, operator: str = "") -> Recap:
    """Return what was saved on ``day`` (of ``zone``), by one operator or by all."""
    begun, touched = _touched(journal, day, zone, operator)
    found = Recap(day=day, operator=operator)
    entries = [one for one in journal.entries_of(map(str, touched)) if one.void is None]
    visited = {str(one.values.get("person")) for one in entries if one.type == "visit"}
    documents = journal.tables.records.get(doc_ids=visited)
    residents = {id_of(document): shown(document) for document in documents}
    for entry in entries:
        _count(found, residents, entry, new=entry.id in begun)
    return found


def day_of(unix_ms: int, zone: tzinfo | None) -> date:
    """Return the calendar day of a time."""
    return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).astimezone(zone).date()


def _touched(
    journal: Journal, day: date, zone: tzinfo | None, operator: str
) -> tuple[set[UUID], dict[UUID, None]]:
    """Return which people began on the day, and all records that were saved on it, in turn."""
    done = [
        one.change
        for one in _of_day(journal, day, zone)
        if operator in ("", one.change.operator) and not one.reduced
    ]
    begun = {change.record for change in done if _begins(change)}
    return begun, dict.fromkeys(change.record for change in reversed(done))


def _begins(change: Change) -> bool:
    """Tell whether a change gives a person their name for the first time."""
    name = change.writes.get("name")
    return name is not None and not name.replaces


def _of_day(journal: Journal, day: date, zone: tzinfo | None) -> Iterator[Logged]:
    """Yield the day's changes, read from the end of each stream."""
    for stream in journal.branches.all():
        for document in _backwards(journal, stream):
            found = logged(document)
            saved = day_of(wall_of(found.change.hlc), zone)
            if saved == day:
                yield found
            elif saved < day - _SLACK:
                break


def _backwards(journal: Journal, stream: Stream) -> Iterator[Mapping[str, Any]]:
    """Yield a stream's changes from its end, some at a time."""
    for last in range(journal.branches.last_sequence(stream), 0, -_AT_ONCE):
        keys = [change_key(stream, at) for at in range(last, max(0, last - _AT_ONCE), -1)]
        known = {id_of(one): one for one in journal.tables.changes.get(doc_ids=keys)}
        yield from (known[key] for key in keys if key in known)


def _count(
    found: Recap, residents: Mapping[str, Mapping[str, Any]], entry: Entry, *, new: bool
) -> None:
    values = entry.values
    found.records += 1
    found.unsent += entry.state in (Standing.WAITING, Standing.ATTENTION, Standing.DRAFT)
    match entry.type:
        case "person":
            place = _place(found, values)
            place.registered += new
            place.corrected += not new
        case "visit":
            resident = residents.get(str(values.get("person")), {})
            _place(found, resident).outcomes[str(values.get("outcome"))] += 1
        case "session":
            found.sessions += 1
            for name in TALLIES:
                found.tallies[name] += int(values.get(name) or 0)
        case "outage":
            found.outages += 1
        case "repair_attempt":
            found.repairs[str(values.get("result"))] += 1
        case "stock_movement":
            found.stock[str(values.get("kind"))] += int(values.get("quantity") or 0)
        case _:
            found.others += 1


def _place(found: Recap, values: Mapping[str, Any]) -> Place:
    return found.villages.setdefault(str(values.get("village") or ""), Place())
