"""Verify: that nobody altered the log behind the program's back, and that all else follows from it.

The chain runs over every column of every change. Each batch bears its device's signature, its
receipt ours; what it holds is what the log says. The projections equal a fresh fold. Each photo is
what its row says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Table

from shared_schema.canonical import encode
from shared_schema.changes import change_to_json
from shared_schema.custody import Receipt, Status, receipt_from_json
from shared_schema.envelope import GENESIS, Batch, parse, verify
from shared_schema.errors import CustodyError, StorageError
from shared_schema.frames import Frame, Kind
from shared_schema.ids import device_id
from shared_schema.messages import read_object, read_server_frame
from sync_server import ingest, photos, rebuilding
from sync_server.office import Office
from sync_server.store.engine import open_store
from sync_server.store.queries import audit, log, raw
from sync_server.store.tables import (
    PROJECTIONS,
    batches,
    changes,
    devices,
    meta,
    metadata,
    quarantine,
    streams,
)


class LogAltered(StorageError):
    """The log was altered: table {table}, row {row} ({reason}). Stop, and restore a backup."""

    code = "LOG_ALTERED"


class ProjectionDiffers(StorageError):
    """Table {table}, row {row} does not follow from the log. Run `sync-server rebuild`."""

    code = "PROJECTION_DIFFERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How much was checked."""

    changes: int
    batches: int
    quarantined: int
    records: int
    photos: int = 0
    audit: int = 0


@dataclass(slots=True)
class _Chain:
    """The end of one stream as the batches, or the server's own changes, give it."""

    sequence: int = 0
    hash: bytes = GENESIS
    held: int = 0
    logged: int = 0


