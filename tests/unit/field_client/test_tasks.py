"""Who is to be seen: by age, marriage, the ministry's list and the policy of the campaign."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client import tasks
from field_client.entries import Edit
from field_client.opened import App
from field_client.tasks import Before, counted, tasks_of
from tests.support.laptop import laptop, write
from tests.support.memory_server import MemoryServer

VILLAGE, OTHER = "53.15.05.2001", "53.15.05.2002"
TODAY = date(2026, 11, 23)
ADULT: dict[str, Any] = {"village": VILLAGE, "birth_date": "1980-03-04"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop."""
    with laptop(tmp_path / "a", MemoryServer().code()) as opened:
        yield opened


def person(app: App, name: str, **values: Any) -> UUID:
    """Register somebody."""
    return write(app, app.journal.new_record(), name=name, **{**ADULT, **values})


def put(app: App, type_name: str, **values: Any) -> UUID:
    """Write a record of another type."""
    record = app.journal.new_record()
    app.journal.write([Edit(record=record, type=type_name, version=1, values=values)])
    return record


def names(app: App, today: date = TODAY) -> list[str]:
    """Name who is to be seen."""
    found = tasks_of(app.journal, VILLAGE, today)
    every = (*found.again, *found.new, *found.other, *found.done)
    return sorted(str(one.values["name"]) for one in every)


def test_whoever_must_hold_a_card_and_is_not_recorded_is_listed(app: App) -> None:
    """Seventeen, married at fifteen, of unknown age; nobody recorded, younger or elsewhere."""
    person(app, "tujuh belas", birth_date="2009-11-23")
    person(app, "besok", birth_date="2009-11-24")
    person(app, "kawin", birth_date="2011-01-01", marital_status=2)
    person(app, "tahun", birth_date="2009-01-01", birth_date_precision="year")
    person(app, "anak", birth_date="2012-01-01")
    person(app, "tak tentu", birth_date="2026-01-01", birth_date_precision="unknown")
    person(app, "lain", village=OTHER)
    person(app, "sudah", central_status="PRINT_READY_RECORD")
    person(app, "gagal", central_status="ENROLL_FAILURE_AT_CENTRAL")
    assert names(app) == ["gagal", "kawin", "tahun", "tak tentu", "tujuh belas"]
    assert counted(app.journal, [VILLAGE, OTHER], TODAY) == {VILLAGE: (0, 5), OTHER: (0, 1)}
    assert names(app, date(2026, 11, 24)) == sorted([*names(app), "besok"])


def test_a_void_record_is_nobodys_task(app: App) -> None:
    """Nor is one that the ministry's next list shows."""
    gone, recorded = person(app, "batal"), person(app, "rekam")
    values = {"_void": {"reason": "ganda"}}
    app.journal.write([Edit(record=gone, type="person", version=1, values=values)])
    write(app, recorded, central_status="CARD_PRINTED")
    assert names(app) == []
    assert counted(app.journal, [VILLAGE], TODAY) == {VILLAGE: (0, 0)}


def test_the_last_visit_says_where_somebody_stands(app: App) -> None:
    """Recorded in the field is done, not at home is again, refused is neither."""
    people = {name: person(app, name) for name in ("rekam", "tidak ada", "menolak", "baru")}
    for name, outcomes in (
        ("rekam", ("not_at_home", "recorded")),
        ("tidak ada", ("not_at_home",)),
        ("menolak", ("revisit", "refused")),
    ):
        for outcome in outcomes:
            put(app, "visit", person=str(people[name]), outcome=outcome)
    tasks = tasks_of(app.journal, VILLAGE, TODAY)
    lists = (tasks.again, tasks.new, tasks.other, tasks.done)
    assert [[one.values["name"] for one in each] for each in lists] == [
        ["tidak ada"],
        ["baru"],
        ["menolak"],
        ["rekam"],
    ]
    assert tasks.total == 4
    person(app, "seberang", village=OTHER)
    assert counted(app.journal, [VILLAGE, OTHER], TODAY) == {VILLAGE: (1, 4), OTHER: (0, 1)}


def test_a_list_that_is_not_whole_says_so(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The youngest are left out; they count all the same."""
    for year in (1950, 1960, 1970, 1980):
        person(app, f"lahir {year}", birth_date=f"{year}-01-01")
    monkeypatch.setattr(tasks, "MOST", 3)
    found = tasks_of(app.journal, VILLAGE, TODAY)
    assert [one.values["name"] for one in found.new] == ["lahir 1950", "lahir 1960", "lahir 1970"]
    assert (found.left_out, found.total) == (1, 4)
    monkeypatch.setattr(tasks, "MOST", 4)
    assert tasks_of(app.journal, VILLAGE, TODAY).left_out == 0


def test_a_running_campaign_sets_the_rule(app: App) -> None:
    """Age counts on its day, where it covers the village, while it runs."""
    person(app, "muda", birth_date="2010-05-01")
    policy = {"eligible_on": "2027-06-01", "min_age": 17, "married_count": True}
    area = {"name": "Sapu desa", "policy": policy, "starts_on": "2026-11-01"}
    put(app, "campaign", area="53.71", **area)
    put(app, "campaign", area="53.15.05", ends_on="2026-11-22", **area)
    assert names(app) == []
    put(app, "campaign", area="53.15.05", ends_on="2026-11-30", **area)
    assert names(app) == ["muda"]


def test_what_was_known_before_changes_no_list(app: App) -> None:
    """After every kind of change the list is the one that somebody makes who knows nothing."""
    known = Before()

    def same() -> int:
        tasks = tasks_of(app.journal, VILLAGE, TODAY, known)
        assert tasks == tasks_of(app.journal, VILLAGE, TODAY)
        return tasks.total

    people = [person(app, f"warga {at}") for at in range(4)]
    assert same() == 4
    write(app, people[0], dusun="A")
    put(app, "visit", person=str(people[1]), outcome="revisit")
    person(app, "baru")
    assert same() == 5
    write(app, people[2], village=OTHER)
    write(app, people[3], birth_date="2020-01-01")
    assert same() == 3
    assert same() == 3
    policy = {"eligible_on": "2026-06-01", "min_age": 60, "married_count": False}
    put(app, "campaign", name="Lansia", area=VILLAGE, policy=policy, starts_on="2026-11-01")
    assert same() == 0
