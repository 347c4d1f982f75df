"""Verdicts and choices over a real store: repeated, undone, undone again, and never in the way."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_schema.changes import Change
from shared_schema.errors import ConflictUnknown, RecordAmbiguous, RecordUnknown
from shared_schema.links import Verdict, link_id
from sync_server import choices, ingest, people, reconcile
from sync_server.ingest import Edit
from sync_server.lookup import resolve
from sync_server.reconcile import Decision
from sync_server.store.queries import records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

NIK = "5315054107900001"
USER = "user:penyelia"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Give an enrolled device."""
    return bench.device()


def send(bench: Bench, device: RawDevice, changes: Sequence[Change]) -> None:
    """Let a device deliver changes."""
    assert bench.exchange(device, device.batch(changes)).errors == []


def twins(bench: Bench, device: RawDevice, count: int = 2) -> list[UUID]:
    """Let a device register some people under one NIK; give their ids."""
    made = [device.change(person(f"Warga Contoh {n}", nik=NIK)) for n in range(count)]
    send(bench, device, made)
    return [change.record for change in made]


def decide(bench: Bench, a: UUID, b: UUID, verdict: str, reason: str = "wajah sama") -> Decision:
    """Decide a pair as the supervisor."""
    with bench.office.store.write() as connection:
        return reconcile.decide_pair(connection, (str(a), str(b)), Verdict(verdict), reason, USER)


def undo(bench: Bench, decision: UUID) -> Decision:
    """Undo a decision as the supervisor."""
    with bench.office.store.write() as connection:
        return reconcile.undo(connection, str(decision), USER)


def standing(bench: Bench, a: UUID, b: UUID) -> tuple[Any, ...]:
    """Give what stands for a pair: verdict, reason, method, none where it is retracted."""
    with bench.office.store.read() as connection:
        current = records.get(connection, link_id(a, b))
    if current is None or current.state.void is not None:
        return ()
    return tuple(current.state.shown(name) for name in ("verdict", "reason", "method"))


def open_count(bench: Bench) -> int:
    """Count the pairs that ask for a verdict."""
    with bench.office.store.read() as connection:
        return len(reconcile.open_pairs(connection))


def test_a_verdict_is_given_once_however_often_it_is_repeated(
    bench: Bench, device: RawDevice
) -> None:
    """The same verdict in either order is one decision; another reason is another."""
    a, b = twins(bench, device)
    assert open_count(bench) == 1
    first = decide(bench, a, b, "same")
    assert decide(bench, b, a, "same") == first
    assert open_count(bench) == 0
    assert decide(bench, a, b, "same", "KTP lama sama").decision != first.decision


def test_undo_restores_exactly_what_stood_before_and_can_itself_be_undone(
    bench: Bench, device: RawDevice
) -> None:
    """Nothing, same, different and back again, step by step."""
    a, b = twins(bench, device)
    same = decide(bench, a, b, "same")
    different = decide(bench, a, b, "different", "dua orang")
    back = undo(bench, different.decision)
    assert standing(bench, a, b) == ("same", "wajah sama", "human")
    assert undo(bench, back.decision).verdict is Verdict.DIFFERENT
    assert standing(bench, a, b) == ("different", "dua orang", "human")
    with pytest.raises(reconcile.DecisionSuperseded):
        undo(bench, same.decision)


def test_undoing_the_only_verdict_retracts_it_and_brings_the_pair_back(
    bench: Bench, device: RawDevice
) -> None:
    """The pair is open again; a repeated undo changes nothing; undoing the undo decides again."""
    a, b = twins(bench, device)
    same = decide(bench, a, b, "same")
    retracted = undo(bench, same.decision)
    assert (retracted.verdict, open_count(bench)) == (None, 1)
    assert undo(bench, same.decision) == retracted
    again = undo(bench, retracted.decision)
    assert (again.verdict, open_count(bench)) == (Verdict.SAME, 0)
    assert decide(bench, a, b, "same") == again


