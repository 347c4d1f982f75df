"""A day's work on this laptop, counted: no names, no numbers of people, fit to be read aloud.

Pure but for reading the store: the log by time, no further than the day. What counts is when
something was saved, by the office's calendar. A record that was saved twice on a day counts once;
one that was declared void does not count at all. The villages add up to the total: what has no
village has a line of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from field_client.briefs import COUNTED_OF, Brief, Saved, from_hlc, read_saved
from field_client.entries import Entry, Standing, shown
from field_client.journal import Journal
from field_client.tables import id_of
from field_client.vault.table import VaultTable
from shared_schema.clock import COUNTER_BITS, wall_of

TALLIES = ("invited", "attended", "recorded")
_SLACK = timedelta(hours=3)
_VILLAGES = 8
_UNSENT = frozenset({Standing.WAITING, Standing.ATTENTION, Standing.DRAFT})


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
    """Return what was saved on ``day`` (of ``zone``), by one operator or by all.

    People and visits, of which there are hundreds, are counted by their lines in the index. What
    has a draft, and everything else, is opened.
    """
    saved = [one for one in _of_day(journal, day, zone) if operator in ("", one.operator)]
    begun = {one.record for one in saved if one.begins}
    touched = {one.record for one in saved}
    drafted = {id_of(one) for one in journal.tables.drafts.get(doc_ids=touched)}
    plain = {
        one.record: (one, now)
        for one, now in journal.briefs(drafted)
        if one.record in touched and one.type in COUNTED_OF and one.record not in drafted
    }
    entries = journal.entries_of(touched - set(plain))
    done = [_of_brief(*one) for one in plain.values()] + list(map(_of_entry, entries))
    done = [one for one in done if not one.void]
    villages = _villages(journal.tables.records, (one.person for one in done if one.person))
    found = Recap(day=day, operator=operator)
    for one in done:
        _count(found, one, villages.get(one.person, ""), new=one.record in begun)
    return found


def day_of(unix_ms: int, zone: tzinfo | None) -> date:
    """Return the calendar day of a time."""
    return datetime.fromtimestamp(unix_ms / 1000, tz=UTC).astimezone(zone).date()


class _Done(NamedTuple):
    """A record that was saved on the day. ``person``: whom a visit met, "" for all else."""

    record: str
    type: str
    void: bool
    unsent: bool
    values: Mapping[str, Any]

    @property
    def person(self) -> str:
        return str(self.values.get("person")) if self.type == "visit" else ""


def _of_brief(one: Brief, now: Standing) -> _Done:
    values = dict(zip(COUNTED_OF[one.type], one.counted, strict=True))
    return _Done(one.record, one.type, one.void, now in _UNSENT, values)


def _of_entry(one: Entry) -> _Done:
    return _Done(str(one.id), one.type, one.void is not None, one.state in _UNSENT, one.values)


def _of_day(journal: Journal, day: date, zone: tzinfo | None) -> Iterator[Saved]:
    """Yield the day's changes; a little around it is looked at, since clocks are put forward."""
    begin = datetime.combine(day, time(), zone).timestamp()
    low, high = (
        max(0, int(1000 * (begin + side.total_seconds()))) << COUNTER_BITS
        for side in (-_SLACK, timedelta(days=1) + _SLACK)
    )
    lines = journal.tables.changes.values_between("saved", from_hlc(low), from_hlc(high))
    found = map(read_saved, lines)
    return (one for one in found if day_of(wall_of(one.hlc), zone) == day)


def _villages(records: VaultTable, people: Iterable[str]) -> dict[str, str]:
    """Return the village that each of these people is of; "" for none, and for unknown people.

    Those who are still to be recorded stand in the index by their village: of a village with
    many only one is opened. Whoever is left then is.
    """
    found: dict[str, str] = {}
    left = set(people)
    for _ in range(_VILLAGES):
        if not left:
            break
        first = min(left)
        village = _village(records.get(doc_id=first))
        found[first] = village
        if village:
            found |= dict.fromkeys(
                records.within("to_record", f"{village} ", f"{village}!", left), village
            )
        left.difference_update(found)
    documents = {id_of(one): one for one in records.get(doc_ids=left)} if left else {}
    return found | {one: _village(documents.get(one)) for one in left}


def _village(document: Mapping[str, Any] | None) -> str:
    return str((document and shown(document).get("village")) or "")


def _count(found: Recap, one: _Done, village: str, *, new: bool) -> None:
    """Count a record. ``village``: of whom a visit met."""
    values = one.values
    found.records += 1
    found.unsent += one.unsent
    match one.type:
        case "person":
            place = _place(found, str(values.get("village") or ""))
            place.registered += new
            place.corrected += not new
        case "visit":
            _place(found, village).outcomes[str(values.get("outcome"))] += 1
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


def _place(found: Recap, village: str) -> Place:
    return found.villages.setdefault(village, Place())
