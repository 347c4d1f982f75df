"""Who may be who, kept beside the records: identity keys, candidate pairs, edges, clusters, names.

`refresh` is called with the new state of every record that a transaction touched and brings
these projections to what they would be had the records been there from the beginning. Only
the keys and clusters that the touched records belong to, or belonged to, are looked at.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, or_, select

from shared_schema.changes import Stamp
from shared_schema.fold import RecordState
from shared_schema.links import Clusters, Edge, Verdict, clusters
from shared_schema.names import search_key
from sync_server.matching import exact
from sync_server.store import tables

_CHUNK = 400
Item = TypeVar("Item")
Place = tuple[str, str]


def refresh(
    connection: Connection, states: Iterable[RecordState], retyped: Collection[UUID] = ()
) -> None:
    """Bring the projections of identity up to date with the new states of touched records.

    ``retyped``: those that may have been residents or links before and are not any more.
    """
    touched = list(states)
    people = [s for s in touched if s.type == exact.MATCHED_TYPE or s.record in retyped]
    links = [s for s in touched if s.type == exact.LINK_TYPE or s.record in retyped]
    if people:
        _refresh_names(connection, people)
        _refresh_keys(connection, people)
    if links:
        _refresh_clusters(connection, links)


def chunks(items: Iterable[Item], size: int = _CHUNK) -> Iterator[list[Item]]:
    """Yield `items` in lists short enough for one statement's parameters."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _refresh_names(connection: Connection, people: Sequence[RecordState]) -> None:
    table = tables.person_names
    for part in chunks(people):
        ids = [str(state.record) for state in part]
        connection.execute(delete(table).where(table.c.record.in_(ids)))
    named = [(s.record, s.shown("name")) for s in people if s.type == exact.MATCHED_TYPE]
    rows = [{"record": str(r), "search_key": search_key(str(name))} for r, name in named if name]
    if rows:
        connection.execute(insert(table), rows)


def _refresh_keys(connection: Connection, people: Sequence[RecordState]) -> None:
    wanted = {
        (key.rule.value, key.digest, str(state.record))
        for state in people
        for key in exact.identity_keys(state)
    }
    present = _present_keys(connection, [str(state.record) for state in people])
    gone, new = sorted(present - wanted), sorted(wanted - present)
    for rule, key, record in gone:
        _drop_key(connection, rule, key, record)
    if new:
        names = ("rule", "key", "record")
        rows = [dict(zip(names, row, strict=True)) for row in new]
        connection.execute(insert(tables.identity_keys), rows)
    _refresh_candidates(connection, gone, new)


def _present_keys(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str, str]]:
    table = tables.identity_keys
    found: set[tuple[str, str, str]] = set()
    for part in chunks(ids):
        query = select(table.c.rule, table.c.key, table.c.record).where(table.c.record.in_(part))
        found.update((row.rule, row.key, row.record) for row in connection.execute(query))
    return found


def _drop_key(connection: Connection, rule: str, key: str, record: str) -> None:
    keys, pairs = tables.identity_keys, tables.candidates
    connection.execute(
        delete(keys).where(keys.c.rule == rule, keys.c.key == key, keys.c.record == record)
    )
    connection.execute(
        delete(pairs).where(pairs.c.rule == rule, or_(pairs.c.a == record, pairs.c.b == record))
    )


def _refresh_candidates(
    connection: Connection,
    gone: Iterable[tuple[str, str, str]],
    new: Iterable[tuple[str, str, str]],
) -> None:
    """Bring the pairs of every key that was left or joined in line with who shares it now."""
    left: defaultdict[Place, set[str]] = defaultdict(set)
    joined: defaultdict[Place, set[str]] = defaultdict(set)
    for rule, key, record in gone:
        left[rule, key].add(record)
    for rule, key, record in new:
        joined[rule, key].add(record)
    rows: list[dict[str, str]] = []
    for place, sharing in _sharing(connection, sorted({*left, *joined})).items():
        before = len(sharing) - len(joined[place]) + len(left[place])
        if len(sharing) > exact.KEY_LIMIT:
            _drop_pairs(connection, place[0], sharing)
            continue
        fresh = joined[place] if before <= exact.KEY_LIMIT else sharing
        rows += _pairs(place[0], sharing, fresh)
    if rows:
        connection.execute(insert(tables.candidates), rows)


def _pairs(rule: str, sharing: Collection[str], fresh: Collection[str]) -> list[dict[str, str]]:
    together = [UUID(record) for record in sharing]
    found = exact.candidates(exact.Rule(rule), together, [UUID(record) for record in fresh])
    return [{"a": str(pair.a), "b": str(pair.b), "rule": rule} for pair in sorted(found)]


