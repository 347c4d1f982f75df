"""The real server on loopback, spoken to by a device reduced to the protocol."""

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared_schema.clock import DAY_MS
from shared_schema.custody import Receipt, Status, receipt_from_json
from shared_schema.frames import Frame, FrameReader, Kind
from shared_schema.messages import read_object, read_server_frame
from tests.support.offices import code_of, office_in
from tests.support.processes import ServerProcess, init_server, server, try_server
from tests.support.raw_device import CONTENT_TYPE, RawDevice, post


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run one server for all tests of this file."""
    home = tmp_path_factory.mktemp("office") / "home"
    init_server(home)
    with ServerProcess(home=home, forked=True) as running:
        yield running


def invited(office: ServerProcess, valid_ms: int = DAY_MS) -> RawDevice:
    """Give a device that has a code and has not used it."""
    return RawDevice.of(code_of(office_in(office.home), url=office.url, valid_ms=valid_ms))


def enrolled(office: ServerProcess) -> RawDevice:
    """Give a device that has enrolled."""
    device = invited(office)
    assert device.post(device.section(device.enrol())).errors == []
    return device


def error_of(reply: bytes) -> str:
    """Give the code of a JSON error."""
    return str(json.loads(reply)["error"]["code"])


def get(office: ServerProcess, path: str) -> tuple[int, dict[str, Any]]:
    """Fetch JSON."""
    connection = http.client.HTTPConnection(urlsplit(office.url).netloc, timeout=10)
    connection.request("GET", path)
    reply = connection.getresponse()
    found = json.loads(reply.read())
    connection.close()
    return reply.status, found


def test_the_server_says_who_it_is(office: ServerProcess) -> None:
    """What a device needs to know before it seals."""
    status, about = get(office, "/v1/about")
    assert status == 200
    assert (about["region"], about["protocol"], about["codecs"]) == ("53.15", 1, [1, 2])
    assert about["types"]["person"] == 1
    assert invited(office).code.signing.hex() == about["signing"]
    assert get(office, "/healthz") == (200, {"status": "ok"})


def test_a_registration_goes_from_code_to_receipt(office: ServerProcess) -> None:
    """Enrolment and batches in one exchange; a second exchange sends nothing back."""
    device = invited(office)
    answer = device.post(device.section(device.enrol(), device.batch(device.people(20))))
    kinds = [kind for kind, _ in answer.frames]
    assert kinds[:3] == [Kind.WELCOME, Kind.ENROLLED, Kind.RECEIPT]
    assert answer.receipts[0].status is Status.ACCEPTED
    assert answer.objects(Kind.ENROLLED)[0]["scope"] == ["53.15.05"]
    assert device.post(device.section()).states == {}


def test_a_receipt_arrives_while_the_request_is_still_being_sent(office: ServerProcess) -> None:
    """Each batch is acknowledged as it comes: a cut loses at most what is under way."""
    device = enrolled(office)
    reader = FrameReader()
    host, port = urlsplit(office.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        head = f"POST /v1/exchange HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        send_chunk(line, device.hello().to_bytes())
        for expected in (3, 5):
            count = expected - device.sequence
            send_chunk(line, Frame(Kind.BATCH, device.batch(device.people(count))).to_bytes())
            receipt = next_receipt(line, reader, device)
            assert receipt.sequence == expected


def send_chunk(line: socket.socket, data: bytes) -> None:
    """Send one chunk of a request that goes on."""
    line.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def next_receipt(line: socket.socket, reader: FrameReader, device: RawDevice) -> Receipt:
    """Read the reply, byte by byte so that nothing is taken too early, to the next receipt."""
    while True:
        head = b""
        while not head.endswith(b"\r\n"):
            head += line.recv(1)
        if head.startswith(b"HTTP"):
            while not head.endswith(b"\r\n\r\n"):
                head += line.recv(1)
            assert head.startswith(b"HTTP/1.1 200")
            continue
        data = b"".join(line.recv(1) for _ in range(int(head, 16) + 2))
        for frame in reader.feed(data[:-2]):
            _, content = read_server_frame(frame, device.id, device.server_public)
            if frame.kind == Kind.RECEIPT:
                return receipt_from_json(read_object(content))


def test_a_code_is_for_one_device(office: ServerProcess) -> None:
    """The same keys get the same answer, other keys are refused and reported."""
    device = invited(office)
    thief = RawDevice(code=device.code)
    first = device.post(device.section(device.enrol()))
    again = device.post(device.section(device.enrol()))
    both = [answer.objects(Kind.ENROLLED)[0]["device"] for answer in (first, again)]
    assert both == [device.id.hex()] * 2
    assert thief.post(thief.section(thief.enrol())).errors == ["ENROL_USED"]
    rows = {row["id"]: row for row in server(office.home, "device", "list")}
    assert rows[device.id.hex()]["refused_enrolments"] == 1
    assert thief.id.hex() not in rows


def test_an_expired_code_is_refused(office: ServerProcess) -> None:
    """By the server's clock, whatever the laptop's says."""
    device = invited(office, valid_ms=0)
    assert device.post(device.section(device.enrol())).errors == ["ENROL_EXPIRED"]


def test_an_unknown_device_is_turned_away(office: ServerProcess) -> None:
    """Nothing it sends is kept."""
    stranger = invited(office)
    body = stranger.section(stranger.batch(stranger.people(1)))
    status, reply = post(office.url, body)
    assert (status, error_of(reply)) == (403, "DEVICE_UNKNOWN")


def test_a_device_of_another_server_is_turned_away(office: ServerProcess, tmp_path: Path) -> None:
    """A code of another office does not work here."""
    init_server(tmp_path / "other")
    device = RawDevice.of(code_of(office_in(tmp_path / "other")))
    status, reply = post(office.url, device.section(device.enrol()))
    assert (status, error_of(reply)) == (403, "SERVER_FOREIGN")


def test_a_revoked_device_hands_over_what_it_has(office: ServerProcess) -> None:
    """Its batches wait in quarantine; accepted in order they are taken in."""
    device = enrolled(office)
    server(office.home, "device", "revoke", device.id.hex())
    before = server(office.home, "stats")
    batches = [device.batch(device.people(2)), device.batch(device.people(1))]
    answer = device.post(device.section(*batches))
    assert [r.status for r in answer.receipts] == [Status.QUARANTINED] * 2
    assert (answer.errors, answer.pages) == (["DEVICE_REVOKED"], [])
    kept = [row["id"] for row in server(office.home, "quarantine", "list")]
    early = try_server(office.home, "quarantine", "accept", kept[1])
    assert (early.returncode, early.error_code) == (7, "QUARANTINE_OUT_OF_ORDER")
    for number in kept:
        server(office.home, "quarantine", "accept", number)
    after = server(office.home, "stats")
    assert after["persons"] - before["persons"] == 3
    assert after["quarantined"] == 0


def test_a_forked_batch_is_written_again_when_accepted(office: ServerProcess) -> None:
    """A copy that will never come back loses nothing: its people get ids of their own."""
    device = enrolled(office)
    device.post(device.section(device.batch(device.people(5))))
    device.sequence = device.numbers = 0
    forked = device.batch(device.people(2), previous=bytes(16))
    device.post(device.section(forked, device.batch(device.people(3))))
    before = server(office.home, "stats")
    row, behind = server(office.home, "quarantine", "list")
    assert (row["cause"], behind["cause"]) == ("fork", "fork")
    alive = try_server(office.home, "quarantine", "accept", row["id"])
    assert (alive.returncode, alive.error_code) == (7, "QUARANTINE_COPY_ALIVE")
    server(office.home, "device", "revoke", device.id.hex())
    server(office.home, "quarantine", "accept", row["id"])
    after = server(office.home, "stats")
    assert after["persons"] - before["persons"] == 5
    assert after["quarantined"] == 0
    assert try_server(office.home, "quarantine", "discard", row["id"]).error_code == (
        "QUARANTINE_NOT_FOUND"
    )
    try_server(office.home, "verify").check()


def test_a_stop_is_graceful(tmp_path: Path) -> None:
    """SIGTERM ends the server with exit code 0, and it starts again."""
    init_server(tmp_path / "home")
    running = ServerProcess(home=tmp_path / "home").start()
    assert running.terminate() == 0
    with running:
        assert running.healthy()
