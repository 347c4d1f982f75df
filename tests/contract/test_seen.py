"""When a device was last heard of: also when it only asked."""

from pathlib import Path

from sync_server.store.queries import devices
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

MINUTE_MS = 60_000


def seen_ms(bench: Bench, device: RawDevice) -> int | None:
    """Return what the office has noted."""
    with bench.office.store.read() as connection:
        known = devices.get(connection, device.id)
    assert known is not None
    return known.seen_ms


def test_a_device_that_only_pulls_is_seen(tmp_path: Path) -> None:
    """Once a minute at most, so that asking each second costs no write."""
    bench = found_office(tmp_path)
    device = bench.device()
    begun_ms = bench.clock[0]
    bench.clock[0] += 10 * MINUTE_MS
    bench.exchange(device)
    assert seen_ms(bench, device) == begun_ms + 10 * MINUTE_MS
    bench.clock[0] += MINUTE_MS // 2
    bench.exchange(device)
    assert seen_ms(bench, device) == begun_ms + 10 * MINUTE_MS
    bench.exchange(device, device.batch(device.people(1)))
    assert seen_ms(bench, device) == begun_ms + 10 * MINUTE_MS + MINUTE_MS // 2


def test_a_repeat_is_a_sign_of_life(tmp_path: Path) -> None:
    """A device that is sent nothing and sends what is known is there all the same."""
    bench = found_office(tmp_path)
    device = bench.device(until_ms=bench.clock[0] + 1)
    batch = device.batch(device.people(1))
    bench.exchange(device, batch)
    bench.clock[0] += 5 * MINUTE_MS
    assert bench.exchange(device, batch).pages == []
    assert seen_ms(bench, device) == bench.clock[0]
