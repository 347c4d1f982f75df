"""What the regency proposes to the ministry: duplicates, deaths and moves as claims, with evidence.

Nothing here is a fact: only the ministry deletes a duplicate, and only documents prove a death.
Each claim says who said so, when, where it is recorded here, and what was seen that speaks
against it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.clock import wall_of
from shared_schema.display import iso_time
from shared_schema.fold import Head, RecordState
from shared_schema.links import Verdict
from sync_server import identity
from sync_server.people import device_labels, root_of_each
from sync_server.store import tables
from sync_server.store.queries import log, records

CLAIMED = {"deceased": "deceased", "moved": "moved"}
PRESENT = frozenset(
    {"recorded", "already_recorded", "refused", "ill_or_elderly", "card_handed_over"}
    | {"suket_handed_over"}
)
COLUMNS = (
    "claim", "nik", "name", "sex", "birth_date", "village", "other_nik", "other_name",
    "source", "said_by", "said_at", "evidence", "against", "record", "other_record", "evidence_id",
)  # fmt: skip
_PERSON = ("nik", "name", "sex", "birth_date", "village")


def proposal(connection: Connection) -> list[dict[str, Any]]:
    """Return every claim: duplicates by id, then deaths and moves by the time they were told."""
    return [*_duplicates(connection), *_visits(connection)]


def within(connection: Connection, covers: Callable[[str | None], bool]) -> list[dict[str, Any]]:
    """Return the claims about residents of an area, as ``covers`` tells it."""
    return [claim for claim in proposal(connection) if covers(claim["village"])]


def _duplicates(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the pairs of residents that a standing verdict holds for one person."""
    found = identity.clusters_of(connection)
    edges = {
        edge.pair: edge
        for edge in identity.edges_of(connection)
        if edge.verdict is Verdict.SAME and found.of(edge.a) == found.of(edge.b)
    }
    people = records.many(connection, {end for pair in edges for end in pair})
    links = _links(connection)
    labels = device_labels(connection)
    for pair in sorted(edges):
        ends = [people[end].state for end in pair if end in people]
        if len(ends) == len(pair) and all(s.type == "person" and s.void is None for s in ends):
            yield _duplicate(connection, ends, links[pair], labels)


def _links(connection: Connection) -> dict[tuple[UUID, UUID], RecordState]:
    table = tables.edges
    rows = list(connection.execute(select(table.c.record, table.c.a, table.c.b)))
    known = records.many(connection, [UUID(row.record) for row in rows])
    return {(UUID(row.a), UUID(row.b)): known[UUID(row.record)].state for row in rows}


def _duplicate(
    connection: Connection,
    ends: Sequence[RecordState],
    link: RecordState,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    first, other = sorted(ends, key=lambda state: (state.shown("nik") is None, state.record))
    said = _said(connection, link, "verdict", labels)
    method = link.shown("method")
    return {
        "claim": "duplicate",
        **{name: first.shown(name) for name in _PERSON},
        "other_nik": other.shown("nik"),
        "other_name": other.shown("name"),
        **said,
        "source": "comparison" if str(method).startswith("matcher") else "supervisor",
        "evidence": link.shown("reason") or method,
        "against": None,
        "record": str(first.record),
        "other_record": str(other.record),
        "evidence_id": str(link.record),
    }


def _visits(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the visits in which somebody was said to be dead or gone."""
    table = tables.records
    query = select(table.c.record).where(table.c.type == "visit", table.c.void.is_(False))
    ids = [UUID(one) for one in connection.execute(query.order_by(table.c.born)).scalars()]
    visits = {one: found.state for one, found in records.many(connection, ids).items()}
    about = {one: _person(visits[one]) for one in ids}
    claims = [one for one in ids if about[one] and visits[one].shown("outcome") in CLAIMED]
    people = {person for one in ids if (person := about[one])}
    roots = root_of_each(connection, people)
    seen: defaultdict[UUID, list[Head]] = defaultdict(list)
    for one in ids:
        person, head = about[one], visits[one].fields["outcome"].winner
        if person and head and head.value in PRESENT:
            seen[roots.get(person, person)].append(head)
    known = records.many(connection, {person for one in claims if (person := about[one])})
    labels = device_labels(connection)
    for one in claims:
        person = about[one]
        if person in known and known[person].state.void is None:
            against = _against(visits[one], seen[roots.get(person, person)])
            yield _claim(connection, visits[one], known[person].state, against, labels)


def _against(visit: RecordState, met: Sequence[Head]) -> str | None:
    """Return the outcome of the last visit since then at which the person was met."""
    said = visit.fields["outcome"].winner
    later = [head for head in met if said and head.stamp > said.stamp]
    return str(max(later, key=lambda head: head.rank).value) if later else None


def _claim(
    connection: Connection,
    visit: RecordState,
    person: RecordState,
    against: str | None,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "claim": CLAIMED[visit.shown("outcome")],
        **{name: person.shown(name) for name in _PERSON},
        "other_nik": None,
        "other_name": None,
        **_said(connection, visit, "outcome", labels),
        "source": "visit",
        "evidence": visit.shown("note"),
        "against": against,
        "record": str(person.record),
        "other_record": None,
        "evidence_id": str(visit.record),
    }


def _person(visit: RecordState) -> UUID | None:
    try:
        return UUID(str(visit.shown("person")))
    except ValueError:
        return None


def _said(
    connection: Connection, state: RecordState, name: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return who wrote what a field shows, where, and when."""
    head = state.fields[name].winner
    if head is None:
        return {"said_by": None, "said_at": None}
    device = head.stamp.stream.device.hex()
    by = next(
        (
            entry.change.operator
            for entry in log.of_record(connection, state.record)
            if entry.change.stamp == head.stamp
        ),
        "?",
    )
    place = labels.get(device)
    return {
        "said_by": f"{by} ({place})" if place else by,
        "said_at": iso_time(wall_of(head.stamp.hlc)),
    }
