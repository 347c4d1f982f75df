"""The arithmetic behind the officer's pages: blank cards, outages that stand, a day's work."""

from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client.blanks import by_office, stock
from field_client.entries import Edit
from field_client.opened import App
from field_client.outages import Said, down, standing, status_of
from field_client.recap import day_of, recap
from field_client.saving import set_void
from shared_schema.clock import Evidence
from shared_schema.records import record_type
from shared_schema.regions import RegionTable
from tests.support.laptop import laptop, register, write
from tests.support.memory_server import NOW_MS, MemoryServer

TODAY = date(2016, 9, 1)


def moved(kind: str, quantity: int, ago: int = 0, office: str = "Borong") -> dict[str, Any]:
    """Give a movement of blank cards so many days ago."""
    day = (TODAY - timedelta(days=ago)).isoformat()
    return {"office": office, "kind": kind, "quantity": quantity, "date": day}


@pytest.mark.parametrize(
    ("moves", "remaining", "days_left"),
    [
        ([], 0, None),
        ([moved("opening", 100), moved("requested", 900), moved("granted", 900)], 100, None),
        (
            [moved("received", 57540, 300), moved("used", 54833, 200), moved("spoiled", 2707, 100)],
            0,
            None,
        ),
        ([moved("opening", 280, 27), moved("used", 70, 13), moved("used", 70)], 140, 14),
        ([moved("opening", 10, 1), moved("used", 4, 1), moved("adjusted", -6)], 0, 0),
        ([moved("opening", 10, 3), moved("used", 20, 1)], -10, 0),
    ],
)
def test_blank_cards_add_up_and_last_at_the_pace_of_two_weeks(
    moves: list[dict[str, Any]], remaining: int, days_left: int | None
) -> None:
    """Promises are not counted; nothing is forecast where nothing goes; never below no days."""
    found = stock("Borong", moves, TODAY)
    assert (found.remaining, found.days_left) == (remaining, days_left)


def test_the_office_that_runs_out_first_stands_first() -> None:
    """And those of which nothing can be said last."""
    moves = [moved("opening", 50, 1, name) for name in ("Satu", "Dua", "Tiga")]
    moves += [moved("used", 30, 1, "Dua"), moved("used", 5, 1, "Tiga")]
    assert [one.office for one in by_office(moves, TODAY)] == ["Dua", "Tiga", "Satu"]


def test_an_outage_stands_as_the_latest_word_says() -> None:
    """By the day it is of, and on one day by when it was saved; a repair counts as a word."""
    assert standing("broken", []) == "broken"
    assert standing(None, []) == "reported"
    words = [
        Said(when="2016-09-02", order=0, status="restored"),
        Said(when="2016-09-01", order=1, status="in_repair"),
    ]
    assert standing("broken", words) == "restored"
    assert (
        standing("broken", [*words, Said(when="2016-09-02", order=2, status="broken")]) == "broken"
    )
    assert status_of("repair_attempt", {"result": "succeeded"}) == "restored"
    assert status_of("repair_attempt", {"result": "failed"}) == "awaiting_repair"
    assert status_of("outage_statement", {"cause": "listrik"}) is None


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("Kota Raja", True),
        ("kecamatan kota raja", True),
        ("Kota Radja", True),
        ("Kota Lama", False),
        ("Kota", False),
        ("", False),
    ],
)
def test_a_place_that_is_down_is_known_in_other_spellings(target: str, found: bool) -> None:
    """Old spelling, with or without "Kecamatan"; not a part of a name."""
    broken = [("a", {"place": "Kec. Kota Raja", "component": "camera"}), ("b", {"place": "Alak"})]
    assert down([target], broken) == ({target: ["a"]} if found else {})


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("53.15.06", "Kecamatan Misal"),
        ("53.15.06", "misal"),
        ("531506", "53.15.06"),
        ("Kantor Camat Misal", "53.15.06"),
        ("53.15.06.2001", "Kec. Misal"),
        ("53.15.06.2001", "Desa Contoh"),
    ],
)
def test_a_code_and_its_name_are_one_place(place: str, target: str) -> None:
    """A broken camera at a code is found where people are sent by name, and the other way round."""
    rows = [("53.15.05", "Lain"), ("53.15.06", "Kecamatan Misal"), ("53.15.06.2001", "Contoh")]
    regions, broken = RegionTable.from_rows(rows), [("a", {"place": place})]
    assert down([target], broken, regions) == {target: ["a"]}
    assert down(["53.15.05", "Lain", "53.15.99"], broken, regions) == {}


class Days:
    """A clock that the test moves by days."""

    def __init__(self) -> None:
        self.wall_ms = NOW_MS

    def __call__(self) -> Evidence:
        """Read it."""
        return Evidence(wall_ms=self.wall_ms, monotonic_ms=1)


@pytest.fixture
def days() -> Days:
    """Return the clock."""
    return Days()


@pytest.fixture
def app(tmp_path: Path, days: Days) -> App:
    """Return a laptop that lives by it."""
    return laptop(tmp_path / "a", MemoryServer().code(), days)


def save(app: App, type_name: str, **values: Any) -> UUID:
    """Save a record of any type."""
    record = app.journal.new_record()
    app.journal.write([Edit(record=record, type=type_name, version=1, values=values)])
    return record


def test_a_day_counts_each_record_once_by_village(app: App, days: Days) -> None:
    """Saved twice, once; void, not at all; another day's people are corrected, not registered."""
    with app:
        (old,) = register(app, ["Warga Uji 1"])
        days.wall_ms += 86_400_000
        today = day_of(days.wall_ms, UTC)
        new, gone, other = register(app, ["Warga Uji 2", "Warga Uji 3", "Warga Uji 4"])
        write(app, new, village="53.15.05.2001")
        write(app, new, rt="001")
        write(app, old, rt="002")
        set_void(app.journal, gone, record_type("person"), "ganda")
        save(app, "visit", person=str(new), outcome="recorded")
        save(app, "visit", person=str(other), outcome="not_at_home")
        save(app, "session", place="Balai", date="2016-09-02", invited=40, attended=31, recorded=30)
        save(app, "stock_movement", office="Borong", kind="used", quantity=7, date="2016-09-02")
        found = recap(app.journal, today, UTC)
        assert (found.total.registered, found.total.corrected) == (2, 1)
        assert found.villages["53.15.05.2001"].registered == 1
        assert found.villages["53.15.05.2001"].outcomes == {"recorded": 1}
        assert found.total.outcomes == {"recorded": 1, "not_at_home": 1}
        assert (found.sessions, found.tallies["attended"], found.stock["used"]) == (1, 31, 7)
        assert (found.records, found.unsent) == (7, 7)
        assert recap(app.journal, today, UTC, "somebody else").empty
        yesterday = recap(app.journal, today - timedelta(days=1), UTC)
        assert (yesterday.total.registered, yesterday.records) == (1, 1)
