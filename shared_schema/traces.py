"""What stays of a save when a copy of its laptop writes it again, maybe without its details."""

from shared_schema.canonical import Json, digest
from shared_schema.changes import Change, evidence_to_json
from shared_schema.records import RECORD_TYPES

TRACE_BYTES = 8


def change_trace(change: Change) -> bytes:
    """Return what only one save has: its clocks, its record, and what a roster row keeps of it."""
    rtype = RECORD_TYPES.get(change.type)
    kept: dict[str, Json] = {
        name: write.value
        for name, write in change.writes.items()
        if rtype is not None and name in rtype.roster
    }
    clocks: list[Json] = [f"{change.hlc:016x}", dict(evidence_to_json(change.evidence))]
    return digest([*clocks, change.type, str(change.record), kept])[:TRACE_BYTES]
