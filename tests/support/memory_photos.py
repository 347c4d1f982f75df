"""Photos as an office keeps them, in memory: the rules of the protocol and nothing else."""

import hashlib
from dataclasses import dataclass, field

from shared_schema.canonical import Json
from shared_schema.chunks import (
    ChunkReceipt,
    ChunkState,
    chunk_receipt_to_json,
    read_chunk,
)
from shared_schema.frames import Frame


@dataclass(slots=True)
class MemoryPhotos:
    """``kept``: whole files by name. ``parts``: by device and name. ``refuse``: a code for all.

    ``seen``: every chunk that came, as name, offset and end.
    """

    kept: dict[bytes, bytes] = field(default_factory=dict)
    parts: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    refuse: str | None = None
    seen: list[tuple[bytes, int, int]] = field(default_factory=list)

    def take(self, device: bytes, frame: Frame, now_ms: int) -> dict[str, Json]:
        """Take in a chunk; return the content of its answer."""
        chunk = read_chunk(frame)
        self.seen.append((chunk.name, chunk.offset, chunk.end))
        have, state, code = len(self.parts.get((device, chunk.name), b"")), ChunkState.PARTIAL, None
        if chunk.name not in self.kept and self.refuse is None and chunk.offset == have:
            have = self._grow(device, chunk.name, chunk.content, chunk.total)
        if self.refuse is not None:
            state, code = ChunkState.REFUSED, self.refuse
        elif chunk.name in self.kept:
            have, state = chunk.total, ChunkState.COMPLETE
        elif have == chunk.total:
            del self.parts[device, chunk.name]
            have, state, code = 0, ChunkState.REFUSED, "CHUNKS_DAMAGED"
        return chunk_receipt_to_json(
            ChunkReceipt(
                name=chunk.name,
                have=have,
                total=chunk.total,
                state=state,
                code=code,
                server_ms=now_ms,
            )
        )

    def _grow(self, device: bytes, name: bytes, content: bytes, total: int) -> int:
        part = self.parts.get((device, name), b"") + content
        self.parts[device, name] = part
        if len(part) == total and hashlib.sha256(part).digest() == name:
            self.kept[name] = self.parts.pop((device, name))
        return len(part)

    def copy(self) -> "MemoryPhotos":
        """Return what a backup holds."""
        return MemoryPhotos(kept=dict(self.kept), parts=dict(self.parts), refuse=self.refuse)
