"""Which records a device may see: those of its area, those it wrote, and verdicts on either.

An outage whose place is told in words, or not at all, concerns everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, not_, or_, select

from shared_schema.ids import Stream
from shared_schema.regions import contains, parent_of
from sync_server.store.queries.records import Current, chunks, current_of
from sync_server.store.tables import changes, record_parents, record_writers, records

# Types that concern whoever holds one of the records they are about.
FOLLOWING = ("link", "review")
# Types that concern everybody where they lie in no area that is known.
EVERYWHERE = ("outage", "outage_statement", "repair_attempt")
_SCOPES_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose eyes, and what areas they see. ``device``: 16 hexadecimal digits."""

    device: str
    areas: tuple[str, ...]

    def covers(self, area: str | None) -> bool:
        """Tell whether an area lies in the scope, or around it (a regency's campaign)."""
        return area is not None and any(
            contains(part, area) or contains(area, part) for part in self.areas
        )


def within(connection: Connection, scope: Scope, after: str, upto: int, most: int) -> list[Current]:
    """Return the next ``most`` visible records behind ``after``, by id, born up to a position."""
    query = select(records).where(records.c.record > after, records.c.born <= upto, _visible(scope))
    rows = connection.execute(query.order_by(records.c.record).limit(most))
    return [current_of(row) for row in rows]


def visible(connection: Connection, scope: Scope, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the records that are visible."""
    found: set[UUID] = set()
    for names in chunks([str(record) for record in ids]):
        query = select(records.c.record).where(records.c.record.in_(names), _visible(scope))
        found.update(map(UUID, connection.execute(query).scalars()))
    return found


def touched(
    connection: Connection,
    position: int,
    after: str,
    upto: int,
    most: int,
    own: Mapping[Stream, int],
) -> list[Current]:
    """Return the next records last touched behind a place in the log, up to ``upto``.

    The place is a position, and the last record taken of those touched there (empty for all).
    By position, then id. Left out are those that began behind the place and that nobody but
    ``own`` wrote to: streams, each up to a sequence.
    """
    behind = records.c.position > position
    if after:
        rest = and_(records.c.position == position, records.c.record > after)
        behind = or_(behind, rest)
    query = select(records).where(
        behind, records.c.position >= position, records.c.position <= upto
    )
    if own:
        query = query.where(or_(records.c.born <= position, _others_wrote(own)))
    rows = connection.execute(query.order_by(records.c.position, records.c.record).limit(most))
    return [current_of(row) for row in rows]


def _others_wrote(own: Mapping[Stream, int]) -> ColumnElement[bool]:
    parts = (
        and_(changes.c.stream == stream.hex(), changes.c.sequence <= last)
        for stream, last in own.items()
    )
    return exists().where(changes.c.record == records.c.record, not_(or_(*parts)))


@lru_cache(maxsize=_SCOPES_KEPT)
def _visible(scope: Scope) -> ColumnElement[bool]:
    end = records.alias("ends")
    about = exists().where(
        record_parents.c.record == records.c.record,
        end.c.record == record_parents.c.parent,
        _held(scope, end),
    )
    return or_(_held(scope, records), and_(records.c.type.in_(FOLLOWING), about))


def _held(scope: Scope, table: FromClause) -> ColumnElement[bool]:
    """Return whether a record's area is covered, or the device wrote it, or it is everybody's."""
    wrote = exists().where(
        record_writers.c.record == table.c.record, record_writers.c.device == scope.device
    )
    anywhere = and_(table.c.area.is_(None), table.c.type.in_(EVERYWHERE))
    return or_(wrote, anywhere, *(_covered(area, table) for area in scope.areas))


def _covered(area: str, table: FromClause) -> ColumnElement[bool]:
    around = [area]
    while (parent := parent_of(around[-1])) is not None:
        around.append(parent)
    inside = and_(table.c.area >= f"{area}.", table.c.area < f"{area}/")
    return or_(table.c.area.in_(around), inside)
