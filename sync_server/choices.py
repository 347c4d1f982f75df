"""Conflicts: several values of one field, and the choice of the one that stands.

A choice is an ordinary change that names every value it saw, so it closes the conflict on every
replica, whatever the order of arrival. Every function runs within the caller's transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.changes import Change
from shared_schema.errors import ConflictUnknown
from shared_schema.fold import Head
from sync_server import ingest
from sync_server.choice_undo import source_of_each
from sync_server.ingest import Edit
from sync_server.lookup import SHORTEST_PREFIX, changes_of, resolve
from sync_server.matching.exact import LINK_TYPE
from sync_server.store import tables
from sync_server.store.driver import ask
from sync_server.store.queries import facts, log, records
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.records import Current

_LOOKED_AT = 500
_AT_OFFICE = "user:"
_IN_CONFLICT = (
    "SELECT record, area, conflicts FROM records INDEXED BY ix_records_conflicts_area"
    " WHERE conflicts <> '[]'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One field with several values; `heads` by rising stamp, the last is shown."""

    current: Current
    field: str
    heads: tuple[tuple[Head, Change], ...]

    @property
    def key(self) -> str:
        """Its place among all, which a reader keeps."""
        return f"{self.current.record}:{self.field}"


class Waiting(NamedTuple):
    """A field in conflict, unopened: of which record, and where that lies."""

    record: str
    field: str
    area: str | None

    @property
    def key(self) -> str:
        """Its place among all, which a reader keeps."""
        return f"{self.record}:{self.field}"


def waiting(connection: Connection) -> list[Waiting]:
    """Return every field in conflict, by record and field."""
    return [
        Waiting(record, name, area)
        for record, area, names in sorted(ask(connection, _IN_CONFLICT))
        for name in decode(names.encode())
    ]


def opened(connection: Connection, one: Waiting) -> Conflict:
    """Return a field in conflict with its values."""
    record = UUID(one.record)
    return _conflict(connection, records.many(connection, [record])[record], one.field)


def conflicts(connection: Connection) -> Iterator[Conflict]:
    """Yield every field in conflict with its values, by record and field."""
    for one in waiting(connection):
        yield opened(connection, one)


def _conflict(connection: Connection, current: Current, name: str) -> Conflict:
    said = source_of_each(changes_of(connection, current.record), name)
    heads = current.state.fields[name].heads
    return Conflict(
        current=current, field=name, heads=tuple((head, said[head.stamp]) for head in heads)
    )


def decide_conflict(
    connection: Connection, record: str, field: str, choice: str, operator: str
) -> UUID:
    """Let one of a field's values stand and return the decision; repeating changes nothing.

    `choice` is the id of the change that wrote the value, or its stamp, or the beginning of one
    (8 characters). Raises
    RecordUnknown, RecordAmbiguous, ConflictUnknown.
    """
    current = resolve(connection, record)
    if field not in current.conflicts:
        return _chosen_before(connection, current, field, choice)
    conflict = _conflict(connection, current, field)
    head = _head_named(field, conflict.heads, choice)
    edit = Edit(record=current.record, type=current.state.type, values={field: head.value})
    (change,) = ingest.write_own(connection, [edit], operator)
    return change.id


def _head_named(field: str, heads: Sequence[tuple[Head, Change]], choice: str) -> Head:
    wanted = choice.strip().lower()
    found = [
        head
        for head, change in heads
        if len(wanted) >= SHORTEST_PREFIX
        and (str(change.id).startswith(wanted) or head.stamp.text().startswith(wanted))
    ]
    if len({head.stamp for head in found}) != 1:
        raise ConflictUnknown(field=field, change=choice)
    return found[-1]


def _chosen_before(connection: Connection, current: Current, field: str, choice: str) -> UUID:
    """Return the decision that already chose this value. Raises ConflictUnknown."""
    standing = current.state.fields.get(field)
    winner = standing.winner if standing else None
    if winner is not None:
        history = changes_of(connection, current.record)
        wanted = choice.strip().lower()
        chosen = next((c for c in history if wanted in (str(c.id), c.stamp.text())), None)
        deciding = next((c for c in history if c.stamp == winner.stamp), None)
        if chosen and deciding and _chose(deciding, chosen, field):
            return deciding.id
    raise ConflictUnknown(field=field, change=choice)


def _chose(deciding: Change, chosen: Change, field: str) -> bool:
    write, source = deciding.writes.get(field), chosen.writes.get(field)
    if write is None or source is None or deciding.id == chosen.id:
        return False
    by_office = deciding.operator.startswith(_AT_OFFICE)
    return by_office and bool(write.replaces) and write.value == source.value


def chosen(connection: Connection) -> Iterator[Conflict]:
    """Yield the fields that the office chose a value for, the newest choice first.

    ``heads`` are the values that stood against each other. Left out is what a device has written
    since, and what lies further back than the office's last 500 changes.
    """
    seen: set[tuple[UUID, str]] = set()
    stream = facts.need(connection, Fact.STREAM)
    table = tables.changes
    query = select(table).where(table.c.stream == stream, table.c.type != LINK_TYPE)
    newest = query.order_by(table.c.position.desc()).limit(_LOOKED_AT)
    for row in connection.execute(newest).all():
        change = log.logged_of(row).change
        for name, write in change.writes.items():
            if len(write.replaces) > 1 and (change.record, name) not in seen:
                seen.add((change.record, name))
                found = _chosen_field(connection, change, name)
                if found is not None:
                    yield found


def _chosen_field(connection: Connection, choice: Change, name: str) -> Conflict | None:
    current = records.many(connection, [choice.record]).get(choice.record)
    standing = current.state.fields[name].winner if current else None
    if current is None or standing is None or standing.stamp.stream != choice.stream:
        return None
    if name in current.conflicts:
        return None
    said = source_of_each(changes_of(connection, choice.record), name)
    against = [said[stamp] for stamp in choice.writes[name].replaces if stamp in said]
    heads = tuple(
        (Head.of(change.stamp, change.writes[name].value), change)
        for change in sorted(against, key=lambda one: one.stamp)
        if name in change.writes
    )
    return Conflict(current=current, field=name, heads=heads)


def choose(connection: Connection, record: str, field: str, choice: str, operator: str) -> UUID:
    """Let a value stand that was written before, whether the field is in conflict or not.

    Choosing what stands already changes nothing. Raises what ``decide_conflict`` raises.
    """
    current = resolve(connection, record)
    if field in current.conflicts:
        return decide_conflict(connection, record, field, choice, operator)
    history = changes_of(connection, current.record)
    source = next((one for one in history if str(one.id) == choice), None)
    if source is None or field not in source.writes:
        raise ConflictUnknown(field=field, change=choice)
    value = source.writes[field].value
    if current.state.shown(field) == value:
        return _chosen_before(connection, current, field, choice)
    edit = Edit(record=current.record, type=current.state.type, values={field: value})
    (change,) = ingest.write_own(connection, [edit], operator)
    return change.id
