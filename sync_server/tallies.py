"""Tallies: what reports count of each resident and visit, kept narrow and brought up to date.

A register of 165,000 takes seconds to open record by record, and an overview is asked for at
eight in the morning. So each resident (a cluster as it shows) and each visit has a row of what is
counted, which follows from the records alone. `catch_up` takes in what was touched since the place
in the log that it noted, a bounded number of records at a time; whatever the log is, a tally made
in many steps is the one made in a single step.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from threading import Lock, Thread
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from shared_schema.central import Central, central_meaning
from shared_schema.clock import COUNTER_BITS, wall_of
from shared_schema.display import time_zone
from shared_schema.eligibility import MARRIED_OR_EVER_MARRIED, birth_span
from sync_server.coverage import FIELD_RECORDED, cluster_values, is_complete
from sync_server.office import Office
from sync_server.print_queue import order_of
from sync_server.store.driver import ask, listed, run, text_of
from sync_server.store.queries import facts, log, records
from sync_server.store.queries import tallies as sums
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.tallies import Counted
from sync_server.store.tally_tables import TALLIES, tally_people, tally_sums, tally_visits
from sync_server.unconfirmed import revisit_of

AT_ONCE = 1_000
AGAIN, BROKEN = 1, 2
_COME_BACK = frozenset({"revisit", "not_at_home"})
_MACHINE = "equipment_broken"
_TICKS = (1 << COUNTER_BITS) - 1
_CENTRAL = {Central.NOT_RECORDED: 0, Central.RECORDED: 1, Central.PRINTED: 2}
_FINISHING = Lock()
_UPTO = "SELECT position FROM records WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?"
_TOUCHED = "SELECT record, type FROM records WHERE position > ? AND position <= ?"
_SHOWN = (
    "SELECT record, type, shown, void, born FROM records WHERE record"
    " IN (SELECT value FROM json_each(?))"
)
_VISITS = (
    "SELECT record, shown, state, area, void, born FROM records WHERE record"
    " IN (SELECT value FROM json_each(?))"
)
_BODIES = "SELECT record, body FROM changes WHERE record IN (SELECT value FROM json_each(?))"
_RECEIVED = (
    "SELECT position, received_ms FROM changes WHERE position IN (SELECT value FROM json_each(?))"
)
_OLD_ROOTS = (
    "SELECT record, root FROM tally_clusters WHERE record IN (SELECT value FROM json_each(?))"
)
_ROOTS = "SELECT record, root FROM clusters WHERE record IN (SELECT value FROM json_each(?))"
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"
_VISITED = "SELECT person FROM tally_visits WHERE visit IN (SELECT value FROM json_each(?))"
_LIVED = "SELECT village FROM tally_people WHERE root IN (SELECT value FROM json_each(?))"
_MET = (
    "SELECT visit, person, outcome, reason, day, operator, device FROM tally_visits"
    " WHERE person IN (SELECT value FROM json_each(?)) ORDER BY at_ms, tick, device, visit"
)
_THERE = "SELECT visit FROM tally_visits WHERE visit IN (SELECT value FROM json_each(?))"
_MOVED = (
    "SELECT record FROM (SELECT record, root FROM clusters EXCEPT"
    " SELECT record, root FROM tally_clusters)"
    " UNION SELECT record FROM (SELECT record, root FROM tally_clusters EXCEPT"
    " SELECT record, root FROM clusters)"
)
Told = Callable[[int, int], None]
_ADD_PERSON = text_of(insert(tally_people))
_ADD_VISIT = text_of(insert(tally_visits))


@dataclass(slots=True)
class Met:
    """What the visits to a resident come to, taken in the order in which they were written.

    `first_day`: of the first that recorded them; `visit`, `day`, `team`, `device`: of the last
    such. `requeued`: the office asked for another visit since. `asks`: what the last visit of all
    leaves to do.
    """

    first_day: int | None = None
    visit: str | None = None
    day: int | None = None
    team: str | None = None
    device: str | None = None
    requeued: bool = False
    last_day: int | None = None
    asks: int = 0

    def take(
        self, visit: str, outcome: str, reason: str, day: int, operator: str, device: str
    ) -> None:
        """Take in the next visit."""
        if outcome in FIELD_RECORDED:
            self.first_day = day if self.first_day is None else min(self.first_day, day)
            self.visit, self.day, self.team, self.device = visit, day, operator, device
        self.last_day, self.asks = day, asks_of(outcome, reason)


def asks_of(outcome: str, reason: str) -> int:
    """Return what a visit leaves to do: 0, AGAIN, or BROKEN where it was for a machine."""
    if outcome not in FIELD_RECORDED and reason == _MACHINE:
        return BROKEN
    return AGAIN if outcome in _COME_BACK else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the tallies are: the place in the log, and how many records are not counted yet."""

    position: int
    left: int


