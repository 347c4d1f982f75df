"""Current records, as folded from the log: states, areas, parents and who wrote them."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, false, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.canonical import decode, encode
from shared_schema.fold import RecordState, shown_bytes, state_bytes, state_from_json
from shared_schema.ids import id_of, id_text
from sync_server.store.driver import ask, listed, replacing, run, text_of
from sync_server.store.tables import changes, record_parents, record_writers, records, unfolded

_CHUNK = 500
_SAVE = replacing(records, "record")
_WROTE = insert(record_writers)
_WRITERS = text_of(
    _WROTE.on_conflict_do_update(
        index_elements=["device", "record"],
        set_={"late": func.max(record_writers.c.late, _WROTE.excluded.late)},
    )
)
_PARENTS = text_of(insert(record_parents))
_MANY = (
    "SELECT state, own_area, area, conflicts, complete, outside, born, position FROM records"
    " WHERE record IN (SELECT value FROM json_each(?))"
)
_OWN_AREAS = "SELECT record, own_area FROM records WHERE record IN (SELECT value FROM json_each(?))"
_AREAS = "SELECT record, area FROM records WHERE record IN (SELECT value FROM json_each(?))"
_PARENTS_OF = (
    "SELECT record, parent FROM record_parents"
    " WHERE record IN (SELECT value FROM json_each(?)) ORDER BY record, ordinal"
)
_CHILDREN_OF = (
    "SELECT DISTINCT parent, record FROM record_parents"
    " WHERE parent IN (SELECT value FROM json_each(?))"
)
_WRITERS_OF = (
    "SELECT record, device, late FROM record_writers"
    " WHERE record IN (SELECT value FROM json_each(?)) ORDER BY record, device"
)


@dataclass(slots=True, kw_only=True)
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

    def placed(self, area: str | None, outside: str | None) -> "Current":
        """Return the record in an area, and by whom it was written from outside."""
        return Current(
            state=self.state,
            own_area=self.own_area,
            area=area,
            conflicts=self.conflicts,
            complete=self.complete,
            outside=outside,
            born=self.born,
            position=self.position,
        )


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
    for row in ask(connection, _MANY, listed(ids)):
        state, own_area, area, conflicts, complete, outside, born, position = row
        current = Current(
            state=state_from_json(decode(state.encode())),
            own_area=own_area,
            area=area,
            conflicts=tuple(decode(conflicts.encode())),
            complete=bool(complete),
            outside=outside,
            born=born,
            position=position,
        )
        found[current.record] = current
    return found


def save(connection: Connection, rows: Sequence[Current]) -> None:
    """Insert the records or replace them whole."""
    run(connection, _SAVE, [_row(current) for current in rows])


def _row(current: Current) -> tuple[object, ...]:
    state = current.state
    return (
        id_text(state.record),
        state.type,
        state_bytes(state).decode(),
        shown_bytes(state).decode(),
        current.own_area,
        current.area,
        state.void is not None,
        encode(list(current.conflicts)).decode() if current.conflicts else "[]",
        current.complete,
        current.outside,
        current.born,
        current.position,
    )


def own_areas(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, str | None]:
    """Return the region that each of the records names itself, for those that exist."""
    rows = ask(connection, _OWN_AREAS, listed(ids))
    return {id_of(record): area for record, area in rows}


def areas(connection: Connection, names: Iterable[str]) -> dict[str, str | None]:
    """Return the area of each of the records that exist, by its id as text."""
    return dict(ask(connection, _AREAS, listed(names)))


def parents(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the parents of each record in their order, for records that name any."""
    found: dict[UUID, list[UUID]] = {}
    for record, parent in ask(connection, _PARENTS_OF, listed(ids)):
        found.setdefault(id_of(record), []).append(id_of(parent))
    return found


def children(connection: Connection, ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """Yield (parent, child) for every record that names one of ``ids`` as its parent."""
    for parent, record in ask(connection, _CHILDREN_OF, listed(ids)):
        yield id_of(parent), id_of(record)


def set_parents(
    connection: Connection, named: Mapping[UUID, Sequence[UUID]], earlier: Container[UUID]
) -> None:
    """Replace the parents of each record; of those not ``earlier`` there, none are kept yet."""
    for names in chunks([id_text(record) for record in named if record in earlier]):
        connection.execute(delete(record_parents).where(record_parents.c.record.in_(names)))
    rows = [
        (str(record), at, str(parent))
        for record, found in named.items()
        for at, parent in enumerate(found)
    ]
    run(connection, _PARENTS, rows)


def add_writers(connection: Connection, wrote: Mapping[tuple[UUID, str], bool]) -> None:
    """Note which device wrote which record, and whether after its scope had ended."""
    rows = [(id_text(record), device, late) for (record, device), late in wrote.items()]
    run(connection, _WRITERS, rows)


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
    for record, device, late in ask(connection, _WRITERS_OF, listed(ids)):
        found.setdefault(id_of(record), []).append((device, bool(late)))
    return found


def chunks(names: Collection[str]) -> Iterator[list[str]]:
    """Yield the names in lists short enough for one statement."""
    ordered = list(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
