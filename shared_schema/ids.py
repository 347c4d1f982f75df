"""Streams and the ids they give out: unique without asking anybody, a delta on the wire.

A *stream* is (device, branch): the device is the hash of its signing key, the branch four random
bytes drawn at enrolment, after a restore, and when a fork is healed. Record and change ids are
UUIDs of version 8 (RFC 9562) that carry the stream and a number, so that a receiver who knows
the stream needs the number only, and a copy of a store that has drawn its own branch can never
give out an id the original gives out.

The 122 free bits, from the left: device 64, branch 32, kind 2, number 24. Ids derived from
content (an imported person's NIK, a pair of records) carry 120 bits of SHA-256 and kind 3.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from uuid import UUID

from shared_schema.errors import CustodyError

DEVICE_BYTES = 8
BRANCH_BYTES = 4
STREAM_BYTES = DEVICE_BYTES + BRANCH_BYTES
NUMBER_LIMIT = 1 << 24
_ID_LENGTH = 36
_KIND_BITS = 2
_NUMBER_BITS = 24
_DERIVED_BITS = 120
_LOW_BITS = 62
_MIDDLE_BITS = 12


class StreamFull(CustodyError):
    """The branch has given out all of its 16,777,215 numbers. Draw a new branch."""

    code = "STREAM_FULL"


class IdInvalid(CustodyError):
    """{text} is not an id of this system. Copy it whole from the list."""

    code = "ID_INVALID"
    exit_code = 3


class _Kind(IntEnum):
    RECORD = 0
    CHANGE = 1
    DERIVED = 3


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """One writer's numbered sequence of changes: ``device`` 8 bytes, ``branch`` 4 bytes."""

    device: bytes
    branch: bytes

    def __post_init__(self) -> None:
        """Refuse lengths that the ids could not carry."""
        if len(self.device) != DEVICE_BYTES or len(self.branch) != BRANCH_BYTES:
            raise IdInvalid(text=f"{self.device.hex()}{self.branch.hex()}")

    def to_bytes(self) -> bytes:
        """Return the 12 bytes: device, branch."""
        return self.device + self.branch

    @classmethod
    def from_bytes(cls, data: bytes) -> "Stream":
        """Read the 12 bytes of ``to_bytes``. Raises IdInvalid for another length."""
        if len(data) != STREAM_BYTES:
            raise IdInvalid(text=data.hex())
        return cls(data[:DEVICE_BYTES], data[DEVICE_BYTES:])

    @classmethod
    def from_hex(cls, text: str) -> "Stream":
        """Read 24 hexadecimal digits. Raises IdInvalid."""
        try:
            return cls.from_bytes(bytes.fromhex(text))
        except ValueError as error:
            raise IdInvalid(text=text) from error

    def hex(self) -> str:
        """Return 24 lower-case hexadecimal digits."""
        return self.to_bytes().hex()


def device_id(signing_public: bytes) -> bytes:
    """Return a device's id: the first 8 bytes of SHA-256 over its raw Ed25519 public key."""
    return hashlib.sha256(signing_public).digest()[:DEVICE_BYTES]


def record_id(stream: Stream, number: int) -> UUID:
    """Return the id of the ``number``-th record begun on ``stream`` (from 1, gaps allowed).

    Raises StreamFull past 16,777,215.
    """
    return _numbered(stream, _Kind.RECORD, number)


def change_id(stream: Stream, sequence: int) -> UUID:
    """Return the id of the change at ``sequence`` (from 1, no gaps) of ``stream``.

    Raises StreamFull past 16,777,215.
    """
    return _numbered(stream, _Kind.CHANGE, sequence)


def derived_id(label: str, content: bytes) -> UUID:
    """Return an id that anybody derives alike from ``content``; ``label`` separates the uses."""
    hashed = hashlib.sha256(label.encode() + b"\x00" + content).digest()
    bits = int.from_bytes(hashed[:15]) & ((1 << _DERIVED_BITS) - 1)
    head, low = bits >> _NUMBER_BITS, bits & (NUMBER_LIMIT - 1)
    return _pack((head << _KIND_BITS | _Kind.DERIVED) << _NUMBER_BITS | low)


def record_number(record: UUID, stream: Stream) -> int | None:
    """Return the number of ``record`` where it was begun on ``stream``, else None."""
    return _number(record, stream, _Kind.RECORD)


@lru_cache(maxsize=16384)
def record_stream(record: UUID) -> Stream | None:
    """Return the stream on which a record was begun; None for ids derived from content."""
    value = _unpack(record)
    if value is None or _kind(value) != _Kind.RECORD:
        return None
    return Stream.from_bytes((value >> (_KIND_BITS + _NUMBER_BITS)).to_bytes(STREAM_BYTES))


def change_sequence(change: UUID) -> tuple[Stream, int] | None:
    """Return the stream and sequence that a change id carries; None for other ids."""
    value = _unpack(change)
    if value is None or _kind(value) != _Kind.CHANGE:
        return None
    stream = Stream.from_bytes((value >> (_KIND_BITS + _NUMBER_BITS)).to_bytes(STREAM_BYTES))
    return stream, value & (NUMBER_LIMIT - 1)


def parse_id(text: str) -> UUID:
    """Read an id from text. Raises IdInvalid for what is not a UUID of version 8."""
    try:
        parsed = id_of(text) if type(text) is str and len(text) == _ID_LENGTH else UUID(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise IdInvalid(text=text) from error
    if _unpack(parsed) is None:
        raise IdInvalid(text=text)
    return parsed


@lru_cache(maxsize=16384)
def id_text(identifier: UUID) -> str:
    """Return an id as text, which an arrival needs some thirty times."""
    return str(identifier)


@lru_cache(maxsize=16384)
def id_of(text: str) -> UUID:
    """Return the id of a text that we wrote ourselves, as often. Raises ValueError."""
    return UUID(text)


def _numbered(stream: Stream, kind: _Kind, number: int) -> UUID:
    if not 0 < number < NUMBER_LIMIT:
        raise StreamFull
    head = int.from_bytes(stream.to_bytes()) << _KIND_BITS | kind
    return _pack(head << _NUMBER_BITS | number)


def _number(identifier: UUID, stream: Stream, kind: _Kind) -> int | None:
    value = _unpack(identifier)
    if value is None:
        return None
    number = value & (NUMBER_LIMIT - 1)
    return number if number and _numbered(stream, kind, number) == identifier else None


def _kind(value: int) -> int:
    return value >> _NUMBER_BITS & ((1 << _KIND_BITS) - 1)


def _pack(value: int) -> UUID:
    """Lay 122 bits around RFC 9562's version (8) and variant (binary 10)."""
    high = value >> (_LOW_BITS + _MIDDLE_BITS)
    middle = value >> _LOW_BITS & ((1 << _MIDDLE_BITS) - 1)
    low = value & ((1 << _LOW_BITS) - 1)
    return UUID(int=high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low)


def _unpack(identifier: UUID) -> int | None:
    bits = identifier.int
    if bits >> 76 & 0xF != 8 or bits >> 62 & 3 != 2:
        return None
    high, middle = bits >> 80, bits >> 64 & ((1 << _MIDDLE_BITS) - 1)
    return (high << _MIDDLE_BITS | middle) << _LOW_BITS | bits & ((1 << _LOW_BITS) - 1)
