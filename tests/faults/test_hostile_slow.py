"""Callers who say nothing, or a byte now and then, do not keep the teams out."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_server.api import doorkeeper, serving
from tests.support.effort import report
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import CONTENT_TYPE, RawDevice

CALLERS = 70
PRESSED_S = 1.0
MOST_S = 30
HEAD = (
    f"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {CONTENT_TYPE}\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
).encode()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office."""
    return found_office(tmp_path)


@pytest.fixture
def port(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve it, with less patience under pressure than usual, so that the test is quick."""
    monkeypatch.setattr(doorkeeper, "PRESSED_S", PRESSED_S)
    monkeypatch.setattr(serving, "_LOOK_EVERY_S", 0.2)
    listening = serving.Listening(host="127.0.0.1", port=0, tls=None)
    server = serving.prepare(bench.office, listening)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield int(server.bind_addr[1])
    server.stop()
    thread.join(30)


class Crowd:
    """Connections that are kept open with as little as possible."""

    def __init__(self, port: int, *openings: bytes) -> None:
        self.lines = []
        for at in range(CALLERS):
            line = socket.create_connection(("127.0.0.1", port), timeout=5)
            line.sendall(openings[at % len(openings)])
            self.lines.append(line)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)
        self._thread.start()

    def _drip(self) -> None:
        while not self._over.wait(0.1):
            for line in self.lines:
                with contextlib.suppress(OSError):
                    line.send(b"x")

    def leave(self) -> None:
        """Hang up."""
        self._over.set()
        self._thread.join()
        for line in self.lines:
            line.close()


def chunk(data: bytes) -> bytes:
    """Frame some bytes of a body, and announce more."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\nffff\r\n"


def test_a_crowd_of_slow_strangers_does_not_keep_a_team_out(bench: Bench, port: int) -> None:
    """More than there are threads: silent, within a head, behind it, and behind a made-up hello."""
    device = RawDevice.of(code_of(bench.office, url=f"http://127.0.0.1:{port}"))
    device.post(device.section(device.enrol()))
    stranger = RawDevice.of(code_of(bench.office))
    hello = stranger.hello().to_bytes()
    asks = hello + stranger.enrol().to_bytes()[:-9] + b"not a code"[:9]
    crowd = Crowd(port, b"", HEAD[:40], HEAD, HEAD + chunk(hello[:50]), HEAD + chunk(asks))
    time.sleep(0.5)
    begun = time.monotonic()
    answer = device.post(device.section(device.batch(device.people(1))))
    waited_s = time.monotonic() - begun
    report(strangers=CALLERS, waited_s=round(waited_s, 1), pressed_s=PRESSED_S)
    crowd.leave()
    assert answer.receipts[0].sequence == 1
    assert waited_s < MOST_S


def test_replayed_hellos_of_one_device_leave_places_for_others(bench: Bench, port: int) -> None:
    """Whoever has overheard a hello can hold as many places as a bad line may, and no more."""
    overheard, device = bench.device(), bench.device()
    device.code = RawDevice.of(code_of(bench.office, url=f"http://127.0.0.1:{port}")).code
    crowd = Crowd(port, HEAD + chunk(overheard.hello().to_bytes()))
    time.sleep(0.5)
    answer = device.post(device.section(device.batch(device.people(1))))
    crowd.leave()
    assert answer.receipts[0].sequence == 1
