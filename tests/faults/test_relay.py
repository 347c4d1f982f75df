"""What befalls a relay: lines cut at every frame, crashes, full disks, restored offices, rivals.

Whatever it was: in the end the office has every change once, and the device every receipt.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from shared_schema.custody import Receipt, Status
from shared_schema.errors import CustodyError, NetworkError, StorageError
from shared_schema.frames import Frame, Kind, read_frames
from shared_schema.relaying import HeldBatch, NotHeld
from sync_server.relay import replies, shelf
from sync_server.relay.forwarding import FIRST_WAIT_MS, Forwarding
from sync_server.relay.holding import converse, open_section
from sync_server.relay.pacing import LONGEST_WAIT_S, wait_after
from sync_server.relay.replies import GIVEN_AT_MOST
from sync_server.store.queries import devices, facts
from sync_server.store.queries.facts import Fact
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice
from tests.support.relays import RelayBench, Visit, found_relay, heard_by, read_replies

BATCHES = 4
PEOPLE = 2
HOUR_S = 3600


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give an office."""
    folder = tmp_path / "office"
    folder.mkdir()
    return found_office(folder)


@pytest.fixture
def relay(tmp_path: Path, bench: Bench) -> RelayBench:
    """Give a relay that the office has enrolled."""
    return found_relay(tmp_path / "relay", bench)


def changes(bench: Bench) -> int:
    """Count the changes in the office's log."""
    with bench.office.store.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM changes").scalar_one())


def receipts(device: RawDevice, visit: Visit) -> list[Receipt]:
    """Read the receipts among the replies, of whole ones and of those that were cut."""
    return [one for reply in visit.replies for one in device.read_late(reply).receipts]


def day(device: RawDevice) -> list[bytes]:
    """Seal a day's batches."""
    return [device.batch(device.people(PEOPLE)) for _ in range(BATCHES)]


CUTS = [(way, at) for way in ("sent", "heard") for at in (2, 3, 5, 8)]


def test_a_line_cut_at_any_frame_loses_nothing(bench: Bench, relay: RelayBench) -> None:
    """What was answered is kept, the rest goes again; the office has each change once."""
    for done, (way, at) in enumerate(CUTS):
        device = bench.device()
        relay.pass_on()
        batches = day(device)
        relay.visit(device, *batches)
        setattr(relay.wire, way, at)
        relay.try_to_pass_on()
        relay.wire.sent = relay.wire.heard = 1 << 30
        relay.pass_on()
        assert changes(bench) == (done + 1) * BATCHES * PEOPLE
        told = receipts(device, relay.visit(device, *batches))
        assert {one.first for one in told} == {1, 3, 5, 7}
        assert all(one.status is Status.ACCEPTED for one in told)


@pytest.mark.parametrize("at", range(8))
def test_answers_out_of_order_do_not_stand_in_a_devices_way(
    bench: Bench, relay: RelayBench, at: int
) -> None:
    """What is handed over begins as a reply does, and its end is there only with all of it."""
    device = bench.device()
    relay.pass_on()
    batches = day(device)
    relay.visit(device, *batches)
    relay.wire.swapped = at
    with suppress(NetworkError, CustodyError):
        relay.pass_on()
    relay.wire.swapped = None
    for reply in relay.visit(device, *batches).replies:
        assert reply[0].kind in {Kind.WELCOME, Kind.ERROR}
        if reply[-1].kind == Kind.DONE:
            device.read(reply)
    relay.pass_on()
    assert changes(bench) == BATCHES * PEOPLE


def test_a_relay_killed_within_a_passing_on_goes_on(bench: Bench, relay: RelayBench) -> None:
    """What its disk holds is all that it needs."""
    device = bench.device()
    relay.pass_on()
    batches = day(device)
    relay.visit(device, *batches)
    relay.wire.heard = 5
    relay.try_to_pass_on()
    relay = relay.reopened()
    relay.wire.heard = 1 << 30
    relay.pass_on()
    assert len(receipts(device, relay.visit(device, *batches))) == BATCHES


def test_a_cut_line_sends_only_what_was_not_answered(bench: Bench, relay: RelayBench) -> None:
    """After a receipt came, its batch does not go again."""
    device = bench.device()
    relay.pass_on()
    relay.visit(device, *day(device))
    relay.wire.heard = 6
    assert relay.try_to_pass_on() is not None
    relay.wire.heard = 1 << 30
    relay.wire.kinds.clear()
    relay.pass_on()
    assert 0 < relay.wire.kinds.count(Kind.BATCH) < BATCHES


def frame_by_frame(relay: RelayBench, body: bytes) -> Iterator[Frame]:
    """Answer a body as slowly as the answer is read."""
    frames = iter(read_frames(body))
    return converse(relay.relay, frames, open_section(relay.relay, frames), [])


