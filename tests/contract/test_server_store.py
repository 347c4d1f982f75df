"""The server's store and ingest over a real database in a temporary folder."""

import sqlite3
import traceback
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.exc import IntegrityError

from shared_schema.custody import Status
from shared_schema.frames import Kind
from shared_schema.ids import derived_id
from shared_schema.links import link_id
from shared_schema.records import RECORD_TYPES
from sync_server import counting, rebuilding, verification
from sync_server.ingest import Edit, write_own
from sync_server.store import schema
from sync_server.store.engine import DatabaseFailed
from sync_server.store.queries import facts, records
from sync_server.store.tables import metadata
from tests.support.offices import Bench, found_office
from tests.support.raw_device import person

THERE = "53.15.06.2001"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office with an empty log."""
    return found_office(tmp_path)


def shown(bench: Bench, record: UUID) -> dict[str, object]:
    """Give the shown values of a record."""
    with bench.office.store.read() as connection:
        found = records.get(connection, record)
    assert found is not None
    return found.state.values()


def counts(bench: Bench) -> dict[str, int]:
    """Give the server's counts."""
    with bench.office.store.read() as connection:
        return counting.counts(connection)


def test_migrations_make_the_tables_that_the_queries_use(bench: Bench) -> None:
    """The steps add up to tables.py, and the newest is the one that the program asks for."""
    with bench.office.store.read() as connection:
        assert schema.revision(connection) == schema.NEWEST
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_a_batch_is_taken_in_and_answered(bench: Bench) -> None:
    """Its receipt names the end of the chain; its people are there with their values."""
    device = bench.device()
    changes = device.people(5)
    receipt = bench.exchange(device, device.batch(changes)).receipts[0]
    assert (receipt.status, receipt.sequence, receipt.remarks) == (Status.ACCEPTED, 5, ())
    assert receipt.head == device.previous
    assert shown(bench, changes[2].record) == {
        name: write.value for name, write in changes[2].writes.items()
    }
    assert counts(bench)["persons"] == 5


def test_a_repeat_gets_the_same_receipt_byte_for_byte(bench: Bench) -> None:
    """Though the clock went on, and nothing is counted twice."""
    device = bench.device()
    batch = device.batch(device.people(3))
    one = bench.answer(device.section(batch))
    bench.clock[0] += 5000
    other = bench.answer(device.section(batch))
    given = [[f.body for f in frames if f.kind == Kind.RECEIPT] for frames in (one, other)]
    assert given[0] == given[1] != []
    assert counts(bench)["changes"] == 3


def test_a_gap_is_answered_with_what_is_needed(bench: Bench) -> None:
    """Nothing of the batch is kept; it goes in once the one before has come."""
    device = bench.device()
    first, second = device.batch(device.people(2)), device.batch(device.people(2))
    receipt = bench.exchange(device, second).receipts[0]
    assert (receipt.status, receipt.sequence) == (Status.GAP, 0)
    assert counts(bench)["changes"] == 0
    answer = bench.exchange(device, first, second)
    assert [r.status for r in answer.receipts] == [Status.ACCEPTED] * 2


def test_a_fork_is_kept_aside_and_answered_with_digests(bench: Bench) -> None:
    """The first chain stands; the other batch waits for a supervisor, once."""
    device = bench.device()
    head = device.previous
    bench.exchange(device, device.batch(device.people(2)))
    device.sequence, device.numbers = 0, 0
    forked = device.batch(device.people(3), previous=head)
    for _ in range(2):
        receipt = bench.exchange(device, forked).receipts[0]
        assert (receipt.status, receipt.sequence) == (Status.FORK, 2)
        assert receipt.digests is not None
        assert sorted(receipt.digests) == [1, 2]
    assert counts(bench)["quarantined"] == 1
    assert counts(bench)["persons"] == 2


