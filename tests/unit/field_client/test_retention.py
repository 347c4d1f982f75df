"""Retention: details of received records go after 30 days of the server's time, stamps stay."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client.entries import Edit, Standing
from field_client.opened import App
from field_client.retention import KEPT_MS, PIECE, tidy
from field_client.search import search
from field_client.sync.engine import synchronise
from field_client.sync.errors import ClockOff
from field_client.verification import examine
from shared_schema.canonical import encode
from shared_schema.changes import change_digest
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.records import RECORD_TYPES
from tests.support.laptop import clone, laptop, register, reopen, seen, write
from tests.support.memory_server import NOW_MS, MemoryServer

DETAILS = {"phone": "081234567890", "mother_name": "Ibu Rahasia", "note": "alamat lama"}
ROW = {"name": "Warga Contoh 1", "sex": "P", "birth_date": "1970-01-01", "nik": "5315054101700001"}


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop whose clock follows the server's."""
    with laptop(tmp_path / "a", server.code(), lambda: Evidence(wall_ms=server.now_ms)) as opened:
        yield opened


def later(server: MemoryServer, days: float) -> None:
    """Let time pass at the office."""
    server.now_ms += int(days * DAY_MS)


def person(app: App, **more: Any) -> UUID:
    """Register a person with details."""
    return write(app, app.journal.new_record(), **{**ROW, **DETAILS, **more})


def content(app: App) -> bytes:
    """Return every document of the vault as one text."""
    return b"".join(
        encode(dict(document)) for name in app.db.tables() for document in app.db.table(name)
    )


def aged(app: App, server: MemoryServer, days: float = 31) -> None:
    """Sync, and sync again days later."""
    synchronise(app, server)
    later(server, days)
    synchronise(app, server)


def test_details_go_after_thirty_days_and_the_roster_row_stays(
    app: App, server: MemoryServer
) -> None:
    """Names, numbers and places are found as before; nothing else is anywhere in the store."""
    record = person(app)
    aged(app, server, 29.9)
    assert seen(app, record).values == {**ROW, **DETAILS}
    later(server, 0.2)
    synchronise(app, server)
    entry = seen(app, record)
    assert entry.values == ROW
    assert (entry.state, entry.own) == (Standing.RECEIVED, True)
    assert entry.withheld == tuple(sorted(DETAILS))
    assert entry.reduced_ms == server.now_ms
    assert search(app.journal, "warga contoh") == [entry]
    assert search(app.journal, ROW["nik"]) == [entry]
    for value in DETAILS.values():
        assert value.encode() not in content(app)
    assert app.journal.counts()["received"] == 1
    assert examine(app).faults == ()


def test_a_reduced_record_tells_who_wrote_which_field(app: App, server: MemoryServer) -> None:
    """The history keeps times, names of operators and of fields."""
    record = person(app)
    write(app, record, phone="0811", name="Warga Contoh Satu")
    aged(app, server)
    first, second = app.journal.history(record)
    assert (first.operator, first.change is not None) == ("petugas", True)
    assert first.values == {name: ROW[name] for name in ("sex", "birth_date", "nik")}
    assert first.withheld == ("mother_name", "name", "note", "phone")
    assert (second.values, second.withheld) == ({"name": "Warga Contoh Satu"}, ("phone",))
    (line, _) = app.journal.own_history()
    assert line[2].withheld == tuple(sorted({**ROW, **DETAILS}))


@pytest.mark.parametrize("years", [10, -10])
def test_the_laptops_clock_erases_nothing(tmp_path: Path, server: MemoryServer, years: int) -> None:
    """Ten years ahead or behind, only the server's time counts."""
    wall = [NOW_MS]
    with laptop(tmp_path / "a", server.code(), lambda: Evidence(wall_ms=wall[0])) as app:
        record = person(app)
        synchronise(app, server)
        wall[0] += years * 365 * DAY_MS
        with pytest.raises(ClockOff):
            synchronise(app, server)
        assert tidy(app.journal) == 0
        assert seen(app, record).values == {**ROW, **DETAILS}
        later(server, 31)
        with pytest.raises(ClockOff):
            synchronise(app, server)
        assert seen(app, record).values == ROW


