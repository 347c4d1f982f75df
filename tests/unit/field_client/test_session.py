"""The session: what each frame of a reply leads to, and which replies are refused."""

from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.sync.errors import ReplyOutOfOrder, ReplyStale
from field_client.sync.session import (
    Enrolled,
    Finished,
    Paged,
    Receipted,
    Refused,
    Session,
    Welcomed,
    section_for,
)
from shared_schema.canonical import Json, encode
from shared_schema.custody import Receipt, Status, receipt_to_json
from shared_schema.frames import Frame, Kind, SectionIncomplete, Tally, read_frames
from shared_schema.ids import Stream, device_id
from shared_schema.messages import (
    MessageForged,
    MessageInvalid,
    Page,
    Signatory,
    seal_page,
    server_frame,
)

SERVER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
SEALING = X25519PrivateKey.from_private_bytes(bytes(31) + b"\x02")
DEVICE = device_id(b"device")
STREAM = Stream(DEVICE, b"abcd")
PAGE = Page(previous="", next="1", items=[{"kind": "reset"}])
RECEIPT = Receipt(
    stream=STREAM,
    first=1,
    hash=bytes(16),
    status=Status.ACCEPTED,
    sequence=5,
    head=bytes(16),
    durable_through=0,
    server_ms=7,
)


def signed(kind: int, content: bytes, *, epoch: int = 3, device: bytes = DEVICE) -> Frame:
    """Return a frame as the server signs it."""
    server = device_id(SERVER.public_key().public_bytes_raw())
    signatory = Signatory(server=server, epoch=epoch, key=SERVER)
    return server_frame(kind, content, device, signatory)  # type: ignore[arg-type]


def welcome(sequence: int = 0, epoch: int = 3) -> Frame:
    """Return a WELCOME that knows our stream up to ``sequence``."""
    heads: dict[str, Json] = {STREAM.hex(): [sequence, bytes(16).hex()]}
    return signed(Kind.WELCOME, encode({"server_ms": 5, "heads": heads}), epoch=epoch)


def done(frames: Sequence[Frame]) -> Frame:
    """Return the DONE that closes ``frames``."""
    tally = Tally()
    for frame in frames:
        tally.add(frame)
    content: dict[str, Json] = {
        "frames": tally.count,
        "hash": tally.digest().hex(),
        "server_ms": 9,
        "cursor": "",
    }
    return signed(Kind.DONE, encode(content))


def receipt(epoch: int = 3) -> Frame:
    """Return a RECEIPT."""
    return signed(Kind.RECEIPT, encode(receipt_to_json(RECEIPT)), epoch=epoch)


def session(known_epoch: int = 0) -> Session:
    """Return a session that has heard nothing."""
    return Session(
        device=DEVICE, server=SERVER.public_key(), sealing=SEALING, known_epoch=known_epoch
    )


def hear(listener: Session, frames: Sequence[Frame]) -> None:
    """Give a session one frame after another."""
    for frame in frames:
        listener.receive(frame)


def whole() -> list[Frame]:
    """Return a reply with one frame of each kind, and one of a kind not known here."""
    page = seal_page(PAGE, DEVICE, SEALING.public_key())
    frames = [
        welcome(),
        signed(Kind.ENROLLED, encode({"label": "x"})),
        receipt(),
        signed(99, b"?"),
        signed(Kind.PAGE, page),
        signed(Kind.ERROR, encode({"code": "DEVICE_REVOKED"})),
    ]
    return [*frames, done(frames)]


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_every_frame_has_its_effect_however_it_is_cut_up(piece: int) -> None:
    """Bytes come in any pieces; unknown kinds are skipped."""
    data = b"".join(frame.to_bytes() for frame in whole())
    heard = session()
    effects = [
        effect for at in range(0, len(data), piece) for effect in heard.feed(data[at : at + piece])
    ]
    heard.finish()
    kinds = [Welcomed, Enrolled, Receipted, Paged, Refused, Finished]
    assert [type(effect) for effect in effects] == kinds
    assert effects[2] == Receipted(receipt=RECEIPT)
    assert effects[3] == Paged(page=PAGE)
    assert effects[5] == Finished(server_ms=9)


