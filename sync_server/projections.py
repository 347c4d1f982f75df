"""Current records from the change log: the one way in which changes become what is shown.

Ingest, the server's own writes and a rebuild all pass through ``apply``. What it writes is a
function of the log (and of the devices' scopes) alone, however the log is cut into calls.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from uuid import UUID

from sqlalchemy import Connection, insert, select

from shared_schema.changes import VOID, Change
from shared_schema.custody import Remark
from shared_schema.fold import FieldState, RecordState, join, state_of
from shared_schema.ids import Stream
from shared_schema.records import RECORD_TYPES, MergePolicy, RecordType, area_of
from sync_server import identity, lineage
from sync_server.assessment import REPLACES_LIMIT, Assessment, Standing, assess
from sync_server.store.queries import devices, facts, log, records
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.log import Logged
from sync_server.store.queries.records import Current
from sync_server.store.tables import PROJECTIONS, unfolded


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What folding came to.

    ``remarks``: why some changes were not folded, by their sequence; those are noted as unfolded.
    ``states``: the records that were touched, as they stand now.
    """

    remarks: list[Remark]
    states: list[RecordState]


def apply(
    connection: Connection, logged: Sequence[Logged], source: Connection | None = None
) -> Folded:
    """Fold changes that were just written to the log, in its order, into the projections.

    ``source``: the database of the log, where the projections are folded elsewhere.
    """
    server = Stream.from_hex(facts.need(connection, Fact.STREAM)).device
    judged = [
        (entry, assess(entry.change, by_server=entry.change.stream.device == server))
        for entry in logged
    ]
    _set_aside(connection, judged)
    fine = [entry for entry, found in judged if found.standing is Standing.FOLDED]
    states = {}
    if fine:
        unused = log.unused_of(connection, _records_of(fine), source)
        states = _fold(connection, fine, server, unused)
    remarks = [
        Remark(sequence=entry.change.sequence, code=finding.code, field=finding.field)
        for entry, found in judged
        for finding in found.findings
    ]
    return Folded(remarks=remarks, states=list(states.values()))


def judge_again(connection: Connection, device: Device) -> None:
    """Judge anew what a device wrote, after its scope or the end of it was changed."""
    written = records.judge_writer(connection, device.id.hex(), device.until_ms)
    for names in records.chunks([str(record) for record in written]):
        known = records.many(connection, map(UUID, names))
        areas = {record: now.area for record, now in known.items()}
        outside = _outside(connection, areas, areas, {})
        found = [replace(now, outside=outside.get(record)) for record, now in known.items()]
        records.save(connection, found)


def clear(connection: Connection) -> None:
    """Empty every projection, for a rebuild."""
    for table in PROJECTIONS:
        connection.execute(table.delete())


def unfolded_places(connection: Connection) -> set[int]:
    """Return the places in the log of the changes that are not folded."""
    return set(connection.scalars(select(unfolded.c.position)))


def _set_aside(connection: Connection, judged: Iterable[tuple[Logged, Assessment]]) -> None:
    rows = [
        {
            "position": entry.position,
            "ordinal": at,
            "state": found.standing.value,
            "code": finding.code,
            "field": finding.field,
        }
        for entry, found in judged
        for at, finding in enumerate(found.findings)
    ]
    if rows:
        connection.execute(insert(unfolded), rows)


def _fold(
    connection: Connection,
    logged: Sequence[Logged],
    server: bytes,
    unused: Mapping[UUID, Sequence[Logged]],
) -> dict[UUID, RecordState]:
    """Fold changes into the records they touch; return these."""
    known = records.many(connection, _records_of(logged))
    if len(logged) > 1 and _types_differ(known, logged):
        each = [_fold(connection, [entry], server, unused) for entry in logged]
        return {record: state for found in each for record, state in found.items()}
    touched = _join(known, logged, unused)
    retyped = {
        record
        for record, before in known.items()
        if before.state.type != touched[record].state.type
    }
    records.set_parents(connection, _new_parents(known, touched), known)
    wrote = _note_writers(connection, logged, server)
    below = _below(connection, logged, touched, retyped)
    everything = {**touched, **below}
    placed = lineage.areas(connection, everything.values())
    told = {record for record in placed if record in known or record not in touched}
    outside = _outside(connection, placed, told, wrote)
    records.save(
        connection,
        [
            now.placed(placed[record], outside.get(record))
            for record, now in sorted(everything.items())
        ],
    )
    states = {record: touched[record].state for record in sorted(touched)}
    identity.refresh(connection, states.values(), retyped)
    return states


def _new_parents(
    known: Mapping[UUID, Current], touched: Mapping[UUID, Current]
) -> dict[UUID, tuple[UUID, ...]]:
    found = {}
    for record, now in touched.items():
        earlier = known.get(record)
        before = lineage.parents_of(_type(earlier), earlier.state) if earlier else ()
        named = lineage.parents_of(_type(now), now.state)
        if named != before:
            found[record] = named
    return found


def _types_differ(known: Mapping[UUID, Current], logged: Sequence[Logged]) -> bool:
    """Tell whether a record is given several types: then each change is folded by itself.

    What a change moves depends on its record's type, which must not depend on how the log is cut.
    """
    types = {record: {before.state.type} for record, before in known.items()}
    for entry in logged:
        types.setdefault(entry.change.record, set()).add(entry.change.type)
    return any(len(given) > 1 for given in types.values())


