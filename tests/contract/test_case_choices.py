"""Values chosen with a verdict: undoing it lets everybody show what they showed, and no more."""

from pathlib import Path
from uuid import UUID

import pytest

from shared_schema.links import Verdict
from sync_server import choices, deciding, ingest, people, rebuilding
from sync_server.deciding import Ruling, Undone
from sync_server.ingest import Edit
from sync_server.lookup import resolve
from sync_server.reconcile import Decision
from sync_server.store.queries import log
from tests.support.offices import Bench, found_office
from tests.support.raw_device import person

USER = "user:penyelia"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def three(bench: Bench) -> list[UUID]:
    """Give three residents of three laptops, each with an address and a birth date of their own."""
    found = []
    for at in range(3):
        device = bench.device()
        device.hlc += at << 16
        values = person(f"Warga {'ABC'[at]}", address=f"Jalan {'ABC'[at]}")
        made = device.change(values | {"birth_date": f"197{at}-01-01"})
        assert bench.exchange(device, device.batch([made])).errors == []
        found.append(made.record)
    return found


def decide(bench: Bench, *ids: UUID, **chosen: UUID) -> list[Decision]:
    """Say that some are one person, with values chosen."""
    ruling = Ruling(records=ids, verdict=Verdict.SAME, reason="satu orang", chosen=chosen)
    with bench.office.store.write() as connection:
        return deciding.decide(connection, ruling, USER)


def undo(bench: Bench, *made: Decision) -> Undone:
    """Take decisions back."""
    with bench.office.store.write() as connection:
        return deciding.undo(connection, [str(one.decision) for one in made], USER)


def shown(bench: Bench, *ids: UUID) -> list[object]:
    """Give of each the address that its cluster shows, and its own."""
    told = []
    with bench.office.store.read() as connection:
        for one in ids:
            values = people.record_document(connection, resolve(connection, str(one)))
            told += [values["cluster"]["values"].get("address"), values["values"]["address"]]
    return told


def count(bench: Bench) -> int:
    """Count the changes there are."""
    with bench.office.store.read() as connection:
        return log.count(connection)


def test_undoing_lets_the_cluster_that_stays_show_what_it_showed(
    bench: Bench, three: list[UUID]
) -> None:
    """Undone, done again, undone once more; each record keeps its own word throughout."""
    a, b, c = three
    decide(bench, a, b)
    before = shown(bench, a, b, c)
    assert before == ["Jalan B", "Jalan A", "Jalan B", "Jalan B", "Jalan C", "Jalan C"]
    made = decide(bench, a, b, c, address=a)
    merged = ["Jalan A", "Jalan A", "Jalan A", "Jalan B", "Jalan A", "Jalan C"]
    assert shown(bench, a, b, c) == merged
    undone = undo(bench, *made)
    assert (undone.kept, shown(bench, a, b, c)) == ((), before)
    at = count(bench)
    assert undo(bench, *made).kept == ()
    assert count(bench) == at, "once is enough"
    again = undo(bench, *undone.decisions)
    assert (again.kept, shown(bench, a, b, c)) == ((), merged)
    assert undo(bench, *again.decisions).kept == ()
    assert shown(bench, a, b, c) == before
    rebuilding.rebuild(bench.office)
    assert shown(bench, a, b, c) == before


def test_two_choices_are_taken_back_one_after_the_other(bench: Bench, three: list[UUID]) -> None:
    """A choice for the first two is what shows again once the third is out."""
    a, b, c = three
    first = decide(bench, a, b, address=a, birth_date=a)
    assert shown(bench, a)[0] == "Jalan A"
    second = decide(bench, a, b, c, address=b, birth_date=b)
    with bench.office.store.read() as connection:
        values = people.record_document(connection, resolve(connection, str(a)))["cluster"][
            "values"
        ]
    assert (values["address"], values["birth_date"]) == ("Jalan B", "1971-01-01")
    undo(bench, *second)
    with bench.office.store.read() as connection:
        values = people.record_document(connection, resolve(connection, str(a)))["cluster"][
            "values"
        ]
    assert (values["address"], values["birth_date"]) == ("Jalan A", "1970-01-01")
    undo(bench, *first)
    assert shown(bench, a, b) == ["Jalan A", "Jalan A", "Jalan B", "Jalan B"]


def test_what_was_written_since_stays_and_is_named(bench: Bench, three: list[UUID]) -> None:
    """Somebody's later word on the field holds; the undo says which field it left."""
    a, b, c = three
    decide(bench, a, b)
    made = decide(bench, a, b, c, address=a)
    with bench.office.store.write() as connection:
        edit = Edit(record=b, type="person", values={"address": "Jalan Baru"})
        ingest.write_own(connection, [edit], USER)
    undone = undo(bench, *made)
    assert [(one.record, one.field) for one in undone.kept] == [(a, "address")]
    assert shown(bench, a)[0] == "Jalan Baru"


def test_a_choice_stays_while_another_verdict_of_its_case_does(
    bench: Bench, three: list[UUID]
) -> None:
    """Of a case of three only one pair is undone; the other two were chosen for as well."""
    a, b, c = three
    made = decide(bench, a, b, c, address=a)
    assert len(made) == 2
    out = next(one for one in made if c in (one.a, one.b))
    undo(bench, out)
    assert shown(bench, a, c)[::2] == ["Jalan A", "Jalan C"]
    undo(bench, *(one for one in made if one is not out))
    assert shown(bench, a, b)[::2] == ["Jalan A", "Jalan B"]


def test_a_conflict_of_a_record_is_not_decided_by_its_case(bench: Bench, three: list[UUID]) -> None:
    """Both values stand against each other throughout, each as its writer's."""
    a, b, c = three
    device = bench.device()
    device.hlc += 5 << 16
    late = device.change({"address": "Jalan Lain"}, record=b, type="person", replaces=[])
    assert bench.exchange(device, device.batch([late])).errors == []

    def against() -> tuple[list[object], object, set[str]]:
        with bench.office.store.read() as connection:
            (one,) = choices.conflicts(connection)
            state = one.current.state
            writers = {change.operator for _, change in one.heads}
            values = sorted(str(head.value) for head, _ in one.heads)
            return [one.current.record, *values], state.shown("address"), writers

    decide(bench, a, b)
    before = against()
    assert before == ([b, "Jalan B", "Jalan Lain"], "Jalan Lain", {"Operator 1"})
    first = decide(bench, a, b, c, address=a)
    undo(bench, *first)
    assert (shown(bench, a)[0], against()) == ("Jalan Lain", before)
    second = decide(bench, a, b, c, address=c)
    undo(bench, *second)
    third = decide(bench, a, b, c, address=b)
    assert against() == before
    undo(bench, *third)
    assert (shown(bench, a)[0], against()) == ("Jalan Lain", before)