@pytest.mark.parametrize(
    ("values", "more", "code"),
    [
        ({"name": 7}, {}, "TEXT_INVALID"),
        ({"central_status": "CARD_ISSUED"}, {}, "FIELD_NOT_YOURS"),
        ({"name": "Warga"}, {"type": "spaceship"}, "TYPE_UNKNOWN"),
        ({"name": "Warga"}, {"version": 99}, "TYPE_NEWER"),
    ],
)
def test_what_cannot_be_folded_stays_in_the_log_with_a_remark(
    bench: Bench, values: dict[str, object], more: dict[str, object], code: str
) -> None:
    """The chain moves on; the record shows nothing of it; a mending change is folded."""
    device = bench.device()
    odd = device.change(values, **more)
    receipt = bench.exchange(device, device.batch([odd])).receipts[0]
    assert receipt.status is Status.ACCEPTED
    assert [(r.sequence, r.code) for r in receipt.remarks] == [(1, code)]
    assert counts(bench) | {"changes": 1, "persons": 0} == counts(bench)
    mended = device.change(person("Warga Contoh 1"), record=odd.record)
    assert bench.exchange(device, device.batch([mended])).receipts[0].remarks == ()
    assert counts(bench)["persons"] == 1
    verification.verify_all(bench.office)


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"codec": 9}, "CODEC_UNKNOWN"),
        ({"payload": b"not zstd"}, "PAYLOAD_INVALID"),
        ({"recipient": X25519PrivateKey.generate().public_key()}, "BATCH_UNREADABLE"),
    ],
)
def test_a_batch_that_cannot_be_read_is_held(
    bench: Bench, odd: dict[str, object], code: str
) -> None:
    """Its place in the chain is taken, its bytes are kept, what follows goes in."""
    device = bench.device()
    held = device.batch(device.people(2), **odd)
    answer = bench.exchange(device, held, device.batch(device.people(1)))
    assert [r.status for r in answer.receipts] == [Status.HELD, Status.ACCEPTED]
    assert [r.code for r in answer.receipts[0].remarks] == [code]
    assert counts(bench) | {"changes": 1, "batches": 2} == counts(bench)
    verification.verify_all(bench.office)


def test_both_codecs_are_read_in_one_chain(bench: Bench) -> None:
    """A laptop that was updated goes on where it stood; old batches stay readable."""
    device = bench.device()
    sealed = [device.batch(device.people(2), codec=codec) for codec in (1, 2, 1)]
    answer = bench.exchange(device, *sealed)
    assert {receipt.status for receipt in answer.receipts} == {Status.ACCEPTED}
    assert counts(bench)["persons"] == 6
    verification.verify_all(bench.office)
    rebuilding.rebuild(bench.office)
    assert counts(bench)["persons"] == 6


def test_a_held_batch_is_taken_up_by_a_rebuild_that_can_read_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that knows the codec later needs nothing sent again."""
    device = bench.device()
    batch = device.batch(device.people(2))
    with monkeypatch.context() as older:
        older.setattr("shared_schema.wire.CODECS", {})
        assert bench.exchange(device, batch).receipts[0].status is Status.HELD
    assert rebuilding.rebuild(bench.office).reopened == 1
    assert counts(bench)["persons"] == 2
    verification.verify_all(bench.office)
    assert rebuilding.rebuild(bench.office).reopened == 0


def test_the_log_refuses_to_be_altered(bench: Bench) -> None:
    """Neither an update nor a deletion gets through, even by SQL."""
    device = bench.device()
    bench.exchange(device, device.batch(device.people(1)))
    for statement in (
        "UPDATE changes SET record = 'x'",
        "DELETE FROM changes",
        "UPDATE batches SET first = 2",
        "DELETE FROM batches",
    ):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            bench.office.store.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_own_writes_name_what_they_replace(bench: Bench) -> None:
    """The server's stream is numbered like any other; a second edit closes the first."""
    record = derived_id("test", b"1")
    for name in ("Warga Contoh 1", "Warga Contoh Satu"):
        with bench.office.store.write() as connection:
            values = person(name, central_status="CARD_ISSUED")
            made = write_own(
                connection,
                [Edit(record=record, type="person", values=values)],
                "user:penyelia",
                wall_ms=bench.clock[0],
            )
    assert made[0].sequence == 2
    assert shown(bench, record)["name"] == "Warga Contoh Satu"
    assert counts(bench)["conflicts"] == 0
    verification.verify_all(bench.office)


def test_own_writes_are_undone_with_the_callers_transaction(bench: Bench) -> None:
    """An import that fails half-way leaves nothing, and no gap in the numbers."""
    edit = Edit(record=derived_id("test", b"1"), type="person", values=person("Warga Contoh 1"))

    def fail() -> None:
        with bench.office.store.write() as connection:
            write_own(connection, [edit], "user:penyelia")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert counts(bench)["changes"] == 0
    with bench.office.store.write() as connection:
        assert write_own(connection, [edit], "user:penyelia")[0].sequence == 1


def test_the_servers_clock_follows_what_it_learns_but_not_a_wrong_one(bench: Bench) -> None:
    """A stamp minutes ahead is passed; one of next year is not believed."""
    device = bench.device()
    ahead = (bench.clock[0] + 60_000) << 16
    device.hlc = ahead
    bench.exchange(device, device.batch(device.people(1)))
    device.hlc = (bench.clock[0] + 365 * 86_400_000) << 16
    bench.exchange(device, device.batch(device.people(1)))
    edit = Edit(record=derived_id("test", b"1"), type="person", values=person("Warga Contoh 1"))
    with bench.office.store.write() as connection:
        made = write_own(connection, [edit], "user:penyelia", wall_ms=bench.clock[0])
    assert ahead < made[0].hlc < ahead + (120_000 << 16)


