"""The choice of a value is taken back: what stood stands again, also after later edits."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_schema.changes import Change
from sync_server import choice_undo, choices, ingest
from sync_server.choice_undo import ChoiceUnknown, Undone
from sync_server.ingest import Edit
from sync_server.store.queries import records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

USER = "user:penyelia"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Give an enrolled device."""
    return bench.device()


def contradict(bench: Bench, device: RawDevice) -> tuple[UUID, Change, Change]:
    """Let one laptop contradict itself about an address; give the record and both edits."""
    born = device.change(person("Warga Contoh", address="Jalan Lama"))
    one, two = (
        device.change({"address": f"Jalan {n}"}, record=born.record, replaces=[born.stamp])
        for n in range(2)
    )
    assert bench.exchange(device, device.batch([born, one, two])).errors == []
    return born.record, one, two


def choose(bench: Bench, record: UUID, change: UUID) -> UUID:
    """Choose the value that a change wrote."""
    with bench.office.store.write() as connection:
        return choices.choose(connection, str(record), "address", str(change), USER)


def undo(bench: Bench, choice: UUID) -> Undone:
    """Take a choice back."""
    with bench.office.store.write() as connection:
        return choice_undo.undo(connection, str(choice), USER)


def standing(bench: Bench, record: UUID) -> tuple[set[Any], Any]:
    """Give the values that stand against each other, and the one that is shown."""
    with bench.office.store.read() as connection:
        state = records.many(connection, [record])[record].state
    return {head.value for head in state.fields["address"].heads}, state.shown("address")


def test_undoing_a_choice_brings_the_conflict_back_with_its_sources(
    bench: Bench, device: RawDevice
) -> None:
    """Both values stand against each other again, each as its writer's; it can be chosen anew."""
    record, one, two = contradict(bench, device)
    made = choose(bench, record, one.id)
    done = undo(bench, made)
    assert (done.restored, done.in_conflict, done.kept) == (("address",), ("address",), ())
    assert standing(bench, record) == ({"Jalan 0", "Jalan 1"}, "Jalan 1")
    with bench.office.store.read() as connection:
        (conflict,) = choices.conflicts(connection)
        assert {change.id for _, change in conflict.heads} == {one.id, two.id}
        assert list(choices.chosen(connection)) == []
    again = undo(bench, made)
    assert (again.restored, again.kept) == ((), ()), "once is enough"
    second = choose(bench, record, one.id)
    assert choose(bench, record, one.id) == second, "repeated, it is the same"
    undo(bench, second)
    assert standing(bench, record) == ({"Jalan 0", "Jalan 1"}, "Jalan 1")


def test_choices_are_taken_back_one_after_the_other(bench: Bench, device: RawDevice) -> None:
    """A second choice gives way to the first, and that one to the conflict."""
    record, one, two = contradict(bench, device)
    first = choose(bench, record, one.id)
    second = choose(bench, record, two.id)
    assert undo(bench, first).kept == ("address",), "another choice came after it"
    undo(bench, second)
    assert standing(bench, record) == ({"Jalan 0"}, "Jalan 0")
    assert undo(bench, first).in_conflict == ("address",)
    assert standing(bench, record) == ({"Jalan 0", "Jalan 1"}, "Jalan 1")


def test_later_edits_stay(bench: Bench, device: RawDevice) -> None:
    """Another field's edit does not matter; one of the same field stands, and that is said."""
    record, one, _ = contradict(bench, device)
    made = choose(bench, record, one.id)
    with bench.office.store.write() as connection:
        edit = Edit(record=record, type="person", values={"phone": "0812000000"})
        ingest.write_own(connection, [edit], USER)
    undo(bench, made)
    assert standing(bench, record)[0] == {"Jalan 0", "Jalan 1"}
    made = choose(bench, record, one.id)
    with bench.office.store.write() as connection:
        edit = Edit(record=record, type="person", values={"address": "Jalan Baru"})
        ingest.write_own(connection, [edit], USER)
    assert undo(bench, made).kept == ("address",)
    assert standing(bench, record) == ({"Jalan Baru"}, "Jalan Baru")


def test_a_third_voice_after_the_choice_stays_beside_what_comes_back(
    bench: Bench, device: RawDevice
) -> None:
    """A laptop that had not seen the choice contradicts it; undoing touches its word not at all."""
    record, one, _ = contradict(bench, device)
    made = choose(bench, record, one.id)
    third = device.change({"address": "Jalan 3"}, record=record, replaces=[one.stamp])
    assert bench.exchange(device, device.batch([third])).errors == []
    assert standing(bench, record)[0] == {"Jalan 0", "Jalan 3"}
    undo(bench, made)
    assert standing(bench, record)[0] == {"Jalan 1", "Jalan 3"}


def test_what_is_no_choice_is_not_taken_back(bench: Bench, device: RawDevice) -> None:
    """A word, a laptop's edit, a value that nobody had written before."""
    record, one, _ = contradict(bench, device)
    with bench.office.store.write() as connection:
        edit = Edit(record=record, type="person", values={"phone": "0812000000"})
        (own,) = ingest.write_own(connection, [edit], USER)
        for text in ("bukan", str(record), str(one.id), str(own.id)):
            with pytest.raises(ChoiceUnknown):
                choice_undo.undo(connection, text, USER)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(picks=st.lists(st.integers(0, 1), min_size=1, max_size=4))
def test_undoing_all_choices_restores_what_stood(
    bench: Bench, device: RawDevice, picks: list[int]
) -> None:
    """Whatever was chosen in whatever order, undone from the last to the first."""
    record, one, two = contradict(bench, device)
    seen = [standing(bench, record)]
    made: list[UUID] = []
    for pick in picks:
        decision = choose(bench, record, (one, two)[pick].id)
        if decision not in made:
            made.append(decision)
            seen.append(standing(bench, record))
    for decision in reversed(made):
        assert standing(bench, record) == seen.pop()
        undo(bench, decision)
    assert standing(bench, record) == seen.pop()
    assert seen == []
