"""Arrivals over a real store: who is linked, who is asked about, and what a person's word holds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_schema.changes import Change, ChangeInvalid
from shared_schema.ids import derived_id
from shared_schema.links import Verdict, link_id
from sync_server import blocks, ingest, queue, rebuilding, reconcile, rematching
from sync_server.ingest import Edit
from sync_server.people import members_of
from sync_server.queue import Case, Filters
from sync_server.store.driver import ask
from sync_server.store.queries import matching, records
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

USER = "user:penyelia"
SISILIA = {
    "name": "Sisilia Ngadul",
    "sex": "P",
    "village": "53.15.05.2001",
    "birth_date": "1983-07-19",
    "birth_date_precision": "day",
    "nik": "5315055907830003",
    "kk_number": "5315051201080017",
    "mother_name": "Kornelia Jebarus",
    "birth_place": "Terang",
}
# Those who share her name and birth date, and little else.
NAMESAKE = {name: SISILIA[name] for name in ("sex", "birth_date", "birth_date_precision")} | {
    "name": "Sisilia Ngadul",
    "village": "53.15.05.2001",
}

OTHER_NIK = "5315055907830005"
# Who is like both of two rows of the register, or like either of them.
BETWEEN: list[dict[str, Any]] = [
    SISILIA,
    {**SISILIA, "nik": OTHER_NIK},
    {**SISILIA, "nik": None},
    {**SISILIA, "nik": None, "name": "Sisilia Ngadoel"},
    NAMESAKE | {"kk_number": SISILIA["kk_number"]},
]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


@pytest.fixture
def device(bench: Bench) -> RawDevice:
    """Give an enrolled device."""
    return bench.device()


def import_(bench: Bench, *rows: dict[str, Any]) -> list[UUID]:
    """Write residents as a register's import does; give their ids."""
    ids = [
        derived_id("test", repr((at, sorted(row.items()))).encode()) for at, row in enumerate(rows)
    ]
    edits = [
        Edit(record=one, type="person", values=row) for one, row in zip(ids, rows, strict=True)
    ]
    with bench.office.store.write() as connection:
        ingest.write_own(connection, edits, "user:penyelia/register")
    return ids


def send(bench: Bench, device: RawDevice, changes: Sequence[Change]) -> None:
    """Let a device deliver changes."""
    assert bench.exchange(device, device.batch(changes)).errors == []


def arrive(bench: Bench, device: RawDevice, **values: Any) -> UUID:
    """Let a device register somebody; give the id."""
    change = device.change({name: value for name, value in values.items() if value is not None})
    send(bench, device, [change])
    return change.record


def decide(bench: Bench, a: UUID, b: UUID, verdict: Verdict) -> reconcile.Decision:
    """Decide a pair as the supervisor."""
    with bench.office.store.write() as connection:
        return reconcile.decide_pair(connection, (str(a), str(b)), verdict, "lihat KTP", USER)


def write(bench: Bench, *edits: Edit) -> None:
    """Write edits one by one in one transaction."""
    with bench.office.store.write() as connection:
        for edit in edits:
            ingest.write_own(connection, [edit], USER)


def cluster(bench: Bench, record: UUID) -> set[UUID]:
    """Give the records that are one person with a record."""
    with bench.office.store.read() as connection:
        return set(members_of(connection, record))


def band(bench: Bench, record: UUID) -> str:
    """Give how an arrival was judged."""
    with bench.office.store.read() as connection:
        found = matching.arrivals_since(connection, 0)
    return next(arrival.band for arrival, _ in found if arrival.record == str(record))


def cases(bench: Bench, **filters: Any) -> list[Case]:
    """Give the open cases."""
    with bench.office.store.read() as connection:
        return queue.open_cases(connection, Filters(**filters))[0]


