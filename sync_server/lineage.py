"""In which area a record lies: the one it names, else that of the record it belongs to.

The answer is a function of the records alone. A record's parents are looked at in the order in
which its type names them; a circle of parents leads nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.fold import RecordState
from shared_schema.ids import IdInvalid, parse_id
from shared_schema.records import RECORD_TYPES, RecordType
from sync_server.store.queries import records
from sync_server.store.queries.records import Current

_DEPTH = 4


def parents_of(rtype: RecordType, state: RecordState) -> tuple[UUID, ...]:
    """Return the records that a record says it belongs to, in its type's order."""
    found = []
    for name in rtype.parents:
        value = state.shown(name)
        if isinstance(value, str):
            try:
                found.append(parse_id(value))
            except IdInvalid:
                continue
    return tuple(found)


def descendants(connection: Connection, moved: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return the records below those that moved, and the last position at which one did.

    ``moved``: record -> position in the log of the last change to its area or parents.
    """
    reached = dict(moved)
    fresh = dict(moved)
    for _ in range(_DEPTH):
        below: dict[UUID, int] = {}
        for parent, child in records.children(connection, fresh):
            at = fresh[parent]
            if at > reached.get(child, 0):
                below[child] = max(at, below.get(child, 0))
        reached.update(below)
        fresh = below
    return {record: at for record, at in reached.items() if at > moved.get(record, 0)}


def areas(connection: Connection, found: Iterable[Current]) -> dict[UUID, str | None]:
    """Return the area of each record; ``found`` are the newest versions of the records asked for.

    The parents that ``found`` name are in the store, if anywhere.
    """
    asked = {current.record: current for current in found}
    own = {record: current.own_area for record, current in asked.items()}
    above: dict[UUID, Sequence[UUID]] = {}
    named: Mapping[UUID, Sequence[UUID]] = {
        record: parents_of(RECORD_TYPES[asked[record].state.type], asked[record].state)
        for record, area in own.items()
        if area is None
    }
    for _ in range(_DEPTH):
        above.update(named)
        unknown = {parent for found in named.values() for parent in found} - own.keys()
        own.update(dict.fromkeys(unknown))
        own.update(records.own_areas(connection, unknown))
        fresh = [record for record in unknown if own[record] is None]
        if not fresh:
            break
        named = records.parents(connection, fresh)
    return {record: _inherited(record, own, above, _DEPTH) for record in asked}


def _inherited(
    record: UUID,
    own: Mapping[UUID, str | None],
    above: Mapping[UUID, Sequence[UUID]],
    depth: int,
) -> str | None:
    area = own.get(record)
    if area is not None or not depth:
        return area
    found = (_inherited(parent, own, above, depth - 1) for parent in above.get(record, ()))
    return next((area for area in found if area is not None), None)