@pytest.mark.parametrize("count", range(7))
def test_a_reply_without_its_end_is_not_whole(count: int) -> None:
    """Whatever is missing at the end is noticed."""
    heard = session()
    for frame in whole()[:count]:
        heard.receive(frame)
    with pytest.raises(SectionIncomplete):
        heard.finish()


@pytest.mark.parametrize("missing", range(1, 6))
def test_a_reply_with_a_hole_is_not_whole(missing: int) -> None:
    """A frame that was dropped on the way is noticed at the end."""
    frames = whole()
    del frames[missing]
    with pytest.raises(SectionIncomplete):
        hear(session(), frames)


@pytest.mark.parametrize("at", range(7))
def test_a_frame_for_another_device_is_not_used(at: int) -> None:
    """Every frame is signed for the device it is meant for."""
    frames = whole()
    frames[at] = signed(frames[at].kind, b"{}", device=device_id(b"another"))
    with pytest.raises(MessageForged):
        hear(session(), frames)


def test_a_frame_cannot_stand_for_another_kind() -> None:
    """The kind is signed as well."""
    frames = whole()
    heard = session()
    heard.receive(frames[0])
    with pytest.raises(MessageForged):
        heard.receive(Frame(Kind.ENROLLED, frames[5].body))


def test_an_answer_from_before_a_restore_is_stale() -> None:
    """An epoch below the highest one heard is not listened to."""
    with pytest.raises(ReplyStale):
        session(known_epoch=4).receive(welcome(epoch=3))


@pytest.mark.parametrize("kind", [Kind.PAGE, Kind.ENROLLED, Kind.ERROR, Kind.DONE])
def test_one_reply_has_one_epoch(kind: Kind) -> None:
    """Frames of another epoch do not belong to this reply."""
    heard = session()
    heard.receive(welcome(epoch=3))
    for epoch in (2, 4):
        with pytest.raises(ReplyOutOfOrder):
            heard.receive(signed(kind, b"{}", epoch=epoch))


def test_an_old_receipt_counts_only_where_the_restored_chain_reaches() -> None:
    """A restored server repeats the receipts it gave before, for what it still has."""
    reaching, short = session(), session()
    reaching.receive(welcome(sequence=5, epoch=3))
    assert reaching.receive(receipt(epoch=2)) == Receipted(receipt=RECEIPT)
    short.receive(welcome(sequence=4, epoch=3))
    with pytest.raises(ReplyOutOfOrder):
        short.receive(receipt(epoch=2))


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.PAGE, Kind.DONE, 99])
def test_a_reply_begins_with_a_welcome(kind: int) -> None:
    """Nothing is believed before the server has introduced itself."""
    with pytest.raises(ReplyOutOfOrder):
        session().receive(signed(kind, b"{}"))


def test_a_second_welcome_is_out_of_order() -> None:
    """One section has one welcome."""
    frames = [welcome(), receipt(), welcome()]
    heard = session()
    heard.receive(frames[0])
    heard.receive(frames[1])
    with pytest.raises(ReplyOutOfOrder):
        heard.receive(frames[2])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"heads":{}}', b'{"heads":{"x":1},"server_ms":1}']
)
def test_a_welcome_that_cannot_be_read_is_named(content: bytes) -> None:
    """Signed nonsense is an error, not a crash."""
    with pytest.raises(MessageInvalid):
        session().receive(signed(Kind.WELCOME, content))


def test_what_follows_the_end_is_not_heard() -> None:
    """After DONE the section is over."""
    frames = whole()
    heard = session()
    for frame in frames:
        heard.receive(frame)
    assert heard.receive(frames[2]) is None


def test_a_file_of_replies_holds_ours_among_others() -> None:
    """A stick carries replies to several devices, ours in the middle."""
    other = signed(Kind.WELCOME, b"{}", device=device_id(b"another"))
    end = signed(Kind.DONE, b"{}", device=device_id(b"another"))
    data = b"".join(frame.to_bytes() for frame in [other, end, *whole(), other, end])
    ours = section_for(read_frames(data), session())
    assert [frame.kind for frame in ours] == [frame.kind for frame in whole()]
    assert section_for([other, end], session()) == []
