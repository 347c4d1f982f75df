"""A relay between devices and their office: what it promises, and what it must never lose."""

from pathlib import Path

import pytest

from shared_schema.custody import Status
from shared_schema.frames import Kind
from shared_schema.relaying import HeldBatch, Introduced, NotHeld
from sync_server.relay.relay import Limits
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice
from tests.support.relays import RelayBench, found_relay, read_replies


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


def persons(bench: Bench) -> int:
    """Count the records at the office."""
    return len(bench.projections()["records"])


def test_a_day_is_held_passed_on_and_answered(bench: Bench, relay: RelayBench) -> None:
    """Held at once, received once the office said so, told at the device's next visit."""
    device = bench.device()
    relay.pass_on()
    batches = [device.batch(device.people(3)) for _ in range(2)]
    first = relay.visit(device, *batches)
    assert [one.first for one in first.of(HeldBatch)] == [1, 4]
    assert first.replies == []
    assert persons(bench) == 0
    assert relay.pass_on().answered == 2
    assert persons(bench) == 6
    second = relay.visit(device, *batches)
    (answer,) = read_replies(device, second)
    assert [one.status for one in answer.receipts] == [Status.ACCEPTED] * 2
    assert [one.first for one in second.of(HeldBatch)] == [1, 4]


def test_nothing_readable_lies_at_a_relay(bench: Bench, relay: RelayBench) -> None:
    """Neither what a device sent nor what the office answered it."""
    device = bench.device()
    relay.visit(device, device.batch(device.people(20)))
    other = bench.device()
    bench.exchange(other, other.batch(other.people(20)))
    relay.pass_on()
    assert [kind for kind, _ in read_replies(device, relay.visit(device))[0].frames].count(
        Kind.PAGE
    )
    kept = b"".join(path.read_bytes() for path in relay.folder.iterdir())
    assert device.id.hex().encode() in kept
    assert b"Warga" not in kept
    assert "Warga Contoh".encode("utf-16-le") not in kept


def test_the_relay_says_who_it_is(relay: RelayBench, bench: Bench) -> None:
    """Its certificate bears the office's signature and its label."""
    device = bench.device()
    (introduced,) = relay.visit(device).of(Introduced)
    assert introduced.certificate.label == "Kecamatan Contoh"
    assert introduced.certificate.relay == relay.relay.keys.id


def test_what_was_answered_is_not_carried_twice(bench: Bench, relay: RelayBench) -> None:
    """A device that comes again before it took its receipts costs the line nothing but a hello."""
    device = bench.device()
    batch = device.batch(device.people(20))
    relay.visit(device, batch)
    relay.pass_on()
    relay.wire.kinds.clear()
    relay.visit(device, batch)
    relay.pass_on()
    assert Kind.BATCH not in relay.wire.kinds


def test_nothing_but_our_own_section_goes_without_need(bench: Bench, relay: RelayBench) -> None:
    """A hello that was answered to its end is not passed on again."""
    relay.visit(bench.device())
    relay.pass_on()
    relay.wire.kinds.clear()
    relay.pass_on()
    assert relay.wire.kinds == [Kind.HELLO, Kind.END]


def test_a_full_relay_says_so_and_loses_nothing(tmp_path: Path, bench: Bench) -> None:
    """What it held before stays held; the rest is the device's to keep."""
    relay = found_relay(tmp_path / "small", bench, Limits(device=2_000))
    device = bench.device()
    relay.pass_on()
    batches = [device.batch(device.people(20)) for _ in range(6)]
    visit = relay.visit(device, *batches)
    held = len(visit.of(HeldBatch))
    assert 0 < held < 6
    assert visit.of(NotHeld) == [NotHeld(code="RELAY_FULL", full=True)]
    relay.pass_on()
    relay.visit(device, *batches)
    relay.pass_on()
    assert persons(bench) > 20 * held


def test_a_device_the_office_has_not_named_has_little_room(tmp_path: Path, bench: Bench) -> None:
    """The list may be stale, so it is heard; but strangers together cannot fill the relay."""
    relay = found_relay(tmp_path / "strict", bench, Limits(strangers=1_000))
    device = bench.device()
    batches = [device.batch(device.people(20)) for _ in range(3)]
    assert relay.visit(device, *batches).of(NotHeld)
    relay.pass_on()
    assert not relay.visit(device, *batches).of(NotHeld)


def test_a_device_may_enrol_through_a_relay(bench: Bench, relay: RelayBench) -> None:
    """Enrolment and first batches together; the answer waits for the next visit."""
    device = RawDevice.of(code_of(bench.office))
    relay.visit(device, device.enrol(), device.batch(device.people(2)))
    relay.pass_on()
    (answer,) = read_replies(device, relay.visit(device))
    assert answer.errors == []
    assert len(answer.objects(Kind.ENROLLED)) == 1
    assert persons(bench) == 2
