"""What a device is sent: a snapshot of its area, then whatever is touched there afterwards.

A cursor is ``epoch:scope version:key:s:upto:after`` within a snapshot (``upto``: the end of the log
when it began, ``after``: the last record sent) and ``epoch:scope version:key:l:position:after``
behind it (``after``: the last record sent of those touched at that position, empty for all). One
that does not fit this device and log begins a new snapshot. A record's *position* is the last place
in the log at which it or its area was touched, so each is sent once, in its newest state.

``key`` numbers the recovery key that the device was sent, 0 for none. Where it is not the one in
use, the next page brings that one: a device takes a new key at its next sync, and once.

What does not fit one frame is cut into pages that end where they begin, all but the last: whoever
loses one is sent all of them again, and joining them twice changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.canonical import encode
from shared_schema.changes import Change
from shared_schema.custody import Head
from shared_schema.fold import fold, parts, state_of, state_to_json
from shared_schema.ids import Stream
from shared_schema.messages import Page
from shared_schema.records import RECORD_TYPES, area_of
from sync_server.lineage import parents_of
from sync_server.office import Office
from sync_server.recovery import told
from sync_server.store.queries import facts, log, recovery, rosters
from sync_server.store.queries.devices import Device
from sync_server.store.queries.facts import Fact
from sync_server.store.queries.records import Current
from sync_server.store.queries.rosters import Scope

PAGE_ITEMS = 200
PAGE_BYTES = 64_000
FRAME_BYTES = 1_000_000
_GENERATIONS = 5
_SNAPSHOT = "s"
_LOG = "l"
Item = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a device has pulled: ``after`` which record within a snapshot, or a position."""

    epoch: int
    scope_version: int
    kind: str
    position: int
    after: str = ""
    key: int = 0

    def text(self) -> str:
        """Return the text that the device keeps."""
        parts = (self.epoch, self.scope_version, self.key, self.kind, self.position, self.after)
        return ":".join(str(part) for part in parts)

    @property
    def seen(self) -> int:
        """The last position of the log of which everything was sent."""
        return self.position - 1 if self.after else self.position


def parse_cursor(text: str) -> Cursor | None:
    """Return what ``Cursor.text`` wrote, None for anything else."""
    try:
        epoch, version, key, kind, position, after = text.split(":")
        cursor = Cursor(
            epoch=int(epoch),
            scope_version=int(version),
            kind=kind,
            position=int(position),
            after=after,
            key=int(key),
        )
    except ValueError:
        return None
    return cursor if kind in {_SNAPSHOT, _LOG} and cursor.text() == text else None


def pages(
    office: Office, device: Device, cursor: str, heads: Mapping[Stream, Head]
) -> Iterator[Page]:
    """Yield the pages that follow ``cursor``, up to the end of the log as it is now.

    ``heads``: how far the asking copy of the device demonstrably has its own streams; changes
    of its own up to there are not sent back, and each page says so, as another copy may get it.
    Each page is read at one moment of its own. Pages with nothing for the device are left out,
    but for the last.
    """
    proven = {stream: head.sequence for stream, head in heads.items()}
    with office.store.read() as connection:
        upto, _ = log.head(connection)
        epoch = int(facts.need(connection, Fact.EPOCH))
        at = _usable(parse_cursor(cursor), epoch, device, upto)
        opening: list[Item] = [] if at else _opening(connection, device)
        key = recovery.newest(connection)
    if at is None:
        at = Cursor(epoch=epoch, scope_version=device.scope_version, kind=_SNAPSHOT, position=upto)
    if key is not None and at.key != key.id:
        opening.append({"kind": "recovery", **told(key)})
        at = replace(at, key=key.id)
    while opening or at.kind == _SNAPSHOT or at.seen < upto:
        with office.store.read() as connection:
            items, following = _next(connection, device, at, upto, proven)
        ends = following.kind == _LOG and following.seen >= upto
        if not ends and not opening and not items:
            at = following
            continue
        *early, last = _cut(opening + items)
        for part in early:
            yield Page(previous=cursor, next=cursor, items=part, heads=heads)
        yield Page(previous=cursor, next=following.text(), items=last, heads=heads)
        opening, cursor, at = [], following.text(), following


def key_taken(cursor: str) -> int:
    """Return the number of the recovery key that a device with this cursor was sent, or 0."""
    at = parse_cursor(cursor)
    return at.key if at else 0


def _usable(at: Cursor | None, epoch: int, device: Device, upto: int) -> Cursor | None:
    fits = (
        at is not None
        and (at.epoch, at.scope_version) == (epoch, device.scope_version)
        and 0 <= at.position <= upto
    )
    return at if fits else None


def _opening(connection: Connection, device: Device) -> list[Item]:
    """Return what a snapshot begins with; the area where it may be another than at enrolment."""
    rows = [list(row) for row in facts.region_rows(connection)]
    area: Item = {"kind": "scope", "scope": list(device.scope), "until_ms": device.until_ms}
    changed = [area] if device.scope_version > 1 else []
    return [{"kind": "reset"}, {"kind": "regions", "rows": rows}, *changed]