def test_a_relay_killed_before_its_answer_arrived(bench: Bench, relay: RelayBench) -> None:
    """The device sends again, and what was held is held once."""
    for turn, heard in enumerate((1, 3, BATCHES + 1), 1):
        device = bench.device()
        relay.pass_on()
        relay.wire.kinds.clear()
        batches = day(device)
        answer = frame_by_frame(relay, device.section(*batches))
        for _ in range(heard):
            next(answer)
        del answer
        assert len(relay.visit(device, *batches).of(HeldBatch)) == BATCHES
        relay.pass_on()
        assert relay.wire.kinds.count(Kind.BATCH) == BATCHES
        assert changes(bench) == turn * BATCHES * PEOPLE


def test_an_answer_that_grows_while_it_is_handed_over(bench: Bench, relay: RelayBench) -> None:
    """The office is heard at the same time: the device gets as many frames as were announced."""
    device = bench.device()
    relay.pass_on()
    relay.visit(device, *day(device))
    relay.pass_on()
    answer = frame_by_frame(relay, device.section())
    frames = [next(answer)]
    while b'"what":"done"' not in frames[-1].body:
        frames.append(next(answer))
    with relay.relay.store.write() as connection:
        for number, count in replies.waiting(connection, device.id):
            replies.add(connection, number, count, Frame(Kind.ERROR, bytes(70)))
    frames += answer
    assert len(receipts(device, heard_by(device, frames))) == BATCHES


def test_an_answer_is_not_thrown_away_while_it_comes(bench: Bench, relay: RelayBench) -> None:
    """However often the device comes by meanwhile: what it answers hangs on it."""
    device = bench.device()
    relay.pass_on()
    batches = day(device)
    relay.visit(device, *batches)
    forwarding = Forwarding(relay.relay, own=False, room_bytes=1 << 20)
    answer = bench.answer(b"".join(forwarding.outgoing()))
    for frame in answer[:3]:
        forwarding.take(frame)
    for _ in range(GIVEN_AT_MOST + 1):
        relay.visit(device)
    for frame in answer[3:]:
        forwarding.take(frame)
    forwarding.settle()
    told = receipts(device, relay.visit(device, *batches))
    assert len(told) == BATCHES


