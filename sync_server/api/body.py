"""A request's body, read as it comes: nothing of it is kept, nothing is copied twice.

cheroot's own reader holds a whole chunk, however large, copies the rest of it at every read, and
takes a chunk's first line without end; its reader of known lengths takes a length below zero for
whatever comes. A stranger could keep the office's computer busy with either.
"""

import io
import re
from collections.abc import Callable
from typing import Any

from cheroot.errors import MaxSizeExceeded

_LINE_BYTES = 256
_CRLF = b"\r\n"
_LENGTH = re.compile(rb"[0-9]{1,10}")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;.*)?\r\n", re.DOTALL)


class ChunkedBody(io.RawIOBase):
    """The bytes within the chunks (RFC 9112, section 7.1); trailers are left to `finish`.

    ``source``: the connection's buffered reader. ``limit_bytes``: of all chunks together. Reading
    raises ValueError where the body is cut or is not chunked as it says, MaxSizeExceeded.
    ``before_read`` is called before anything is read.
    """

    def __init__(
        self, source: Any, limit_bytes: int, before_read: Callable[[], None] = lambda: None
    ) -> None:
        """Start before the first chunk."""
        self._source = source
        self._before_read = before_read
        self._limit_bytes = limit_bytes
        self._total_bytes = 0
        self._left_bytes = 0
        self._ended = False
        self._farewell = False

    def finish(self) -> None:
        """Read the line after the last chunk, once the answer is given.

        A connection closed with bytes unread is reset, which destroys what is still on its way to
        the other side. Raises OSError where the line does not come in the connection's time.
        """
        if self._farewell:
            self._farewell = False
            self._source.readline(_LINE_BYTES)

    def readable(self) -> bool:
        """Say that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come of the present chunk, at least one byte unless the body has ended."""
        self._before_read()
        if not self._left_bytes and not self._ended:
            self._begin_chunk()
        if self._ended or not len(buffer):
            return 0
        part = self._source.read1(min(len(buffer), self._left_bytes))
        if not part:
            raise self._broken("cut within a chunk")
        buffer[: len(part)] = part
        self._left_bytes -= len(part)
        if not self._left_bytes and self._source.read(len(_CRLF)) != _CRLF:
            raise self._broken("no end of a chunk")
        return len(part)

    def _begin_chunk(self) -> None:
        line = _SIZE.fullmatch(self._source.readline(_LINE_BYTES))
        if line is None:
            raise self._broken("no size of a chunk")
        self._left_bytes = int(line[1], 16)
        self._total_bytes += self._left_bytes
        if self._total_bytes > self._limit_bytes:
            self._ended = True
            raise MaxSizeExceeded
        self._ended = self._farewell = not self._left_bytes

    def _broken(self, reason: str) -> ValueError:
        """Return the error after which nothing more is read."""
        self._ended = True
        return ValueError(reason)


class KnownBody(io.RawIOBase):
    """The bytes of a body whose length its header tells; fewer where the line is cut.

    What is no length is none at all.
    """

    def __init__(self, source: Any, length: bytes) -> None:
        """Start before the first byte."""
        self._source = source
        self._left_bytes = int(length) if _LENGTH.fullmatch(length) else 0

    def readable(self) -> bool:
        """Say that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, at least one byte unless the body has ended."""
        if not len(buffer) or not self._left_bytes:
            return 0
        part = self._source.read1(min(len(buffer), self._left_bytes))
        buffer[: len(part)] = part
        self._left_bytes -= len(part)
        return len(part)
