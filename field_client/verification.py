"""Whether this laptop's store still says what was written to it: every part read again.

Reads only. The key slots' two copies, the store's pages and indexes, the log's numbers and digests,
the records' states folded anew from the log, the sealed batches' bytes, signatures and chain, the
photos. A finding names the document, batch or photo it is about. However many records there are,
one is in memory at a time, besides the ids of those that were written here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import Any

from tinydb import where

from field_client.opened import App
from field_client.reduction import Logged, floor, logged
from field_client.tables import change_key
from field_client.vault import slotfile
from field_client.vault.attachments import TABLE as PHOTOS
from field_client.vault.errors import VaultDamaged, VaultIO
from field_client.vault.spool import SPOOL_FILE, SealedBatch
from shared_schema.changes import ChangeInvalid, change_digest
from shared_schema.envelope import Batch, parse, verify
from shared_schema.errors import CustodyError
from shared_schema.fold import RecordState, join, state_of, state_to_json
from shared_schema.ids import Stream


class Part(StrEnum):
    """The parts that are examined, in this order."""

    KEYS = "keys"
    STORE = "store"
    LOG = "log"
    RECORDS = "records"
    BATCHES = "batches"
    PHOTOS = "photos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is not as it was written: a stable code and the place."""

    code: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One part: how much was read, None where it could not be looked at, and what was wrong."""

    part: Part
    count: int | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was read, and what was wrong with it."""

    parts: tuple[Examined, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that was wrong."""
        return tuple(fault for part in self.parts for fault in part.faults)

    def count(self, part: Part) -> int:
        """Return how much of a part was read."""
        return next((each.count or 0 for each in self.parts if each.part is part), 0)


def silent(_part: Part) -> None:
    """Show nothing."""


def examine(app: App, begin: Callable[[Part], None] = silent) -> Examination:
    """Read everything again and return what was found; nothing is changed.

    ``begin`` is told of each part before it is read: a big store takes a minute.
    """
    written: set[str] = set()
    looks: tuple[tuple[Part, Callable[[], int], Callable[[], Iterable[Fault]]], ...] = (
        (Part.KEYS, lambda: len(slotfile.load(app.home).entries), lambda: _keys(app.home)),
        (Part.STORE, lambda: len(app.db.tables()), lambda: _listed("STORE_DAMAGED", app.db.check)),
        (Part.LOG, lambda: len(app.tables.changes), lambda: _log(app, written)),
        (Part.RECORDS, lambda: len(app.tables.records), lambda: _records(app, written)),
        (Part.BATCHES, lambda: _batch_count(app), lambda: _batches(app)),
        (
            Part.PHOTOS,
            lambda: len(app.db.table(PHOTOS)),
            lambda: _listed("PHOTO_DAMAGED", app.attachments.check),
        ),
    )
    parts = []
    for look in looks:
        begin(look[0])
        parts.append(_examined(*look))
    return Examination(parts=tuple(parts))


def unopened(home: Path, file: str) -> Examination:
    """Return what is known where a damaged file kept the store from being opened."""
    culprit = Part.BATCHES if file == SPOOL_FILE else Part.STORE
    code = "SPOOL_DAMAGED" if file == SPOOL_FILE else "STORE_DAMAGED"
    faults = {culprit: (Fault(code=code, place=file),)}
    others = (part for part in Part if part is not Part.KEYS)
    return Examination(
        parts=(
            _examined(Part.KEYS, lambda: len(slotfile.load(home).entries), lambda: _keys(home)),
            *(Examined(part=p, count=None, faults=faults.get(p, ())) for p in others),
        )
    )


def without_spool(found: Examination) -> Examination:
    """Return what was found beside an empty spool, with the batches as damaged as theirs is."""
    fault = Fault(code="SPOOL_DAMAGED", place=SPOOL_FILE)
    batches = Examined(part=Part.BATCHES, count=None, faults=(fault,))
    return Examination(parts=tuple(batches if p.part is Part.BATCHES else p for p in found.parts))


def _examined(
    part: Part, count: Callable[[], int], faults: Callable[[], Iterable[Fault]]
) -> Examined:
    """Look at one part; where it cannot be read to its end, that is a fault of its own."""
    found: list[Fault] = []
    try:
        found.extend(faults())
        return Examined(part=part, count=count(), faults=tuple(found))
    except (VaultDamaged, VaultIO) as error:
        unreadable = Fault(code=error.code, place=str(error.details["file"]))
        return Examined(part=part, count=None, faults=(*found, unreadable))


def _listed(code: str, check: Callable[[], Iterable[str]]) -> Iterator[Fault]:
    return (Fault(code=code, place=line) for line in check())


def _keys(home: Path) -> Iterator[Fault]:
    return (Fault(code="KEYS_DAMAGED", place=line) for line in slotfile.check(home))


def _log(app: App, written: set[str]) -> Iterator[Fault]:
    """Read every change of the log; note in ``written`` which records they are about."""
    for document in app.tables.changes:
        place = str(document.doc_id)
        found = _change(document)
        if found is None or not _is_itself(found, document, place):
            yield Fault(code="CHANGE_ALTERED", place=place)
        else:
            written.add(str(found.change.record))
    yield from _gaps(app)
    yield from _tails(app)


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


def _tails(app: App) -> Iterator[Fault]:
    """Find changes that were sealed and are no longer in the log: its end has been lost.

    What the office has received is not missing: it comes back with the next sync.
    """
    sealed = {Stream.from_bytes(each): app.spool.last(each) for each in app.spool.streams()}
    branches = app.journal.branches
    known = set(branches.all())
    for stream, end in sealed.items():
        last = branches.last_sequence(stream) if stream in known else 0
        if end and end[0] > max(last, app.spool.acked(stream.to_bytes())):
            yield Fault(code="LOG_CUT", place=change_key(stream, last + 1))


def _records(app: App, written: set[str]) -> Iterator[Fault]:
    """Compare what each record shows as ours with what the log amounts to.

    What seems to differ is looked at again while nobody can write.
    """
    left = set(written)
    for document in app.tables.records:
        record = str(document.doc_id)
        changed = _changes(app, record) if record in left else []
        left.discard(record)
        if not _is_folded(document, changed):
            yield from _again(app, record)
    for record in sorted(left):
        yield from _again(app, record)


def _again(app: App, record: str) -> Iterator[Fault]:
    with app.journal.transaction():
        document = app.tables.records.get(doc_id=record)
        changed = _changes(app, record)
    if document is None and changed:
        yield Fault(code="RECORD_MISSING", place=record)
    elif document is not None and not _is_folded(document, changed):
        yield Fault(code="RECORD_DIFFERS", place=record)


def _changes(app: App, record: str) -> list[Logged]:
    changes = app.tables.changes.search(where("record") == record)
    return [found for found in map(_change, changes) if found is not None]


def _is_folded(document: Any, changed: Iterable[Logged]) -> bool:
    states = [*map(_state, changed), *filter(None, [floor(document)])]
    return bool(document.get("mine") == (state_to_json(reduce(join, states)) if states else None))


def _batch_count(app: App) -> int:
    return sum(1 for stream in app.spool.streams() for _ in app.spool.batches(stream))


def _batches(app: App) -> Iterator[Fault]:
    yield from _listed("SPOOL_DAMAGED", app.spool.check)
    for stream in app.spool.streams():
        before: SealedBatch | None = None
        for sealed in app.spool.batches(stream):
            yield from _batch(app, sealed, before)
            before = sealed


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
    follows = (before.last + 1, app.spool.followed(before)) if before else None
    if follows and (sealed.first, batch.header.previous) != follows:
        yield Fault(code="CHAIN_BROKEN", place=place)


def _is_as_noted(batch: Batch, sealed: SealedBatch) -> bool:
    header = batch.header
    said = header.stream.to_bytes(), header.first, header.count, batch.hash
    return said == (sealed.stream, sealed.first, sealed.count, sealed.hash)