def test_an_arrival_finds_its_earlier_self(bench: Bench, device: RawDevice) -> None:
    """Old spelling and no NIK: one person at once, by the matcher's change, with its grounds."""
    (known,) = import_(bench, SISILIA)
    met = arrive(bench, device, **{**SISILIA, "name": "Sisilia Ngadoel", "nik": None})
    assert (cluster(bench, met), band(bench, met), cases(bench)) == ({known, met}, "known", [])
    with bench.office.store.read() as connection:
        link = records.get(connection, link_id(known, met))
        assert link is not None
        assert str(link.state.shown("method")).startswith("matcher:")
        decision = next(iter(reconcile.decisions(connection))).decision
        grounds = matching.decision(connection, decision)
    assert grounds is not None
    assert grounds[0] == link.state.shown("weight")
    bits = sum(part.bits for part in queue.parts_of(grounds[2]))
    assert bits == pytest.approx(grounds[0], abs=0.01)
    arrive(bench, device, **{**SISILIA, "name": "Petrus Bakung", "sex": "L", "nik": None})


def test_an_undone_automatic_link_is_a_veto_until_somebody_says_otherwise(
    bench: Bench, device: RawDevice
) -> None:
    """The matcher never joins the two again, also not by a third; a person still may."""
    (known,) = import_(bench, SISILIA)
    met = arrive(bench, device, **SISILIA)
    with bench.office.store.write() as connection:
        (made,) = reconcile.decisions(connection)
        undone = reconcile.undo(connection, str(made.decision), USER)
    assert cluster(bench, met) == {met}
    send(bench, device, [device.change({"mother_name": "Kornelia J"}, record=met)])
    third = arrive(bench, device, **SISILIA)
    assert not {known, met} <= cluster(bench, third)
    with bench.office.store.write() as connection:
        reconcile.undo(connection, str(undone.decision), USER)
    assert {known, met} <= cluster(bench, met)


def test_different_survives_edits_and_rematching(bench: Bench, device: RawDevice) -> None:
    """A person's word outlives whatever makes the two more alike."""
    (known,) = import_(bench, SISILIA)
    met = arrive(bench, device, **NAMESAKE)
    decide(bench, known, met, Verdict.DIFFERENT)
    send(bench, device, [device.change({"nik": SISILIA["nik"]}, record=met)])
    rematching.rematch(bench.office, registers=True)
    assert (cluster(bench, met), cases(bench)) == ({met}, [])


def test_a_record_that_matches_two_whom_a_person_has_split_is_shown_so(
    bench: Bench, device: RawDevice
) -> None:
    """It is linked to neither; the case has all three and says that two are different."""
    one, other = import_(bench, SISILIA, {**SISILIA, "nik": "5315055907830005"})
    decide(bench, one, other, Verdict.DIFFERENT)
    met = arrive(bench, device, **{**SISILIA, "nik": None})
    (case,) = cases(bench)
    assert (cluster(bench, met), band(bench, met)) == ({met}, "doubtful")
    assert (case.split, set(case.records), case.kind) == (True, {one, other, met}, "person")
    assert all(pair.parts for pair in case.pairs)


def test_two_who_are_split_by_another_record_of_theirs_are_shown_so(
    bench: Bench, device: RawDevice
) -> None:
    """The verdict lies on a third record, which is one with the first of the two."""
    one, other, third = import_(
        bench,
        SISILIA,
        {**SISILIA, "nik": "5315055907830005"},
        {**NAMESAKE, "name": "Kathrina Wae"},
    )
    decide(bench, third, one, Verdict.SAME)
    decide(bench, third, other, Verdict.DIFFERENT)
    met = arrive(bench, device, **{**SISILIA, "nik": None})
    (case,) = cases(bench)
    assert (case.split, set(case.records)) == (True, {one, other, third, met})


