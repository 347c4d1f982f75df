"""Frames, hellos, server messages, pages and enrolment codes: whole, genuine, or refused."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.custody import Head
from shared_schema.enrolment import (
    EnrolCodeInvalid,
    EnrolmentCode,
    EnrolRefused,
    code_text,
    enrol_frame,
    parse_code,
    read_enrol,
    secret_id,
)
from shared_schema.errors import CustodyError
from shared_schema.frames import (
    FRAME_LIMIT_BYTES,
    Frame,
    FrameInvalid,
    FrameReader,
    Kind,
    SectionIncomplete,
    Tally,
    read_frames,
)
from shared_schema.ids import device_id
from shared_schema.messages import (
    Hello,
    MessageForged,
    MessageInvalid,
    Page,
    Signatory,
    hello_frame,
    open_page,
    page_cursors,
    read_hello,
    read_server_frame,
    seal_page,
    server_frame,
)
from tests.support.strategies import json_values, streams

LAPTOP = Ed25519PrivateKey.from_private_bytes(b"laptop".ljust(32))
LAPTOP_SEALING = X25519PrivateKey.from_private_bytes(b"laptop".ljust(32))
SERVER = Ed25519PrivateKey.from_private_bytes(b"server".ljust(32))
SERVER_SEALING = X25519PrivateKey.from_private_bytes(b"server".ljust(32))
SIGNING = LAPTOP.public_key().public_bytes_raw()
SEALING = LAPTOP_SEALING.public_key().public_bytes_raw()
DEVICE = device_id(SIGNING)
SIGNATORY = Signatory(server=device_id(SERVER.public_key().public_bytes_raw()), epoch=1, key=SERVER)
frames = st.builds(Frame, st.integers(0, 255), st.binary(max_size=30))
hellos = st.builds(
    Hello,
    signing=st.just(SIGNING),
    sealing=st.just(SEALING),
    server=st.binary(min_size=8, max_size=8),
    nonce=st.binary(min_size=16, max_size=16),
    cursor=st.text("abc:012", max_size=9),
    heads=st.dictionaries(
        streams,
        st.builds(Head, sequence=st.integers(0, 99), hash=st.binary(min_size=16, max_size=16)),
        max_size=3,
    ),
    codecs=st.just((1,)),
    software=st.just("jemput 0.1"),
    wall_ms=st.integers(-(2**40), 2**50),
    pull=st.booleans(),
)


@given(st.lists(frames, max_size=5), st.integers(1, 7))
def test_frames_arrive_whole_however_the_bytes_are_cut(sent, size):
    """A line gives bytes in pieces of any size."""
    data = b"".join(frame.to_bytes() for frame in sent)
    reader = FrameReader()
    read = [
        frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])
    ]
    reader.finish()
    assert read == sent == read_frames(data)


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_half_a_section_is_noticed(sent, data):
    """Cut anywhere, frames missing or exchanged: the end does not fit."""
    tally = Tally()
    whole = b"".join(tally.add(frame) for frame in sent)
    end = tally.end_frame()
    kept = data.draw(st.permutations(sent).filter(lambda order: order != sent) | st.just(sent[:-1]))
    reading = Tally()
    for frame in kept:
        reading.add(frame)
    with pytest.raises(SectionIncomplete):
        reading.check_end(end)
    cut = data.draw(st.integers(1, 4))
    with pytest.raises(SectionIncomplete):
        read_frames((whole + end.to_bytes())[:-cut])


def test_an_absurd_length_is_refused_before_it_is_read():
    """Four gigabytes announced by five bytes."""
    with pytest.raises(FrameInvalid):
        list(FrameReader().feed(b"\x03\xff\xff\xff\xff"))
    with pytest.raises(FrameInvalid):
        Frame(Kind.BATCH, bytes(FRAME_LIMIT_BYTES + 1)).to_bytes()


@given(hellos)
def test_a_hello_reads_back(hello):
    """Every part, and the device follows from the key."""
    assert read_hello(hello_frame(hello, LAPTOP)) == hello
    assert hello.device == DEVICE


@given(hellos, st.data())
def test_an_altered_hello_is_refused(hello, data):
    """One flipped bit anywhere."""
    body = hello_frame(hello, LAPTOP).body
    at = data.draw(st.integers(0, len(body) - 1))
    flipped = body[:at] + bytes([body[at] ^ 1 << data.draw(st.integers(0, 7))]) + body[at + 1 :]
    with pytest.raises(CustodyError):
        read_hello(Frame(Kind.HELLO, flipped))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wall_ms", 1.5),
        ("wall_ms", True),
        ("codecs", ["1"]),
        ("heads", {"00" * 12: [10**300, "00" * 16]}),
        ("heads", {f"{at:024x}": [1, "00" * 16] for at in range(1001)}),
        ("protocol", "x" * 10_000),
        ("sealing", "00" * 32),
    ],
)
def test_a_hello_with_other_numbers_or_too_many_heads_is_refused(name, value):
    """Signed by whoever sends it, so what it says is looked at before anything is done with it."""
    said = {
        "protocol": 1, "signing": LAPTOP.public_key().public_bytes_raw().hex(),
        "sealing": X25519PrivateKey.generate().public_key().public_bytes_raw().hex(),
        "server": "00" * 8, "nonce": "00" * 16, "cursor": "", "heads": {}, "codecs": [1],
        "software": "", "wall_ms": 1, "pull": True,
    }  # fmt: skip
    for told, refused in ((said, False), ({**said, name: value}, True)):
        content = json.dumps(told).encode()
        body = LAPTOP.sign(b"jemput hello v1" + content) + content
        if refused:
            with pytest.raises(MessageInvalid) as error:
                read_hello(Frame(Kind.HELLO, body))
            assert len(str(error.value)) < 100
        else:
            assert read_hello(Frame(Kind.HELLO, body)).wall_ms == 1


@given(st.binary(max_size=40), st.sampled_from([Kind.RECEIPT, Kind.PAGE]))
def test_a_server_message_is_for_one_device_and_one_kind(content, kind):
    """Neither another device's message nor a receipt dressed as a page is believed."""
    frame = server_frame(kind, content, DEVICE, SIGNATORY)
    public = SERVER.public_key()
    assert read_server_frame(frame, DEVICE, public) == (1, content)
    other_kind = Frame(Kind.DONE, frame.body)
    altered = Frame(kind, frame.body[:-1] + bytes([frame.body[-1] ^ 1]))
    for bad in (other_kind, altered, Frame(kind, b"short")):
        with pytest.raises(MessageForged):
            read_server_frame(bad, DEVICE, public)
    with pytest.raises(MessageForged):
        read_server_frame(frame, bytes(8), public)
    with pytest.raises(MessageForged):
        read_server_frame(frame, DEVICE, LAPTOP.public_key())


