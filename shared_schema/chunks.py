"""Sealed files on their way: a chunk at a time, each answered by how much has come without a gap.

    chunk    name 32 (SHA-256 of the sealed file) | total u32 | offset u32 | 1 to 65,536 bytes

A chunk that does not begin where the receiver stands changes nothing. It is answered all the same,
so the sender goes on from there and never has to ask. What has come whole and can be opened is
*complete*; nothing else makes a photo *received*.
"""

import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared_schema.canonical import Json, whole
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, Kind

CHUNK_BYTES = 16 << 10
CHUNK_LIMIT_BYTES = 64 << 10
FILE_LIMIT_BYTES = 8 << 20
NAME_BYTES = 32
_HEAD = struct.Struct(f">{NAME_BYTES}sII")


class ChunkInvalid(CustodyError):
    """A piece of a photo is not formed as the protocol says. It was not used; send it again."""

    code = "CHUNK_INVALID"


class ChunkReceiptInvalid(CustodyError):
    """The answer to a piece of a photo cannot be read. It was not used; sync again."""

    code = "CHUNK_RECEIPT_INVALID"


class ChunkState(StrEnum):
    """What became of a file: some of it is there, all of it, or it is not taken."""

    PARTIAL = "partial"
    COMPLETE = "complete"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a sealed file of ``total`` bytes, from ``offset`` on. ``name``: its 32 bytes."""

    name: bytes
    total: int
    offset: int
    content: bytes = field(repr=False)

    @property
    def end(self) -> int:
        """Where the next chunk begins."""
        return self.offset + len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReceipt:
    """The answer to one chunk. ``have``: so many bytes from the start are durably there.

    ``code``: why a file is refused, else None.
    """

    name: bytes
    have: int
    total: int
    state: ChunkState
    code: str | None
    server_ms: int


def chunk_frame(chunk: Chunk) -> Frame:
    """Return the frame that carries a chunk."""
    return Frame(Kind.CHUNK, _HEAD.pack(chunk.name, chunk.total, chunk.offset) + chunk.content)


def read_chunk(frame: Frame) -> Chunk:
    """Return the chunk in a frame. Raises ChunkInvalid: empty, too long, beyond the file's end."""
    content = frame.body[_HEAD.size :]
    if not 0 < len(content) <= CHUNK_LIMIT_BYTES:
        raise ChunkInvalid
    name, total, offset = _HEAD.unpack_from(frame.body)
    chunk = Chunk(name=name, total=total, offset=offset, content=content)
    if chunk.end > total:
        raise ChunkInvalid
    return chunk


def chunk_receipt_to_json(receipt: ChunkReceipt) -> dict[str, Json]:
    """Return the form in which the answer to a chunk is signed and sent."""
    return {
        "name": receipt.name.hex(),
        "have": receipt.have,
        "total": receipt.total,
        "state": receipt.state.value,
        "code": receipt.code,
        "server_ms": receipt.server_ms,
    }


def chunk_receipt_from_json(data: Any) -> ChunkReceipt:
    """Read ``chunk_receipt_to_json``. Raises ChunkReceiptInvalid."""
    try:
        receipt = ChunkReceipt(
            name=bytes.fromhex(data["name"]),
            have=whole(data["have"]),
            total=whole(data["total"]),
            state=ChunkState(data["state"]),
            code=None if data["code"] is None else str(data["code"]),
            server_ms=whole(data["server_ms"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ChunkReceiptInvalid from error
    if len(receipt.name) != NAME_BYTES or not 0 <= receipt.have <= receipt.total:
        raise ChunkReceiptInvalid
    return receipt