def test_a_register_is_never_merged_with_itself(bench: Bench, device: RawDevice) -> None:
    """Two equal rows are asked about, also once an officer has edited one."""
    one, other = import_(bench, SISILIA, SISILIA)
    send(bench, device, [device.change({"name": "Sisilia Ngadoel"}, record=one)])
    rematching.rematch(bench.office, registers=True)
    assert cluster(bench, one) == {one}
    assert [set(case.records) for case in cases(bench)] == [{one, other}]


def test_two_whom_one_laptop_wrote_are_not_joined_without_a_common_nik(
    bench: Bench, device: RawDevice
) -> None:
    """Its officers saw both; another laptop may have met the same person, and so does one NIK."""
    alike = {**SISILIA, "name": "Sisilia Ngadoel", "nik": None}
    one, other = (arrive(bench, device, **alike) for _ in range(2))
    assert (cluster(bench, other), band(bench, other)) == ({other}, "doubtful")
    assert [set(case.records) for case in cases(bench)] == [{one, other}]
    decide(bench, one, other, Verdict.DIFFERENT)
    third, fourth = (arrive(bench, by, **SISILIA) for by in (device, device))
    assert cluster(bench, third) >= {third, fourth}


@settings(max_examples=25)
@given(
    order=st.permutations(range(5)),
    devices=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    batches=st.lists(st.booleans(), min_size=5, max_size=5),
    vetoed=st.integers(0, 5),
)
def test_a_veto_holds_in_any_order_of_arrival(
    order: list[int], devices: list[int], batches: list[bool], vetoed: int
) -> None:
    """Two are different; whoever comes between them, when, by whom and in which batch.

    The verdict may also come after some of them.
    """
    with TemporaryDirectory() as folder:
        bench = found_office(Path(folder))
        one, other = import_(bench, SISILIA, {**SISILIA, "nik": OTHER_NIK})
        laptops = [bench.device() for _ in range(3)]
        waiting: dict[int, list[Change]] = {}
        for place, (at, by) in enumerate(zip(order, devices, strict=True)):
            if place == vetoed:
                decide(bench, one, other, Verdict.DIFFERENT)
            values = {name: value for name, value in BETWEEN[at].items() if value}
            waiting.setdefault(by, []).append(laptops[by].change(values))
            if batches[place]:
                send(bench, laptops[by], waiting.pop(by))
                assert place < vetoed or other not in cluster(bench, one)
        if vetoed == len(order):
            decide(bench, one, other, Verdict.DIFFERENT)
        for by, changes in waiting.items():
            send(bench, laptops[by], changes)
        rematching.rematch(bench.office, registers=True)
        assert other not in cluster(bench, one)
        bench.office.store.close()


def test_the_queue_keeps_its_place(bench: Bench, device: RawDevice) -> None:
    """Behind a key come those that were behind it, also once that case is decided."""
    for at, name in enumerate(("Agnes Jelita", "Bernadus Rantung", "Cornelis Dapa")):
        nik = f"531505590783000{at + 1}"
        apart = {"village": f"53.15.0{at + 5}.2001", "birth_date": f"19{at + 5}3-07-19"}
        import_(bench, NAMESAKE | apart | {"name": name, "nik": nik})
        arrive(bench, device, **NAMESAKE | apart | {"name": name[::-1].title(), "nik": nik})
    with bench.office.store.read() as connection:
        first, left = queue.open_cases(connection, limit=1)
        behind, _ = queue.open_cases(connection, after=first[0].key)
    assert left == len(behind) + 1 == len(cases(bench))
    pair = first[0].pairs[0]
    decide(bench, pair.a, pair.b, Verdict.UNDECIDED)
    with bench.office.store.read() as connection:
        now, left = queue.open_cases(connection, after=first[0].key)
        assert queue.case_of(connection, pair.a) is not None
    assert [case.key for case in now if not case.undecided] == [case.key for case in behind]
    assert left == len(behind)


