"""The sealed spool: batches cut, sealed and signed, waiting to leave; and what the server answered.

It holds sealed bytes only, so it is a plain SQLite file that can be sent from, and written to,
while the vault is locked. A batch is stored here before its first byte leaves by any way, is
given out byte for byte the same each time, and stays until the server says that a backup holds
it (``durable_through``). Numbers are sequences of changes within a stream, from 1.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from field_client.vault import durable
from field_client.vault.connection import Row, StoreConnection, Values, open_plain
from field_client.vault.errors import SpoolConflict, VaultDamaged, VaultExists, VaultMissing
from field_client.vault.heard import Heard, check_sum
from field_client.vault.snapshot import copy_store
from field_client.vault.spool_schema import (
    STREAM_ROWS,
    TABLES,
    VERSION,
    has_flipped,
    is_whole,
    require_unflipped,
    require_version,
    version,
)

SPOOL_FILE = "spool.db"
_USED = ("streams", "frames", "heard", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBatch:
    """One sealed batch: changes ``first`` to ``last`` of its stream; ``hash`` chains the next."""

    stream: bytes
    first: int
    count: int
    hash: bytes
    body: bytes = field(repr=False)

    @property
    def last(self) -> int:
        """The sequence of the last change in the batch."""
        return self.first + self.count - 1


class Spool:
    """The open spool; get it from `open_spool`. ``heard``: what came while the vault was locked."""

    def __init__(self, store: StoreConnection) -> None:
        self._store = store
        self.heard = Heard(store)

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all writes of the block or none; durable when the outermost block has returned."""
        return self._store.transaction()

    # Batches

    def put_batch(self, batch: SealedBatch) -> None:
        """Store a batch durably. Repeating the same bytes changes nothing.

        Raises SpoolConflict unless it continues its stream without a gap.
        """
        with self.transaction():
            if self._holds(batch):
                return
            head = self.last(batch.stream)
            if batch.count < 1 or batch.first != (head[0] if head else 0) + 1:
                raise SpoolConflict(first=batch.first)
            self._store.rows(
                "INSERT INTO streams (stream, last, hash) VALUES (?, ?, ?)"
                " ON CONFLICT (stream) DO UPDATE SET last=excluded.last, hash=excluded.hash",
                (batch.stream, batch.last, batch.hash),
            )
            self._mark(batch.stream)
            content = (batch.first, batch.count, batch.body)
            self._store.rows(
                "INSERT INTO batches (stream, hash, first, count, body, check_sum)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (batch.stream, batch.hash, *content, check_sum(*content)),
            )

    def _holds(self, batch: SealedBatch) -> bool:
        found = self._store.rows(
            "SELECT count, hash, body FROM batches WHERE stream=? AND first=?",
            (batch.stream, batch.first),
        )
        return found == [(batch.count, batch.hash, batch.body)]

    def batches(self, stream: bytes, after: int = 0) -> Iterator[SealedBatch]:
        """Yield the batches that reach beyond sequence ``after``, in order, one in memory."""
        while found := self._store.rows(_NEXT_BATCH, (stream, after)):
            batch = self._batch(found[0])
            yield batch
            after = batch.last

    def _batch(self, row: Row) -> SealedBatch:
        stream, digest, *content = row
        self._require_whole(content)
        self._require_bytes(stream, digest)
        first, count, body, _ = content
        return SealedBatch(stream=stream, first=first, count=count, hash=digest, body=body)

    def _require_whole(self, row: Values) -> None:
        if not is_whole(row):
            raise VaultDamaged(file=SPOOL_FILE)

    def _require_bytes(self, *values: object) -> None:
        """Raise VaultDamaged for a flipped bit that turned bytes into something else."""
        if not all(isinstance(value, bytes) for value in values):
            raise VaultDamaged(file=SPOOL_FILE)

    def waiting(self, stream: bytes, after: int) -> tuple[int, int]:
        """Return how many changes the batches beyond sequence ``after`` hold, and their bytes."""
        sql = "SELECT total(count), total(length(body)) FROM batches WHERE stream=? AND first > ?"
        ((changes, size_bytes),) = self._store.rows(sql, (stream, after))
        return int(changes), int(size_bytes)

    def last(self, stream: bytes) -> tuple[int, bytes] | None:
        """Return the last sequence ever stored for a stream and its batch's hash, or None."""
        found = self._store.rows("SELECT last, hash FROM streams WHERE stream=?", (stream,))
        self._require_bytes(*(digest for _, digest in found))
        return (found[0][0], found[0][1]) if found else None

    def streams(self) -> list[bytes]:
        """Return every stream that has or had batches here."""
        found = [stream for (stream,) in self._store.rows("SELECT stream FROM streams")]
        self._require_bytes(*found)
        return found

    def drop_stream(self, stream: bytes) -> None:
        """Forget a stream and its batches: after a fork, once all it held is in another stream."""
        with self.transaction():
            self._store.rows("DELETE FROM batches WHERE stream=?", (stream,))
            self._store.rows("DELETE FROM streams WHERE stream=?", (stream,))

    def drop_beyond(self, stream: bytes, through: int) -> None:
        """Remove the batches of a stream that begin after ``through``: a fork was healed."""
        with self.transaction():
            self._store.rows("DELETE FROM batches WHERE stream=? AND first > ?", (stream, through))

    def take_back(self, stream: bytes, first: int, previous: bytes) -> None:
        """Let a stream end before ``first``, at the batch with the hash ``previous``.

        What is taken back was refused as a fork; it is sealed anew, cut elsewhere.
        """
        with self.transaction():
            self.drop_beyond(stream, first - 1)
            self._end_at(stream, first - 1, previous)

    def continue_behind(self, stream: bytes, through: int, digest: bytes) -> None:
        """Let a stream go on behind the server's batch that ends at ``through``.

        Ours up to there stay: a restored server may lack them.
        """
        with self.transaction():
            self.drop_beyond(stream, through)
            self.set_setting(_behind(stream, through), digest)
            self._store.rows("UPDATE streams SET through=? WHERE stream=?", (through, stream))
            self._end_at(stream, through, digest)

    def _end_at(self, stream: bytes, last: int, digest: bytes) -> None:
        self._store.rows("UPDATE streams SET last=?, hash=? WHERE stream=?", (last, digest, stream))
        self._mark(stream)

    def followed(self, batch: SealedBatch) -> bytes:
        """Return the hash that the batch behind ``batch`` names: its own, or the server's there."""
        return self.get_setting(_behind(batch.stream, batch.last)) or batch.hash

    # What the server has

    def ack(self, stream: bytes, through: int, durable_through: int) -> None:
        """Note a receipt: the server has all up to ``through``; older receipts change nothing.

        Batches wholly covered by ``durable_through`` are removed.
        """
        with self.transaction():
            self._store.rows(
                "UPDATE streams SET through = max(through, min(?, last)),"
                " durable_through = max(durable_through, min(?, last)) WHERE stream=?",
                (through, durable_through, stream),
            )
            self._mark(stream)
            self._store.rows(
                "DELETE FROM batches WHERE stream=? AND first + count - 1 <="
                " (SELECT durable_through FROM streams WHERE stream=?)",
                (stream, stream),
            )

    def rewind(self, stream: bytes, through: int) -> None:
        """Set what the server has *back* to ``through``: it was restored from a backup."""
        with self.transaction():
            self._store.rows(
                "UPDATE streams SET through=min(through, ?) WHERE stream=?", (through, stream)
            )
            self._mark(stream)

    def _mark(self, stream: bytes) -> None:
        """Keep the check sum of a stream's numbers, which have just been written."""
        for row in self._store.rows(f"{STREAM_ROWS} WHERE stream=?", (stream,)):
            self._store.rows(
                "UPDATE streams SET check_sum=? WHERE stream=?", (check_sum(*row[:-1]), stream)
            )

    def acked(self, stream: bytes) -> int:
        """Return the last sequence the server has given a receipt for, 0 for none."""
        return self._number("through", stream)

    def durable(self, stream: bytes) -> int:
        """Return the last sequence that a backup of the server holds, 0 for none."""
        return self._number("durable_through", stream)

    def _number(self, column: str, stream: bytes) -> int:
        sql = f"SELECT {column} FROM streams WHERE stream=?"  # noqa: S608 - our own column names
        found = self._store.rows(sql, (stream,))
        return int(found[0][0]) if found else 0

    # What the server sent, to be worked off when the vault is open

    def store_frame(self, body: bytes) -> int:
        """Store a server's frame durably and return its number; numbers rise."""
        with self.transaction():
            ((number,),) = self._store.rows(
                "INSERT INTO frames (body, check_sum) VALUES (?, ?) RETURNING id",
                (body, check_sum(body)),
            )
            return int(number)

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (number, body) of the stored frames in their order, one in memory."""
        while found := self._store.rows(_NEXT_FRAME, (after,)):
            self._require_whole(found[0][1:])
            after, body, _ = found[0]
            yield after, body

    def drop_frame(self, number: int) -> None:
        """Remove a frame once what it says is durable elsewhere; an absent one is no error."""
        with self.transaction():
            self._store.rows("DELETE FROM frames WHERE id=?", (number,))

    # Settings that must be readable while the vault is locked

    def get_setting(self, key: str) -> bytes | None:
        """Return the bytes kept under ``key``, or None."""
        found = self._store.rows("SELECT value FROM settings WHERE key=?", (key,))
        self._require_bytes(*(value for (value,) in found))
        return found[0][0] if found else None

    def set_setting(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key``; nothing secret, this file is not encrypted."""
        with self.transaction():
            self._store.rows(
                "INSERT INTO settings (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value=excluded.value",
                (key, value),
            )

    def settings_like(self, start: str) -> dict[str, bytes]:
        """Return what is kept under keys that begin with ``start``, by the rest of the key."""
        found = self._store.rows(
            "SELECT substr(key, length(?1) + 1), value FROM settings"
            " WHERE substr(key, 1, length(?1))=?1 ORDER BY key",
            (start,),
        )
        self._require_bytes(*(value for _, value in found))
        return dict(found)

    def drop_setting(self, key: str) -> None:
        """Forget what is kept under ``key``; nothing there is no error."""
        with self.transaction():
            self._store.rows("DELETE FROM settings WHERE key=?", (key,))

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; an empty list when sound."""
        found = [str(row[0]) for row in self._store.rows("PRAGMA integrity_check")]
        found += ["damaged numbers"] * has_flipped(self._store)
        spoilt = sum(not is_whole(row) for rows in _ROWS for row in self._store.rows(rows))
        spoilt += sum(len(self._store.rows(f"{rows}<>'blob'")) for rows in _BYTES)
        return [line for line in found if line != "ok"] + ["damaged bytes"] * spoilt

    def change_number(self) -> int:
        """Return a number that rises when this or another program has committed something."""
        return self._store.change_number()

    def copy(self, target: Path) -> None:
        """Copy the spool as it stands now; see `copy_store`."""
        copy_store(self._store, target)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _behind(stream: bytes, through: int) -> str:
    """Name the setting that keeps the hash of the server's batch which a stream goes on behind."""
    return f"behind.{stream.hex()}.{through}"


