"""Golden vectors of an exchange: a code, one device's section, the reply to it, and refusals.

Written by ``python -m tests.vectors.make exchange``. Signatures are fixed by their keys; what is
sealed (ENROL, BATCH, PAGE) is another each time.
"""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.canonical import Json, decode, encode
from shared_schema.changes import Change, Write
from shared_schema.chunks import (
    Chunk,
    ChunkReceipt,
    ChunkState,
    chunk_frame,
    chunk_receipt_to_json,
)
from shared_schema.clock import Evidence
from shared_schema.custody import Head, Receipt, Status, receipt_to_json
from shared_schema.enrolment import EnrolmentCode, code_text, enrol_frame
from shared_schema.envelope import GENESIS, Header, key_id, parse, seal
from shared_schema.fold import fold, state_to_json
from shared_schema.frames import FRAME_LIMIT_BYTES, Frame, Kind, Tally
from shared_schema.ids import Stream, device_id, record_id
from shared_schema.messages import Hello, Page, Signatory, hello_frame, seal_page, server_frame
from shared_schema.relaying import (
    Certificate,
    HeldBatch,
    Speaker,
    What,
    batch_said,
    certify,
)
from shared_schema.wire import encode_payload

NOW_MS = 1_700_000_000_000
SECRET = bytes(range(16))
CONTENT_KEY = bytes(range(160, 192))
DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE_SEALING = X25519PrivateKey.from_private_bytes(bytes(range(96, 128)))
OFFICE = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
OFFICE_SEALING = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
RELAY = Ed25519PrivateKey.from_private_bytes(bytes(range(192, 224)))
STREAM = Stream(device_id(DEVICE.public_key().public_bytes_raw()), bytes.fromhex("0a0b0c0d"))
CODE = EnrolmentCode(
    url="http://kantor.example:8800",
    signing=OFFICE.public_key().public_bytes_raw(),
    sealing=OFFICE_SEALING.public_key().public_bytes_raw(),
    secret=SECRET,
    expires_ms=NOW_MS,
)
SIGNATORY = Signatory(server=device_id(CODE.signing), epoch=2, key=OFFICE)
HELLO = Hello(
    signing=DEVICE.public_key().public_bytes_raw(),
    sealing=DEVICE_SEALING.public_key().public_bytes_raw(),
    server=SIGNATORY.server,
    nonce=bytes(range(16)),
    cursor="",
    heads={STREAM: Head(sequence=1, hash=bytes(range(16)))},
    codecs=(1, 2),
    software="another client 1.0",
    wall_ms=NOW_MS,
)
FILE = bytes(range(256)) * 3
CHUNK = Chunk(name=hashlib.sha256(FILE).digest(), total=len(FILE), offset=256, content=FILE[256:])
CERTIFICATE = Certificate(
    signing=RELAY.public_key().public_bytes_raw(), label="Kantor Kecamatan", until_ms=None
)


def change() -> Change:
    """Return the first change of the device: a resident."""
    values = {"name": "Warga Contoh 1", "sex": "P", "village": "53.15.05.2001"}
    return Change(
        stream=STREAM,
        sequence=1,
        record=record_id(STREAM, 1),
        type="person",
        version=1,
        hlc=NOW_MS << 16,
        operator="Operator 1",
        writes={name: Write(value=value) for name, value in values.items()},
        evidence=Evidence(wall_ms=NOW_MS),
    )


def batch() -> bytes:
    """Return the change as a batch of codec 1."""
    office = OFFICE_SEALING.public_key()
    header = Header(
        stream=STREAM, first=1, count=1, previous=GENESIS, codec=1, recipients=(key_id(office),)
    )
    return seal(header, encode_payload(1, [change()]), [office], CONTENT_KEY, DEVICE)


def section(*frames: Frame) -> bytes:
    """Return frames and the END that fits them."""
    tally = Tally()
    return b"".join(map(tally.add, frames)) + tally.end_frame().to_bytes()