def test_held_is_said_only_when_it_is_on_the_disk(
    bench: Bench, relay: RelayBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes no more makes no promise."""
    device = bench.device()
    relay.pass_on()

    def broken(*_: object) -> None:
        raise StorageError

    with monkeypatch.context() as patch:
        patch.setattr(shelf, "put", broken)
        visit = relay.visit(device, *day(device))
    assert visit.of(HeldBatch) == []
    assert visit.of(NotHeld) == [NotHeld(code="STORAGE", full=True)]


def test_a_disk_that_is_nearly_full_is_left_alone(bench: Bench, relay: RelayBench) -> None:
    """The relay says that it is full before the disk is, and goes on passing on."""
    device = bench.device()
    relay.pass_on()
    first, *others = day(device)
    relay.visit(device, first)
    relay.relay = replace(relay.relay, free=lambda: 1_000)
    assert relay.visit(device, first, *others).of(NotHeld)[0].code == "RELAY_FULL"
    relay.pass_on()
    assert changes(bench) == PEOPLE


def test_an_office_that_is_away_for_days(bench: Bench, relay: RelayBench) -> None:
    """Attempts become seldom, nothing is given up, and all of it arrives."""
    device = bench.device()
    relay.pass_on()
    relay.wire.up = False
    batches: list[bytes] = []
    for _ in range(3):
        bench.clock[0] += 24 * HOUR_S * 1000
        batches += day(device)
        relay.visit(device, *batches)
        assert relay.try_to_pass_on() is not None
    relay.wire.up = True
    relay.pass_on()
    assert changes(bench) == 3 * BATCHES * PEOPLE
    assert len(receipts(device, relay.visit(device, *batches))) == 3 * BATCHES


def test_attempts_never_hammer() -> None:
    """In an hour without a line there are at most 40; after an hour a new one every 5 minutes."""
    waits = [wait_after(failures, 0.0) for failures in range(1, 60)]
    spent = 0.0
    attempts = 0
    while spent < HOUR_S:
        spent += waits[attempts]
        attempts += 1
    assert attempts <= 40
    assert max(wait_after(n, 1.0) for n in range(1, 60)) == LONGEST_WAIT_S


def restored(bench: Bench, folder: Path) -> Bench:
    """Copy an office as it comes back from a backup of this moment, in its next epoch."""
    folder.mkdir()
    copy = bench.copy(folder)
    with copy.office.store.write() as connection:
        facts.put(connection, Fact.EPOCH, "2")
    return copy


def test_an_office_restored_from_a_backup(tmp_path: Path, bench: Bench, relay: RelayBench) -> None:
    """What it said before is thrown away, and what it lacks is taken from the device again."""
    device = bench.device()
    relay.pass_on()
    lost = restored(bench, tmp_path / "restored")
    batches = day(device)
    relay.visit(device, *batches[:2])
    relay.pass_on()
    relay.wire.bench = lost
    relay.pass_on()
    assert relay.visit(device, *batches).replies == []
    relay.pass_on()
    assert changes(lost) == BATCHES * PEOPLE
    assert len(receipts(device, relay.visit(device, *batches))) == BATCHES


def test_an_office_restored_from_before_the_relay(tmp_path: Path, bench: Bench) -> None:
    """It does not know the relay any more, and is given what the devices sent all the same."""
    device = bench.device()
    before = restored(bench, tmp_path / "restored")
    relay = found_relay(tmp_path / "relay", bench)
    relay.visit(device, *day(device))
    relay.wire.bench = before
    relay.pass_on()
    assert changes(before) == BATCHES * PEOPLE


def test_two_relays_a_stick_and_a_line_count_once(
    tmp_path: Path, bench: Bench, relay: RelayBench
) -> None:
    """The same batches by four ways, in whatever order."""
    other = found_relay(tmp_path / "other", bench)
    device = bench.device()
    batches = day(device)
    relay.visit(device, *batches[:3])
    other.visit(device, *batches)
    other.pass_on()
    bench.exchange(device, *batches)
    relay.pass_on()
    bench.answer(device.section(*batches))
    assert changes(bench) == BATCHES * PEOPLE
    for way in (relay, other):
        told = receipts(device, way.visit(device, *batches))
        assert {one.status for one in told} == {Status.ACCEPTED}


def test_a_gap_is_kept_until_it_is_filled(bench: Bench, relay: RelayBench) -> None:
    """What the office cannot take yet waits at the relay, and is tried again, seldom."""
    device = bench.device()
    relay.pass_on()
    first, second = day(device)[:2]
    relay.visit(device, second)
    relay.pass_on()
    assert changes(bench) == 0
    relay.wire.kinds.clear()
    relay.pass_on()
    assert Kind.BATCH not in relay.wire.kinds
    bench.answer(device.section(first))
    bench.clock[0] += FIRST_WAIT_MS + 1
    relay.pass_on()
    assert changes(bench) == 2 * PEOPLE


def test_a_revoked_device_hands_over_what_it_has(bench: Bench, relay: RelayBench) -> None:
    """Its batches go to quarantine, and it is told so by the relay."""
    device = bench.device()
    with bench.office.store.write() as connection:
        devices.revoke(connection, device.id, bench.clock[0])
    relay.pass_on()
    batches = day(device)
    assert len(relay.visit(device, *batches).of(HeldBatch)) == BATCHES
    relay.pass_on()
    (answer,) = read_replies(device, relay.visit(device))
    assert {one.status for one in answer.receipts} == {Status.QUARANTINED}
    assert answer.errors == ["DEVICE_REVOKED"]


def test_a_revoked_relay_takes_nothing_new(bench: Bench, relay: RelayBench) -> None:
    """It passes on what it holds, and says to the devices why it takes no more."""
    device = bench.device()
    relay.pass_on()
    first, *others = day(device)
    relay.visit(device, first)
    with bench.office.store.write() as connection:
        devices.revoke(connection, relay.relay.keys.id, bench.clock[0])
    relay.pass_on()
    assert changes(bench) == PEOPLE
    visit = relay.visit(device, first, *others)
    assert visit.of(NotHeld) == [NotHeld(code="RELAY_REVOKED", full=True)]


def test_strangers_are_forgotten_in_time(bench: Bench, relay: RelayBench) -> None:
    """Bytes of a device that never becomes the office's own do not stay for ever."""
    stranger = RawDevice(code=bench.device().code)
    relay.visit(stranger, *day(stranger))
    relay.pass_on()
    bench.clock[0] += relay.relay.limits.patience_ms + 1
    relay.pass_on()
    with relay.relay.store.read() as connection:
        assert shelf.total(connection) == 0


def test_forged_batches_and_answers_are_not_kept(bench: Bench, relay: RelayBench) -> None:
    """A batch of another device, or a flipped bit, is refused and the rest is held."""
    device, other = bench.device(), bench.device()
    relay.pass_on()
    good = device.batch(device.people(1))
    flipped = bytearray(other.batch(other.people(1)))
    flipped[-1] ^= 1
    visit = relay.visit(device, bytes(flipped), other.batch(other.people(1)), good)
    assert [one.code for one in visit.of(NotHeld)] == ["BATCH_FORGED", "BATCH_FORGED"]
    assert len(visit.of(HeldBatch)) == 1
