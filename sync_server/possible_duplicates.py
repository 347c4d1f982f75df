"""Which pairs ask for a verdict: what rules, scores and outages propose, less what is decided.

Verdicts are consulted when asked, so that one taken back brings its pair back.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.ids import id_of
from shared_schema.links import Clusters, Edge, Verdict
from sync_server import identity
from sync_server.identity import chunks
from sync_server.matching import exact, outages
from sync_server.matching.exact import Candidate, OpenPair, Rule
from sync_server.store.driver import ask, listed
from sync_server.store.match_tables import match_pairs
from sync_server.store.tables import candidates, clusters, edges

# Pairs of residents whose clusters stand apart, with the weight of those that a score proposes.
_PAIRS = (
    "SELECT p.a, p.b, coalesce(x.root, p.a) AS one, coalesce(y.root, p.b) AS other, m.weight"
    " FROM (SELECT a, b FROM candidates UNION SELECT a, b FROM match_pairs) AS p"
    " LEFT JOIN match_pairs AS m ON m.a = p.a AND m.b = p.b"
    " LEFT JOIN clusters AS x ON x.record = p.a LEFT JOIN clusters AS y ON y.record = p.b"
    " WHERE one <> other"
)
# The verdicts that do not join: of several about a pair, a human's before a machine's, the latest.
_APART = (
    "SELECT e.a, e.b, coalesce(x.root, e.a), coalesce(y.root, e.b), e.verdict"
    " FROM edges AS e INDEXED BY ix_edges_apart"
    " LEFT JOIN clusters AS x ON x.record = e.a LEFT JOIN clusters AS y ON y.record = e.b"
    " WHERE e.verdict <> 'same' AND NOT EXISTS (SELECT 1 FROM edges AS o"
    " WHERE o.a = e.a AND o.b = e.b"
    " AND (o.human, o.stamp, o.verdict) > (e.human, e.stamp, e.verdict))"
)
# What a person called the same and a *different* elsewhere keeps apart.
_REFUSED = (
    "SELECT e.a, e.b, coalesce(x.root, e.a) AS one, coalesce(y.root, e.b) AS other, m.weight"
    " FROM edges AS e INDEXED BY ix_edges_by_hand"
    " LEFT JOIN records AS r ON r.record = e.a"
    " LEFT JOIN match_pairs AS m ON m.a = e.a AND m.b = e.b"
    " LEFT JOIN clusters AS x ON x.record = e.a LEFT JOIN clusters AS y ON y.record = e.b"
    " WHERE e.human AND e.verdict = 'same' AND one <> other"
    " AND (coalesce(r.type, 'person') = 'outage') = ?"
)
_OUTAGES = "SELECT record, shown FROM records WHERE type = 'outage' AND NOT void"
_RULES = "SELECT a, b, rule FROM candidates WHERE a IN (SELECT value FROM json_each(?))"


class Pair(NamedTuple):
    """Two records that ask for a verdict, in rising order, and the clusters in which they are.

    `weight`: in bits, None where only a rule says so. `put_off`: a person left it undecided.
    `refused`: a person said *same*, and a *different* elsewhere keeps them apart.
    """

    a: str
    b: str
    one: str
    other: str
    weight: float | None
    put_off: bool
    refused: bool


class Proposed(NamedTuple):
    """How strongly a score proposes a pair. `parts`: JSON of what the weight is the sum of."""

    weight: float
    version: str
    parts: str


def open_pairs(connection: Connection) -> tuple[OpenPair, ...]:
    """Return every pair that asks for a verdict, in order of its ids."""
    found = {*_exact(connection), *_scored(connection), *_outages(connection)}
    standing = _not_same(connection)
    ends = {str(end) for pair in found for end in (pair.a, pair.b)}
    ends |= {str(end) for edge in standing for end in edge.pair}
    return exact.open_pairs(
        found, standing, Clusters(root=_roots(connection, ends), members={}, refused=())
    )


def of_people(connection: Connection) -> list[Pair]:
    """Return the pairs of residents that ask for a verdict, without what they rest on."""
    return _asking(connection, ask(connection, _PAIRS), ask(connection, _REFUSED, 0))


def of_outages(connection: Connection) -> list[Pair]:
    """Return the pairs of outages that ask for a verdict."""
    found = sorted((str(one.a), str(one.b)) for one in _outages(connection))
    roots = _roots(connection, {end for pair in found for end in pair})
    named = {str(record): str(root) for record, root in roots.items()}
    rows = [(a, b, named.get(a, a), named.get(b, b), None) for a, b in found]
    apart = [row for row in rows if row[2] != row[3]]
    return _asking(connection, apart, ask(connection, _REFUSED, 1))


def _asking(
    connection: Connection, proposed: Iterable[Sequence[Any]], refused: Iterable[Sequence[Any]]
) -> list[Pair]:
    """Return proposed pairs less those told apart, and the refused ones whatever is said."""
    apart, put_off = set(), set()
    for a, b, one, other, verdict in ask(connection, _APART):
        if verdict == Verdict.DIFFERENT.value:
            apart.add((one, other) if one < other else (other, one))
        else:
            put_off.add((a, b))
    contradicted = {(row[0], row[1]): row for row in refused}
    found = [
        Pair(
            a, b, one, other, weight, (a, b) in put_off, contradicted.pop((a, b), None) is not None
        )
        for a, b, one, other, weight in proposed
        if ((one, other) if one < other else (other, one)) not in apart
    ]
    return found + [
        Pair(a, b, one, other, weight, put_off=False, refused=True)
        for a, b, one, other, weight in contradicted.values()
    ]


def different(connection: Connection) -> set[tuple[str, str]]:
    """Return the clusters between which a *different* stands, in no order."""
    rows = ask(connection, _APART)
    return {(one, other) for _, _, one, other, word in rows if word == Verdict.DIFFERENT.value}


def rules(
    connection: Connection, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], set[str]]:
    """Return the rules that some pairs of residents meet, scores aside."""
    wanted = set(pairs)
    found: dict[tuple[str, str], set[str]] = {}
    for a, b, rule in ask(connection, _RULES, listed({a for a, _ in wanted})):
        if (a, b) in wanted:
            found.setdefault((a, b), set()).add(rule)
    return found


def proposals(
    connection: Connection, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Proposed]:
    """Return the scores kept of some pairs."""
    wanted = set(pairs)
    found = {}
    for part in chunks(sorted({str(a) for a, _ in wanted})):
        for row in connection.execute(select(match_pairs).where(match_pairs.c.a.in_(part))):
            pair = UUID(row.a), UUID(row.b)
            if pair in wanted:
                found[pair] = Proposed(row.weight, row.version, row.parts)
    return found


def _exact(connection: Connection) -> Iterable[Candidate]:
    for row in connection.execute(select(candidates)):
        yield Candidate(a=UUID(row.a), b=UUID(row.b), rule=Rule(row.rule))


def _scored(connection: Connection) -> Iterable[Candidate]:
    for row in connection.execute(select(match_pairs.c.a, match_pairs.c.b)):
        yield Candidate(a=UUID(row.a), b=UUID(row.b), rule=Rule.SCORE)


def _outages(connection: Connection) -> set[Candidate]:
    rows = ask(connection, _OUTAGES)
    return outages.possible((id_of(record), json.loads(shown)) for record, shown in rows)


def _not_same(connection: Connection) -> list[Edge]:
    """Return the standing verdicts that do not join: one a pair, a human's before a machine's."""
    apart = edges.c.verdict != Verdict.SAME.value
    rows = connection.execute(select(edges.c.a, edges.c.b).where(apart)).all()
    ends = {end for row in rows for end in row}
    return [e for e in identity.edges_of(connection, ends) if e.verdict is not Verdict.SAME]


def _roots(connection: Connection, ids: Iterable[str]) -> dict[UUID, UUID]:
    found: dict[UUID, UUID] = {}
    for part in chunks(sorted(ids)):
        query = select(clusters).where(clusters.c.record.in_(part))
        found.update((UUID(row.record), UUID(row.root)) for row in connection.execute(query))
    return found
