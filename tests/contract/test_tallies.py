"""Tallies over a real store: whatever the steps, they say what the records say, one by one."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared_schema.links import Verdict
from sync_server import ingest, rebuilding, reconcile, tallies
from sync_server.ingest import Edit
from sync_server.register_rows import resident_id
from sync_server.reports.coverage_report import Question, coverage_report
from sync_server.reports.overview_report import Overview, overview
from sync_server.reports.recap_report import Recap, recap
from sync_server.store import tally_tables
from sync_server.store.queries import raw
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

USER = "user:penyelia"
TODAY = date(2023, 11, 15)
HERE, THERE = "53.15.05.2001", "53.15.05.2002"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def born(day: str, precision: str = "day") -> dict[str, str]:
    """Give a date of birth."""
    return {"birth_date": day, "birth_date_precision": precision}


def everywhere(_area: str | None) -> bool:
    """See everything."""
    return True


def shown(bench: Bench) -> Overview:
    """Give the overview after catching up."""
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        return overview(connection, TODAY, everywhere)


def day_of(bench: Bench, day: date = TODAY) -> Recap:
    """Give the recap of a day."""
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        return recap(connection, day, None, everywhere)


def check(bench: Bench) -> Overview:
    """Hold the overview against the report that opens every record."""
    found = shown(bench)
    with bench.office.store.read() as connection:
        told = coverage_report(connection, Question(on=TODAY))
    assert found.counts == told.counts
    assert found.incomplete == told.left_out.incomplete
    assert found.elsewhere == told.left_out.elsewhere
    tallies.keep(bench.office, found.sums)
    return found


def dump(bench: Bench) -> list[list[dict[str, Any]]]:
    """Give every tally, row for row."""
    with bench.office.store.read() as connection:
        return [list(raw.rows(connection, table)) for table in tally_tables.TALLIES]


def deliver(bench: Bench, device: RawDevice, *changes: Any) -> None:
    """Let a device bring changes."""
    assert bench.exchange(device, device.batch(list(changes))).errors == []


def visit(device: RawDevice, who: Any, outcome: str = "recorded", **more: Any) -> Any:
    """Write a visit."""
    said = {"person": str(who.record), "outcome": outcome, **more}
    return device.change(said, type="visit")


def register(bench: Bench, **values: Any) -> str:
    """Put a resident into the register."""
    record = resident_id({"nik": str(values["nik"])}, "")
    known = person("Warga Uji") | born("1970-05-17")
    edit = Edit(record=record, type="person", values=known | values)
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [edit], USER)
    return str(record)


def test_the_overview_counts_what_the_report_counts_whatever_happens(bench: Bench) -> None:
    """Registered, visited, moved, joined, taken back, void: after each the two agree."""
    device = bench.device()
    one = device.change(person("Warga Uji 1") | born("1980-01-01", "year"))
    young = device.change(
        person("Warga Uji 2", village=THERE)
        | {"birth_date": "2015-01-01", "birth_date_precision": "day"}
    )
    unclear = device.change(person("Warga Uji 3"))
    deliver(bench, device, one, young, unclear)
    twin = register(bench, nik="5315054107900001", central_status="CARD_ISSUED")
    register(bench, nik="5315054107900002", central_status="PRINT_READY_RECORD", village=THERE)
    before = check(bench).counts["53.15"]
    deliver(bench, device, visit(device, one))
    after = check(bench).counts["53.15"]
    assert after.wajib == before.wajib
    with bench.office.store.write() as connection:
        made = reconcile.decide_pair(
            connection, (str(one.record), twin), Verdict.SAME, "alamat sama", USER
        )
    together = check(bench).counts["53.15"]
    assert together.printed == 1
    with bench.office.store.write() as connection:
        reconcile.undo(connection, str(made.decision), USER)
    assert check(bench).counts["53.15"] == after
    moved = device.change({"village": THERE}, record=one.record, replaces=[one.stamp])
    deliver(bench, device, moved)
    check(bench)
    deliver(bench, device, device.change({"_void": {"reason": "uji"}}, record=young.record))
    check(bench)


def test_tallies_made_in_many_steps_or_after_a_rebuild_are_those_made_in_one(bench: Bench) -> None:
    """They follow from the records alone."""
    device = bench.device()
    people = device.people(7)
    visits = [visit(device, who, reason="equipment_broken") for who in people]
    deliver(bench, device, *people, *visits)
    while tallies.catch_up(bench.office, at_once=3).left:
        pass
    in_steps = dump(bench)
    assert [len(rows) for rows in in_steps] == [7, 7, 0]
    with bench.office.store.write() as connection:
        tallies.clear(connection)
    tallies.finish(bench.office)
    assert dump(bench) == in_steps
    rebuilding.rebuild(bench.office)
    tallies.finish(bench.office)
    assert dump(bench) == in_steps


def test_a_recap_counts_each_resident_once_and_balances(bench: Bench) -> None:
    """Two visits that record one resident are two visits, and one resident recorded that day."""
    device = bench.device()
    who = device.change(person("Warga Uji 1") | {"marital_status": 2})
    other = device.change(person("Warga Uji 2", village=THERE) | {"marital_status": 2})
    first, again = visit(device, who), visit(device, who)
    deliver(bench, device, who, other, first, again, visit(device, other, "refused"))
    found = day_of(bench)
    assert (found.total.today, found.total.visits, found.uneven) == (1, 3, [])
    assert found.total.outcomes == {"recorded": 2, "refused": 1}
    assert (found.total.count.recorded_field, found.total.count.not_recorded) == (1, 1)
    district = next(one for one in found.parts if one.region == "53.15.05")
    assert district.outcomes == found.total.outcomes
    earlier = day_of(bench, date(2023, 11, 1))
    assert (earlier.total.today, earlier.total.count.recorded_field) == (0, 0)


def test_news_are_what_reached_the_office_since_yesterday(bench: Bench) -> None:
    """Three days on, nothing of it is news; the pace of a week still has it."""
    device = bench.device()
    who = device.change(person("Warga Uji 1"))
    deliver(bench, device, who, visit(device, who))
    news = shown(bench).news["53.15"]
    assert (news.residents, news.visits, news.recorded) == (1, 1, 1)
    with bench.office.store.read() as connection:
        later = overview(connection, date(2023, 11, 18), everywhere)
    assert later.news.get("53.15") is None or later.news["53.15"].visits == 0
    assert later.pace["53.15"] == pytest.approx(1 / 7)
