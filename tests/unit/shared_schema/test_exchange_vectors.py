"""The golden vectors of an exchange: read as frozen, refused by name, made again alike."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.canonical import decode
from shared_schema.chunks import read_chunk
from shared_schema.enrolment import code_text, parse_code, read_enrol, secret_id
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, Kind, Tally, read_frames
from shared_schema.messages import open_page, read_hello, read_server_frame
from shared_schema.relaying import Ended, HeldBatch, HeldChunk, Introduced, Listener
from tests.vectors import exchanges

VECTORS = json.loads(
    (Path(exchanges.__file__).parent / "exchange-v1.json").read_text(encoding="utf-8")
)
DEVICE = bytes.fromhex(VECTORS["device"])
OFFICE = exchanges.OFFICE.public_key()


def section(data: bytes) -> None:
    """Check that a section is whole."""
    tally = Tally()
    *frames, end = read_frames(data)
    for frame in frames:
        tally.add(frame)
    tally.check_end(end)


READERS = {
    "frames": read_frames,
    "section": section,
    "hello": lambda data: read_hello(Frame(Kind.HELLO, data)),
    "chunk": lambda data: read_chunk(Frame(Kind.CHUNK, data)),
    "held": lambda data: Listener(device=DEVICE, office=OFFICE).hear(Frame(Kind.HELD, data)),
    "server": lambda data: read_server_frame(Frame(Kind.WELCOME, data), DEVICE, OFFICE),
}


def test_the_frozen_code_and_request_are_read():
    """What a code says; who says hello, and asks to be enrolled by which secret."""
    code = parse_code(VECTORS["code"])
    assert (code.url, code.secret.hex()) == (VECTORS["url"], VECTORS["secret"])
    assert parse_code(VECTORS["code"].lower().replace("-", " ")) == code
    request = bytes.fromhex(VECTORS["request"])
    section(request)
    hello, enrol, batch, chunk, _ = read_frames(request)
    assert read_hello(hello) == exchanges.HELLO
    office = X25519PrivateKey.from_private_bytes(
        bytes.fromhex(VECTORS["keys"]["office_sealing_private"])
    )
    assert read_enrol(enrol, office).secret_id == secret_id(code.secret)
    assert batch.kind == Kind.BATCH
    piece, file = read_chunk(chunk), bytes.fromhex(VECTORS["file"])
    assert piece.content == file[piece.offset :]
    assert (piece.name, piece.total) == (hashlib.sha256(file).digest(), len(file))


def test_the_frozen_reply_is_read():
    """Each frame is the server's, and says what is written beside it; DONE fits the others."""
    tally = Tally()
    sealing = X25519PrivateKey.from_private_bytes(
        bytes.fromhex(VECTORS["keys"]["device_sealing_private"])
    )
    frames = read_frames(bytes.fromhex(VECTORS["reply"]))
    for frame, (kind, told) in zip(frames, VECTORS["said"], strict=True):
        epoch, content = read_server_frame(frame, DEVICE, OFFICE)
        assert (frame.kind, epoch) == (kind, exchanges.SIGNATORY.epoch)
        if kind == Kind.PAGE:
            page = open_page(content, DEVICE, sealing)
            found = {"previous": page.previous, "next": page.next, "items": page.items}
        else:
            found = decode(content)
        assert found == told
        if kind == Kind.DONE:
            assert (tally.count, tally.digest().hex()) == (told["frames"], told["hash"])
        tally.add(frame)


def test_the_frozen_word_of_a_relay_is_believed():
    """Who it is, by the office's signature; what it holds; that this was all."""
    listener = Listener(device=DEVICE, office=OFFICE)
    frames = read_frames(bytes.fromhex(VECTORS["held"]))
    heard = [listener.hear(frame) for frame in frames]
    kinds = [Introduced, HeldBatch, HeldChunk, Ended]
    assert [type(one) for one in heard] == kinds
    assert listener.certificate == exchanges.CERTIFICATE
    assert [decode(frame.body[64:]) for frame in frames] == VECTORS["held_said"]


@pytest.mark.parametrize("name", sorted(VECTORS["rejections"]))
def test_each_bad_part_is_refused_by_name(name):
    """Half a frame, another count, another signer, another label."""
    case = VECTORS["rejections"][name]
    with pytest.raises(CustodyError) as caught:
        READERS[case["part"]](bytes.fromhex(case["bytes"]))
    assert caught.value.code == case["code"]


def test_what_is_not_sealed_is_made_again_alike():
    """Ed25519 draws nothing: hello and server frames come out the same every time."""
    again = exchanges.exchange()
    assert code_text(exchanges.CODE) == VECTORS["code"]
    assert again["frames"][0] == VECTORS["frames"][0]
    assert {name: one["code"] for name, one in again["rejections"].items()} == {
        name: one["code"] for name, one in VECTORS["rejections"].items()
    }
    assert again["said"][0] == VECTORS["said"][0]
