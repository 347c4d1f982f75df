"""Reduced changes in a fork that is healed: what is left of them can be written again, no more.

The office had these changes and lost them again, and another copy of this store was first to
send others under their numbers. Their sealed batches lie in the office's quarantine; here only
the roster row is left. That row goes again; of the rest the record says that it did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any
from uuid import UUID

from field_client.journal import Journal
from field_client.reduction import DETAILS_LOST, floor
from field_client.tables import change_key, put
from shared_schema.canonical import Json
from shared_schema.changes import Change, Stamp, Write, change_digest
from shared_schema.custody import Fork, Healing
from shared_schema.fold import FieldState, Head, RecordState, join, state_of, state_to_json
from shared_schema.ids import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A stream's log as `custody.heal` takes it: no change of it without values.

    ``present``: digests at the office, fitting ``changes``. ``lacking``: digests of what the
    office lacks, in order, as they were written first. ``lost``: those of it that are reduced.
    """

    changes: tuple[Change, ...]
    present: Mapping[int, bytes]
    lacking: tuple[bytes, ...]
    lost: tuple[Change, ...]


def own_log(journal: Journal, fork: Fork) -> Own:
    """Return our log of a forked stream, with what stands in for reduced changes."""
    present = dict(fork.present)
    changes: list[Change] = []
    lacking: list[bytes] = []
    lost: list[Change] = []
    for one in journal.own_log(fork.stream):
        change, at = one.change, one.change.sequence
        is_lacking = at >= fork.first and present.get(at) != one.digest
        if is_lacking:
            lacking.append(one.digest)
        if one.reduced and is_lacking:
            lost.append(change)
            if left := _left(journal, change):
                changes.append(left)
        else:
            changes.append(change)
            if one.reduced and at in present:
                present[at] = change_digest(change)
    return Own(changes=tuple(changes), present=present, lacking=tuple(lacking), lost=tuple(lost))


def _left(journal: Journal, change: Change) -> Change | None:
    """Return a reduced change with the values that are still known of it; None without any."""
    kept = floor(journal.tables.records.get(doc_id=str(change.record)))
    writes = {
        name: Write(value=head.value, replaces=change.writes[name].replaces)
        for name, part in (kept.fields if kept else {}).items()
        for head in part.heads
        if head.stamp == change.stamp and name in change.writes
    }
    return replace(change, writes=writes) if writes else None


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


def _heads(state: RecordState, name: str) -> tuple[Head, ...]:
    return state.fields[name].heads if name in state.fields else ()


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
