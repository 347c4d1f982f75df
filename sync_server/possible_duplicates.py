"""Which pairs ask for a verdict: what rules, scores and outages propose, less what is decided.

Verdicts are consulted when asked, so that one taken back brings its pair back.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select

from shared_schema.links import Clusters, Edge, Verdict
from sync_server import identity
from sync_server.identity import chunks
from sync_server.matching import exact, outages
from sync_server.matching.exact import Candidate, OpenPair, Rule
from sync_server.store.driver import ask, listed
from sync_server.store.match_tables import match_pairs
from sync_server.store.queries.records import current_of
from sync_server.store.tables import candidates, clusters, edges, records

_PAIRS = (
    "SELECT p.a, p.b, coalesce(x.root, p.a) AS one, coalesce(y.root, p.b) AS other"
    " FROM (SELECT a, b FROM candidates UNION SELECT a, b FROM match_pairs) AS p"
    " LEFT JOIN clusters AS x ON x.record = p.a LEFT JOIN clusters AS y ON y.record = p.b"
    " WHERE one <> other"
)
_AREAS = "SELECT record, area FROM records WHERE record IN (SELECT value FROM json_each(?))"


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


def count_people(connection: Connection, covers: Callable[[str | None], bool] | None) -> int:
    """Count the pairs of residents that ask for a verdict and were not put off.

    As `open_pairs` finds them, without opening what each pair rests on. ``covers``: of whose
    records one has to lie there; None for anywhere.
    """
    standing = _not_same(connection)
    ends = {str(end) for edge in standing for end in edge.pair}
    roots = _roots(connection, ends)
    apart, put_off = set(), set()
    for edge in standing:
        if edge.verdict is Verdict.DIFFERENT:
            one, other = (str(roots.get(end, end)) for end in edge.pair)
            apart.add((min(one, other), max(one, other)))
        else:
            put_off.add((str(edge.a), str(edge.b)))
    rows = [
        (a, b)
        for a, b, one, other in ask(connection, _PAIRS)
        if (min(one, other), max(one, other)) not in apart and (a, b) not in put_off
    ]
    return len(rows) if covers is None else _count_within(connection, rows, covers)


def _count_within(
    connection: Connection,
    pairs: Sequence[tuple[str, str]],
    covers: Callable[[str | None], bool],
) -> int:
    areas = dict(ask(connection, _AREAS, listed({end for pair in pairs for end in pair})))
    return sum(covers(areas.get(a)) or covers(areas.get(b)) for a, b in pairs)


def count_outages(connection: Connection, covers: Callable[[str | None], bool] | None) -> int:
    """Count the pairs of outages that ask for a verdict, as `count_people` does."""
    standing = _not_same(connection)
    found = _outages(connection)
    ends = {str(end) for pair in found for end in (pair.a, pair.b)}
    ends |= {str(end) for edge in standing for end in edge.pair}
    roots = Clusters(root=_roots(connection, ends), members={}, refused=())
    pairs = [
        (str(one.a), str(one.b))
        for one in exact.open_pairs(found, standing, roots)
        if not one.undecided
    ]
    return len(pairs) if covers is None else _count_within(connection, pairs, covers)


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


def contradictions(connection: Connection) -> set[tuple[UUID, UUID]]:
    """Return the pairs that a person called the same and a *different* elsewhere keeps apart."""
    one, other = clusters.alias("one"), clusters.alias("other")
    joined = edges.outerjoin(one, one.c.record == edges.c.a).outerjoin(
        other, other.c.record == edges.c.b
    )
    apart = func.coalesce(one.c.root, edges.c.a) != func.coalesce(other.c.root, edges.c.b)
    query = (
        select(edges.c.a, edges.c.b)
        .select_from(joined)
        .where(edges.c.human, edges.c.verdict == Verdict.SAME.value, apart)
    )
    return {(UUID(row.a), UUID(row.b)) for row in connection.execute(query)}


def vetoes(connection: Connection) -> list[Edge]:
    """Return the *different* verdicts that stand."""
    return [edge for edge in _not_same(connection) if edge.verdict is Verdict.DIFFERENT]


def roots(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the cluster of each record that is in one of two or more."""
    return _roots(connection, {str(record) for record in ids})


def _exact(connection: Connection) -> Iterable[Candidate]:
    for row in connection.execute(select(candidates)):
        yield Candidate(a=UUID(row.a), b=UUID(row.b), rule=Rule(row.rule))


def _scored(connection: Connection) -> Iterable[Candidate]:
    for row in connection.execute(select(match_pairs.c.a, match_pairs.c.b)):
        yield Candidate(a=UUID(row.a), b=UUID(row.b), rule=Rule.SCORE)


def _outages(connection: Connection) -> set[Candidate]:
    query = select(records).where(records.c.type == outages.OUTAGE_TYPE)
    return outages.possible(current_of(row).state for row in connection.execute(query))


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
