"""Frames: how the messages of an exchange stand one after another, in a stream or a file.

    frame    kind u8 | length u32 (big endian) | body      (some kinds have a limit of their own)
    section  hello, then any of enrol, batch, chunk, then end     (one device, to the server)
             welcome, then any of the rest, then done             (the reply to one device)

A body or file is any number of sections. The last frame of a section counts and hashes those
before it, so that half a copy is noticed. A reader skips kinds it does not know, after saying so.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from shared_schema.errors import CustodyError

FRAME_LIMIT_BYTES = 4 << 20
_HEAD = struct.Struct(">BI")
HEAD_BYTES = _HEAD.size
_END = struct.Struct(">I16s")
_TALLY_HASH_BYTES = 16


class FrameInvalid(CustodyError):
    """The message is not one of this system's ({reason}). Nothing of it was used."""

    code = "FRAME_INVALID"


class SectionIncomplete(CustodyError):
    """The file or message ends too early or was altered on the way. Copy or send it again."""

    code = "SECTION_INCOMPLETE"


class Kind(IntEnum):
    """Frame numbers. From the device below 64, from the server 64 and up; gaps are reserved."""

    HELLO = 1
    ENROL = 2
    BATCH = 3
    CHUNK = 4
    END = 5
    RELAY = 6
    WELCOME = 65
    ENROLLED = 66
    RECEIPT = 67
    PAGE = 68
    DONE = 69
    ERROR = 70
    HELD = 71
    CHUNK_RECEIPT = 72


# What is read of somebody who is not known yet must stay small.
_LIMITS: dict[int, int] = {Kind.HELLO: 128 << 10, Kind.ENROL: 4 << 10, Kind.END: _END.size}


def limit_bytes(kind: int) -> int:
    """Return how long the body of a frame of this kind may be."""
    return _LIMITS.get(kind, FRAME_LIMIT_BYTES)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its kind (a ``Kind`` or a number not known here) and its body."""

    kind: int
    body: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return the frame as sent. Raises FrameInvalid beyond the limit of its kind."""
        if len(self.body) > limit_bytes(self.kind):
            raise FrameInvalid(reason="size")
        return _HEAD.pack(self.kind, len(self.body)) + self.body


class FrameReader:
    """Takes bytes as they come and yields whole frames; holds at most one frame's worth."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that ``data`` completes. Raises FrameInvalid at a length over the limit.

        Iterate to the end before feeding again.
        """
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._buffer)
            if length > limit_bytes(kind):
                raise FrameInvalid(reason="size")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield Frame(kind, body)

    def finish(self) -> None:
        """Say that no more bytes come. Raises SectionIncomplete within a frame."""
        if self._buffer:
            raise SectionIncomplete


class Tally:
    """Counts and hashes the frames of a section on either side."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, frame: Frame) -> bytes:
        """Take ``frame`` into account; return its bytes."""
        data = frame.to_bytes()
        self.count += 1
        self._hash.update(data)
        return data

    def digest(self) -> bytes:
        """Return 16 bytes of SHA-256 over all frames so far."""
        return self._hash.digest()[:_TALLY_HASH_BYTES]

    def end_frame(self) -> Frame:
        """Return the END frame that closes the section."""
        return Frame(Kind.END, _END.pack(self.count, self.digest()))

    def check_end(self, frame: Frame) -> None:
        """Check an END frame against what was read. Raises SectionIncomplete."""
        if frame.kind != Kind.END or frame.body != _END.pack(self.count, self.digest()):
            raise SectionIncomplete


def read_frames(data: bytes) -> list[Frame]:
    """Return all frames of a whole file. Raises FrameInvalid, SectionIncomplete."""
    reader = FrameReader()
    frames = list(reader.feed(data))
    reader.finish()
    return frames