def _next(
    connection: Connection,
    device: Device,
    at: Cursor,
    upto: int,
    proven: Mapping[Stream, int],
) -> tuple[list[Item], Cursor]:
    scope = Scope(device=device.id.hex(), areas=device.scope)
    if at.kind == _SNAPSHOT:
        return _snapshot(connection, scope, at, proven)
    return _touched(connection, scope, at, upto, proven)


def _snapshot(
    connection: Connection, scope: Scope, at: Cursor, proven: Mapping[Stream, int]
) -> tuple[list[Item], Cursor]:
    """Return the page of records behind one, those left out that the device alone wrote."""
    found = rosters.within(connection, scope, at.after, at.position, PAGE_ITEMS)
    echo = _echoes(connection, found, 0, proven) if proven else set()
    items: list[Item] = []
    size = 0
    for current in found:
        added = [] if current.record in echo else _states(current)
        items += added
        size += sum(map(_size, added))
        if size > PAGE_BYTES:
            return items, replace(at, after=str(current.record))
    if len(found) < PAGE_ITEMS:
        return items, replace(at, kind=_LOG, after="")
    return items, replace(at, after=str(found[-1].record))


def _touched(
    connection: Connection,
    scope: Scope,
    at: Cursor,
    upto: int,
    proven: Mapping[Stream, int],
) -> tuple[list[Item], Cursor]:
    """Return the page of what was touched behind a place in the log, up to ``upto``."""
    found = rosters.touched(connection, at.position, at.after, upto, PAGE_ITEMS, proven)
    held = rosters.visible(connection, scope, [current.record for current in found])
    echo = _echoes(connection, [one for one in found if one.record in held], at.seen, proven)
    echo -= _unseen(connection, scope, [one for one in found if one.record in echo], at.seen)
    items: list[Item] = []
    size = 0
    for current in found:
        if current.record in held:
            added = [] if current.record in echo else _states(current)
        else:
            left = _left(connection, scope, current, at.seen)
            added = [{"kind": "leave", "record": str(current.record)}] if left else []
        items += added
        size += sum(map(_size, added))
        if size > PAGE_BYTES:
            return items, replace(at, position=current.position, after=str(current.record))
    if len(found) < PAGE_ITEMS:
        return items, replace(at, position=upto, after="")
    return items, replace(at, position=found[-1].position, after=str(found[-1].record))


def _states(current: Current) -> list[Item]:
    """Return the item of a record, or several that amount to it where it is very large."""
    item: Item = {"kind": "state", "state": state_to_json(current.state)}
    if _size(item) <= PAGE_BYTES:
        return [item]
    return [{"kind": "state", "state": state_to_json(part)} for part in parts(current.state)]


def _size(item: Item) -> int:
    return len(encode(item))


def _cut(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items in lists that each fit a frame."""
    pages: list[list[Item]] = [[]]
    size = 0
    for item in items:
        size += _size(item)
        if size > FRAME_BYTES and pages[-1]:
            pages.append([])
            size = _size(item)
        pages[-1].append(item)
    return pages


def _echoes(
    connection: Connection,
    found: list[Current],
    position: int,
    proven: Mapping[Stream, int],
) -> set[UUID]:
    """Return the records touched behind ``position`` by nothing but what the device has."""
    names = [str(current.record) for current in found]
    added: dict[UUID, list[bool]] = {}
    for record, stream, sequence in log.authors_of(connection, names, position):
        added.setdefault(record, []).append(sequence <= proven.get(stream, 0))
    return {record for record, own in added.items() if all(own)}


def _unseen(connection: Connection, scope: Scope, found: list[Current], position: int) -> set[UUID]:
    """Return the records that were out of sight at a place in the log where others knew them.

    What others had written by then was not sent; now that they are in sight, it is.
    """
    names = [str(current.record) for current in found if current.born <= position]
    earlier: dict[UUID, list[Change]] = {}
    for entry in log.of_records(connection, names) if names else ():
        if entry.position <= position:
            earlier.setdefault(entry.change.record, []).append(entry.change)
    return {record for record, known in earlier.items() if not _in_sight(scope, known)}


def _in_sight(scope: Scope, known: list[Change]) -> bool:
    """Tell whether a device was sent a record that amounted to these changes."""
    if any(change.stream.device.hex() == scope.device for change in known):
        return True
    rtype = RECORD_TYPES.get(known[0].type)
    return rtype is not None and scope.covers(area_of(rtype, fold(known).values()))


def _left(connection: Connection, scope: Scope, current: Current, position: int) -> bool:
    """Tell whether a record that is out of sight was in the device's area once.

    It was if it, or a record it ever belonged to, ever named an area there; or if it is of a type
    that concerns everybody until its area is known.
    """
    if current.born > position:
        return False
    if current.state.type in rosters.EVERYWHERE:
        return True
    reached = fresh = {current.record}
    for _ in range(_GENERATIONS):
        above: set[UUID] = set()
        for entry in log.of_records(connection, map(str, fresh)):
            rtype = RECORD_TYPES.get(entry.change.type)
            values = {name: write.value for name, write in entry.change.writes.items()}
            if rtype is not None and scope.covers(area_of(rtype, values)):
                return True
            above.update(parents_of(rtype, state_of(entry.change)) if rtype is not None else ())
        fresh = above - reached
        reached = reached | fresh
    return False
