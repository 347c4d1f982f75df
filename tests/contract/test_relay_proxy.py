"""A relay whose office stands behind a proxy that refuses long requests: real nginx."""

import threading
from pathlib import Path

from sync_server.api import serving
from sync_server.relay.errors import UpstreamRefused
from sync_server.relay.line import Lines
from sync_server.relay.pacing import LEAST_ROOM_BYTES, Room, pass_on_all
from sync_server.relay.parties import EXCHANGE_BYTES
from sync_server.relay.upstream import Upstream
from tests.support.offices import found_office
from tests.support.processes import LOOPBACK
from tests.support.proxy import needs_nginx, nginx, statuses
from tests.support.relays import found_relay


@needs_nginx
def test_what_is_too_long_for_the_proxy_is_passed_on_in_parts(tmp_path: Path) -> None:
    """Refused at first, then in requests that pass; nothing is refused again."""
    (tmp_path / "office").mkdir()
    bench = found_office(tmp_path / "office")
    relay = found_relay(tmp_path / "relay", bench)
    devices = [bench.device() for _ in range(2)]
    relay.pass_on()
    for device in devices:
        relay.visit(device, *(device.batch(device.people(60)) for _ in range(6)))
    listening = serving.Listening(host=LOOPBACK, port=0, tls=None)
    server = serving.prepare(bench.office, listening)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    room = Room(size_bytes=1 << 20)
    try:
        with nginx(tmp_path / "proxy", int(server.bind_addr[1]), "client_max_body_size 7k;") as at:
            upstream = Upstream(url=f"http://{LOOPBACK}:{at}", lines=Lines(signing=b""), idle_s=10)
            passed = pass_on_all(relay.relay, upstream, room)
    finally:
        server.stop()
        thread.join(10)
    found = [status for status, _ in statuses(tmp_path / "proxy")]
    assert passed.answered == 12
    assert len(bench.projections()["records"]) == 720
    assert found[0] == 413
    assert set(found[room_shrunk(found) :]) == {200}


def room_shrunk(found: list[int]) -> int:
    """Count the refusals before the first request that passed."""
    return found.index(200)


def test_room_shrinks_for_long_requests_only() -> None:
    """And never below what one item may need."""
    room = Room()
    assert not room.shrink(UpstreamRefused(reason="DEVICE_UNKNOWN"))
    assert room.size_bytes == EXCHANGE_BYTES
    tries = 0
    while room.shrink(UpstreamRefused(reason=413)):
        tries += 1
    assert (room.size_bytes, tries) == (LEAST_ROOM_BYTES, 7)