@dataclass(slots=True)
class _Audit:
    """One walk over the database. Raises LogAltered at the first row that is not as it was."""

    office: Office
    connection: Connection
    signing: dict[bytes, Ed25519PublicKey] = field(default_factory=dict)
    chains: dict[str, _Chain] = field(default_factory=dict)

    def run(self) -> Verified:
        """Check everything that custody keeps; return the counts."""
        self.devices()
        logged = self.log()
        kept = self.batches()
        self.streams()
        aside = self.quarantine()
        return Verified(changes=logged, batches=kept, quarantined=aside, records=0)

    def devices(self) -> None:
        """Check that each device's key is the one its id was made of."""
        for row in raw.rows(self.connection, devices):
            if device_id(row["signing"]).hex().encode() != row["device"]:
                raise _altered(devices, row, "key")
            key = Ed25519PublicKey.from_public_bytes(row["signing"])
            self.signing[bytes.fromhex(row["device"].decode())] = key

    def log(self) -> int:
        """Walk the chain of changes to the head that is noted beside it."""
        position, chain = 0, log.START
        for row in raw.rows(self.connection, changes):
            if row["position"] != position + 1:
                raise LogAltered(table=changes.name, row=position + 1, reason="missing")
            position += 1
            given = row.pop("chain")
            chain = log.link(chain, row.values())
            if given != chain:
                raise _altered(changes, row, "chain")
            stream = row["stream"].decode()
            self.chains.setdefault(stream, _Chain()).logged += 1
        noted, end = log.head(self.connection)
        if (noted, end) != (position, chain):
            at = position + 1 if noted > position else position
            raise LogAltered(table=changes.name, row=at, reason="end of the log")
        return position

    def batches(self) -> int:
        """Check each batch and its receipt, and that the log says what it holds."""
        count = 0
        for row in raw.rows(self.connection, batches):
            count += 1
            batch = self.sealed(batches, row)
            chain = self.chains.setdefault(batch.header.stream.hex(), _Chain())
            follows = (batch.header.first, batch.header.previous)
            if follows != (chain.sequence + 1, chain.hash):
                raise _altered(batches, row, "order")
            receipt = self.receipt(batches, row, batch)
            chain.sequence, chain.hash = batch.header.last, batch.hash
            chain.held += self.compare(row, batch, receipt)
        return count

    def sealed(self, table: Table, row: Mapping[str, Any]) -> Batch:
        """Return the batch in a row that is signed and is what the row's other columns say."""
        try:
            batch = parse(row["body"])
            verify(batch, self.signing[batch.header.stream.device])
        except (CustodyError, KeyError, TypeError) as error:
            raise _altered(table, row, "body") from error
        header = batch.header
        said = (row["stream"], row["first"], row["count"], row["hash"])
        if said != (header.stream.hex().encode(), header.first, header.count, batch.hash):
            raise _altered(table, row, "header")
        return batch

    def receipt(self, table: Table, row: Mapping[str, Any], batch: Batch) -> Receipt:
        """Return the receipt kept with a batch, which we signed for this very batch."""
        public = self.office.keys.signing.public_key()
        try:
            frame = Frame(Kind.RECEIPT, row["receipt"])
            _, content = read_server_frame(frame, batch.header.stream.device, public)
            receipt = receipt_from_json(read_object(content))
        except (CustodyError, TypeError) as error:
            raise _altered(table, row, "receipt") from error
        if (receipt.hash, receipt.server_ms) != (batch.hash, row["received_ms"]):
            raise _altered(table, row, "received_ms")
        return receipt

    def compare(self, row: Mapping[str, Any], batch: Batch, receipt: Receipt) -> int:
        """Check that the log has a batch's changes; return how many it lacks, being held."""
        header = batch.header
        logged = log.of_stream(self.connection, header.stream, header.first, header.last)
        if not logged and receipt.status is Status.HELD:
            return header.count
        found, _ = ingest.read(batch, self.office)
        if [encode(change_to_json(one)) for one in found] != [
            encode(change_to_json(one)) for one in logged
        ]:
            raise _altered(batches, row, "content")
        return 0

    def streams(self) -> None:
        """Check that each stream ends where its batches do, and none is left over."""
        own = self.office.keys.server.hex()
        for row in raw.rows(self.connection, streams):
            name = row["stream"].decode(errors="replace")
            chain = self.chains.pop(name, _Chain())
            if name.startswith(own):
                chain.sequence = chain.logged
            complete = chain.logged + chain.held == chain.sequence
            said = (row["device"].decode(errors="replace"), row["sequence"], row["hash"])
            if not complete or said != (name[: len(own)], chain.sequence, chain.hash):
                raise _altered(streams, row, "end of the stream")
        if self.chains:
            raise LogAltered(table=streams.name, row=min(self.chains), reason="missing")

    def quarantine(self) -> int:
        """Check the batches that are kept outside the chains."""
        count = 0
        for row in raw.rows(self.connection, quarantine):
            batch = self.sealed(quarantine, row)
            if row["device"] != batch.header.stream.device.hex().encode():
                raise _altered(quarantine, row, "device")
            self.receipt(quarantine, row, batch)
            count += 1
        return count


def verify_all(office: Office) -> Verified:
    """Check database and photos. Raises LogAltered and others, naming it."""
    with office.store.read() as connection:
        found = _Audit(office, connection).run()
        records = _compare_projections(connection)
        entries = audit.check(connection)
    return Verified(
        changes=found.changes,
        batches=found.batches,
        quarantined=found.quarantined,
        records=records,
        photos=photos.check(office),
        audit=entries,
    )


def _compare_projections(connection: Connection) -> int:
    """Fold the log afresh in memory and compare; return the number of rows compared."""
    fresh = open_store("sqlite://")
    compared = 0
    with fresh.write() as copy:
        metadata.create_all(copy)
        for table in (meta, devices):
            found = [dict(row._mapping) for row in connection.execute(table.select())]  # noqa: SLF001
            if found:
                copy.execute(table.insert(), found)
        rebuilding.replay(copy, connection)
        for table in PROJECTIONS:
            compared += _compare(table, raw.rows(connection, table), raw.rows(copy, table))
    fresh.close()
    return compared


def _compare(table: Table, kept: Iterator[dict[str, Any]], fresh: Iterator[dict[str, Any]]) -> int:
    count = 0
    for one, other in zip_longest(kept, fresh):
        if one != other:
            row = raw.key_of(table, one or other or {})
            raise ProjectionDiffers(table=table.name, row=row)
        count += 1
    return count


def _altered(table: Table, row: Mapping[str, Any], reason: str) -> LogAltered:
    return LogAltered(table=table.name, row=raw.key_of(table, dict(row)), reason=reason)
