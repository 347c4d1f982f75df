"""Sizes that somebody claims or unfolds: refused, within stated bounds of time and memory.

Memory is what the process held at its worst (VmHWM), less what it held before.
"""

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import zstandard

from shared_schema.custody import Status
from shared_schema.envelope import HPKE
from shared_schema.frames import FRAME_LIMIT_BYTES, Frame, FrameInvalid, FrameReader, Kind
from shared_schema.messages import MessageInvalid, open_page
from shared_schema.wire import decode_payload
from shared_schema.wire.compression import compress
from shared_schema.wire.json_columns import PayloadInvalid
from tests.support.effort import report
from tests.support.offices import code_of, office_in
from tests.support.processes import ServerProcess, init_server
from tests.support.raw_device import CONTENT_TYPE, RawDevice
from tests.support.strategies import STREAMS

GREAT = 4 << 30
BOMB_BYTES = 1 << 30
NESTED = 4 << 20
MOST_MB = {"length": 8, "bomb": 48, "json": 400, "frames": 24}
MOST_S = 60
_HEAD = struct.Struct(">BI")

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="cannot run here: /proc tells what memory was used"
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run one server for all tests of this file."""
    home = tmp_path_factory.mktemp("office") / "home"
    init_server(home)
    with ServerProcess(home=home) as running:
        yield running


@pytest.fixture
def device(office: ServerProcess) -> RawDevice:
    """Enrol a device."""
    made = RawDevice.of(code_of(office_in(office.home), url=office.url))
    assert made.post(made.section(made.enrol())).errors == []
    return made


def held_mb(pid: int | str, name: str) -> float:
    """Return what a process holds (VmRSS) or held at most (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(name)


def worst(pid: int | str, kind: str, attack: Callable[[], Any]) -> Any:
    """Run an attack; check what it cost, and print it."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    before, begun = held_mb(pid, "VmRSS"), time.monotonic()
    found = attack()
    cost_mb, cost_s = held_mb(pid, "VmHWM") - before, time.monotonic() - begun
    report(attack=kind, mb=round(cost_mb, 1), seconds=round(cost_s, 2))
    assert cost_mb < MOST_MB[kind]
    assert cost_s < MOST_S
    return found


def pid_of(office: ServerProcess) -> int:
    """Name the server's process."""
    assert office.process is not None
    return office.process.pid


def pour(office: ServerProcess, head: str, *parts: bytes) -> bytes:
    """Send a request by hand, in pieces, and give what comes back."""
    host, port = urlsplit(office.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=MOST_S) as line:
        line.sendall(
            f"POST /v1/exchange HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"{head}\r\n\r\n".encode()
        )
        reply = b""
        try:
            for part in parts:
                line.sendall(part)
            while part := line.recv(1 << 16):
                reply += part
        except OSError:
            pass
    return reply


@pytest.mark.parametrize("kind", [Kind.HELLO, Kind.BATCH, Kind.CHUNK, Kind.END, 33, 255])
def test_a_length_of_four_gigabytes_is_refused_at_its_head(
    office: ServerProcess, device: RawDevice, kind: int
) -> None:
    """As the first frame and behind a good hello; nothing is collected for it."""

    def attack() -> None:
        head = _HEAD.pack(kind, GREAT - 1)
        for body in (head, device.hello().to_bytes() + head):
            reply = pour(office, f"Content-Length: {GREAT}", body, bytes(1 << 20))
            assert not reply or b"FRAME_INVALID" in reply or b"413" in reply, reply

    worst(pid_of(office), "length", attack)
    with pytest.raises(FrameInvalid):
        list(FrameReader().feed(_HEAD.pack(kind, GREAT - 1)))
    assert office.healthy()


@pytest.mark.parametrize(
    "head", ["Content-Length: 4294967296", "Transfer-Encoding: chunked", "Content-Length: -1"]
)
def test_a_request_of_four_gigabytes_is_refused(office: ServerProcess, head: str) -> None:
    """By its header or by the size of its first chunk."""
    chunk = b"ffffffff\r\n" if "chunked" in head else b""
    reply = worst(pid_of(office), "length", lambda: pour(office, head, chunk))
    assert reply == b"" or reply.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), reply[:80]
    assert office.healthy()