def test_a_batch_on_another_devices_stream_is_refused(bench: Bench) -> None:
    """Who may speak for a stream is who holds its key."""
    one, other = bench.device(), bench.device()
    answer = bench.exchange(one, other.batch(other.people(1)))
    assert answer.errors == ["BATCH_FORGED"]
    assert answer.receipts == []
    assert counts(bench)["batches"] == 0


def test_projections_are_the_same_after_a_rebuild(bench: Bench) -> None:
    """Row for row, with parents that arrive late, moves, voids and writers outside their scope."""
    device, other = bench.device(("53.15.05",)), bench.device(("53.15.06",))
    people = device.people(3)
    visit = device.change({"person": str(people[0].record), "outcome": "recorded"}, type="visit")
    bench.exchange(device, device.batch([*people, visit]))
    moved = other.change(
        {"village": "53.15.06.2001"}, record=people[0].record, replaces=[people[0].stamp]
    )
    gone = other.change({"_void": {"reason": "ganda"}}, record=people[1].record)
    bench.exchange(other, other.batch([moved]), other.batch([gone]))
    before = bench.projections()
    rebuilding.rebuild(bench.office)
    assert bench.projections() == before
    outside = {row["record"].decode(): row["outside"] for row in before["records"]}
    assert outside[str(people[0].record)] == device.id.hex().encode()
    assert outside[str(people[1].record)] == other.id.hex().encode()
    assert outside[str(people[2].record)] is None


def test_a_failed_statement_does_not_show_what_it_was_to_write(bench: Bench) -> None:
    """A log may hold the error and what caused it; a resident's data does not belong there."""
    rows = [("53.15", "Warga Contoh 1")]
    with pytest.raises(DatabaseFailed) as failed, bench.office.store.write() as connection:
        facts.add_regions(connection, rows)
    assert "Warga" not in "".join(traceback.format_exception(failed.value))


def test_a_record_given_another_type_is_the_same_after_a_rebuild(bench: Bench) -> None:
    """A hostile laptop names a resident and a verdict a campaign; the log may be cut anywhere."""
    device, other = bench.device(), bench.device()
    one, two = device.people(2)
    visit = device.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
    ends = {"a": str(one.record), "b": str(two.record), "verdict": "same"}
    link = device.change(ends, type="link", record=link_id(one.record, two.record))
    bench.exchange(device, device.batch([one, two, visit, link]))
    for changed in (one, link, visit):
        odd = other.change({"name": "Bukan", "area": THERE}, type="campaign", record=changed.record)
        bench.exchange(other, other.batch([odd]))
        verification.verify_all(bench.office)
    later = device.change({"village": THERE}, record=one.record, replaces=[one.stamp])
    bench.exchange(device, device.batch([later, *device.people(1)]))
    verification.verify_all(bench.office)


def test_what_a_newer_program_can_use_is_sent_to_those_who_passed_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change held for its type stands behind the cursors of devices when it is taken up."""
    device, other = bench.device(), bench.device()
    (person_made,) = device.people(1)
    visit = device.change({"person": str(person_made.record), "outcome": "recorded"}, type="visit")
    with monkeypatch.context() as older:
        known = {name: rtype for name, rtype in RECORD_TYPES.items() if name != "visit"}
        older.setattr("sync_server.assessment.RECORD_TYPES", known)
        bench.exchange(device, device.batch([person_made, visit]))
        assert set(bench.exchange(other).states) == {str(person_made.record)}
    rebuilding.rebuild(bench.office)
    assert str(visit.record) in bench.exchange(other).states
    rebuilding.rebuild(bench.office)
    assert bench.exchange(other).items == []
    verification.verify_all(bench.office)


def test_a_closed_database_file_can_be_read_by_plain_sqlite(bench: Bench, tmp_path: Path) -> None:
    """It is in write-ahead mode, as a crash-safe store has to be."""
    bench.office.store.close()
    connection = sqlite3.connect(tmp_path / "server.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_what_is_written_after_a_scope_has_ended_is_taken_in_and_marked(bench: Bench) -> None:
    """The day's work is never refused for a date; a supervisor sees which records it is."""
    device = bench.device(until_ms=bench.clock[0] + 1000)
    bench.exchange(device, device.batch(device.people(1)))
    bench.clock[0] += 5000
    receipt = bench.exchange(device, device.batch(device.people(1))).receipts[0]
    assert (receipt.status, receipt.remarks) == (Status.ACCEPTED, ())
    assert [row["outside"] for row in bench.projections()["records"]] == [
        None,
        device.id.hex().encode(),
    ]
