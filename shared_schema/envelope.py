"""The sealed batch: encrypted to its recipients, signed by its device, readable by nobody else.

    header      version u8 = 1 | device 8 | branch 4 | first u32 | count u8 | previous 16 |
                codec u8 | recipients u8 = n | n x key id 8              (big endian)
    wrapped     n x 80: HPKE (RFC 9180, base mode) of the content key to each recipient
    ciphertext  ChaCha20-Poly1305 (RFC 8439) of the payload; the header is its associated data
    signature   64: Ed25519 (RFC 8032) over label | header | wrapped | ciphertext

The content key is fresh for every batch and used once, so the nonce is zero. HPKE here binds
only ``info``: label and header stand there. A batch's *hash*, by which the next one names it, is
the first 16 bytes of SHA-256 over all that is signed, and so does not depend on the signature.

HPKE is randomised: sealing twice gives two batches. A batch is therefore sealed once, stored
before its first byte leaves, and resent byte for byte (the caller's duty).
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared_schema.errors import CustodyError
from shared_schema.ids import DEVICE_BYTES, Stream

VERSION = 1
COUNT_LIMIT = 200
HASH_BYTES = 16
KEY_ID_BYTES = 8
CONTENT_KEY_BYTES = 32
SIGNATURE_BYTES = 64
WRAPPED_BYTES = 80
GENESIS = bytes(HASH_BYTES)
HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_LABEL = b"jemput batch v1"
_FIXED = struct.Struct(">B12sIB16sBB")
_NONCE = bytes(12)


class BatchMalformed(CustodyError):
    """The bytes are not a sealed batch ({reason}). Send or copy the file again."""

    code = "BATCH_MALFORMED"


class BatchVersionUnknown(CustodyError):
    """The batch is of version {version}, which this program does not know. Update the program."""

    code = "BATCH_VERSION_UNKNOWN"


class BatchForged(CustodyError):
    """The batch does not bear its device's signature. It was not accepted."""

    code = "BATCH_FORGED"


class BatchUnreadable(CustodyError):
    """The batch cannot be opened with this office's key. It was kept as it came."""

    code = "BATCH_UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is readable of a batch: ``first`` is the sequence of the first of ``count`` changes.

    ``previous``: the hash of the stream's batch before, GENESIS for the first. ``recipients``:
    ids of the keys the content key is sealed to, in order.
    """

    stream: Stream
    first: int
    count: int
    previous: bytes
    codec: int
    recipients: tuple[bytes, ...]

    @property
    def last(self) -> int:
        """The sequence of the last change within."""
        return self.first + self.count - 1

    def to_bytes(self) -> bytes:
        """Return the header's bytes, version first."""
        fixed = _FIXED.pack(
            VERSION,
            self.stream.to_bytes(),
            self.first,
            self.count,
            self.previous,
            self.codec,
            len(self.recipients),
        )
        return fixed + b"".join(self.recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch taken apart but not verified; ``data`` is the whole, byte for byte."""

    header: Header
    wrapped: tuple[bytes, ...] = field(repr=False)
    ciphertext: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def hash(self) -> bytes:
        """The 16 bytes by which the next batch of the stream names this one."""
        return hashlib.sha256(self.data[:-SIGNATURE_BYTES]).digest()[:HASH_BYTES]


def key_id(public: X25519PublicKey) -> bytes:
    """Return the 8 bytes by which a header names a recipient's key."""
    return hashlib.sha256(public.public_bytes_raw()).digest()[:KEY_ID_BYTES]


def seal(
    header: Header,
    payload: bytes,
    recipients: Sequence[X25519PublicKey],
    content_key: bytes,
    signer: Ed25519PrivateKey,
) -> bytes:
    """Return the sealed batch. ``content_key``: 32 fresh random bytes, never used again.

    Raises BatchMalformed where the header does not fit the recipients or the limits.
    """
    if header.recipients != tuple(map(key_id, recipients)) or not recipients:
        raise BatchMalformed(reason="recipients")
    if not 0 < header.count <= COUNT_LIMIT or header.first < 1:
        raise BatchMalformed(reason="count")
    head = header.to_bytes()
    wrapped = [HPKE.encrypt(content_key, public, info=_LABEL + head) for public in recipients]
    ciphertext = ChaCha20Poly1305(content_key).encrypt(_NONCE, payload, head)
    signed = head + b"".join(wrapped) + ciphertext
    return signed + signer.sign(_LABEL + signed)


def parse(data: bytes) -> Batch:
    """Take a batch apart without believing it. Raises BatchMalformed, BatchVersionUnknown."""
    if not data:
        raise BatchMalformed(reason="empty")
    if data[0] != VERSION:
        raise BatchVersionUnknown(version=data[0])
    if len(data) < _FIXED.size:
        raise BatchMalformed(reason="header")
    _, stream, first, count, previous, codec, recipients = _FIXED.unpack_from(data)
    keys_end = _FIXED.size + recipients * KEY_ID_BYTES
    wrapped_end = keys_end + recipients * WRAPPED_BYTES
    if len(data) < wrapped_end + 16 + SIGNATURE_BYTES:
        raise BatchMalformed(reason="length")
    if not recipients or not 0 < count <= COUNT_LIMIT or not first:
        raise BatchMalformed(reason="count")
    header = Header(
        stream=Stream.from_bytes(stream),
        first=first,
        count=count,
        previous=previous,
        codec=codec,
        recipients=_split(data[_FIXED.size : keys_end], KEY_ID_BYTES),
    )
    return Batch(
        header=header,
        wrapped=_split(data[keys_end:wrapped_end], WRAPPED_BYTES),
        ciphertext=data[wrapped_end:-SIGNATURE_BYTES],
        signature=data[-SIGNATURE_BYTES:],
        data=data,
    )


def verify(batch: Batch, signing: Ed25519PublicKey) -> None:
    """Check that the device holding ``signing`` sealed ``batch``. Raises BatchForged."""
    device = hashlib.sha256(signing.public_bytes_raw()).digest()[:DEVICE_BYTES]
    if device != batch.header.stream.device:
        raise BatchForged
    try:
        signing.verify(batch.signature, _LABEL + batch.data[:-SIGNATURE_BYTES])
    except InvalidSignature as error:
        raise BatchForged from error


def open_batch(batch: Batch, keys: Mapping[bytes, X25519PrivateKey]) -> bytes:
    """Return the payload, opened with whichever of ``keys`` (by key id) the header names.

    Raises BatchUnreadable without telling a wrong key from altered bytes. The caller has
    verified the signature.
    """
    head = batch.header.to_bytes()
    for name, wrapped in zip(batch.header.recipients, batch.wrapped, strict=True):
        if name in keys:
            try:
                content_key = HPKE.decrypt(wrapped, keys[name], info=_LABEL + head)
                return ChaCha20Poly1305(content_key).decrypt(_NONCE, batch.ciphertext, head)
            except (InvalidTag, ValueError) as error:
                raise BatchUnreadable from error
    raise BatchUnreadable


def _split(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))