def packed(plain: Iterator[bytes], *, window_log: int = 20) -> bytes:
    """Compress without saying how much it will be."""
    settings = zstandard.ZstdCompressionParameters(window_log=window_log, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return b"".join([*(packer.compress(part) for part in plain), packer.flush()])


def zeros(size: int) -> Iterator[bytes]:
    """Give so many zeros."""
    return (bytes(1 << 20) for _ in range(size >> 20))


@pytest.mark.parametrize("codec", [1, 2])
@pytest.mark.parametrize("window_log", [20, 27])
def test_a_bomb_in_a_batch_is_held_and_costs_little(
    office: ServerProcess, device: RawDevice, codec: int, window_log: int
) -> None:
    """A gigabyte in a few kilobytes, under a good signature, by either codec and a great window."""
    payload = packed(zeros(BOMB_BYTES), window_log=window_log)
    assert len(payload) < 100_000
    batch = device.batch(device.people(1), codec=codec, payload=payload)
    answer = worst(pid_of(office), "bomb", lambda: device.post(device.section(batch)))
    assert answer.receipts[0].status is Status.HELD
    assert office.healthy()


@pytest.mark.parametrize("plain", [b"[" * NESTED, b"[[]" + b",[]" * NESTED + b"]", b'{"a":' * 9999])
def test_json_that_unfolds_in_memory_is_held(
    office: ServerProcess, device: RawDevice, plain: bytes
) -> None:
    """Deep or of many parts: bounded by the eight megabytes that a payload may be."""
    payload = zstandard.ZstdCompressor(level=1).compress(plain[: 8 << 20])
    batch = device.batch(device.people(1), payload=payload)
    answer = worst(pid_of(office), "json", lambda: device.post(device.section(batch)))
    assert answer.receipts[0].status is Status.HELD
    assert office.healthy()


def test_codec_2_with_numbers_that_claim_much_is_refused() -> None:
    """Counts and widths that no payload of this size could hold."""
    begun = time.monotonic()
    for numbers in (b"\xff" * 9 + b"\x01", b"\xff" * 4000, bytes([200]) * 5000):
        size = bytes([len(numbers) & 0x7F | 0x80, len(numbers) >> 7])
        with pytest.raises(PayloadInvalid):
            decode_payload(2, compress(size + numbers, b"[]\n" * 1000), STREAMS[0], 1, 200)
    assert time.monotonic() - begun < MOST_S


def test_a_million_tiny_frames_are_refused(office: ServerProcess, device: RawDevice) -> None:
    """After the first thousand; whoever sends them is told, and others are served meanwhile."""
    body = device.hello().to_bytes() + Frame(99, b"").to_bytes() * 1_000_000
    chunked = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    reply = worst(
        pid_of(office), "frames", lambda: pour(office, "Transfer-Encoding: chunked", chunked)
    )
    assert not reply or b"FRAME_INVALID" in reply
    assert office.healthy()


def test_a_stranger_sends_no_more_than_a_hello(office: ServerProcess) -> None:
    """Four megabytes of JSON are not read, let alone parsed, for somebody who is not known."""
    body = _HEAD.pack(Kind.HELLO, FRAME_LIMIT_BYTES)
    junk = b"[" * FRAME_LIMIT_BYTES

    def attack() -> bytes:
        return pour(office, f"Content-Length: {len(body) + len(junk)}", body, junk)

    reply = worst(pid_of(office), "length", attack)
    assert not reply or b"FRAME_INVALID" in reply
    assert office.healthy()


def test_a_bomb_in_a_page_does_not_fill_a_laptop(device: RawDevice) -> None:
    """An office gone bad is told from a line gone bad; the laptop goes on working."""
    plain = packed(zeros(BOMB_BYTES))
    cursors = b'{"next":"b","previous":"a"}'
    info = b"jemput page v1" + device.id + cursors
    sealed = HPKE.encrypt(plain, device.sealing.public_key(), info=info)
    content = len(cursors).to_bytes(2) + cursors + sealed

    def attack() -> None:
        with pytest.raises(MessageInvalid):
            open_page(content, device.id, device.sealing)

    worst("self", "bomb", attack)
