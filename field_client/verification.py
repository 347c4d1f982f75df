"""Whether this laptop's store still says what was written to it: every part read again.

Reads only. The store's pages and indexes, the log's numbers and digests, the records' states
folded anew from the log, the sealed batches' bytes, signatures and chain. A finding names the
document or batch it is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from field_client.opened import App
from field_client.tables import change_key
from field_client.vault.errors import VaultDamaged
from field_client.vault.spool import SealedBatch
from shared_schema.changes import Change, ChangeInvalid, change_digest, change_from_json
from shared_schema.envelope import Batch, parse, verify
from shared_schema.errors import CustodyError
from shared_schema.fold import RecordState, join, state_of, state_to_json
from shared_schema.ids import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is not as it was written: a stable code and the place."""

    code: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was read, and what was wrong with it."""

    changes: int
    records: int
    batches: int
    faults: tuple[Fault, ...]


def examine(app: App) -> Examination:
    """Read everything again and return what was found; nothing is changed."""
    faults = [Fault(code="STORE_DAMAGED", place=line) for line in app.db.check()]
    faults += [Fault(code="SPOOL_DAMAGED", place=line) for line in app.spool.check()]
    own, of_log = _log(app)
    faults += of_log
    faults += _gaps(app)
    faults += _records(app, own)
    batches, of_spool = _spool(app)
    return Examination(
        changes=len(app.tables.changes),
        records=len(app.tables.records),
        batches=batches,
        faults=(*faults, *of_spool),
    )


def _log(app: App) -> tuple[dict[str, RecordState], list[Fault]]:
    """Fold the whole log anew: record -> state, and what is wrong with single changes."""
    states: dict[str, RecordState] = {}
    faults: list[Fault] = []
    for document in app.tables.changes:
        place = str(document.doc_id)
        change = _change(document)
        if change is None or not _is_itself(change, document, place):
            faults.append(Fault(code="CHANGE_ALTERED", place=place))
            continue
        record, state = str(change.record), state_of(change)
        states[record] = join(states[record], state) if record in states else state
    return states, faults


def _change(document: Any) -> Change | None:
    try:
        return change_from_json(document["change"])
    except (ChangeInvalid, KeyError):
        return None


def _is_itself(change: Change, document: Any, place: str) -> bool:
    stands = document.get("digest"), document.get("record"), place
    key = change_key(change.stream, change.sequence)
    return stands == (change_digest(change).hex(), str(change.record), key)


def _gaps(app: App) -> Iterator[Fault]:
    """Find numbers without a change; a closed stream is whole as far as it was sent."""
    branches = app.journal.branches
    for stream in branches.all():
        closed_after = branches.closed_after(stream)
        last = branches.last_sequence(stream) if closed_after is None else closed_after
        for sequence in range(1, last + 1):
            key = change_key(stream, sequence)
            if not app.tables.changes.contains(doc_id=key):
                yield Fault(code="LOG_GAP", place=key)


def _records(app: App, own: dict[str, RecordState]) -> Iterator[Fault]:
    """Compare what each record shows as ours with what the log amounts to."""
    left = dict(own)
    for document in app.tables.records:
        record = str(document.doc_id)
        folded = left.pop(record, None)
        expected = state_to_json(folded) if folded else None
        if document.get("mine") != expected:
            yield Fault(code="RECORD_DIFFERS", place=record)
    for record in left:
        yield Fault(code="RECORD_MISSING", place=record)


def _spool(app: App) -> tuple[int, list[Fault]]:
    count = 0
    faults: list[Fault] = []
    for stream in app.spool.streams():
        before: SealedBatch | None = None
        try:
            for sealed in app.spool.batches(stream):
                count += 1
                faults += _batch(app, sealed, before)
                before = sealed
        except VaultDamaged:
            place = Stream.from_bytes(stream).hex()
            faults.append(Fault(code="BATCH_ALTERED", place=place))
    return count, faults


def _batch(app: App, sealed: SealedBatch, before: SealedBatch | None) -> Iterator[Fault]:
    place = change_key(Stream.from_bytes(sealed.stream), sealed.first)
    try:
        batch = parse(sealed.body)
        verify(batch, app.device_keys.signing.public_key())
    except CustodyError:
        yield Fault(code="BATCH_ALTERED", place=place)
        return
    if not _is_as_noted(batch, sealed):
        yield Fault(code="BATCH_ALTERED", place=place)
    if before and (sealed.first, batch.header.previous) != (before.last + 1, before.hash):
        yield Fault(code="CHAIN_BROKEN", place=place)


def _is_as_noted(batch: Batch, sealed: SealedBatch) -> bool:
    header = batch.header
    said = header.stream.to_bytes(), header.first, header.count, batch.hash
    return said == (sealed.stream, sealed.first, sealed.count, sealed.hash)