def reply(contents: list[tuple[Kind, bytes]]) -> list[Frame]:
    """Return server frames, and the DONE that fits them."""
    tally = Tally()
    frames = [server_frame(kind, said, STREAM.device, SIGNATORY) for kind, said in contents]
    for frame in frames:
        tally.add(frame)
    done: dict[str, Json] = {
        "frames": tally.count,
        "hash": tally.digest().hex(),
        "cursor": "2:1:0:l:1:",
        "server_ms": NOW_MS + 2,
    }
    return [*frames, server_frame(Kind.DONE, encode(done), STREAM.device, SIGNATORY)]


def said(sent: bytes) -> list[tuple[Kind, bytes]]:
    """Return what the server says, but for DONE."""
    head = parse(sent).hash
    receipt = Receipt(
        stream=STREAM,
        first=1,
        hash=head,
        status=Status.ACCEPTED,
        sequence=1,
        head=head,
        durable_through=0,
        server_ms=NOW_MS + 1,
    )
    welcome: dict[str, Json] = {
        "server_ms": NOW_MS,
        "region": "53.15",
        "name": "Kabupaten Contoh",
        "codecs": [1, 2],
        "types": {"person": 1},
        "heads": {},
    }
    enrolled: dict[str, Json] = {
        "device": STREAM.device.hex(),
        "label": "tim contoh",
        "scope": ["53.15.05"],
        "until_ms": None,
        "region": "53.15",
        "name": "Kabupaten Contoh",
        "timezone": "Asia/Makassar",
        "server_ms": NOW_MS,
        "regions": [["53.15", "Kabupaten Contoh"]],
        "recovery": {"public": bytes(range(32)).hex(), "made_ms": NOW_MS},
    }
    item = {"kind": "state", "state": state_to_json(fold([change()]))}
    page = Page(previous="", next="2:1:0:l:1:", items=[{"kind": "reset"}, item])
    return [
        (Kind.WELCOME, encode(welcome)),
        (Kind.ENROLLED, encode(enrolled)),
        (Kind.RECEIPT, encode(receipt_to_json(receipt))),
        (Kind.CHUNK_RECEIPT, encode(chunk_receipt_to_json(_chunk_receipt()))),
        (Kind.ERROR, encode({"code": "FRAME_UNKNOWN", "details": {"kind": "9"}})),
        (Kind.PAGE, seal_page(page, STREAM.device, DEVICE_SEALING.public_key())),
    ]


def _chunk_receipt() -> ChunkReceipt:
    return ChunkReceipt(
        name=CHUNK.name,
        have=CHUNK.total,
        total=CHUNK.total,
        state=ChunkState.COMPLETE,
        code=None,
        server_ms=NOW_MS + 1,
    )


def held(sent: bytes) -> list[Frame]:
    """Return a relay's own section: who it is, a batch and a chunk that it holds, its end."""
    speaker = Speaker(device=STREAM.device, key=RELAY)
    certificate = certify(CERTIFICATE, OFFICE).hex()
    batch = HeldBatch(stream=STREAM, first=1, count=1, hash=parse(sent).hash, relay_ms=NOW_MS)
    return [
        speaker.say(What.RELAY, certificate=certificate, relay_ms=NOW_MS, heard_ms=None),
        speaker.say(What.BATCH, **batch_said(batch)),
        speaker.say(What.CHUNK, name=CHUNK.name.hex(), have=CHUNK.total, total=CHUNK.total),
        speaker.done([]),
    ]


