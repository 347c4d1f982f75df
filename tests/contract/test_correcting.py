"""Bulk corrections over a real store: one decision, one undo, and edits made in between."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared_schema.fold import RecordState
from sync_server import correcting, ingest
from sync_server.correcting import (
    CorrectionEmpty,
    CorrectionInvalid,
    CorrectionReasonMissing,
    CorrectionUnknown,
    FieldNotCorrected,
    Selection,
    SelectionMissing,
    Why,
)
from sync_server.ingest import Edit
from sync_server.registry import context_of
from sync_server.store.queries import log, records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

OLD, NEW = "53.15.05.2001", "53.15.05.2002"
BY = "user:penyelia"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Give a laptop that has registered three people in one village."""
    device = bench.device()
    bench.exchange(device, device.batch(device.people(3, OLD)))
    return device


def people(bench: Bench) -> list[RecordState]:
    """Give everybody, in order of id."""
    with bench.office.store.read() as connection:
        found, _ = correcting.select_records(connection, Selection(region="53.15"))
        return [records.many(connection, [one])[one].state for one in found]


def shown(bench: Bench, name: str) -> list[Any]:
    """Give what everybody shows in a field."""
    return [state.shown(name) for state in people(bench)]


def correct(bench: Bench, selection: Selection, **values: Any) -> int:
    """Correct what is selected; give the number."""
    with bench.office.store.write() as connection:
        context = context_of(bench.office, connection)
        plan, _ = correcting.plan(connection, selection, values, context)
        return correcting.apply(connection, "person", plan, Why(reason="desa salah"), BY, now_ms=1)


def undo(bench: Bench, number: int) -> correcting.Undone:
    """Take a correction back."""
    with bench.office.store.write() as connection:
        return correcting.undo(connection, number, BY, now_ms=2)


def edit(bench: Bench, record: UUID, **values: Any) -> None:
    """Edit one person as a supervisor."""
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [Edit(record=record, type="person", values=values)], BY)


def test_one_undo_takes_a_whole_correction_back_and_can_be_undone(
    bench: Bench, device: RawDevice
) -> None:
    """Whoever showed the values already is not written; the reason is kept once."""
    before = [state.values() for state in people(bench)]
    edit(bench, people(bench)[0].record, village=NEW)
    made = correct(bench, Selection(region="53.15"), village=NEW, dusun="Dusun B")
    assert (shown(bench, "village"), shown(bench, "dusun")) == ([NEW] * 3, ["Dusun B"] * 3)
    assert undo(bench, made).changed == 3
    assert [state.values() for state in people(bench)][1:] == before[1:]
    assert shown(bench, "village") == [NEW, OLD, OLD]
    again = undo(bench, made)
    assert (again.changed, shown(bench, "dusun")) == (0, [None] * 3)
    undo(bench, again.correction)
    assert (shown(bench, "village"), shown(bench, "dusun")) == ([NEW] * 3, ["Dusun B"] * 3)
    with bench.office.store.read() as connection:
        listed = correcting.listed(connection)
    assert [(one["undoes"], one["stands"]) for one in listed] == [
        (2, True),
        (1, False),
        (None, True),
    ]
    assert listed[-1]["reason"] == "desa salah"


def test_what_was_edited_since_is_left_alone(bench: Bench, device: RawDevice) -> None:
    """By whoever had seen the correction; an edit of another field is not in the way."""
    first, second, _third = people(bench)
    made = correct(bench, Selection(region="53.15"), village=NEW)
    edit(bench, first.record, village="53.15.05.2003")
    edit(bench, second.record, address="Jalan A")
    done = undo(bench, made)
    assert done.kept == ((first.record, "village"),)
    assert shown(bench, "village") == ["53.15.05.2003", OLD, OLD]
    assert people(bench)[1].shown("address") == "Jalan A"


def test_an_edit_that_knew_nothing_of_the_correction_is_as_it_would_have_been(
    bench: Bench, device: RawDevice
) -> None:
    """Offline meanwhile, a laptop wrote the same field: undone, its value stands alone."""
    (target, *_) = people(bench)
    offline = device.change(
        {"village": "53.15.05.2004"}, record=target.record, replaces=target.stamps("village")
    )
    made = correct(bench, Selection(listed=str(target.record)), village=NEW)
    bench.exchange(device, device.batch([offline]))
    assert people(bench)[0].conflicts() == ("village",)
    undo(bench, made)
    assert (people(bench)[0].conflicts(), shown(bench, "village")[0]) == ((), "53.15.05.2004")


def test_corrections_upon_corrections_are_taken_back_in_any_order(
    bench: Bench, device: RawDevice
) -> None:
    """The later one first, then the earlier one; the earlier one alone changes nothing shown."""
    everybody = Selection(region="53.15")
    one = correct(bench, everybody, address="Jalan A")
    other = correct(bench, everybody, address="Jalan B")
    with pytest.raises(CorrectionEmpty):
        undo(bench, one)
    undo(bench, other)
    assert shown(bench, "address") == ["Jalan A"] * 3
    undo(bench, one)
    assert shown(bench, "address") == [None] * 3


def test_a_pasted_list_names_people_by_id_or_nik(bench: Bench, device: RawDevice) -> None:
    """What is not known is said; filters narrow the list; conflicts and bad values are refused."""
    first, second, third = people(bench)
    nik = "5315051705700001"
    edit(bench, first.record, nik=nik)
    pasted = f"{nik};\n{second.record}, {str(third.record)[-12:]} 9999999999999999"
    with bench.office.store.read() as connection:
        context = context_of(bench.office, connection)
        selection = Selection(listed=pasted, where={"nik": None})
        found = correcting.select_records(connection, selection)
        assert found == ([second.record, third.record], ["9999999999999999"])
        plan, _ = correcting.plan(
            connection, Selection(listed=pasted), {"birth_date": "2090-01-01"}, context
        )
    assert {one.code for one in plan.refused} == {"DATE_IN_FUTURE"}
    assert (plan.items, plan.unchanged) == ((), 0)


def test_what_cannot_be_asked_is_refused_by_name(bench: Bench, device: RawDevice) -> None:
    """Everybody by mistake, the ministry's own field, no reason, no such correction."""
    with bench.office.store.read() as connection:
        before = log.count(connection)
        with pytest.raises(SelectionMissing):
            correcting.select_records(connection, Selection())
    with pytest.raises(FieldNotCorrected):
        correcting.values_of("person", ["central_status=CARD_ISSUED"], to_set=True)
    for pair in ("sidik=1", "sex", "sex=X"):
        with pytest.raises(CorrectionInvalid):
            correcting.values_of("person", [pair], to_set=True)
    with pytest.raises(CorrectionUnknown):
        undo(bench, 7)
    with bench.office.store.write() as connection:
        context = context_of(bench.office, connection)
        plan, _ = correcting.plan(connection, Selection(region="53.15"), {"rt": "001"}, context)
        with pytest.raises(CorrectionReasonMissing):
            correcting.apply(connection, "person", plan, Why(reason=" "), BY, now_ms=1)
        assert log.count(connection) == before
