"""Who syncs while the office makes its tables anew hears so at once, and loses nothing."""

import json
import threading
from pathlib import Path

from sync_server import counting, rebuilding
from sync_server.api import serving
from sync_server.api.exchange import CONTENT_TYPE
from tests.support.offices import found_office
from tests.support.raw_device import post


def test_a_sync_during_a_rebuild_is_told_to_come_again(tmp_path: Path) -> None:
    """By a status and a code; the same bytes are received afterwards."""
    bench = found_office(tmp_path)
    device = bench.device()
    bench.exchange(device, device.batch(device.people(3)))
    server = serving.prepare(bench.office, serving.Listening(host="127.0.0.1", port=0, tls=None))
    thread = threading.Thread(target=server.serve)
    thread.start()
    body = device.section(device.batch(device.people(2)))
    told = []
    try:
        url = serving.address(server)
        rebuilding.rebuild(
            bench.office, lambda _done, _total: told.append(post(url, body, CONTENT_TYPE))
        )
        after, _ = post(url, body, CONTENT_TYPE)
    finally:
        server.stop()
        thread.join()
    assert [(status, json.loads(said)["error"]["code"]) for status, said in told] == [
        (503, "OFFICE_REBUILDING")
    ]
    assert after == 200
    with bench.office.store.read() as connection:
        assert counting.counts(connection)["persons"] == 5
