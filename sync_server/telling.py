"""Decisions told: who said what about which two records, why, and whether it still stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, literal_column, select

from shared_schema.changes import VOID, Change
from shared_schema.ids import change_sequence
from sync_server import second_looks
from sync_server.accounts import Actor
from sync_server.arrivals import METHOD as BY_MATCHER
from sync_server.matching.exact import LINK_TYPE
from sync_server.people import root_of
from sync_server.second_looks import Look
from sync_server.store.queries import log, records
from sync_server.store.queries.records import Current
from sync_server.store.tables import changes

PAGE = 30
_PAGES = 20
# As text: only so does SQLite see that the partial index has them all.
_IS_LINK = changes.c.type == literal_column(f"'{LINK_TYPE}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One decision, by its change and its place in the log.

    ``verdict``: as JSON has it, "" where one is taken back. ``stands``: nothing followed it.
    ``refused``: a *same* that another verdict keeps apart. ``known``: the two records.
    """

    change: Change
    position: int
    verdict: str
    reason: str
    a: UUID
    b: UUID
    known: Mapping[UUID, Current]
    stands: bool
    refused: bool
    look: Look | None

    @property
    def automatic(self) -> bool:
        """Whether the matcher made it."""
        return self.change.operator.startswith(BY_MATCHER)

    def seen_by(self, actor: Actor) -> bool:
        """Tell whether one of the two lies in a user's area."""
        return any(actor.covers(one.area) for one in self.known.values())


def latest(connection: Connection, before: int | None) -> list[Told]:
    """Return a page of decisions, the newest first, before a place in the log if one is given."""
    return _page(connection, before)[0]


def _page(connection: Connection, before: int | None) -> tuple[list[Told], bool]:
    """Return a page of decisions, and whether there are more."""
    query = select(changes).where(_IS_LINK)
    if before is not None:
        query = query.where(changes.c.position < before)
    rows = connection.execute(query.order_by(changes.c.position.desc()).limit(PAGE)).all()
    return _told(connection, [log.logged_of(one) for one in rows]), len(rows) == PAGE


def those(
    connection: Connection, wanted: Callable[[Told], bool], before: int | None, limit: int
) -> tuple[list[Told], int | None]:
    """Return the newest decisions that are wanted, and before which place to go on.

    Looked at are the last 600; None: there are no more.
    """
    found: list[Told] = []
    for _ in range(_PAGES):
        told, more = _page(connection, before)
        for one in told:
            before = one.position
            if wanted(one):
                found.append(one)
            if len(found) == limit:
                return found, before
        if not more:
            return found, None
    return found, before


def named(connection: Connection, decisions: Sequence[UUID]) -> list[Told]:
    """Return some decisions, in the order given; those that are none are left out."""
    found: dict[UUID, Told] = {}
    for record in {one.record for one in _changes(connection, decisions)}:
        every = _told(connection, log.of_record(connection, record))
        found.update({one.change.id: one for one in every})
    return [found[one] for one in decisions if one in found]


def _changes(connection: Connection, decisions: Iterable[UUID]) -> list[Change]:
    found: list[Change] = []
    for one in decisions:
        place = change_sequence(one)
        if place is not None:
            stream, sequence = place
            found += log.of_stream(connection, stream, sequence, sequence)
    return [change for change in found if change.type == LINK_TYPE]


def _told(connection: Connection, entries: Sequence[log.Logged]) -> list[Told]:
    links = records.many(connection, {one.change.record for one in entries})
    looks = second_looks.of(connection, [str(one.change.id) for one in entries])
    return [
        _one(connection, entry, links[entry.change.record], looks.get(str(entry.change.id)))
        for entry in entries
        if entry.change.record in links and entry.change.writes.keys() & {"verdict", VOID}
    ]


def _one(connection: Connection, entry: log.Logged, link: Current, asked: Look | None) -> Told:
    change, state = entry.change, link.state
    a, b = (UUID(str(state.shown(end))) for end in ("a", "b"))
    verdict = _verdict(change)
    standing = state.fields["verdict"].winner
    ended = state.fields[VOID].winner if VOID in state.fields else None
    stands = change.stamp == max(head.stamp for head in (standing, ended) if head is not None)
    together = verdict == "same" and root_of(connection, a) == root_of(connection, b)
    return Told(
        change=change,
        position=entry.position,
        verdict=verdict,
        reason=str(state.shown("reason") or "") if stands else _reason(change),
        a=a,
        b=b,
        known=records.many(connection, [a, b]),
        stands=stands,
        refused=verdict == "same" and stands and not together,
        look=asked,
    )


def _verdict(change: Change) -> str:
    """Return what a change says: a verdict, or "" where it takes one back."""
    void = change.writes.get(VOID)
    if void is not None and void.value is not None:
        return ""
    write = change.writes.get("verdict")
    return str(write.value) if write is not None else ""


def _reason(change: Change) -> str:
    write = change.writes.get("reason")
    return str(write.value or "") if write is not None else ""
