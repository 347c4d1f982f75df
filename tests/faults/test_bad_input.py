"""What comes over the line and is not as it should be, at the laptop and at the office."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.app import open_app
from field_client.config import Config
from field_client.entries import Edit
from shared_schema.custody import Receipt, Status
from shared_schema.frames import Frame, Kind
from shared_schema.messages import Signatory, server_frame
from tests.support.processes import OPERATOR, PASSPHRASE
from tests.support.raw_device import RawDevice, person
from tests.support.scenes import Laptop, Office, people, regency
from tests.support.strangers import whole_request

HTML = b"<html><title>Hotspot Kafe</title>Silakan masuk</html>"
OURS = "Content-Type: application/x-jemput"
JSON = "Content-Type: application/json"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


@contextmanager
def stranger() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on loopback; every line gets the last of the replies in the list that is given."""
    replies = [b""]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                    with line:
                        whole_request(line)
                        line.sendall(replies[-1])
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", replies


def reply(status: str, kind: str, body: bytes) -> bytes:
    """Return a whole HTTP response."""
    head = f"HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
    return head.encode() + b"\r\n\r\n" + body


def forged(device: bytes) -> bytes:
    """Return a welcome that another server signed for our device."""
    signatory = Signatory(server=bytes(8), epoch=1, key=Ed25519PrivateKey.generate())
    content = b'{"codecs":[1],"heads":{},"name":"?","region":"53.15","server_ms":1,"types":{}}'
    return server_frame(Kind.WELCOME, content, device, signatory).to_bytes()


def test_whoever_answers_in_the_servers_place_is_not_believed(office: Office) -> None:
    """Hotspot pages, redirects, faults, garbage, forged answers: named; all is kept and waits."""
    with stranger() as (url, replies):
        device = office.laptop("laptop", url=url)
        device.add("person", people(71, 3))
        name = bytes.fromhex(device.run("status")["device"])
        expected = {
            reply("200 OK", "Content-Type: text/html", HTML): "NOT_OUR_SERVER",
            reply("302 Found\r\nLocation: http://masuk.example/", "X: y", b""): "NOT_OUR_SERVER",
            reply("511 Network Authentication Required", "X: y", HTML): "SERVER_ERROR",
            reply("500 Oops", "Content-Type: text/html", HTML): "SERVER_ERROR",
            reply("403 No", JSON, b'{"error":{"code":"DEVICE_UNKNOWN"}}'): "DEVICE_UNKNOWN",
            reply("200 OK", JSON, b"{}"): "NOT_OUR_SERVER",
            reply("200 OK", OURS, b""): "LINE_CUT",
            reply("200 OK", OURS, b"\x41\x00\x00\x00\x03abc"): "MESSAGE_FORGED",
            reply("200 OK", OURS, b"\xff" * 4000): "FRAME_INVALID",
            reply("200 OK", OURS, forged(name)): "MESSAGE_FORGED",
            b"\x00\x01garbage\r\n\r\n": "NOT_OUR_SERVER",
            b"": "LINE_CUT",
        }
        for answer, code in expected.items():
            replies.append(answer)
            done = device.attempt("sync")
            assert (done.returncode != 0, done.error_code) == (True, code), (answer, done.stderr)
            assert "Traceback" not in done.stderr
        assert device.status() == {"draft": 0, "waiting": 3, "received": 0, "attention": 0}
        out, answer_file = device.home.with_name("keluar"), device.home.with_name("jawaban")
        device.run("export", out)
        office.run("exchange", out, answer_file)
        device.run("import", answer_file)
        assert device.status()["received"] == 3
    assert office.stats()["persons"] == 3


