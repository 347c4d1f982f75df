"""Whatever is sent to the server, it answers with a named error and goes on serving."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from shared_schema.frames import FRAME_LIMIT_BYTES, Frame, Kind
from tests.support.offices import code_of, office_in
from tests.support.processes import ServerProcess, init_server
from tests.support.raw_device import CONTENT_TYPE, RawDevice, post


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run one server for all tests of this file."""
    home = tmp_path_factory.mktemp("office") / "home"
    init_server(home)
    with ServerProcess(home=home, forked=True) as running:
        yield running


@pytest.fixture
def device(office: ServerProcess) -> RawDevice:
    """Enrol a device."""
    made = RawDevice.of(code_of(office_in(office.home), url=office.url))
    assert made.post(made.section(made.enrol())).errors == []
    return made


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "EXCHANGE_EMPTY"),
        (b"<html>Silakan masuk</html>", 400, "FRAME_INVALID"),
        (b"\x01\x00\x00\x00\x02{}", 400, "MESSAGE_INVALID"),
        (b"\x01\x00\x00", 400, "SECTION_INCOMPLETE"),
        (b"\x01\x00\x00\xff\xffshort", 400, "SECTION_INCOMPLETE"),
        (b"\x01\xff\xff\xff\xff" + bytes(1000), 400, "FRAME_INVALID"),
        (b"\x03\x00\x00\x00\x01x", 400, "MESSAGE_INVALID"),
    ],
)
def test_a_body_that_is_none_of_ours(
    office: ServerProcess, body: bytes, status: int, code: str
) -> None:
    """A stable code, no traceback."""
    found, reply = post(office.url, body)
    assert (found, json.loads(reply)["error"]["code"]) == (status, code)
    assert b"Traceback" not in reply
    assert office.healthy()


def test_another_content_type_is_refused(office: ServerProcess) -> None:
    """A form posted by a browser never reaches the exchange."""
    status, reply = post(office.url, b"x=1", "application/x-www-form-urlencoded")
    assert (status, json.loads(reply)["error"]["code"]) == (415, "CONTENT_TYPE_WRONG")


def test_a_forged_hello_is_refused(office: ServerProcess, device: RawDevice) -> None:
    """One flipped bit of a hello, and nobody is spoken to."""
    body = bytearray(device.section())
    body[5 + 64 + 30] ^= 1
    status, _ = post(office.url, bytes(body))
    assert status in {400, 403}


@pytest.mark.parametrize("at", [0, 5, 40, 70, 200, -1])
def test_a_flipped_bit_in_a_batch_is_named_and_not_kept(device: RawDevice, at: int) -> None:
    """Header, keys, content, signature: the chain waits for the batch as it was sealed."""
    batch = device.batch(device.people(1))
    spoilt = bytearray(batch)
    spoilt[at] ^= 1
    answer = device.post(device.section(bytes(spoilt)))
    assert len(answer.errors) == 1
    assert answer.errors[0].startswith("BATCH_")
    assert answer.receipts == []
    assert device.post(device.section(batch)).receipts[0].sequence == 1


def test_an_unknown_frame_is_skipped_and_said(device: RawDevice) -> None:
    """What comes behind it is heard."""
    batch = device.batch(device.people(1))
    answer = device.post(device.section(Frame(33, b"from the future"), batch))
    assert answer.errors == ["FRAME_UNKNOWN"]
    assert answer.receipts[0].sequence == 1


def test_a_section_altered_on_the_way_gets_no_pages(device: RawDevice) -> None:
    """Its end does not match; signed batches within are taken all the same."""
    body = device.section(device.batch(device.people(1)))
    answer = device.post(body[:-1] + bytes([body[-1] ^ 1]))
    assert answer.errors == ["SECTION_INCOMPLETE"]
    assert answer.receipts[0].sequence == 1


def test_an_exchange_has_a_bound(office: ServerProcess, device: RawDevice) -> None:
    """Beyond 64 MiB the server says so; what was answered stands, and it goes on serving."""
    junk = Frame(33, bytes(FRAME_LIMIT_BYTES)).to_bytes()
    body = device.hello().to_bytes() + junk * 17
    try:
        answer = device.post(body)
    except (OSError, http.client.HTTPException):
        assert office.healthy()
        return
    assert answer.errors[-1] == "EXCHANGE_TOO_LARGE"
    assert answer.objects(Kind.DONE)


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"ffffffffffff\r\n", b"-5\r\nabc", b"5\r\nab"])
def test_a_broken_chunk_ends_the_exchange(
    office: ServerProcess, device: RawDevice, chunk: bytes
) -> None:
    """Nonsense or huge lengths cost neither memory nor the server."""
    parts = urlsplit(office.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as line:
        head = f"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Type: {CONTENT_TYPE}\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        hello = device.hello().to_bytes()
        line.sendall(f"{len(hello):x}\r\n".encode() + hello + b"\r\n" + chunk)
        line.shutdown(socket.SHUT_WR)
        reply = b""
        while part := line.recv(65536):
            reply += part
    assert b"Traceback" not in reply
    assert office.healthy()


def test_an_unknown_kind_is_named_once_and_a_stranger_not_answered(
    office: ServerProcess, device: RawDevice
) -> None:
    """Thousands of small frames cost whoever sends them more than they cost the server."""
    odd = [Frame(99, b"")] * 800
    assert device.post(device.section(*odd)).errors == ["FRAME_UNKNOWN"]
    stranger = RawDevice.of(code_of(office_in(office.home), url=office.url))
    asks = [Frame(Kind.ENROL, b"nothing")] * 100
    answer = stranger.post(stranger.section(*asks, *odd, stranger.batch(stranger.people(1))))
    assert (answer.errors, answer.receipts) == (["ENROL_UNKNOWN"], [])


def test_many_small_frames_in_one_great_chunk_are_read(
    office: ServerProcess, device: RawDevice
) -> None:
    """However a client cuts its request; what is left of a chunk is not copied for each frame."""
    body = device.section(*[Frame(99, bytes(64))] * 30_000)
    host, port = urlsplit(office.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        head = f"POST /v1/exchange HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode())
        line.sendall(body + b"\r\n0\r\n\r\n")
        reply = b""
        while part := line.recv(1 << 16):
            reply += part
    assert reply.startswith(b"HTTP/1.1 200")
    assert b"FRAME_UNKNOWN" in reply


def test_a_request_whose_last_bytes_come_by_themselves_gets_the_whole_answer(
    office: ServerProcess, device: RawDevice
) -> None:
    """The line is closed with nothing unread: a reset would destroy what is under way."""
    body = device.section(*[Frame(99, bytes(64))] * 100)
    host, port = urlsplit(office.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"POST /v1/exchange HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode())
        line.sendall(body + b"\r\n0\r\n")
        reply = line.recv(64)
        time.sleep(0.5)
        line.sendall(b"\r")
        line.sendall(b"\n")
        while part := line.recv(1 << 16):
            reply += part
    assert reply.endswith(b"\r\n0\r\n\r\n")
