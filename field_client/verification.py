"""Whether this laptop's store still says what was written to it: every part read again.

Reads only. The store's pages and indexes, the log's numbers and digests, the records' states
folded anew from the log, the sealed batches' bytes, signatures and chain, the photos. A finding
names the document, batch or photo it is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from field_client.opened import App
from field_client.reduction import Logged, floor, logged
from field_client.tables import change_key
from field_client.vault.errors import VaultDamaged
from field_client.vault.spool import SealedBatch
from shared_schema.changes import ChangeInvalid, change_digest
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
    faults += [Fault(code="PHOTO_DAMAGED", place=line) for line in app.attachments.check()]
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
    """Fold the whole log anew: record -> state, and what is wrong with single changes.

    A reduced change has lost its values; what they amount to stands with its record.
    """
    states: dict[str, RecordState] = {}
    faults: list[Fault] = []
    for document in app.tables.changes:
        place = str(document.doc_id)
        found = _change(document)
        if found is None or not _is_itself(found, document, place):
            faults.append(Fault(code="CHANGE_ALTERED", place=place))
            continue
        record, state = str(found.change.record), _state(found)
        states[record] = join(states[record], state) if record in states else state
    return states, faults


def _change(document: Any) -> Logged | None:
    try:
        return logged(document)
    except (ChangeInvalid, KeyError):
        return None


def _is_itself(found: Logged, document: Any, place: str) -> bool:
    """Tell whether a change is under its own number; a whole one must fit its digest as well."""
    change = found.change
    digest = found.digest if found.reduced else change_digest(change)
    stands = document.get("digest"), document.get("record"), place
    return stands == (digest.hex(), str(change.record), change_key(change.stream, change.sequence))


def _state(found: Logged) -> RecordState:
    change = found.change
    if found.reduced:
        return RecordState(record=change.record, type=change.type, fields={})
    return state_of(change)


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
        parts = [state for state in (left.pop(record, None), floor(document)) if state]
        expected = state_to_json(reduce(join, parts)) if parts else None
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