def test_undo_after_later_edits_leaves_each_record_with_its_own(
    bench: Bench, device: RawDevice
) -> None:
    """What was edited while the two were one person stays where it was edited."""
    a, b = twins(bench, device)
    same = decide(bench, a, b, "same")
    edits = [
        device.change({"address": f"Jalan {end}"}, record=end, type="person") for end in (a, b)
    ]
    send(bench, device, edits)
    with bench.office.store.read() as connection:
        document = people.record_document(connection, resolve(connection, str(a)))
    assert document["cluster"]["members"] == sorted(map(str, (a, b)))
    assert document["cluster"]["values"]["address"] == f"Jalan {b}"
    undo(bench, same.decision)
    with bench.office.store.read() as connection:
        shown = {end: resolve(connection, str(end)).state.shown("address") for end in (a, b)}
        assert people.members_of(connection, a) == [a]
    assert shown == {a: f"Jalan {a}", b: f"Jalan {b}"}


def test_a_same_that_a_different_forbids_is_said_to_be_refused(
    bench: Bench, device: RawDevice
) -> None:
    """Two of three are one person, another differs: the third verdict is kept and not used."""
    a, b, c = twins(bench, device, 3)
    decide(bench, a, b, "same")
    decide(bench, b, c, "different")
    assert decide(bench, a, c, "same").refused
    with bench.office.store.read() as connection:
        assert [edge.pair for edge in reconcile.refused_edges(connection)] == [(a, c)]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["same", "different", "undecided", "undo"]), max_size=7))