@given(st.lists(st.dictionaries(st.just("kind"), json_values, min_size=1), max_size=3))
def test_a_page_opens_for_its_device_only(items):
    """Sealed to the device's key, bound to the device and both cursors."""
    page = Page(previous="a", next="b", items=items)
    content = seal_page(page, DEVICE, LAPTOP_SEALING.public_key())
    assert open_page(content, DEVICE, LAPTOP_SEALING) == page
    assert page_cursors(content) == ("a", "b")
    moved = content.replace(b'"next":"b"', b'"next":"c"')
    for bad, device, key in (
        (content, bytes(8), LAPTOP_SEALING),
        (content, DEVICE, SERVER_SEALING),
        (moved, DEVICE, LAPTOP_SEALING),
    ):
        with pytest.raises(MessageInvalid):
            open_page(bad, device, key)


codes = st.builds(
    EnrolmentCode,
    url=st.sampled_from(["", "http://127.0.0.1:8800", "https://kantor.example/é"]),
    signing=st.just(SERVER.public_key().public_bytes_raw()),
    sealing=st.just(SERVER_SEALING.public_key().public_bytes_raw()),
    secret=st.binary(min_size=16, max_size=16),
    expires_ms=st.integers(0, 2**50),
)


@given(codes, st.booleans())
def test_a_code_survives_being_retyped(code, spoken):
    """In small letters, without dashes, with spaces."""
    text = code_text(code)
    assert parse_code(text.lower().replace("-", " ") if spoken else text) == code


@given(codes, st.data())
def test_a_mistyped_code_is_noticed(code, data):
    """One letter exchanged or dropped."""
    text = code_text(code)
    at = data.draw(st.integers(len("JEMPUT-"), len(text) - 1).filter(lambda at: text[at] != "-"))
    letter = data.draw(st.sampled_from("ABCXYZ234567").filter(lambda other: other != text[at]))
    for bad in (text[:at] + letter + text[at + 1 :], text[:at] + text[at + 1 :]):
        with pytest.raises(EnrolCodeInvalid):
            parse_code(bad)


@given(codes)
def test_an_enrolment_proves_that_it_knows_the_secret(code):
    """The server finds the secret by its hash and checks the keys' proof."""
    request = read_enrol(enrol_frame(code, SIGNING, SEALING), SERVER_SEALING)
    assert request.secret_id == secret_id(code.secret)
    assert (request.signing, request.sealing) == (SIGNING, SEALING)
    with pytest.raises(EnrolRefused):
        read_enrol(enrol_frame(code, SIGNING, SEALING), LAPTOP_SEALING)


def test_secrets_are_not_shown():
    """Neither a code nor a request shows its secret in a log line."""
    code = EnrolmentCode(url="", signing=SIGNING, sealing=SEALING, secret=b"s" * 16, expires_ms=1)
    request = read_enrol(
        enrol_frame(
            EnrolmentCode(
                url="",
                signing=SIGNING,
                sealing=SERVER_SEALING.public_key().public_bytes_raw(),
                secret=b"s" * 16,
                expires_ms=1,
            ),
            SIGNING,
            SEALING,
        ),
        SERVER_SEALING,
    )
    assert "ssss" not in repr(code)
    assert "proof" not in repr(request)
