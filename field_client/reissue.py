"""Reduced changes in a fork that is healed: what is left of them can be written again, no more.

The office had these changes and lost them again, and another copy of this store was first to
send others under their numbers. Their sealed batches lie in the office's quarantine; here only
the roster row is left. That row goes again; of the rest the record says that it did not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any
from uuid import UUID

from field_client.entries import state_of_document
from field_client.journal import Journal
from field_client.reduction import DETAILS_LOST, Logged, floor
from field_client.tables import change_key, put
from shared_schema.canonical import Json
from shared_schema.changes import (
    SYSTEM_FIELDS,
    Change,
    Stamp,
    Write,
    change_digest,
)
from shared_schema.custody import Fork, Healing
from shared_schema.fold import FieldState, Head, RecordState, join, state_of, state_to_json
from shared_schema.ids import Stream
from shared_schema.records import RECORD_TYPES
from shared_schema.traces import change_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A stream's log as `custody.heal` takes it: no change of it without values.

    ``present``: digests at the office, fitting ``changes``. ``lacking``: digests of what the
    office lacks, in order, as they were written first. ``lost``: those of it that are reduced.
    ``shared``: sequences of saves of which the office has what another copy had left.
    """

    changes: tuple[Change, ...]
    present: Mapping[int, bytes]
    lacking: tuple[bytes, ...]
    lost: tuple[Change, ...]
    shared: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Line:
    """A change as the log has it and as `custody.heal` takes it.

    ``had``: nothing of it is to be written again. ``shared``: the office has what a copy had left.
    """

    logged: Logged
    change: Change
    had: bool
    shared: bool = False


def own_log(journal: Journal, fork: Fork) -> Own:
    """Return our log of a forked stream, with what stands in for reduced changes."""
    lines = [_line(journal, fork, one) for one in journal.own_log(fork.stream)]
    lacking = [line for line in lines if not line.had]
    anew = {
        line.change.sequence: change_digest(line.change)
        for line in lines
        if line.had and (line.shared or line.logged.reduced)
    }
    return Own(
        changes=tuple(line.change for line in lines),
        present=dict(fork.present) | {at: anew[at] for at in anew if at in fork.present},
        lacking=tuple(line.logged.digest for line in lacking),
        lost=tuple(line.logged.change for line in lacking if line.logged.reduced),
        shared=frozenset(line.change.sequence for line in lines if line.shared),
    )


def traces(journal: Journal, log: Iterable[Logged]) -> dict[int, bytes]:
    """Return the trace of each change by its sequence."""
    return {one.change.sequence: _trace(journal, one) for one in log}


def _trace(journal: Journal, one: Logged) -> bytes:
    return change_trace(_left(journal, one) if one.reduced else one.change)


def _line(journal: Journal, fork: Fork, one: Logged) -> _Line:
    change, at = one.change, one.change.sequence
    if at < fork.first or fork.present.get(at) == one.digest:
        return _Line(one, change, had=True)
    if fork.traces.get(at) == _trace(journal, one):
        details = None if one.reduced or one.remains else _details(journal, change)
        return _Line(one, details or change, had=details is None, shared=True)
    return _Line(one, _left(journal, one) if one.reduced else change, had=False)


def _details(journal: Journal, change: Change) -> Change | None:
    """Return a change with what a copy that has reduced it lacks; None where that is nothing."""
    document = journal.tables.records.get(doc_id=str(change.record))
    state = state_of_document(document) if document else state_of(change)
    kept = RECORD_TYPES[change.type].roster | SYSTEM_FIELDS
    writes = {
        name: write
        for name, write in change.writes.items()
        if name not in kept and change.stamp in state.stamps(name)
    }
    return replace(change, writes=writes) if writes else None


def _left(journal: Journal, one: Logged) -> Change:
    """Return a reduced change with the values that are still known of it, maybe none.

    It keeps its place all the same: another copy writes the others in the same places. Of one
    that an earlier program reduced, the log has no value; some may stand in the record.
    """
    change, left = one.change, dict[str, Write]()
    kept = floor(journal.tables.records.get(doc_id=str(change.record))) if one.gone else None
    for name, write in change.writes.items():
        if name not in one.gone:
            left[name] = write
        elif found := [head for head in _heads(kept, name) if head.stamp == change.stamp]:
            left[name] = replace(write, value=found[0].value)
    return replace(change, writes=left)


def let_go(journal: Journal, own: Own, healing: Healing) -> None:
    """Take what is lost out of the log and out of what is left of its records."""
    tables = journal.tables
    tables.changes.remove(doc_ids=[change_key(one.stream, one.sequence) for one in own.lost])
    stamps = frozenset(one.stamp for one in own.lost)
    for record in {one.record for one in own.lost}:
        document = tables.records.get(doc_id=str(record))
        if document is not None and document.get("reduced"):
            rest = None if record in healing.records else _rest(journal, record, document, stamps)
            put(tables.records, str(record), {"reduced": rest})


def _rest(
    journal: Journal, record: UUID, document: Mapping[str, Any], lost: frozenset[Stamp]
) -> dict[str, Any]:
    """Return what is left of a record's reduced changes without those that are lost.

    What a lost change had replaced stands again; its value may be gone, but not its stamp.
    """
    empty = RecordState(record=record, type=document["type"], fields={})
    known = floor(document) or empty
    log = [one.change for one in journal.log_of(record) if one.reduced]
    standing = reduce(join, map(state_of, log), empty)
    stamps = {
        name: {stamp for stamp in texts if Stamp.parse(stamp) not in lost}
        for name, texts in document["reduced"]["stamps"].items()
    }
    for name in standing.fields:
        stamps.setdefault(name, set()).update(each.text() for each in standing.stamps(name))
    fields = {
        name: FieldState(
            heads=tuple(
                head for head in _heads(known, name) if head.stamp in standing.stamps(name)
            ),
            superseded=part.superseded,
        )
        for name, part in standing.fields.items()
    }
    return {
        "at_ms": document["reduced"]["at_ms"],
        "floor": state_to_json(replace(empty, fields=fields)),
        "stamps": {name: sorted(found) for name, found in sorted(stamps.items()) if found},
    }


def _heads(state: RecordState | None, name: str) -> tuple[Head, ...]:
    return state.fields[name].heads if state and name in state.fields else ()


def point_out(journal: Journal, own: Own, healing: Healing, new: Stream) -> tuple[UUID, ...]:
    """Remark on the records whose details did not go again; return them under their present ids.

    The remark outlasts the receipts of what is written again; the next correction settles it.
    """
    records = {healing.records.get(one.record, one.record) for one in own.lost}
    for record in records:
        note: dict[str, Json] = {
            "sequence": len(healing.changes),
            "code": DETAILS_LOST,
            "field": None,
            "stream": new.hex(),
        }
        put(journal.tables.remarks, str(record), {"notes": [note]})
    return tuple(sorted(records))