def _sharing(connection: Connection, places: Sequence[Place]) -> dict[Place, set[str]]:
    """Return the records at each key that two or more share, or that is near the limit."""
    table = tables.identity_keys
    found: defaultdict[Place, set[str]] = defaultdict(set)
    for part in chunks(sorted({key for _, key in places})):
        query = select(table.c.rule, table.c.key, table.c.record).where(
            table.c.rule.in_([rule.value for rule in exact.Rule]), table.c.key.in_(part)
        )
        for rule, key, record in connection.execute(query):
            found[rule, key].add(record)
    return {place: found[place] for place in places if len(found[place]) > 1}


def _drop_pairs(connection: Connection, rule: str, sharing: Collection[str]) -> None:
    pairs = tables.candidates
    for part in chunks(sorted(sharing)):
        connection.execute(delete(pairs).where(pairs.c.rule == rule, pairs.c.a.in_(part)))


def _refresh_clusters(connection: Connection, links: Sequence[RecordState]) -> None:
    table = tables.edges
    ids = [str(state.record) for state in links]
    seeds: set[str] = set()
    for part in chunks(ids):
        old = connection.execute(select(table.c.a, table.c.b).where(table.c.record.in_(part)))
        seeds.update(end for row in old for end in row)
        connection.execute(delete(table).where(table.c.record.in_(part)))
    rows = [
        _edge_row(state.record, edge)
        for state in links
        if (edge := exact.edge_of(state)) is not None
    ]
    if rows:
        connection.execute(insert(table), rows)
        seeds.update(row[end] for row in rows for end in ("a", "b"))
    _lay_clusters(connection, _component(connection, seeds))


def _edge_row(record: UUID, edge: Edge) -> dict[str, Any]:
    a, b = edge.pair
    return {
        "record": str(record),
        "a": str(a),
        "b": str(b),
        "verdict": edge.verdict.value,
        "human": edge.human,
        "stamp": edge.stamp.text(),
        "weight": edge.weight,
    }


def _edge(row: Row[Any]) -> Edge:
    return Edge(
        a=UUID(row.a),
        b=UUID(row.b),
        verdict=Verdict(row.verdict),
        human=row.human,
        stamp=Stamp.parse(row.stamp),
        weight=row.weight,
    )


def _component(connection: Connection, seeds: Iterable[str]) -> set[str]:
    """Return the records that *same* edges, refused or not, connect with any of `seeds`."""
    table = tables.edges
    reached, fresh = set(seeds), set(seeds)
    while fresh:
        found: set[str] = set()
        for part in chunks(sorted(fresh)):
            ends = or_(table.c.a.in_(part), table.c.b.in_(part))
            query = select(table.c.a, table.c.b).where(table.c.verdict == Verdict.SAME.value, ends)
            found.update(end for row in connection.execute(query) for end in row)
        fresh = found - reached
        reached |= fresh
    return reached


def _lay_clusters(connection: Connection, component: Collection[str]) -> None:
    table = tables.clusters
    members = sorted(component)
    for part in chunks(members):
        connection.execute(delete(table).where(table.c.record.in_(part)))
    laid = clusters(edges_of(connection, members))
    rows = [{"record": str(record), "root": str(root)} for record, root in laid.root.items()]
    rows.sort(key=lambda row: row["record"])
    if rows:
        connection.execute(insert(table), rows)


def edges_of(connection: Connection, records: Collection[str] | None = None) -> tuple[Edge, ...]:
    """Return the standing edges, one a pair: all of them, or those that touch `records`."""
    table = tables.edges
    rows: dict[str, Row[Any]] = {}
    if records is None:
        rows = {row.record: row for row in connection.execute(select(table))}
    else:
        for part in chunks(sorted(records)):
            query = select(table).where(or_(table.c.a.in_(part), table.c.b.in_(part)))
            rows.update({row.record: row for row in connection.execute(query)})
    return exact.standing(_edge(row) for row in rows.values())


def clusters_of(connection: Connection) -> Clusters:
    """Return the clusters as they stand, with the edges that a veto refused."""
    return clusters(edges_of(connection))


def open_duplicates(connection: Connection) -> tuple[exact.OpenPair, ...]:
    """Return the pairs that still ask for a verdict, in order of their ids."""
    found = (
        exact.Candidate(a=UUID(row.a), b=UUID(row.b), rule=exact.Rule(row.rule))
        for row in connection.execute(select(tables.candidates))
    )
    edges = edges_of(connection)
    return exact.open_pairs(found, edges, clusters(edges))
