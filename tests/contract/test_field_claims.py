"""What the field says and the ministry does not: recordings without its word, and our proposal."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared_schema.ids import derived_id
from shared_schema.links import Verdict
from sync_server import ingest, reconcile, tallies
from sync_server.ingest import Edit
from sync_server.proposal import proposal
from sync_server.reports.unconfirmed_report import Wanted, unconfirmed_report
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

ON = date(2016, 9, 1)
NIK, OTHER_NIK = "5315054107900001", "5315054107900002"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Give a laptop."""
    return bench.device()


def visit(device: RawDevice, person: Any, outcome: str, **more: Any) -> Any:
    """Write a visit to a person."""
    return device.change({"person": str(person.record), "outcome": outcome, **more}, type="visit")


def unconfirmed(bench: Bench, **asked: Any) -> dict[str, Any]:
    """Ask for the list."""
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        return unconfirmed_report(connection, ON, Wanted(**asked)).as_dict()


def set_status(bench: Bench, person: Any, status: str) -> None:
    """Let the ministry's list say something of a person."""
    edit = Edit(record=person.record, type="person", values={"central_status": status})
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [edit], "user:penyelia/status")


def test_recordings_that_the_ministry_lacks_are_listed_by_team_and_kit(
    bench: Bench, device: RawDevice
) -> None:
    """Each cluster once, by its last recording; the ministry's word takes it off the list."""
    one, twin, known, absent = device.people(4)
    visits = [visit(device, who, "recorded") for who in (one, twin, known)]
    last = visit(device, one, "recorded")
    gone = visit(device, absent, "not_at_home")
    bench.exchange(device, device.batch([one, twin, known, absent, *visits, last, gone]))
    set_status(bench, known, "BIO_CAPTURED")
    with bench.office.store.write() as connection:
        ends = (str(one.record), str(twin.record))
        reconcile.decide_pair(connection, ends, Verdict.SAME, "satu orang", "user:penyelia")
    document = unconfirmed(bench)
    (row,) = document["people"]
    assert (row["visit"], row["team"], row["kit"]) == (
        str(last.record), "Operator 1", "Laptop Contoh",
    )  # fmt: skip
    assert row["record"] == min(ends)
    assert document["by_team"] == [{"team": "Operator 1", "count": 1, "oldest_days": row["days"]}]
    assert sum(span["count"] for span in document["by_age"]) == document["count"] == 1
    assert unconfirmed(bench, older_than=row["days"] + 1)["count"] == 0
    assert unconfirmed(bench, region="53.71")["count"] == 0
    assert unconfirmed(bench, areas=("53.71",))["count"] == 0
    assert [unconfirmed(bench, team=one)["count"] for one in ("Operator 1", "Lain")] == [1, 0]
    assert [unconfirmed(bench, kit=one)["count"] for one in ("Laptop Contoh", "Lain")] == [1, 0]
    set_status(bench, one, "CARD_ISSUED")
    assert unconfirmed(bench)["count"] == 0


def test_a_proposal_is_claims_with_their_source_and_what_speaks_against_them(
    bench: Bench, device: RawDevice
) -> None:
    """Duplicates by a verdict, deaths and moves by a visit; a verdict undone is no claim."""
    one, twin = (device.change(person("Warga Contoh", nik=nik)) for nik in (NIK, OTHER_NIK))
    dead, away = device.people(2)
    told = [
        visit(device, dead, "deceased", note="=kata tetangga"),
        visit(device, away, "moved"),
        visit(device, away, "refused"),
    ]
    bench.exchange(device, device.batch([one, twin, dead, away, *told]))
    with bench.office.store.write() as connection:
        ends = (str(one.record), str(twin.record))
        made = reconcile.decide_pair(connection, ends, Verdict.SAME, "satu KK", "user:penyelia")
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        duplicate, death, move = proposal(connection)
    assert (duplicate["claim"], duplicate["evidence"], duplicate["said_by"]) == (
        "duplicate", "satu KK", "user:penyelia",
    )  # fmt: skip
    assert {duplicate["record"], duplicate["other_record"]} == set(ends)
    assert (death["claim"], death["evidence"], death["against"]) == (
        "deceased", "=kata tetangga", None,
    )  # fmt: skip
    assert death["said_by"] == "Operator 1 (Laptop Contoh)"
    assert (move["claim"], move["against"]) == ("moved", "refused")
    with bench.office.store.write() as connection:
        reconcile.undo(connection, str(made.decision), "user:penyelia")
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        assert [one["claim"] for one in proposal(connection)] == ["deceased", "moved"]


def register(bench: Bench, *rows: dict[str, Any]) -> list[str]:
    """Write rows as a register's import does; give their ids."""
    ids = [derived_id("test", str(at).encode()) for at, _ in enumerate(rows)]
    edits = [
        Edit(record=one, type="person", values=row) for one, row in zip(ids, rows, strict=True)
    ]
    with bench.office.store.write() as connection:
        ingest.write_own(connection, edits, "user:penyelia/register")
    return list(map(str, ids))


def join(bench: Bench, *ends: tuple[str, str]) -> None:
    """Say of pairs that each is one person."""
    with bench.office.store.write() as connection:
        for pair in ends:
            reconcile.decide_pair(connection, pair, Verdict.SAME, "satu orang", "user:penyelia")


def duplicates(bench: Bench) -> list[set[str]]:
    """Give the pairs that are proposed to the ministry as one person."""
    with bench.office.store.read() as connection:
        claims = [one for one in proposal(connection) if one["claim"] == "duplicate"]
    return [{one["record"], one["other_record"]} for one in claims]


def test_who_was_met_is_no_duplicate_of_their_own_row(bench: Bench, device: RawDevice) -> None:
    """A row and its arrivals, with its NIK or none, by the matcher or by hand: no claim."""
    known, bare = person("Sisilia Ngadul", nik=NIK), person("Petrus Bakung")
    rows = register(bench, known, bare)
    met = [device.change(person("Sisilia Ngadul", **more)) for more in ({}, {"nik": NIK})]
    found = device.change(person("Petrus Bakung", nik=OTHER_NIK))
    bench.exchange(device, device.batch([*met, found]))
    join(bench, (rows[1], str(found.record)), *((rows[0], str(one.record)) for one in met))
    assert duplicates(bench) == []


def test_two_rows_or_two_niks_are_a_duplicate_once(bench: Bench, device: RawDevice) -> None:
    """Also where an arrival without a NIK is what joined them; every other word adds none."""
    rows = register(bench, person("Warga Satu", nik=NIK), person("Warga Dua"), person("Warga Tiga"))
    met, other = (device.change(person("Orang Lain", **more)) for more in ({}, {"nik": OTHER_NIK}))
    bench.exchange(device, device.batch([met, other]))
    join(bench, (rows[0], str(met.record)), (str(met.record), rows[1]), (rows[0], rows[1]))
    assert duplicates(bench) == [{rows[0], rows[1]}]
    join(bench, (rows[2], str(other.record)))
    assert len(duplicates(bench)) == 1
    join(bench, (rows[0], rows[2]))
    assert {rows[0], rows[2]} in duplicates(bench)
    assert len(duplicates(bench)) == 2