_ROWS = (
    "SELECT first, count, body, check_sum FROM batches",
    "SELECT body, check_sum FROM frames",
    "SELECT section, body, stream, answered, received, check_sum FROM heard",
)
_BYTES = (
    "SELECT 1 FROM settings WHERE typeof(value)",
    "SELECT 1 FROM batches WHERE typeof(stream)",
    "SELECT 1 FROM batches WHERE typeof(hash)",
)
_NEXT_BATCH = (
    "SELECT stream, hash, first, count, body, check_sum FROM batches"
    " WHERE stream=? AND first + count - 1 > ? ORDER BY first LIMIT 1"
)
_NEXT_FRAME = "SELECT id, body, check_sum FROM frames WHERE id > ? ORDER BY id LIMIT 1"


def create_spool(home: Path) -> None:
    """Create the spool in ``home`` unless it is there; `create_vault` does it.

    Raises VaultExists where there is one that was used: it is another store's.
    """
    path = home / SPOOL_FILE
    with durable.translated(path):
        os.close(os.open(path, os.O_CREAT, durable.PRIVATE_FILE))
    store = open_plain(path)
    try:
        with store.transaction():
            if version(store) == 0:
                for statement in (*TABLES, f"PRAGMA user_version={VERSION}"):
                    store.rows(statement)
            elif any(store.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in _USED):  # noqa: S608 - our own names
                raise VaultExists(home=home)
    finally:
        store.close()


def open_spool(home: Path) -> Spool:
    """Open the spool; no key is needed. Raises VaultMissing, VaultDamaged, VaultNewer, VaultIO."""
    path = home / SPOOL_FILE
    if not path.exists():
        raise VaultMissing(home=home)
    store = open_plain(path)
    try:
        require_version(store)
        require_unflipped(store)
    except BaseException:
        store.close()
        raise
    return Spool(store)