def exchange() -> dict[str, Any]:
    """Return a whole exchange, and each way in which a part of one is refused."""
    sent, hello = batch(), hello_frame(HELLO, DEVICE)
    enrol = enrol_frame(CODE, HELLO.signing, HELLO.sealing)
    request = section(hello, enrol, Frame(Kind.BATCH, sent), chunk_frame(CHUNK))
    answer = reply(said(sent))
    return {
        "keys": {
            "device_signing_private": DEVICE.private_bytes_raw().hex(),
            "device_sealing_private": DEVICE_SEALING.private_bytes_raw().hex(),
            "office_signing_private": OFFICE.private_bytes_raw().hex(),
            "office_sealing_private": OFFICE_SEALING.private_bytes_raw().hex(),
            "relay_signing_private": RELAY.private_bytes_raw().hex(),
        },
        "code": code_text(CODE),
        "secret": SECRET.hex(),
        "url": CODE.url,
        "device": STREAM.device.hex(),
        "server": SIGNATORY.server.hex(),
        "request": request.hex(),
        "frames": [[frame.kind, frame.body.hex()] for frame in (hello, enrol)],
        "reply": b"".join(frame.to_bytes() for frame in answer).hex(),
        "said": _told(answer),
        "file": FILE.hex(),
        "held": b"".join(frame.to_bytes() for frame in held(sent)).hex(),
        "held_said": [decode(frame.body[64:]) for frame in held(sent)],
        "rejections": {
            name: {"part": part, "bytes": data.hex(), "code": code}
            for name, (part, data, code) in _rejections(request, hello, answer).items()
        },
    }


def _told(answer: list[Frame]) -> list[Any]:
    """Return kind and content of each server frame; a page's is what it holds."""
    state = {"kind": "state", "state": state_to_json(fold([change()]))}
    page = {"previous": "", "next": "2:1:0:l:1:", "items": [{"kind": "reset"}, state]}
    start = 4 + 64
    return [
        [frame.kind, page if frame.kind == Kind.PAGE else decode(frame.body[start:])]
        for frame in answer
    ]


def _rejections(
    request: bytes, hello: Frame, answer: list[Frame]
) -> dict[str, tuple[str, bytes, str]]:
    welcome = answer[0].body
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(128, 160)))
    content = hello.body[64:]
    other = content.replace(b'"protocol":1', b'"protocol":2')
    return {
        "length_over_limit": (
            "frames",
            bytes([Kind.BATCH]) + (FRAME_LIMIT_BYTES + 1).to_bytes(4),
            "FRAME_INVALID",
        ),
        "frame_truncated": ("frames", request[:-1], "SECTION_INCOMPLETE"),
        "frame_altered": ("section", _flipped(request, 400), "SECTION_INCOMPLETE"),
        "end_counts_otherwise": ("section", _flipped(request, -17), "SECTION_INCOMPLETE"),
        "hello_altered": (
            "hello",
            hello.body.replace(b"1700000000000", b"1700000000001"),
            "MESSAGE_FORGED",
        ),
        "hello_signature_altered": ("hello", _flipped(hello.body, 0), "MESSAGE_FORGED"),
        "hello_signed_by_stranger": (
            "hello",
            stranger.sign(b"jemput hello v1" + content) + content,
            "MESSAGE_FORGED",
        ),
        "hello_under_another_label": (
            "hello",
            DEVICE.sign(b"jemput batch v1" + content) + content,
            "MESSAGE_FORGED",
        ),
        "hello_of_another_protocol": (
            "hello",
            DEVICE.sign(b"jemput hello v1" + other) + other,
            "MESSAGE_INVALID",
        ),
        "chunk_empty": ("chunk", chunk_frame(CHUNK).body[:40], "CHUNK_INVALID"),
        "chunk_beyond_the_end": ("chunk", chunk_frame(CHUNK).body + b"x", "CHUNK_INVALID"),
        "relay_not_certified": ("held", _uncertified(), "MESSAGE_FORGED"),
        "relay_frame_altered": ("held", _flipped(held(batch())[0].body, -3), "MESSAGE_FORGED"),
        "server_frame_altered": ("server", _flipped(welcome, -2), "MESSAGE_FORGED"),
        "server_frame_of_another_epoch": ("server", _flipped(welcome, 3), "MESSAGE_FORGED"),
        "server_frame_truncated": ("server", welcome[:60], "MESSAGE_FORGED"),
    }


def _uncertified() -> bytes:
    """Say who the relay is by a certificate that the relay has made itself."""
    speaker = Speaker(device=STREAM.device, key=RELAY)
    own = certify(CERTIFICATE, RELAY).hex()
    return speaker.say(What.RELAY, certificate=own, relay_ms=NOW_MS, heard_ms=None).body


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at:][1:]