def test_the_queue_is_narrowed_by_district_campaign_and_weight(
    bench: Bench, device: RawDevice
) -> None:
    """Each filter alone, and together; a case counts where one of its records fits."""
    plan = derived_id("test", b"campaign")
    write(
        bench,
        Edit(record=plan, type="campaign", values={"name": "Jemput Contoh", "area": "53.15"}),
    )
    found: dict[str, UUID] = {}
    for district, known, told in (
        ("53.15.05", SISILIA, {"name": "Petrus Bakung"}),
        ("53.15.06", NAMESAKE | {"nik": "5315065907830004"}, {"name": "Agnes Jelita"}),
        ("53.15.07", NAMESAKE | {"nik": "5315075907830006"}, {"name": "Bruno Dapa"}),
    ):
        row = {**known, "village": f"{district}.2001"}
        import_(bench, row)
        found[district] = arrive(bench, device, **row | told)
    met = {"person": str(found["53.15.06"]), "outcome": "recorded", "campaign": str(plan)}
    send(bench, device, [device.change(met, type="visit")])

    def narrowed(**filters: Any) -> set[str]:
        records = {one for case in cases(bench, **filters) for one in case.records}
        return {district for district, one in found.items() if one in records}

    assert narrowed() == set(found)
    assert [narrowed(area=district) for district in found] == [{one} for one in found]
    assert narrowed(campaign=str(plan)) == {"53.15.06"}
    assert narrowed(campaign=str(plan), area="53.15.05") == set()
    bits = sorted(case.weight for case in cases(bench) if case.weight is not None)
    low, high = bits[0], bits[-1]
    assert low < high
    middle = (low + high) / 2
    above, below = narrowed(least=middle), narrowed(most=middle)
    assert above
    assert below
    assert (above | below, above & below) == (set(found), set())
    assert narrowed(least=high + 1) == narrowed(most=low - 1) == set()
    with bench.office.store.read() as connection:
        assert queue.open_cases(connection, Filters(area="53.15.05"))[1] == 1


def test_what_is_kept_for_comparing_is_the_same_made_anew(
    bench: Bench, device: RawDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written one by one over several segments, or all at once: the same candidates."""
    monkeypatch.setattr(blocks, "LATE_LIMIT", 3)
    import_(bench, *({**SISILIA, "name": f"Sisilia Ngadul {n}"} for n in range(4)))
    for n in range(3):
        arrive(bench, device, **{**SISILIA, "name": f"Sisilia Ngadul {n}", "nik": None})
    before = _sharing(bench)
    rebuilding.rebuild(bench.office)
    assert _sharing(bench) == before != {}


def _sharing(bench: Bench) -> dict[str, set[str]]:
    """Give for each resident who shares a blocking key."""
    with bench.office.store.write() as connection:
        index = blocks.blocks_of(connection)
        rows = ask(connection, "SELECT number, record, blocks FROM match_people")
        name = {number: record for number, record, _ in rows}
        return {
            record: {name[n] for n in index.sharing(blocks.keys_from(keys)) if n in name}
            for _, record, keys in rows
        }


def test_a_transaction_that_is_undone_leaves_no_candidate(bench: Bench, device: RawDevice) -> None:
    """The index in memory forgets who was never committed."""
    import_(bench, SISILIA)
    edit = Edit(record=derived_id("test", b"undone"), type="person", values=SISILIA)
    with pytest.raises(ChangeInvalid):
        write(bench, edit, replace(edit, values={"sex": "X"}))
    met = arrive(bench, device, **SISILIA)
    assert len(cluster(bench, met)) == 2


def test_who_came_before_the_register_is_found_once_it_is_there(
    bench: Bench, device: RawDevice
) -> None:
    """An import says nothing to those who wait; comparing them again does."""
    met = arrive(bench, device, **SISILIA)
    (known,) = import_(bench, SISILIA)
    assert (cluster(bench, met), band(bench, met)) == ({met}, "new")
    assert (rematching.rematch_waiting(bench.office), cluster(bench, met)) == (1, {known, met})
