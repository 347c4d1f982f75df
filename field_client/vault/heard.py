"""What the office answered while the vault was locked: its signed frames, kept as they came.

Nobody here could act on them yet. A *section* is the reply to one exchange, in the order of its
frames, so that it can be judged again, by the vault's own keys, before anything of it counts.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from field_client.vault.connection import StoreConnection
from field_client.vault.errors import VaultDamaged

TABLE = """CREATE TABLE heard (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    section BLOB NOT NULL,
    body BLOB NOT NULL,
    check_sum BLOB NOT NULL,
    stream BLOB,
    answered INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receipt says of a stream, as far as it can be told without a key.

    ``answered``: nothing up to there is sent again before the vault was opened. ``received``: the
    office has all up to there.
    """

    stream: bytes
    answered: int
    received: int


class Heard:
    """The frames heard, in the spool's file."""

    def __init__(self, store: StoreConnection) -> None:
        self._store = store

    def keep(self, section: bytes, body: bytes, answer: Answer | None = None) -> None:
        """Store one frame durably, behind those of its section."""
        stream = (answer.stream, answer.answered, answer.received) if answer else (None, 0, 0)
        with self._store.transaction():
            self._store.rows(
                "INSERT INTO heard (section, body, check_sum, stream, answered, received)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (section, body, check_sum(section, body, *stream), *stream),
            )

    def sections(self) -> list[bytes]:
        """Return the sections in the order in which they began."""
        rows = self._store.rows("SELECT section FROM heard GROUP BY section ORDER BY min(id)")
        return [section for (section,) in rows]

    def frames(self, section: bytes) -> Iterator[bytes]:
        """Yield the frames of a section, one in memory. Raises VaultDamaged."""
        after = 0
        while found := self._store.rows(_NEXT, (section, after)):
            after, body, kept, *stream = found[0]
            if check_sum(section, body, *stream) != kept:
                raise VaultDamaged(file=self._store.path.name)
            yield body

    def holds(self, kind: int) -> bool:
        """Return whether a frame of this kind (its first byte) was kept."""
        sql = "SELECT 1 FROM heard WHERE substr(body, 1, 1)=? LIMIT 1"
        return bool(self._store.rows(sql, (bytes([kind]),)))

    def size_bytes(self) -> int:
        """Return how many bytes the kept frames have."""
        return int(self._store.rows("SELECT coalesce(sum(length(body)), 0) FROM heard")[0][0])

    def forget(self, section: bytes) -> None:
        """Remove a section; an absent one is no error."""
        with self._store.transaction():
            self._store.rows("DELETE FROM heard WHERE section=?", (section,))

    def answered(self, stream: bytes) -> int:
        """Return the last sequence of a stream that was answered, 0 for none."""
        return self._highest("answered", stream)

    def received(self, stream: bytes) -> int:
        """Return the last sequence of a stream that the office said it has, 0 for none."""
        return self._highest("received", stream)

    def _highest(self, column: str, stream: bytes) -> int:
        sql = f"SELECT max({column}) FROM heard WHERE stream=?"  # noqa: S608 - our own names
        return int(self._store.rows(sql, (stream,))[0][0] or 0)


_NEXT = (
    "SELECT id, body, check_sum, stream, answered, received FROM heard"
    " WHERE section=? AND id > ? ORDER BY id LIMIT 1"
)


def check_sum(*values: object) -> bytes:
    """Tell a flipped bit, which SQLite does not notice in a plain file; it protects nothing.

    ``values``: the columns of a row. A flipped bit may turn bytes into a number or a text.
    """
    content = b"\0".join(v if isinstance(v, bytes) else repr(v).encode() for v in values)
    return hashlib.sha256(content).digest()[:8]
