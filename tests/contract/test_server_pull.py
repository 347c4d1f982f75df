"""What a device is sent: its area, its own records, verdicts about either, and nothing twice."""

import random
from functools import reduce
from pathlib import Path

import pytest

from shared_schema.custody import Head
from shared_schema.fold import fold, join, state_from_json
from shared_schema.ids import derived_id, record_id
from shared_schema.links import link_id
from sync_server import pull
from sync_server.ingest import Edit, write_own
from sync_server.store.queries import devices, rosters
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice, person

_END_BYTES = 25
HERE, THERE = "53.15.05.2001", "53.15.06.2001"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office with an empty log."""
    return found_office(tmp_path)


def register(bench: Bench, *villages: str, start: int = 0) -> list[str]:
    """Import people of these villages as the server's own changes; give their ids."""
    edits = [
        Edit(
            record=derived_id("test", str(at).encode()),
            type="person",
            values=person(f"Warga Contoh {at}", village),
        )
        for at, village in enumerate(villages, start)
    ]
    with bench.office.store.write() as connection:
        write_own(connection, edits, "user:penyelia")
    return [str(edit.record) for edit in edits]


def pulled(bench: Bench, device: RawDevice) -> set[str]:
    """Exchange nothing; give the ids of the records sent."""
    return set(bench.exchange(device).states)


def test_the_first_pull_is_a_snapshot_of_the_area(bench: Bench) -> None:
    """It begins with a reset and the regions' names, and holds nobody from elsewhere."""
    here, _, also_here = register(bench, HERE, THERE, HERE)
    device = RawDevice.of(code_of(bench.office))
    answer = bench.exchange(device, device.enrol())
    assert [item["kind"] for item in answer.items[:2]] == ["reset", "regions"]
    assert set(answer.states) == {here, also_here}
    assert pulled(bench, device) == set()


def test_later_changes_follow(bench: Bench) -> None:
    """Only what was touched since, and only in the area."""
    device = bench.device(("53.15.05",))
    register(bench, HERE)
    assert len(pulled(bench, device)) == 1
    new, _ = register(bench, HERE, THERE, start=5)
    assert pulled(bench, device) == {new}


@pytest.mark.parametrize("items", [1, 3, 7, 200])
def test_a_pull_cut_after_any_page_goes_on_where_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, items: int
) -> None:
    """Snapshot and log phase, whatever the size of a page: each record once, none left out."""
    monkeypatch.setattr(pull, "PAGE_ITEMS", items)
    first = register(bench, *[HERE, THERE, HERE, HERE] * 3)
    device = RawDevice.of(code_of(bench.office))
    bench.exchange(device, device.enrol())
    second = register(bench, *[HERE, THERE] * 4, start=100)
    seen: list[str] = []
    with bench.office.store.read() as connection:
        known = devices.get(connection, device.id)
    assert known is not None
    cursor = ""
    while True:
        page = next(pull.pages(bench.office, known, cursor, {}), None)
        if page is None:
            break
        assert page.previous == cursor
        cursor = page.next
        seen += [item["state"]["record"] for item in page.items if item["kind"] == "state"]
    expected = [r for at, r in enumerate(first) if at % 4 != 1] + second[::2]
    assert sorted(seen) == sorted(expected)


def test_a_device_is_not_sent_what_it_proves_to_have(bench: Bench) -> None:
    """Its own changes come back only to a copy that cannot show that it holds them."""
    device = bench.device()
    bench.exchange(device)
    changes = device.people(2)
    assert bench.exchange(device, device.batch(changes)).states == {}
    cursor = device.cursor
    more = device.people(1)
    end = Head(sequence=3, hash=(device.batch(more), device.previous)[1])
    assert cursor.endswith(":2:")
    device.cursor = "1:1:0:l:0:"
    unproven = bench.exchange(device)
    assert set(unproven.states) == {str(change.record) for change in changes}
    device.cursor = "1:1:0:l:0:"
    wrong = {device.stream: end}
    assert (
        len(device.read(bench.answer(device.section(hello=device.hello(heads=wrong)))).states) == 2
    )