def _records_of(logged: Sequence[Logged]) -> set[UUID]:
    return {entry.change.record for entry in logged}


def _join(
    known: Mapping[UUID, Current],
    logged: Sequence[Logged],
    unused: Mapping[UUID, Sequence[Logged]],
) -> dict[UUID, Current]:
    """Return every record that ``logged`` touches, folded; areas are still the old ones."""
    states: dict[UUID, list[RecordState]] = {}
    places: dict[UUID, list[int]] = {}
    for entry in logged:
        states.setdefault(entry.change.record, []).append(state_of(entry.change))
        places.setdefault(entry.change.record, []).append(entry.position)
    touched = {}
    for record, added in states.items():
        before = known.get(record)
        state = reduce(join, added if before is None else [before.state, *added])
        earlier = [
            one.change for one in unused.get(record, ()) if one.position < places[record][-1]
        ]
        touched[record] = _current(_bridged(state, earlier), before, places[record])
    return touched


def _bridged(state: RecordState, unused: Sequence[Change]) -> RecordState:
    """Let what replaces a write that was not folded replace what that write replaced.

    Otherwise the value before an invalid change would stand against the one that mends it.
    """
    for change in reversed(unused):
        passed = {
            name: FieldState(heads=(), superseded=frozenset(write.replaces))
            for name, write in change.writes.items()
            if name in state.fields
            and change.stamp in state.fields[name].superseded
            and len(write.replaces) <= REPLACES_LIMIT
        }
        state = join(state, RecordState(record=state.record, type=state.type, fields=passed))
    return state


def _current(state: RecordState, before: Current | None, places: Sequence[int]) -> Current:
    rtype = RECORD_TYPES[state.type]
    asked, required = _asked(state.type)
    named = {name: state.shown(name) for name in rtype.area}
    return Current(
        state=state,
        own_area=area_of(rtype, named),
        area=None,
        conflicts=state.conflicts(asked.__contains__),
        complete=all(state.shown(name) is not None for name in required),
        outside=None,
        born=places[0] if before is None else before.born,
        position=places[-1] if before is None else max(before.position, places[-1]),
    )


@cache
def _asked(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the fields of a type whose conflicts people decide, and those it must have."""
    fields = RECORD_TYPES[name].fields
    asked = {name for name, spec in fields.items() if spec.merge is MergePolicy.ASK} | {VOID}
    return frozenset(asked), tuple(spec.name for spec in fields.values() if spec.required)


def _note_writers(
    connection: Connection, logged: Sequence[Logged], server: bytes
) -> dict[tuple[UUID, str], bool]:
    """Keep which devices wrote what, and whether after their scope had ended; return it."""
    known = _devices(connection, {entry.change.stream.device.hex() for entry in logged})
    wrote: dict[tuple[UUID, str], bool] = {}
    for entry in logged:
        writer = entry.change.stream.device
        if writer != server:
            key = (entry.change.record, writer.hex())
            device = known.get(writer.hex())
            late = device is not None and device.ended(entry.received_ms)
            wrote[key] = late or wrote.get(key, False)
    records.add_writers(connection, wrote)
    return wrote


def _below(
    connection: Connection,
    logged: Sequence[Logged],
    touched: Mapping[UUID, Current],
    retyped: Collection[UUID],
) -> dict[UUID, Current]:
    """Return the records whose area may have moved with that of a touched one, placed anew."""
    moved = {
        entry.change.record: entry.position
        for entry in logged
        if entry.change.record in retyped
        or not entry.change.writes.keys().isdisjoint(_placing(touched[entry.change.record]))
    }
    reached = lineage.descendants(connection, moved)
    current = {**records.many(connection, reached.keys() - touched.keys()), **touched}
    return {
        record: replace(current[record], position=max(current[record].position, at))
        for record, at in reached.items()
    }


def _placing(current: Current) -> tuple[str, ...]:
    rtype = _type(current)
    return rtype.area + rtype.parents


def _outside(
    connection: Connection,
    placed: Mapping[UUID, str | None],
    earlier: Collection[UUID],
    wrote: Mapping[tuple[UUID, str], bool],
) -> dict[UUID, str]:
    """Return, for records written from outside a scope or after its end, the first such device.

    ``earlier``: those that were there before, whose writers are kept; of all others ``wrote``
    says everything.
    """
    writers = records.writers(connection, earlier) if earlier else {}
    for (record, name), late in sorted(wrote.items()):
        if record not in earlier:
            writers.setdefault(record, []).append((name, late))
    known = _devices(connection, {name for each in writers.values() for name, _ in each})
    found: dict[UUID, str] = {}
    for record, each in writers.items():
        for name, late in each:
            device = known.get(name)
            if record not in found and (late or (device and not device.covers(placed[record]))):
                found[record] = name
    return found


def _devices(connection: Connection, names: Collection[str]) -> dict[str, Device]:
    found = ((name, devices.get(connection, bytes.fromhex(name))) for name in sorted(names))
    return {name: device for name, device in found if device is not None}


def _type(current: Current) -> RecordType:
    return RECORD_TYPES[current.state.type]
