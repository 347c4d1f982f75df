"""What is counted by lines of the index is what opening every record gives, whatever happened."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from field_client.entries import Edit, Standing, is_unsent
from field_client.opened import App
from field_client.recap import TALLIES, Place, Recap, day_of, recap
from field_client.reduction import logged
from field_client.retention import tidy
from field_client.saving import set_void
from field_client.sync.engine import synchronise
from field_client.tables import id_of, put
from field_client.tasks import tasks_of, visits_of
from shared_schema.canonical import Json
from shared_schema.clock import DAY_MS, Evidence, wall_of
from shared_schema.records import record_type
from tests.support.laptop import OPERATOR, laptop, reopen, write
from tests.support.memory_server import MemoryServer
from tests.support.older_store import older_laptop

VILLAGES = ("53.15.05.2001", "53.15.05.2002", None)
OUTCOMES = ("recorded", "refused", "not_at_home")
ZONES = (UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11)))
TODAY = date(2026, 11, 23)
STEPS, LOOK = 80, 8


class Team:
    """A laptop on which two work for some days, by chance."""

    def __init__(self, app: App, server: MemoryServer, seed: int) -> None:
        self.app, self.server, self.chance = app, server, Random(seed)
        self.people: list[UUID] = []

    def step(self) -> None:
        """Do one thing."""
        self.server.now_ms += self.chance.randrange(DAY_MS // 6)
        self.app.journal.operator = self.chance.choice((OPERATOR, "rekan"))
        work = self.chance.choice(WORK) if len(self.people) > 2 else Team.register
        work(self)

    def save(self, type_name: str, **values: Any) -> UUID:
        """Save a record of any type."""
        record = self.app.journal.new_record()
        self.app.journal.write([Edit(record=record, type=type_name, version=1, values=values)])
        return record

    def one(self) -> UUID:
        """Choose somebody who was registered."""
        return self.chance.choice(self.people)

    def register(self) -> None:
        """Register somebody, of a village or of none."""
        village, born = self.chance.choice(VILLAGES), f"19{self.chance.randrange(40, 99)}-01-01"
        values = {"name": f"Warga Uji {len(self.people)}", "village": village, "birth_date": born}
        self.people.append(write(self.app, self.app.journal.new_record(), **values))

    def move(self) -> None:
        """Correct a village: visits are counted where the person is now."""
        write(self.app, self.one(), village=self.chance.choice(VILLAGES))

    def visit(self) -> None:
        """Visit somebody who is known, or who is not."""
        unknown = self.chance.random() < 0.1
        person = self.app.journal.new_record() if unknown else self.one()
        self.save("visit", person=str(person), outcome=self.chance.choice(OUTCOMES))

    def recorded(self) -> None:
        """Let the ministry show somebody as recorded: not one of those to be found any more."""
        write(self.app, self.one(), central_status="PRINT_READY_RECORD")

    def void(self) -> None:
        """Declare a person void."""
        person = self.one()
        if (entry := self.app.journal.entry(person)) and entry.void is None:
            set_void(self.app.journal, person, record_type("person"), "ganda")

    def begin(self) -> None:
        """Leave a correction a draft, or begin somebody new."""
        known = self.chance.random() < 0.5
        record = self.one() if known else self.app.journal.new_record()
        self.app.journal.save_draft(record, "person", 1, {"village": VILLAGES[0], "name": "x"})

    def count(self) -> None:
        """Save what there are few of."""
        self.save("session", place="Balai", date="2016-09-02", invited=4, attended=3)
        self.save("stock_movement", office="Borong", kind="used", quantity=2, date="2016-09-02")

    def remark(self) -> None:
        """Have the office remark on somebody."""
        note: dict[str, Json] = {"sequence": 1, "code": "X", "field": None}
        put(self.app.tables.remarks, str(self.one()), {"notes": [note]})

    def sync(self) -> None:
        """Let the office receive all there is, and details go that are old enough."""
        synchronise(self.app, self.server)
        tidy(self.app.journal)

    def rest(self) -> None:
        """Let a month pass."""
        self.server.now_ms += 31 * DAY_MS


WORK = (
    *(Team.register, Team.move, Team.recorded, Team.void, Team.begin, Team.count),
    *(Team.remark, Team.visit, Team.visit, Team.visit, Team.sync, Team.rest),
)


def plainly(app: App, day: date, zone: tzinfo | None, operator: str) -> Recap:
    """Count a day by reading the whole log and opening every record."""
    done = [
        one.change
        for one in map(logged, app.tables.changes)
        if not one.reduced
        and day_of(wall_of(one.change.hlc), zone) == day
        and operator in ("", one.change.operator)
    ]
    named = [(one.record, one.writes["name"]) for one in done if "name" in one.writes]
    begun = {record for record, write in named if not write.replaces}
    found = Recap(day=day, operator=operator)
    for entry in map(app.journal.entry, {one.record for one in done}):
        if entry is None or entry.void is not None:
            continue
        values = entry.values
        found.records += 1
        found.unsent += entry.state in (Standing.WAITING, Standing.ATTENTION, Standing.DRAFT)
        if entry.type == "person":
            place = found.villages.setdefault(values.get("village") or "", Place())
            place.registered += entry.id in begun
            place.corrected += entry.id not in begun
        elif entry.type == "visit":
            state = app.journal.state(UUID(str(values["person"])))
            village = (state and state.shown("village")) or ""
            place = found.villages.setdefault(village, Place())
            place.outcomes[str(values.get("outcome"))] += 1
        elif entry.type == "session":
            found.sessions += 1
            found.tallies.update({name: int(values.get(name) or 0) for name in TALLIES})
        else:
            assert entry.type == "stock_movement"
            found.stock[str(values.get("kind"))] += int(values.get("quantity") or 0)
    return found


def require_same(app: App, now_ms: int) -> None:
    """Compare days, operators and zones, and what stands where."""
    for zone in ZONES:
        for ago in (0, 1):
            day = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date() - timedelta(days=ago)
            for operator in ("", OPERATOR):
                assert recap(app.journal, day, zone, operator) == plainly(app, day, zone, operator)
    for village in filter(None, VILLAGES):
        require_last_visits(app, village)
    plain = {str(one.id): one.state for one in app.journal.entries(own=True)}
    assert {one: now for one, now, _ in app.journal.standings()} == plain
    received = app.journal.received()
    unsent = [
        one["type"] for one in app.tables.records if one["own"] and is_unsent(one["last"], received)
    ]
    assert sorted(app.journal.unsent_types()) == sorted(unsent)


def require_last_visits(app: App, village: str) -> None:
    """Compare the last visits in a list of tasks with those that opening all visits gives."""
    found = tasks_of(app.journal, village, TODAY)
    for one in (*found.again, *found.new, *found.other, *found.done):
        opened = visits_of(app.journal, [str(one.id)]).get(str(one.id), [None])[-1]
        known = [one.last, opened]
        told = [visit and (visit.id, visit.outcome, visit.wall_ms) for visit in known]
        assert told[0] == told[1]


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture(params=range(2))
def team(tmp_path: Path, server: MemoryServer, request: pytest.FixtureRequest) -> Iterator[Team]:
    """Open a laptop whose clock is the server's."""
    clocks = lambda: Evidence(wall_ms=server.now_ms)  # noqa: E731 - a clock
    with laptop(tmp_path / "a", server.code(), clocks) as app:
        yield Team(app, server, request.param)


def test_lines_count_what_opening_everything_counts(team: Team) -> None:
    """Again and again on the way; and the index has lost nothing in the end."""
    for at in range(STEPS):
        team.step()
        if at % LOOK == 0:
            require_same(team.app, team.server.now_ms)
    assert team.app.db.check() == []
    assert any(one.get("reduced") for one in team.app.tables.changes)


def test_an_older_store_gets_its_lines(tmp_path: Path, server: MemoryServer) -> None:
    """What was done with the older program is counted the same after the update."""
    with older_laptop(tmp_path / "a", server.code()) as app:
        team = Team(app, server, 1)
        for _ in range(3):
            team.register()
        for work in (Team.visit, Team.visit, Team.count, Team.void, Team.move):
            work(team)
        old = [id_of(one) for one in (*app.tables.records, *app.tables.changes)]
        assert not [one for one in (*app.tables.records, *app.tables.changes) if LINES & set(one)]
    with reopen(tmp_path / "a", app.keys) as app:
        require_same(app, server.now_ms)
        assert [id_of(one) for one in (*app.tables.records, *app.tables.changes)] == old
        assert app.db.check() == []


LINES = {"brief", "saved"}
