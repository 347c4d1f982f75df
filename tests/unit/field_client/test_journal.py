"""The journal: changes, records, drafts, counts and history, on a real vault."""

from contextlib import suppress

import pytest

from field_client.entries import Edit, Standing
from field_client.errors import RecordAmbiguous, RecordUnknown
from field_client.opened import App
from field_client.search import search
from field_client.vault import rows
from field_client.vault.bodies import from_body
from field_client.vault.table import document_of
from shared_schema.ids import change_id, record_id
from tests.support.laptop import laptop, register, reopen, seen, still, write
from tests.support.memory_server import MemoryServer


@pytest.fixture
def app(tmp_path):
    """Open a laptop that has not synced."""
    with laptop(tmp_path / "home", MemoryServer().code()) as opened:
        yield opened


def test_numbers_and_clock_go_on_after_a_restart(app: App) -> None:
    """Record numbers, sequences and readings never come twice."""
    stream = app.journal.branches.current()
    register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    app.close()
    with reopen(app.home, app.keys, clocks=still) as again:
        (change,) = again.journal.write(
            [Edit(record=again.journal.new_record(), type="person", version=1, values={})]
        )
        assert (change.record, change.id) == (record_id(stream, 3), change_id(stream, 3))
        readings = [one.hlc for one in again.journal.own_changes(stream)]
    assert readings == sorted(set(readings))


def test_a_transaction_that_fails_leaves_nothing(app: App) -> None:
    """Neither changes nor numbers remain of a block that was left by an error."""
    with suppress(LookupError), app.journal.transaction():
        register(app, ["Warga Contoh 1"])
        raise LookupError
    assert app.journal.counts() == {"draft": 0, "waiting": 0, "received": 0, "attention": 0}
    (again,) = register(app, ["Warga Contoh 2"])
    assert again == record_id(app.journal.branches.current(), 1)


def test_an_edit_names_what_it_replaces(app: App) -> None:
    """A correction is no conflict: it names the stamp of the value it saw."""
    (record,) = register(app, ["Warga Contoh 1"])
    (first,) = app.journal.changes_of(record)
    write(app, record, name="Warga Contoh Satu")
    second = app.journal.changes_of(record)[1]
    assert second.writes["name"].replaces == (first.stamp,)
    entry = seen(app, record)
    assert (entry.values["name"], entry.conflicts) == ("Warga Contoh Satu", ())


def test_void_shows_why(app: App) -> None:
    """A void record keeps its values and shows the reason."""
    (record,) = register(app, ["Warga Contoh 1"])
    write(app, record, _void={"reason": "salah ketik"})
    assert seen(app, record).void == {"reason": "salah ketik"}
    assert seen(app, record).values == {"name": "Warga Contoh 1"}


def test_a_draft_is_not_a_change_and_ends_with_the_final_save(app: App) -> None:
    """A draft counts as draft; saving the record finally makes it one change and no draft."""
    record = app.journal.new_record()
    app.journal.save_draft(record, "person", 1, {"name": "Wa"}, [{"code": "REQUIRED"}])
    app.journal.save_draft(record, "person", 1, {"name": "Warga"}, [{"code": "REQUIRED"}])
    assert app.journal.counts()["draft"] == 1
    assert seen(app, record).problems == ({"code": "REQUIRED"},)
    assert list(app.journal.own_changes(app.journal.branches.current())) == []
    write(app, record, name="Warga Contoh 1")
    assert app.journal.counts() == {"draft": 0, "waiting": 1, "received": 0, "attention": 0}
    assert app.journal.draft(record) is None


def test_a_record_with_a_draft_over_it_counts_once(app: App) -> None:
    """The worst standing counts; the draft's values lie over the final ones."""
    (record,) = register(app, ["Warga Contoh 1"])
    app.journal.save_draft(record, "person", 1, {"phone": "0812"})
    assert app.journal.counts() == {"draft": 1, "waiting": 0, "received": 0, "attention": 0}
    (entry,) = app.journal.entries()
    assert entry.state is Standing.DRAFT
    assert entry.values == {"name": "Warga Contoh 1", "phone": "0812"}
    app.journal.drop_draft(record)
    assert app.journal.counts()["waiting"] == 1