def test_another_devices_edit_of_its_record_is_sent(bench: Bench) -> None:
    """Even where the record lies outside its area: it wrote it."""
    device, other = bench.device(("53.15.05",)), bench.device(("53.15.06",))
    mine = device.people(1, THERE)[0]
    bench.exchange(device, device.batch([mine]))
    edit = other.change({"phone": "0812"}, record=mine.record)
    bench.exchange(other, other.batch([edit]))
    assert pulled(bench, device) == {str(mine.record)}


def test_what_a_device_alone_wrote_is_not_even_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own day is one step, however long; what somebody else touched of it is found in there."""
    monkeypatch.setattr(pull, "PAGE_ITEMS", 2)
    device, other = bench.device(), bench.device()
    changes = device.people(9)
    bench.exchange(device, device.batch(changes))
    with bench.office.store.read() as connection:
        assert rosters.touched(connection, 0, "", 99, 99, {device.stream: 9}) == []
        assert len(rosters.touched(connection, 0, "", 99, 99, {device.stream: 8})) == 1
        assert len(rosters.touched(connection, 5, "", 99, 99, {other.stream: 9})) == 4
    edit = other.change({"phone": "0812"}, record=changes[4].record)
    bench.exchange(other, other.batch([edit]))
    with bench.office.store.read() as connection:
        (found,) = rosters.touched(connection, 0, "", 99, 99, {device.stream: 9})
    assert found.record == edit.record
    late = device.people(3)
    assert set(bench.exchange(device, device.batch(late)).states) == {str(edit.record)}


def test_a_record_that_moves_away_leaves(bench: Bench) -> None:
    """Those who held it are told; those who never did hear nothing of it."""
    here, there = register(bench, HERE, THERE)
    device, stranger = bench.device(("53.15.05",)), bench.device(("53.15.01",))
    register(bench, THERE)
    answer = bench.exchange(device)
    assert [item for item in answer.items if item["kind"] == "leave"] == [
        {"kind": "leave", "record": here}
    ]
    assert bench.exchange(stranger).items == []
    assert there not in str(answer.items)


def test_a_visit_is_where_its_person_is(bench: Bench) -> None:
    """Also when the visit comes first, and when the person moves later."""
    writer, device = bench.device(("53.15",)), bench.device(("53.15.05",))
    someone = record_id(writer.stream, 77)
    visit = writer.change({"person": str(someone), "outcome": "recorded"}, type="visit")
    bench.exchange(writer, writer.batch([visit]))
    assert pulled(bench, device) == set()
    came = writer.change(person("Warga Contoh 1", HERE), record=someone)
    bench.exchange(writer, writer.batch([came]))
    assert pulled(bench, device) == {str(someone), str(visit.record)}
    went = writer.change({"village": THERE}, record=someone, replaces=[came.stamp])
    bench.exchange(writer, writer.batch([went]))
    left = [item["record"] for item in bench.exchange(device).items if item["kind"] == "leave"]
    assert sorted(left) == sorted([str(someone), str(visit.record)])


def test_a_verdict_follows_the_records_it_is_about(bench: Bench) -> None:
    """Whoever holds either end is told, whatever the area of the other."""
    here, there = register(bench, HERE, THERE)
    asked = [bench.device((area,)) for area in ("53.15.05", "53.15.06", "53.15.01")]
    a, b = (derived_id("test", str(at).encode()) for at in (0, 1))
    assert (str(a), str(b)) == (here, there)
    verdict = {"a": str(min(a, b)), "b": str(max(a, b)), "verdict": "same"}
    with bench.office.store.write() as connection:
        write_own(
            connection, [Edit(record=link_id(a, b), type="link", values=verdict)], "user:penyelia"
        )
    link = str(link_id(a, b))
    assert [pulled(bench, device) for device in asked] == [{link}, {link}, set()]


def test_a_regency_wide_campaign_reaches_every_district(bench: Bench) -> None:
    """An area around the scope concerns it as well."""
    device = bench.device(("53.15.05",))
    campaign = Edit(
        record=derived_id("test", b"campaign"),
        type="campaign",
        values={"name": "Jemput bola", "area": "53.15"},
    )
    with bench.office.store.write() as connection:
        write_own(connection, [campaign], "user:penyelia")
    assert pulled(bench, device) == {str(campaign.record)}


def test_a_cursor_that_does_not_fit_begins_a_new_snapshot(bench: Bench) -> None:
    """Another epoch, another scope, a position beyond the log, or garbage."""
    register(bench, HERE)
    device = bench.device(("53.15.05",))
    for cursor in ("9:1:0:l:1:", "1:9:0:l:1:", "1:1:0:l:999:", "garbage"):
        device.cursor = cursor
        answer = bench.exchange(device)
        assert answer.items[0] == {"kind": "reset"}
        assert len(answer.states) == 1


def test_nothing_is_sent_after_a_scope_has_ended(bench: Bench) -> None:
    """What it sends is still taken; what it sees stays as it was."""
    device = bench.device(until_ms=bench.clock[0] + 1000)
    register(bench, HERE)
    bench.clock[0] += 5000
    answer = bench.exchange(device, device.batch(device.people(1)))
    assert (answer.pages, answer.receipts[0].sequence) == ([], 1)


def test_no_pages_without_asking_or_for_a_cut_section(bench: Bench) -> None:
    """Half a section gets receipts and an error; its cursor stays."""
    register(bench, HERE)
    device = bench.device(("53.15.05",))
    register(bench, HERE, start=7)
    quiet = device.read(bench.answer(device.section(hello=device.hello(pull=False))))
    assert quiet.pages == []
    whole = device.section(device.batch(device.people(1)))
    cut = whole[:-_END_BYTES]
    answer = device.read(bench.answer(cut))
    assert (answer.errors, answer.pages, len(answer.receipts)) == (["SECTION_INCOMPLETE"], [], 1)


def test_a_record_leaves_with_the_record_that_it_belonged_to(bench: Bench) -> None:
    """A visit that is corrected to somebody elsewhere leaves the area where it was first noted."""
    here, there = bench.device(("53.15.05",)), bench.device(("53.15.05", "53.15.06"))
    one, other = there.change(person("Warga Contoh 1", HERE)), there.change(person("B", THERE))
    visit = there.change({"person": str(one.record), "outcome": "recorded"}, type="visit")
    bench.exchange(there, there.batch([one, other, visit]))
    assert str(visit.record) in pulled(bench, here)
    moved = there.change(
        {"person": str(other.record)}, type="visit", record=visit.record, replaces=[visit.stamp]
    )
    bench.exchange(there, there.batch([moved]))
    assert bench.exchange(here).items == [{"kind": "leave", "record": str(visit.record)}]


def test_a_record_that_was_swollen_on_purpose_is_sent_in_parts(bench: Bench) -> None:
    """A hostile laptop writes what compresses badly, again and again: everybody still pulls."""
    device, other = bench.device(), bench.device()
    (made,) = device.people(1)
    letters = [chr(code) for code in range(0x4E00, 0x9FFF)]
    reasons = [{"X": "".join(random.Random(at).choices(letters, k=9900))} for at in range(280)]
    swollen = [device.change({"_reasons": reason}, record=made.record) for reason in reasons]
    everything = [made, *swollen]
    batches = [device.batch(everything[at : at + 150]) for at in range(0, len(everything), 150)]
    assert bench.exchange(device, *batches).errors == []
    answer = bench.exchange(other)
    assert answer.errors == []
    sent = [state_from_json(item["state"]) for item in answer.items if item["kind"] == "state"]
    assert len(sent) > 1
    assert reduce(join, sent) == fold(everything)
    assert pulled(bench, other) == set()


def test_what_is_born_within_a_snapshot_can_leave_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that came after the snapshot began is sent behind it, so its leaving is known."""
    monkeypatch.setattr(pull, "PAGE_ITEMS", 1)
    register(bench, HERE, HERE)
    device = bench.device()
    with bench.office.store.read() as connection:
        known = devices.get(connection, device.id)
    assert known is not None
    pages = pull.pages(bench.office, known, "", {})
    seen = [next(pages)]
    (born,) = register(bench, HERE, start=7)
    seen += list(pages)
    register(bench, THERE, start=7)
    seen += list(pull.pages(bench.office, known, seen[-1].next, {}))
    items = [item for page in seen for item in page.items]
    sent = [item for item in items if item["kind"] == "state" and item["state"]["record"] == born]
    left = [item for item in items if item["kind"] == "leave"]
    assert (len(sent), len(left)) in {(0, 0), (1, 1)}