def test_what_is_not_settled_keeps_its_details(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Waiting, drafted over, remarked or in conflict: nothing of it goes."""
    waiting, drafted, clashing = (person(app) for _ in range(3))
    remarked = person(app, religion="?")
    server.remarks = {"religion": "CODE_UNKNOWN"}
    synchronise(app, server)
    with laptop(tmp_path / "b", server.code()) as other:
        synchronise(other, server)
        write(other, clashing, mother_name="Bunda Contoh")
        synchronise(other, server)
    write(app, clashing, mother_name="Ibu Contoh")
    synchronise(app, server)
    app.journal.save_draft(drafted, "person", 1, {"phone": "0812"})
    later(server, 31)
    write(app, waiting, phone="0813")
    app.journal.tables.write_meta("server", {"server_ms": server.now_ms})
    assert tidy(app.journal) == 0
    for record in (waiting, drafted, clashing, remarked):
        assert seen(app, record).withheld == ()
    aged(app, server)
    assert seen(app, waiting).values == ROW, "its last receipt is a month old now"
    write(app, clashing, mother_name="Ibu Contoh")
    app.journal.drop_draft(drafted)
    aged(app, server)
    for record in (waiting, drafted, clashing):
        assert seen(app, record).withheld != ()
    assert seen(app, remarked).withheld == ()
    assert examine(app).faults == ()


def test_an_edit_of_a_reduced_record_is_the_edit_of_a_whole_one(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Digest for digest: what it replaces is named although nobody here knows it any more."""
    record = person(app)
    synchronise(app, server)
    app.close()
    edit = Edit(record=record, type="person", version=1, values={"phone": None, "name": "Baru"})
    digests = []
    for at, days in enumerate((0, 31)):
        with clone(app, tmp_path / str(at), clocks=lambda: Evidence(wall_ms=NOW_MS)) as one:
            if days:
                put_time(one, NOW_MS + days * DAY_MS)
                assert tidy(one.journal) == 1
                put_time(one, NOW_MS)
            (change,) = one.journal.write([edit])
            digests.append(change_digest(change))
    assert digests[0] == digests[1]


def put_time(app: App, server_ms: int) -> None:
    """Let a laptop have heard a server's time."""
    app.journal.tables.write_meta("server", {"server_ms": server_ms})


def test_edits_after_reduction_make_no_conflict(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Own edits and others', before and after, fold at the office as if nothing had gone."""
    record = person(app)
    aged(app, server)
    write(app, record, phone="0899")
    assert seen(app, record).values == {**ROW, "phone": "0899"}
    assert seen(app, record).withheld == ("mother_name", "note")
    synchronise(app, server)
    assert seen(app, record).withheld == (), "the office has sent it all again"
    with laptop(tmp_path / "b", server.code(), app.clocks) as other:
        synchronise(other, server)
        write(other, record, mother_name="Ibu Baru")
        synchronise(other, server)
    synchronise(app, server)
    at_office = server.records()[record]
    assert at_office.conflicts() == ()
    assert seen(app, record).values == {
        **ROW,
        **DETAILS,
        "phone": "0899",
        "mother_name": "Ibu Baru",
    }
    assert at_office == app.journal.state(record)
    aged(app, server)
    assert seen(app, record).values == ROW
    write(app, record, mother_name="Ibu Lagi", note="baru")
    synchronise(app, server)
    assert server.records()[record].conflicts() == ()
    assert server.records()[record].values() == {
        **ROW, "phone": "0899", "mother_name": "Ibu Lagi", "note": "baru"
    }  # fmt: skip
    assert examine(app).faults == ()


def test_the_office_restored_to_before_gets_the_sealed_batches_again(
    app: App, server: MemoryServer
) -> None:
    """Byte for byte, details and all, though this laptop has them no more."""
    synchronise(app, server)
    backup = server.saved()
    record = person(app)
    aged(app, server)
    assert seen(app, record).values == ROW
    backup.now_ms = server.now_ms
    restored = backup.restored()
    synchronise(app, restored)
    assert restored.records()[record].values() == {**ROW, **DETAILS}
    assert app.journal.counts() == {"draft": 0, "waiting": 0, "received": 1, "attention": 0}
    assert examine(app).faults == ()


def test_a_fork_leaves_reduced_changes_that_the_office_has_where_they_are(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Only what is lacking is written again; the record keeps its id and its row."""
    record = person(app)
    aged(app, server)
    app.close()
    original = reopen(app.home, app.keys, clocks=app.clocks)
    with original, clone(original, tmp_path / "b", clocks=app.clocks) as copied:
        register(original, ["Warga Contoh 2"])
        write(copied, record, phone="0899")
        synchronise(original, server)
        (healed,) = synchronise(copied, server).healed
        assert (healed.changes, healed.records, healed.unsent) == (1, {}, ())
        assert server.records()[record].values() == {**ROW, **DETAILS, "phone": "0899"}
        assert server.records()[record].conflicts() == ()
        assert len(server.records()) == 2
        assert examine(copied).faults == ()


@pytest.mark.parametrize("edited", [False, True])
def test_what_a_fork_takes_from_a_reduced_record_is_said(
    app: App, server: MemoryServer, tmp_path: Path, edited: bool
) -> None:
    """The office lost it, a twin was first there again: the row goes, of the rest we are told."""
    synchronise(app, server)
    backup = server.saved()
    app.close()
    twin = clone(app, tmp_path / "b", clocks=app.clocks)
    with reopen(app.home, app.keys, clocks=app.clocks) as mine, twin:
        record = person(mine)
        write(mine, record, mother_name="Ibu Kedua")
        write(mine, record, name="Warga Contoh Satu", phone="0811")
        aged(mine, server)
        assert seen(mine, record).values == {**ROW, "name": "Warga Contoh Satu"}
        if edited:
            write(mine, record, note="baru", name="Warga Contoh Sekian")
            synchronise(mine, server)
        backup.now_ms = server.now_ms
        restored = backup.restored()
        assert register(twin, ["Warga Contoh 2"]) == [record], "they number alike"
        synchronise(twin, restored)
        (healed,) = synchronise(mine, restored).healed
        moved = healed.records[record]
        assert healed.unsent == (moved,)
        name = "Warga Contoh Sekian" if edited else "Warga Contoh Satu"
        expected = {**ROW, "name": name} | ({"note": "baru"} if edited else {})
        assert restored.records()[moved].values() == expected
        assert restored.records()[moved].conflicts() == ()
        assert restored.records()[record].values() == {"name": "Warga Contoh 2"}
        entry = seen(mine, moved)
        assert (entry.state, entry.values) == (Standing.ATTENTION, expected)
        assert [remark.code for remark in entry.remarks] == ["DETAILS_NOT_RESENT"]
        assert mine.journal.resolve(str(record)) == record, "it is the twin's now"
        assert examine(mine).faults == ()
        write(mine, moved, mother_name="Ibu Kedua")
        synchronise(mine, restored)
        assert seen(mine, moved).remarks == (), "a correction settles it"
        assert examine(mine).faults == ()
        later(server, 31)
        restored.now_ms = server.now_ms
        synchronise(mine, restored)
        assert seen(mine, moved).withheld != ()
        assert examine(mine).faults == ()


def test_many_go_in_pieces(app: App, server: MemoryServer) -> None:
    """A call that is given a bound stops there, and the next goes on."""
    register(app, [f"Warga Contoh {at}" for at in range(2 * PIECE + 10)])
    synchronise(app, server)
    put_time(app, server.now_ms + KEPT_MS)
    assert [tidy(app.journal, most=PIECE) for _ in range(4)] == [PIECE, PIECE, 10, 0]


def test_nothing_is_written_where_nothing_is_due(app: App, server: MemoryServer) -> None:
    """Opening a store and syncing cost no commit for it."""
    person(app)
    synchronise(app, server)
    before = app.db.change_number()
    assert tidy(app.journal) == 0
    assert app.db.change_number() == before


def test_a_store_is_tidied_when_it_is_opened(app: App, server: MemoryServer) -> None:
    """Also where the sync that brought the time was cut off behind it."""
    record = person(app)
    synchronise(app, server)
    put_time(app, server.now_ms + KEPT_MS)
    app.close()
    with reopen(app.home, app.keys) as again:
        assert seen(again, record).values == ROW


def test_a_server_clock_that_was_years_ahead_stops_nothing(app: App, server: MemoryServer) -> None:
    """Receipts signed in the future are counted from the time that is heard now."""
    later(server, 3650)
    with_wrong_time = person(app)
    synchronise(app, server)
    later(server, -3650)
    right = person(app)
    aged(app, server)
    aged(app, server)
    for record in (with_wrong_time, right):
        assert seen(app, record).values == ROW


@pytest.mark.parametrize("name", sorted(RECORD_TYPES))
def test_every_type_keeps_what_names_it(name: str) -> None:
    """What a list, a search, the checks and the comparison need is never taken away."""
    rtype = RECORD_TYPES[name]
    required = {spec.name for spec in rtype.fields.values() if spec.required}
    assert rtype.roster >= {*required, *rtype.title, *rtype.identifies, *rtype.area, *rtype.parents}
    assert rtype.roster <= set(rtype.fields)
