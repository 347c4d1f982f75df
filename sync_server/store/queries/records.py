"""Current records, as folded from the log: states, areas, parents and who wrote them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, false, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.canonical import decode, encode
from shared_schema.fold import RecordState, state_from_json, state_to_json
from sync_server.store.tables import changes, record_parents, record_writers, records, unfolded

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A record as it stands; the columns of the table `records`, read."""

    state: RecordState
    own_area: str | None
    area: str | None
    conflicts: tuple[str, ...]
    complete: bool
    outside: str | None
    born: int
    position: int

    @property
    def record(self) -> UUID:
        """The record's id."""
        return self.state.record


def current_of(row: Row[tuple[object, ...]]) -> Current:
    """Return what a whole row of `records` says."""
    return Current(
        state=state_from_json(decode(row.state.encode())),
        own_area=row.own_area,
        area=row.area,
        conflicts=tuple(decode(row.conflicts.encode())),
        complete=row.complete,
        outside=row.outside,
        born=row.born,
        position=row.position,
    )


def get(connection: Connection, record: UUID) -> Current | None:
    """Return a record, None where there is none."""
    return many(connection, [record]).get(record)


def many(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Current]:
    """Return those of the records that exist, by id."""
    found = {}
    for names in chunks([str(record) for record in ids]):
        for row in connection.execute(select(records).where(records.c.record.in_(names))):
            current = current_of(row)
            found[current.record] = current
    return found


def save(connection: Connection, rows: Sequence[Current]) -> None:
    """Insert the records or replace them whole."""
    if not rows:
        return
    statement = insert(records)
    changed = {
        column.name: statement.excluded[column.name]
        for column in records.columns
        if not column.primary_key
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=["record"], set_=changed),
        [_row(current) for current in rows],
    )


def _row(current: Current) -> dict[str, object]:
    state = current.state
    return {
        "record": str(state.record),
        "type": state.type,
        "state": encode(state_to_json(state)).decode(),
        "shown": encode(state.values()).decode(),
        "own_area": current.own_area,
        "area": current.area,
        "void": state.void is not None,
        "conflicts": encode(list(current.conflicts)).decode(),
        "complete": current.complete,
        "outside": current.outside,
        "born": current.born,
        "position": current.position,
    }


def parents(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the parents of each record in their order, for records that name any."""
    found: dict[UUID, list[UUID]] = {}
    for names in chunks([str(record) for record in ids]):
        query = select(record_parents).where(record_parents.c.record.in_(names))
        for row in connection.execute(query.order_by(record_parents.c.record, "ordinal")):
            found.setdefault(UUID(row.record), []).append(UUID(row.parent))
    return found


def children(connection: Connection, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """Yield (parent, child) for every record that names one of ``ids`` as its parent."""
    for names in chunks([str(record) for record in ids]):
        query = select(record_parents.c.parent, record_parents.c.record).distinct()
        for row in connection.execute(query.where(record_parents.c.parent.in_(names))):
            yield UUID(row.parent), UUID(row.record)


def set_parents(connection: Connection, named: Mapping[UUID, Sequence[UUID]]) -> None:
    """Replace the parents of each record."""
    for names in chunks([str(record) for record in named]):
        connection.execute(delete(record_parents).where(record_parents.c.record.in_(names)))
    rows = [
        {"record": str(record), "ordinal": at, "parent": str(parent)}
        for record, found in named.items()
        for at, parent in enumerate(found)
    ]
    if rows:
        connection.execute(record_parents.insert(), rows)


def add_writers(connection: Connection, wrote: Mapping[tuple[UUID, str], bool]) -> None:
    """Note which device wrote which record, and whether after its scope had ended."""
    if not wrote:
        return
    statement = insert(record_writers)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["device", "record"],
            set_={"late": func.max(record_writers.c.late, statement.excluded.late)},
        ),
        [
            {"record": str(record), "device": device, "late": late}
            for (record, device), late in wrote.items()
        ],
    )


def judge_writer(connection: Connection, device: str, until_ms: int | None) -> list[UUID]:
    """Note anew which of a device's records it wrote after ``until_ms``; return all of them."""
    folded = changes.c.position.not_in(select(unfolded.c.position))
    late = exists().where(
        changes.c.record == record_writers.c.record,
        changes.c.stream.startswith(device),
        changes.c.received_ms > (until_ms or 0),
        folded,
    )
    mine = record_writers.c.device == device
    judged = false() if until_ms is None else late
    connection.execute(update(record_writers).where(mine).values(late=judged))
    query = select(record_writers.c.record).where(mine).order_by(record_writers.c.record)
    return [UUID(record) for record in connection.execute(query).scalars()]


def writers(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, bool]]]:
    """Return (device, late) of each record's writers, in order of device."""
    found: dict[UUID, list[tuple[str, bool]]] = {}
    for names in chunks([str(record) for record in ids]):
        query = select(record_writers).where(record_writers.c.record.in_(names))
        for row in connection.execute(query.order_by("record", "device")):
            found.setdefault(UUID(row.record), []).append((row.device, row.late))
    return found


def chunks(names: Collection[str]) -> Iterator[list[str]]:
    """Yield the names in lists short enough for one statement."""
    ordered = list(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