def test_what_cannot_be_read_yet_is_held_and_the_rest_goes_on(office: Office) -> None:
    """Unknown codec, type, version; garbage; another's key; wrong values: each is answered."""
    device = RawDevice.of(office.code("mentah"))
    stranger_key = X25519PrivateKey.generate().public_key()
    odd: list[tuple[dict[str, Any], dict[str, Any], Status, str | None]] = [
        ({}, {}, Status.ACCEPTED, None),
        ({}, {"codec": 99}, Status.HELD, "CODEC_UNKNOWN"),
        ({"type": "spaceship"}, {}, Status.ACCEPTED, "TYPE_UNKNOWN"),
        ({"version": 99}, {}, Status.ACCEPTED, "TYPE_NEWER"),
        ({"sex": "X"}, {}, Status.ACCEPTED, "CODE_UNKNOWN"),
        ({}, {"payload": b"not zstd"}, Status.HELD, "PAYLOAD_INVALID"),
        ({}, {"recipient": stranger_key}, Status.HELD, "BATCH_UNREADABLE"),
        ({"central_status": "CARD_ISSUED"}, {}, Status.ACCEPTED, "FIELD_NOT_YOURS"),
        ({}, {}, Status.ACCEPTED, None),
    ]
    batches = []
    for number, (values, sealing, _, _) in enumerate(odd):
        given = dict(values)
        about = {name: given.pop(name) for name in ("type", "version") if name in given}
        change = device.change(person(f"Warga Contoh {number}", **given), **about)
        batches.append(device.batch([change], **sealing))
    answer = device.post(device.section(device.enrol(), *batches))
    assert answer.errors == []
    assert [told(one) for one in answer.receipts] == [(status, code) for *_, status, code in odd]
    assert answer.receipts[-1].sequence == len(odd)
    again = device.post(device.section(*batches))
    assert again.receipts == answer.receipts, "a repeat gets the same receipts"
    bad = bytearray(device.batch(device.people(1)))
    bad[-1] ^= 1
    newer = b"\x09" + batches[0][1:]
    device.sequence += 5
    gap = device.batch(device.people(1))
    answer = device.post(device.section(bytes(bad), newer, Frame(Kind.BATCH, b""), gap))
    assert answer.errors == ["BATCH_FORGED", "BATCH_VERSION_UNKNOWN", "BATCH_MALFORMED"]
    assert [one.status for one in answer.receipts] == [Status.GAP]
    names = sorted(values["name"] for values in office.values().values())
    assert names == ["Warga Contoh 0", "Warga Contoh 8"]
    assert office.stats()["batches"] == len(odd)
    before = office.projections()
    office.run("verify")
    office.run("rebuild")
    assert office.projections() == before
    assert "Traceback" not in office.process.log.read_text(encoding="utf-8")


def told(receipt: Receipt) -> tuple[Status, str | None]:
    """Return what a receipt says of its one change."""
    assert len(receipt.remarks) <= 1
    return receipt.status, next((remark.code for remark in receipt.remarks), None)


def test_what_the_office_remarks_reaches_the_officer_and_is_mended(office: Office) -> None:
    """A change the office does not use shows as attention; a new change settles it."""
    device = office.laptop("laptop", "53.15.05")
    row = {**people(72, 1, "53.15.05")[0], "sex": "L", "nik": None}
    record = device.add_person(**row)
    device.sync()
    smuggle(device, record, "X")
    smuggle(device, record, "Y")
    device.sync()
    assert device.status() == {"draft": 0, "waiting": 0, "received": 0, "attention": 1}
    shown = device.run("show", record)
    assert shown["remarks"] == [{"code": "CODE_UNKNOWN", "field": "sex"}]
    assert office.values()[record]["sex"] == "L", "what is not valid is not folded"
    device.edit(record, sex="P")
    device.sync()
    assert office.stats()["conflicts"] == 0, "one officer corrected himself"
    assert device.status() == {"draft": 0, "waiting": 0, "received": 1, "attention": 0}
    assert office.values()[record]["sex"] == "P"
    before = office.projections()
    office.run("rebuild")
    assert office.projections() == before
    office.run("verify")


def smuggle(device: Laptop, record: str, sex: str) -> None:
    """Write a wrong value past every check, as an older or broken program would."""
    with open_app(Config(home=device.home), OPERATOR, PASSPHRASE) as app:
        app.journal.write(
            [Edit(record=UUID(record), type="person", version=1, values={"sex": sex})]
        )
