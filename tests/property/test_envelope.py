"""Seal and open: what goes in comes out, and nothing altered is accepted."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.envelope import (
    GENESIS,
    Batch,
    BatchForged,
    BatchMalformed,
    BatchUnreadable,
    BatchVersionUnknown,
    Header,
    key_id,
    open_batch,
    parse,
    seal,
    verify,
)
from shared_schema.errors import CustodyError
from shared_schema.ids import Stream, device_id

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OFFICES = [X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2)]
DEVICE = device_id(SIGNER.public_key().public_bytes_raw())
STREAM = Stream(DEVICE, b"brch")
KEYS = {key_id(office.public_key()): office for office in OFFICES}
payloads = st.binary(max_size=200)


def sealed(payload: bytes, *, offices: list[X25519PrivateKey], first: int = 1) -> bytes:
    """Return a batch of two changes sealed to ``offices``."""
    publics = [office.public_key() for office in offices]
    header = Header(
        stream=STREAM,
        first=first,
        count=2,
        previous=GENESIS,
        codec=1,
        recipients=tuple(map(key_id, publics)),
    )
    return seal(header, payload, publics, bytes(range(32)), SIGNER)


def accept(data: bytes) -> bytes:
    """Do what a receiver does, in its order."""
    batch = parse(data)
    verify(batch, SIGNER.public_key())
    return open_batch(batch, KEYS)


@given(payloads, st.integers(1, 2))
def test_each_recipient_opens_what_was_sealed(payload, recipients):
    """The regency, and the district server where the device is enrolled with one."""
    batch = parse(sealed(payload, offices=OFFICES[:recipients]))
    verify(batch, SIGNER.public_key())
    for office in OFFICES[:recipients]:
        assert open_batch(batch, {key_id(office.public_key()): office}) == payload


@given(payloads, st.data())
def test_nothing_altered_is_accepted(payload, data):
    """One flipped bit anywhere, a cut, or something added: refused with a named error."""
    good = sealed(payload, offices=OFFICES)
    at = data.draw(st.integers(0, len(good) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    flipped = good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]
    cut = good[: data.draw(st.integers(0, len(good) - 1))]
    for bad in (flipped, cut, good + b"\x00"):
        with pytest.raises(CustodyError):
            accept(bad)


@given(payloads)
def test_sealing_twice_gives_two_batches(payload):
    """HPKE is randomised: why a batch is sealed once and resent byte for byte."""
    one, two = (parse(sealed(payload, offices=OFFICES)) for _ in range(2))
    assert one.data != two.data
    assert one.hash != two.hash


@given(payloads)
def test_the_hash_does_not_depend_on_the_signature(payload):
    """Whoever can vary a signature cannot make a second batch of one."""
    batch = parse(sealed(payload, offices=OFFICES))
    other = parse(batch.data[:-64] + bytes(64))
    assert other.hash == batch.hash


def test_another_devices_signature_is_forged():
    """A stranger's key, also where the stranger claims the device's id."""
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    batch = parse(sealed(b"x", offices=OFFICES))
    with pytest.raises(BatchForged):
        verify(batch, stranger.public_key())
    publics = [OFFICES[0].public_key()]
    foreign = seal(batch.header, b"x", [o.public_key() for o in OFFICES], bytes(32), stranger)
    with pytest.raises(BatchForged):
        verify(parse(foreign), SIGNER.public_key())
    with pytest.raises(BatchMalformed):
        seal(batch.header, b"x", publics, bytes(32), SIGNER)


def test_another_office_cannot_open_it():
    """Neither with a key the header does not name, nor with a wrong key under a named id."""
    batch = parse(sealed(b"x", offices=OFFICES[:1]))
    with pytest.raises(BatchUnreadable):
        open_batch(batch, {key_id(OFFICES[1].public_key()): OFFICES[1]})
    with pytest.raises(BatchUnreadable):
        open_batch(batch, {key_id(OFFICES[0].public_key()): OFFICES[1]})


def test_a_newer_version_says_so():
    """Updating helps; resending does not."""
    with pytest.raises(BatchVersionUnknown) as caught:
        parse(b"\x02" + sealed(b"x", offices=OFFICES)[1:])
    assert caught.value.details == {"version": 2}


def test_the_overhead_of_sealing_is_what_the_protocol_says():
    """204 bytes for one recipient: 44 header, 80 wrapped key, 16 tag, 64 signature."""
    assert len(sealed(b"", offices=OFFICES[:1])) == 204


def test_no_key_is_shown():
    """A batch in a log line shows its header only."""
    batch: Batch = parse(sealed(b"secret", offices=OFFICES))
    assert "ciphertext" not in repr(batch)
    assert "data=" not in repr(batch)
