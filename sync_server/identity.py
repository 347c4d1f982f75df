"""Who may be who, kept beside the records: identity keys, candidate pairs, edges, clusters, names.

`refresh` is called with the new state of every record that a transaction touched and brings
these projections to what they would be had the records been there from the beginning. Only
the keys and clusters that the touched records belong to, or belonged to, are looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from shared_schema.changes import Stamp
from shared_schema.fold import RecordState
from shared_schema.ids import id_of, id_text
from shared_schema.links import Clusters, Edge, Verdict, clusters
from shared_schema.names import search_key
from sync_server.matching import exact
from sync_server.store import tables
from sync_server.store.driver import ask, listed, replacing, run, text_of

_CHUNK = 400
_NAME = replacing(tables.person_names, "record")
_KEY = text_of(insert(tables.identity_keys))
_CANDIDATE = text_of(insert(tables.candidates))
_EDGE = text_of(insert(tables.edges))
_CLUSTER = replacing(tables.clusters, "record")
_CLUSTER_GONE = "DELETE FROM clusters WHERE record = ?"
_KEYS_OF = (
    "SELECT rule, key, record FROM identity_keys WHERE record IN (SELECT value FROM json_each(?))"
)
_SHARING = (
    "SELECT rule, key, record FROM identity_keys"
    " WHERE rule = ? AND key IN (SELECT value FROM json_each(?))"
)
_EDGES = "SELECT record, a, b, verdict, human, stamp, weight, laid FROM edges"
_EDGES_NEAR = (
    "SELECT record, a, b, verdict, human, stamp, weight, laid FROM edges"
    " WHERE a IN (SELECT value FROM json_each(?1))"
    " UNION ALL SELECT record, a, b, verdict, human, stamp, weight, laid FROM edges"
    " WHERE b IN (SELECT value FROM json_each(?1))"
)
_EDGE_ENDS = "SELECT a, b FROM edges WHERE record IN (SELECT value FROM json_each(?))"
_ROOTS = "SELECT record, root FROM clusters WHERE record IN (SELECT value FROM json_each(?))"
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
    named = [(s.record, s.shown("name")) for s in people if s.type == exact.MATCHED_TYPE]
    rows = [(id_text(record), search_key(str(name))) for record, name in named if name]
    if len(rows) < len(people):
        for part in chunks(people):
            ids = [str(state.record) for state in part]
            connection.execute(delete(table).where(table.c.record.in_(ids)))
    run(connection, _NAME, rows)


def _refresh_keys(connection: Connection, people: Sequence[RecordState]) -> None:
    wanted = {
        (key.rule.value, key.digest, id_text(state.record))
        for state in people
        for key in exact.identity_keys(state)
    }
    present = _present_keys(connection, [id_text(state.record) for state in people])
    gone, new = sorted(present - wanted), sorted(wanted - present)
    for rule, key, record in gone:
        _drop_key(connection, rule, key, record)
    run(connection, _KEY, new)
    _refresh_candidates(connection, gone, new)


def _present_keys(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str, str]]:
    return set(ask(connection, _KEYS_OF, listed(ids)))


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
    rows: list[tuple[str, str, str]] = []
    for place, sharing in _sharing(connection, sorted({*left, *joined})).items():
        before = len(sharing) - len(joined[place]) + len(left[place])
        if len(sharing) > exact.KEY_LIMIT:
            _drop_pairs(connection, place[0], sharing)
            continue
        fresh = joined[place] if before <= exact.KEY_LIMIT else sharing
        rows += _pairs(place[0], sharing, fresh)
    run(connection, _CANDIDATE, rows)


def _pairs(
    rule: str, sharing: Collection[str], fresh: Collection[str]
) -> list[tuple[str, str, str]]:
    together = [id_of(record) for record in sharing]
    found = exact.candidates(exact.Rule(rule), together, [id_of(record) for record in fresh])
    return [(id_text(pair.a), id_text(pair.b), rule) for pair in sorted(found)]


def _sharing(connection: Connection, places: Sequence[Place]) -> dict[Place, set[str]]:
    """Return the records at each key that two or more share, or that is near the limit."""
    found: defaultdict[Place, set[str]] = defaultdict(set)
    for rule in {rule for rule, _ in places}:
        keys = listed([key for one, key in places if one == rule])
        for _, key, record in ask(connection, _SHARING, rule, keys):
            found[rule, key].add(record)
    return {place: found[place] for place in places if len(found[place]) > 1}


def _drop_pairs(connection: Connection, rule: str, sharing: Collection[str]) -> None:
    pairs = tables.candidates
    for part in chunks(sorted(sharing)):
        connection.execute(delete(pairs).where(pairs.c.rule == rule, pairs.c.a.in_(part)))


def _refresh_clusters(connection: Connection, links: Sequence[RecordState]) -> None:
    table = tables.edges
    ids = [id_text(state.record) for state in links]
    seeds: set[str] = set()
    old = ask(connection, _EDGE_ENDS, listed(ids))
    if old:
        seeds.update(end for row in old for end in row)
        for part in chunks(ids):
            connection.execute(delete(table).where(table.c.record.in_(part)))
    rows = [
        _edge_row(state.record, edge)
        for state in links
        if (edge := exact.edge_of(state)) is not None
    ]
    run(connection, _EDGE, rows)
    seeds.update(str(end) for row in rows for end in row[1:3])
    reached, near = _component(connection, seeds)
    _lay_clusters(connection, reached, _laid(near))


def _edge_row(record: UUID, edge: Edge) -> tuple[object, ...]:
    a, b = map(id_text, edge.pair)
    verdict, stamp = edge.verdict.value, edge.stamp.text()
    laid = edge.laid.text() if edge.laid else None
    return id_text(record), a, b, verdict, edge.human, stamp, edge.weight, laid


def _edge(row: Any) -> Edge:
    _, a, b, verdict, human, stamp, weight, laid = row
    return Edge(
        a=id_of(a),
        b=id_of(b),
        verdict=Verdict(verdict),
        human=bool(human),
        stamp=Stamp.parse(stamp),
        weight=weight,
        laid=Stamp.parse(laid) if laid else None,
    )


def _component(connection: Connection, seeds: Iterable[str]) -> tuple[set[str], list[Any]]:
    """Return the records that *same* edges connect with any of `seeds`, and rows of their edges."""
    reached, fresh = set(seeds), set(seeds)
    rows: dict[str, Any] = {}
    while fresh:
        near = ask(connection, _EDGES_NEAR, listed(fresh))
        rows.update((row[0], row) for row in near)
        fresh = {end for row in near if row[3] == Verdict.SAME.value for end in row[1:3]} - reached
        reached |= fresh
    return reached, list(rows.values())


def _laid(rows: Iterable[Any]) -> dict[str, str]:
    """Return the cluster of each record by rows of edges.

    Of two that one verdict joins and no other is about, as most are, the first gives the name.
    """
    found = list(rows)
    often = Counter(end for row in found for end in row[1:3])
    alone = [row for row in found if often[row[1]] == often[row[2]] == 1]
    laid = {end: row[1] for row in alone if row[3] == Verdict.SAME.value for end in row[1:3]}
    if len(alone) < len(found):
        others = [row for row in found if often[row[1]] > 1 or often[row[2]] > 1]
        joined = clusters(exact.standing(map(_edge, others))).root
        laid |= {id_text(record): id_text(root) for record, root in joined.items()}
    return laid


def _lay_clusters(
    connection: Connection, component: Collection[str], laid: Mapping[str, str]
) -> None:
    before = dict(ask(connection, _ROOTS, listed(component)))
    gone = sorted(before.keys() - laid.keys())
    run(connection, _CLUSTER_GONE, [(record,) for record in gone])
    run(connection, _CLUSTER, sorted(laid.items() - before.items()))


def edges_of(connection: Connection, records: Collection[str] | None = None) -> tuple[Edge, ...]:
    """Return the standing edges, one a pair: all of them, or those that touch `records`."""
    if records is None:
        rows = ask(connection, _EDGES)
    else:
        rows = ask(connection, _EDGES_NEAR, listed(records))
    return exact.standing(map(_edge, rows))


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