def test_entries_are_chosen_by_type_and_state(app: App) -> None:
    """A list shows what was asked for."""
    register(app, ["Warga Contoh 1"])
    record = app.journal.new_record()
    app.journal.save_draft(record, "visit", 1, {"outcome": "recorded"})
    journal = app.journal
    assert [entry.type for entry in journal.entries()] == ["person", "visit"]
    assert [entry.type for entry in journal.entries("visit")] == ["visit"]
    assert [entry.type for entry in journal.entries(state="waiting")] == ["person"]
    assert [entry.type for entry in journal.entries(state="draft")] == ["visit"]
    assert list(journal.entries("person", "received")) == []


def test_search_finds_names_and_numbers(app: App) -> None:
    """Parts of a name, in finals and drafts; a NIK as a whole."""
    record = app.journal.new_record()
    write(app, record, name="Warga Contoh 1", nik="5315050101800001")
    draft = app.journal.new_record()
    app.journal.save_draft(draft, "person", 1, {"name": "Warga Draf"})
    assert [entry.id for entry in search(app.journal, "contoh")] == [record]
    assert {entry.id for entry in search(app.journal, "warga")} == {record, draft}
    assert [entry.id for entry in search(app.journal, "5315 0501 0180 0001")] == [record]
    assert [entry.id for entry in search(app.journal, "505010180")] == [record]
    assert search(app.journal, "5315050101800009") == []


def test_an_id_may_be_given_in_part(app: App) -> None:
    """The end of an id will do while it is the only one; the common start will not."""
    one, _ = register(app, ["Warga Contoh 1", "Warga Contoh 2"])
    assert app.journal.resolve(str(one)) == one
    assert app.journal.resolve(str(one)[-12:]) == one
    with pytest.raises(RecordAmbiguous):
        app.journal.resolve(str(one)[:13])
    for unknown in ("1234567", "12345678", str(record_id(app.journal.branches.current(), 99))):
        with pytest.raises(RecordUnknown):
            app.journal.resolve(unknown)


def test_history_tells_who_wrote_what(app: App) -> None:
    """Own changes, oldest first, by operator."""
    (record,) = register(app, ["Warga Contoh 1"])
    write(app, record, phone="0812")
    lines = app.journal.history(record)
    assert [line.values for line in lines] == [{"name": "Warga Contoh 1"}, {"phone": "0812"}]
    assert {(line.operator, line.own, line.received) for line in lines} == {
        ("petugas", True, False)
    }


def test_a_line_taken_in_is_remembered(app: App) -> None:
    """The same key leads to the record it made, also after a restart."""
    (record,) = register(app, ["Warga Contoh 1"])
    app.journal.remember("baris-1", record)
    app.close()
    with reopen(app.home, app.keys) as again:
        assert again.journal.remembered("baris-1") == record
        assert again.journal.remembered("baris-2") is None


def test_own_records_and_conflicts_are_found_without_the_roster(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of one's own records, and of conflicts, never reads what was only pulled."""
    register(app, ["Warga Contoh 1"])
    records, stream = app.tables.records, app.journal.branches.current()
    row = records.all()[0]
    pulled = {**row, "own": False, "base": row["mine"], "mine": None, "last": {}}
    contested = {**pulled, "conflicts": ["name"], "contested": True}
    for number, body in enumerate([*[pulled] * 400, contested], start=100):
        records.insert(document_of(body, str(record_id(stream, number))))
    read: list[object] = []

    def reading(body: str | bytes) -> dict[str, object]:
        read.append(body)
        return from_body(body)

    monkeypatch.setattr(rows, "from_body", reading)
    assert [entry.own for entry in app.journal.entries(own=True)] == [True]
    assert list(app.journal.entries(state="draft")) == []
    assert [entry.conflicts for entry in app.journal.conflicts()] == [("name",)]
    assert len(read) < 20
