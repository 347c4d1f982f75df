"""Looking people up and reading a record's whole life, as documents for commands and pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from shared_schema.changes import VOID, Change
from shared_schema.clock import wall_of
from shared_schema.display import iso_time
from shared_schema.fold import RecordState, join, state_of
from shared_schema.names import search_tokens
from shared_schema.nik import is_nik
from shared_schema.regions import contains
from sync_server.coverage import cluster_values
from sync_server.lookup import all_changes_of
from sync_server.matching.exact import Rule, nik_key
from sync_server.store import tables
from sync_server.store.queries import devices, log, photos, records
from sync_server.store.queries.records import Current

MOST_FOUND = 50
PHOTO = "attachment"


def search(connection: Connection, wanted: str, areas: Sequence[str] = ()) -> list[Current]:
    """Return at most 50 people by NIK, or by parts of a name in old or new spelling.

    Whoever's name begins with what was typed comes first, then shorter names. ``areas``: of the
    user, none for all; nobody elsewhere takes the place of somebody there.
    """
    bare = wanted.replace(" ", "").replace(".", "")
    if is_nik(bare):
        found = records.many(connection, map(UUID, by_nik(connection, bare)))
        return [one for one in found.values() if _lies(one.area, areas)]
    ids = _by_name(connection, wanted, areas)
    found = records.many(connection, map(UUID, ids))
    return [found[UUID(record)] for record in ids]


def _lies(area: str | None, areas: Sequence[str]) -> bool:
    return not areas or (area is not None and any(contains(one, area) for one in areas))


def by_nik(connection: Connection, nik: str) -> list[str]:
    """Return the ids of the records that show a NIK, in rising order."""
    table = tables.identity_keys
    query = select(table.c.record).where(
        table.c.rule == Rule.NIK.value, table.c.key == nik_key(nik).digest
    )
    return list(connection.execute(query.order_by(table.c.record)).scalars())


def _by_name(connection: Connection, wanted: str, areas: Sequence[str]) -> list[str]:
    table, tokens = tables.person_names, search_tokens(wanted)
    if not tokens:
        return []
    key = table.c.search_key
    query = select(table.c.record).limit(MOST_FOUND)
    for ways in tokens:
        query = query.where(or_(*(key.contains(way, autoescape=True) for way in ways)))
    if areas:
        area = tables.records.c.area
        query = query.join(tables.records, tables.records.c.record == table.c.record).where(
            or_(*(or_(area == one, area.startswith(f"{one}.", autoescape=True)) for one in areas))
        )
    late = case((and_(*(_begins(key, ways) for ways in tokens)), 0), else_=1)
    found = connection.execute(query.order_by(late, func.length(key), key, table.c.record))
    return list(found.scalars())


def _begins(key: ColumnElement[str], ways: Iterable[str]) -> ColumnElement[bool]:
    """Tell whether a word of the key begins in one of the ways."""
    return or_(
        *(
            or_(key.startswith(way, autoescape=True), key.contains(f" {way}", autoescape=True))
            for way in ways
        )
    )


def root_of(connection: Connection, record: UUID) -> UUID:
    """Return the id of a record's cluster: its own where it stands alone."""
    table = tables.clusters
    query = select(table.c.root).where(table.c.record == str(record))
    root = connection.execute(query).scalar_one_or_none()
    return UUID(root) if root else record


def root_of_each(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the ids of the clusters of those records that do not stand alone."""
    table = tables.clusters
    found = {}
    for part in records.chunks([str(one) for one in ids]):
        query = select(table.c.record, table.c.root).where(table.c.record.in_(part))
        found.update({UUID(r): UUID(root) for r, root in connection.execute(query)})
    return found


def members_of(connection: Connection, record: UUID) -> list[UUID]:
    """Return the records of a record's cluster in rising order, itself among them."""
    table = tables.clusters
    query = select(table.c.record).where(table.c.root == str(root_of(connection, record)))
    found = connection.execute(query.order_by(table.c.record)).scalars()
    return [UUID(member) for member in found] or [record]


def record_document(connection: Connection, current: Current) -> dict[str, Any]:
    """Return a record with what is said about it: cluster, conflicts, who wrote it."""
    state = current.state
    members = members_of(connection, state.record)
    together = records.many(connection, members)
    shown = cluster_values(one.state for one in together.values())
    labels = device_labels(connection)
    wrote = records.writers(connection, [state.record]).get(state.record, [])
    return {
        "id": str(state.record),
        "type": state.type,
        "values": state.values(),
        "reasons": dict(state.reasons),
        "void": dict(state.void) if state.void is not None else None,
        "complete": current.complete,
        "conflicts": list(current.conflicts),
        "area": current.area,
        "outside": current.outside,
        "devices": [labels.get(device, device) for device, _ in wrote],
        "cluster": {
            "id": str(members[0]),
            "members": [str(member) for member in members],
            "values": shown if len(members) > 1 else state.values(),
        },
        "attachments": _attachments(connection, members),
    }


def _attachments(connection: Connection, members: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return the photos of a cluster's records, void ones too, in the order they came."""
    below = {child for _, child in records.children(connection, members)}
    found = records.many(connection, below).values()
    named = [one for one in found if one.state.type == PHOTO]
    here = photos.showing(connection, (str(one.state.shown("sha256")) for one in named))
    return [
        {
            "id": str(one.record),
            "void": dict(one.state.void) if one.state.void is not None else None,
            "here": one.state.shown("sha256") in here,
            "values": one.state.values(),
        }
        for one in sorted(named, key=lambda photo: photo.born)
    ]


def device_labels(connection: Connection) -> dict[str, str]:
    """Return the label of every device by its 16 hexadecimal digits."""
    return {device.id.hex(): device.label for device in devices.everyone(connection)}


def history(connection: Connection, record: UUID) -> list[dict[str, Any]]:
    """Return every change of a record, the oldest first, with values before and after.

    One that was kept but not used (invalid, or of a newer type) says so: `folded` is false.
    """
    labels = device_labels(connection)
    told, state = [], None
    for change, folded in all_changes_of(connection, record):
        alone = state_of(change)
        after = join(state, alone) if state and folded else alone if folded else state
        told.append({**_told(change, state, after, labels), "folded": folded})
        state = after
    return told


def whole_log(connection: Connection, after: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every change in the order of the log behind a position, folded or not."""
    labels = device_labels(connection)
    for entry in log.after(connection, after):
        change = entry.change
        yield {
            "position": entry.position,
            "record": str(change.record),
            "type": change.type,
            **author(change, labels),
            "values": {name: write.value for name, write in sorted(change.writes.items())},
        }


def _told(
    change: Change, before: RecordState | None, after: RecordState | None, labels: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **author(change, labels),
        "fields": {
            name: {
                "before": before.shown(name) if before else None,
                "written": write.value,
                "after": after.shown(name) if after else None,
            }
            for name, write in sorted(change.writes.items())
        },
        "void": VOID in change.writes,
    }


def author(change: Change, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return who made a change, where and when by the writer's own clock."""
    device = change.stream.device.hex()
    return {
        "change": str(change.id),
        "operator": change.operator,
        "device": labels.get(device, device),
        "time": iso_time(wall_of(change.hlc)),
        "wall_time": iso_time(change.evidence.wall_ms),
    }