def test_any_history_of_verdicts_and_undos_behaves_like_a_stack(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Undoing the latest decision always gives back what was decided before it."""
    bench = found_office(tmp_path_factory.mktemp("office"))
    a, b = twins(bench, bench.device())
    model: list[tuple[Any, ...]] = [()]
    latest: list[UUID] = []
    for at, step in enumerate(steps):
        if step != "undo":
            made = decide(bench, a, b, step, f"alasan {at}")
            model.append((step, f"alasan {at}", "human"))
        elif latest:
            made = undo(bench, latest[-1])
            model.append(model[-2])
        else:
            continue
        latest.append(made.decision)
        assert standing(bench, a, b) == model[-1]
    before = bench.projections()
    with bench.office.store.read() as connection:
        assert len(reconcile.open_pairs(connection)) == (model[-1][:1] in ((), ("undecided",)))
    assert bench.projections() == before


@pytest.mark.parametrize(
    ("ends", "reason", "error"),
    [
        ("ab", "  ", reconcile.ReasonMissing),
        ("aa", "x", reconcile.PairInvalid),
        ("av", "x", reconcile.PairInvalid),
        ("a?", "x", RecordUnknown),
        ("a.", "x", RecordAmbiguous),
    ],
)
def test_a_verdict_that_cannot_be_given_names_why(
    bench: Bench, device: RawDevice, ends: str, reason: str, error: type[Exception]
) -> None:
    """No reason, one record, two types, no such record, several."""
    a, b = twins(bench, device)
    visit = device.change({"person": str(a), "outcome": "recorded"}, type="visit")
    send(bench, device, [visit])
    texts = {"a": str(a), "b": str(b), "v": str(visit.record), "?": "ffffffff", ".": str(a)[:20]}
    pair = (texts[ends[0]], texts[ends[1]])
    with bench.office.store.write() as connection, pytest.raises(error):
        reconcile.decide_pair(connection, pair, Verdict.SAME, reason, USER)


def test_an_undo_of_what_is_no_decision_is_refused(bench: Bench, device: RawDevice) -> None:
    """A word, a record's id and a change of a person are not decisions."""
    change = device.change(person("Warga Contoh", nik=NIK))
    send(bench, device, [change])
    with bench.office.store.write() as connection:
        for text in ("bukan", str(change.record), str(change.id)):
            with pytest.raises(reconcile.DecisionUnknown):
                reconcile.undo(connection, text, USER)


def two_heads(bench: Bench, device: RawDevice) -> tuple[UUID, Change, Change]:
    """Let two devices edit one address without knowing of each other."""
    born = device.change(person("Warga Contoh", address="Jalan Lama"))
    send(bench, device, [born])
    other = bench.device()
    one, two = (
        each.change({"address": f"Jalan {n}"}, record=born.record, replaces=[born.stamp])
        for n, each in enumerate((device, other))
    )
    send(bench, device, [one])
    send(bench, other, [two])
    return born.record, one, two


def test_a_choice_closes_a_conflict_once(bench: Bench, device: RawDevice) -> None:
    """The chosen value stands, nothing is in conflict, and repeating the choice is no change."""
    record, one, two = two_heads(bench, device)
    with bench.office.store.write() as connection:
        (conflict,) = choices.conflicts(connection)
        assert {change.id for _, change in conflict.heads} == {one.id, two.id}
        made = choices.decide_conflict(connection, str(record), "address", str(one.id), USER)
        assert list(choices.conflicts(connection)) == []
        assert resolve(connection, str(record)).state.shown("address") == "Jalan 0"
        again = choices.decide_conflict(connection, str(record), "address", str(one.id), USER)
        assert again == made
        with pytest.raises(ConflictUnknown):
            choices.decide_conflict(connection, str(record), "address", str(two.id), USER)


def test_a_choice_may_name_the_stamp_and_must_name_a_head(bench: Bench, device: RawDevice) -> None:
    """A device's list shows stamps; a change that is no head, and another field, are refused."""
    record, _, two = two_heads(bench, device)
    with bench.office.store.write() as connection:
        for field, change in (("address", "00000000"), ("name", str(two.id)), ("address", "")):
            with pytest.raises(ConflictUnknown):
                choices.decide_conflict(connection, str(record), field, change, USER)
        choices.decide_conflict(connection, str(record), "address", two.stamp.text(), USER)
        assert resolve(connection, str(record)).state.shown("address") == "Jalan 1"


def test_history_tells_who_wrote_what_before_and_after(bench: Bench, device: RawDevice) -> None:
    """Each change of a record with its operator, device and the value it replaced."""
    a, _ = twins(bench, device)
    with bench.office.store.write() as connection:
        edit = Edit(record=a, type="person", values={"name": "Warga Lain"})
        ingest.write_own(connection, [edit], USER)
        told = people.history(connection, a)
    assert [change["operator"] for change in told] == ["Operator 1", USER]
    assert told[0]["device"] == "Laptop Contoh"
    fields = {"before": "Warga Contoh 0", "written": "Warga Lain", "after": "Warga Lain"}
    assert told[1]["fields"] == {"name": fields}


def test_people_are_found_by_name_in_either_spelling_and_by_nik(
    bench: Bench, device: RawDevice
) -> None:
    """Djoemoet finds Jumut; sixteen digits find their holder; a stranger finds nobody."""
    made = device.change(person("Maria Jumut", nik=NIK))
    send(bench, device, [made, device.change(person("Petrus Bakung"))])
    with bench.office.store.read() as connection:
        for wanted in ("djoemoet", "M. Jumut", "jum", NIK):
            found = people.search(connection, wanted)
            assert [current.record for current in found] == [made.record]
        assert people.search(connection, "Ngadul") == []
        assert people.search(connection, "%") == []


def test_nobody_elsewhere_takes_the_place_of_who_is_here(bench: Bench, device: RawDevice) -> None:
    """Of many namesakes a user with an area finds their own; whoever is called just so is first."""
    others = [
        device.change(person(f"Maria Contoh {at}", village="53.15.06.2001")) for at in range(60)
    ]
    here = device.change(person("Maria Contoh", village="53.15.05.2001"))
    alone = device.change(person("Maria", village="53.15.06.2001"))
    send(bench, device, [*others, here, alone])
    with bench.office.store.read() as connection:
        found = people.search(connection, "maria", ("53.15.05",))
        assert [one.record for one in found] == [here.record]
        assert people.search(connection, "maria")[0].record == alone.record


def test_history_shows_what_was_kept_but_not_used(bench: Bench, device: RawDevice) -> None:
    """A change that may not be folded is in the life of its record, and moves no value."""
    born = device.change(person("Warga Contoh"))
    odd = device.change({"sex": "X"}, record=born.record, replaces=[born.stamp])
    send(bench, device, [born, odd])
    with bench.office.store.read() as connection:
        told = people.history(connection, born.record)
    assert [change["folded"] for change in told] == [True, False]
    assert told[1]["fields"]["sex"] == {"before": "P", "written": "X", "after": "P"}