def catch_up(office: Office, at_once: int = AT_ONCE) -> Progress:
    """Take in what was touched since the last time, at most so many records; say how far it is.

    Writes nothing, and waits for no writer, where there is nothing new.
    """
    with office.store.read() as connection:
        found = progress(connection)
    if not found.left and found.position == _head(office):
        return found
    with office.store.write() as connection:
        step(connection, at_once)
        return progress(connection)


def catch_up_soon(office: Office) -> Progress:
    """Take in the next part for a page that waits; where more is left, go on in the background."""
    found = catch_up(office)
    if found.left and _FINISHING.acquire(blocking=False):
        Thread(target=_finish_behind, args=(office,), daemon=True).start()
    return found


def _finish_behind(office: Office) -> None:
    try:
        finish(office)
    finally:
        _FINISHING.release()


def finish(office: Office, told: Told = lambda _done, _total: None) -> None:
    """Take in all that is new, a part in each transaction, so that nobody waits long.

    ``told`` hears how many records are counted, and of how many.
    """
    with office.store.read() as connection:
        total = progress(connection).left
    if total:
        told(0, total)
    while left := catch_up(office).left:
        total = max(total, left)
        told(total - left, total)


def keep(office: Office, counted: Counted) -> None:
    """Keep the sums that a page had to make, so that the next one need not."""
    if counted.fresh:
        with office.store.write() as connection:
            sums.keep(connection, counted)


def clear(connection: Connection) -> None:
    """Forget all tallies: they are made anew from the records."""
    for table in (*TALLIES, tally_sums):
        connection.execute(table.delete())
    facts.put(connection, Fact.TALLIED, "0")


def progress(connection: Connection) -> Progress:
    """Return how far the tallies are."""
    position = int(facts.get(connection, Fact.TALLIED) or 0)
    ((left,),) = ask(connection, "SELECT count(*) FROM records WHERE position > ?", position)
    return Progress(position=position, left=left)


def step(connection: Connection, at_once: int) -> None:
    """Take in the next records behind the place noted, and move it."""
    position = int(facts.get(connection, Fact.TALLIED) or 0)
    behind = ask(connection, _UPTO, position, at_once - 1)
    upto = int(behind[0][0]) if behind else log.head(connection)[0]
    touched = ask(connection, _TOUCHED, position, upto)
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for record, kind in touched:
        kinds[kind].append(record)
    zone = time_zone(facts.need(connection, Fact.TIMEZONE))
    people = {record for record, _ in touched if record not in kinds["visit"]}
    people |= _note_visits(connection, [record for record, _ in touched], kinds["visit"], zone)
    if kinds["link"]:
        people |= {record for (record,) in ask(connection, _MOVED)}
    _note_people(connection, people, zone)
    if kinds["link"]:
        _keep_clusters(connection)
    facts.put(connection, Fact.TALLIED, str(upto))


def _head(office: Office) -> int:
    with office.store.read() as connection:
        return log.head(connection)[0]


def _keep_clusters(connection: Connection) -> None:
    run(connection, "DELETE FROM tally_clusters WHERE ?", [(1,)])
    run(
        connection,
        "INSERT INTO tally_clusters SELECT record, root FROM clusters WHERE ?",
        [(1,)],
    )


# Visits -------------------------------------------------------------------------------------


def _note_visits(
    connection: Connection, touched: Sequence[str], visits: Sequence[str], zone: tzinfo | None
) -> set[str]:
    """Bring the rows of visits up to date; return the residents whom they name or named."""
    people = {person for (person,) in ask(connection, _VISITED, listed(touched))}
    run(connection, "DELETE FROM tally_visits WHERE visit = ?", [(one,) for one in touched])
    found = [row for row in ask(connection, _VISITS, listed(visits)) if not row[4]]
    received = _received(connection, [row[5] for row in found])
    operators = _operators(connection, visits)
    rows = [
        made
        for row in found
        if (made := _visit_row(row, operators, received[row[5]], zone)) is not None
    ]
    run(connection, _ADD_VISIT, rows)
    return people | {str(row[1]) for row in rows}


def _visit_row(
    row: Sequence[Any], operators: Mapping[tuple[str, str], str], received_ms: int, zone: Any
) -> tuple[object, ...] | None:
    record, shown, state, area = row[:4]
    values, heads = json.loads(shown), json.loads(state)["fields"].get("outcome", {}).get("heads")
    person = values.get("person")
    if not heads or not person or "outcome" not in values:
        return None
    stamp = str(heads[-1][0])
    reading = int(stamp.partition(".")[0], 16)
    at_ms = wall_of(reading)
    return (
        record,
        person,
        area or "",
        values["outcome"],
        values.get("reason", ""),
        values.get("campaign", ""),
        values.get("session", ""),
        _day_of_ms(at_ms, zone),
        at_ms,
        reading & _TICKS,
        operators.get((record, stamp), "?"),
        stamp.partition(".")[2][:16],
        values.get("lat"),
        values.get("lon"),
        _day_of_ms(received_ms, zone),
    )


def _operators(connection: Connection, visits: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return who wrote each change of some visits, by record and stamp."""
    found = {}
    for record, body in ask(connection, _BODIES, listed(visits)):
        change = json.loads(body)
        found[record, f"{change['hlc']}.{change['stream']}"] = change["operator"]
    return found


# Residents ----------------------------------------------------------------------------------


def _note_people(connection: Connection, touched: set[str], zone: tzinfo | None) -> None:
    """Bring the rows of residents up to date, and of those who were or are one with them."""
    names = listed(touched)
    before = {root for _, root in ask(connection, _OLD_ROOTS, names)}
    affected = touched | before
    roots = dict(ask(connection, _ROOTS, listed(affected)))
    now = {roots.get(one, one) for one in affected}
    gone = affected | now
    villages = {village for (village,) in ask(connection, _LIVED, listed(gone))}
    run(connection, "DELETE FROM tally_people WHERE root = ?", [(one,) for one in gone])
    members: dict[str, list[str]] = {root: [] for root in now}
    for record, root in ask(connection, _MEMBERS, listed(now)):
        members[root].append(record)
    members = {root: found or [root] for root, found in members.items()}
    rows = list(_people_rows(connection, members, zone))
    run(connection, _ADD_PERSON, rows)
    sums.forget(connection, villages | {str(row[1]) for row in rows})


def _people_rows(
    connection: Connection, members: Mapping[str, Sequence[str]], zone: tzinfo | None
) -> Iterator[tuple[object, ...]]:
    everybody = listed({one for found in members.values() for one in found})
    known = {
        row[0]: row
        for row in ask(connection, _SHOWN, everybody)
        if row[1] == "person" and not row[3]
    }
    met = _met(connection, members)
    received = _received(connection, [row[4] for row in known.values()])
    for root, found in members.items():
        there = [known[one] for one in found if one in known]
        if there:
            first = min(received[row[4]] for row in there)
            values = _values(connection, there)
            yield _person_row(root, values, met.get(root, Met()), _day_of_ms(first, zone))


def _met(connection: Connection, members: Mapping[str, Sequence[str]]) -> dict[str, Met]:
    """Return what the visits to each cluster come to, those of all its records."""
    root_of = {record: root for root, found in members.items() for record in found}
    met: defaultdict[str, Met] = defaultdict(Met)
    for visit, person, *said in ask(connection, _MET, listed(root_of)):
        met[root_of[person]].take(visit, *said)
    again = {str(revisit_of(one.visit)): one for one in met.values() if one.visit}
    for (visit,) in ask(connection, _THERE, listed(again)):
        again[visit].requeued = True
    return met


def _values(connection: Connection, rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    if len(rows) == 1:
        shown: Mapping[str, Any] = json.loads(rows[0][2])
        return shown
    known = records.many(connection, [UUID(row[0]) for row in rows])
    return cluster_values(current.state for current in known.values())


def _person_row(root: str, values: Mapping[str, Any], met: Met, arrived: int) -> tuple[object, ...]:
    born = birth_span(values.get("birth_date"), values.get("birth_date_precision"))
    complete, central = is_complete(values), central_meaning(values)
    return (
        root,
        values.get("village", ""),
        complete,
        values.get("marital_status") in MARRIED_OR_EVER_MARRIED,
        day_number(born[0]) if born else None,
        day_number(born[1]) if born else None,
        _CENTRAL[central],
        values.get("central_status", ""),
        met.first_day,
        arrived,
        order_of(values) if complete and central is Central.RECORDED else None,
        met.visit,
        met.day,
        met.team,
        met.device,
        met.requeued,
        met.last_day,
        met.asks,
    )


# Days ---------------------------------------------------------------------------------------


def day_number(day: date) -> int:
    """Return a day as the tallies hold it: YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def date_of(number: int) -> date:
    """Return the day of a number that the tallies hold; the earliest there is for none."""
    if not number:
        return date.min
    return date(number // 10_000, number // 100 % 100, number % 100)


def _day_of_ms(unix_ms: int, zone: tzinfo | None) -> int:
    try:
        return day_number(datetime.fromtimestamp(unix_ms / 1000, zone))
    except (ValueError, OverflowError, OSError):
        return 0


def _received(connection: Connection, positions: Iterable[int]) -> dict[int, int]:
    return dict(ask(connection, _RECEIVED, listed(set(positions))))
