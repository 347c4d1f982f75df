"""Residents who stand in the ministry's lists twice, as far as the clusters tell.

A person whom the field met is no duplicate of their own row in the register, however many laptops
wrote them. Two rows of a register are, and so are two different NIKs; each is claimed once, by the
verdict that joined the two.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shared_schema.ids import Stream, id_of
from sync_server.arrivals import device_of
from sync_server.store.driver import ask
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact

# The standing verdicts *same* within clusters of residents, in the order in which they were given.
_EDGES = (
    "SELECT e.record, e.a, e.b, x.root FROM edges AS e"
    " JOIN clusters AS x ON x.record = e.a"
    " JOIN clusters AS y ON y.record = e.b AND y.root = x.root"
    " WHERE e.verdict = 'same'"
    " AND NOT EXISTS (SELECT 1 FROM edges AS o WHERE o.a = e.a AND o.b = e.b"
    " AND (o.human, o.stamp, o.verdict, o.record) > (e.human, e.stamp, e.verdict, e.record))"
    " AND (SELECT type FROM records WHERE record = e.a) = 'person'"
    " ORDER BY e.stamp, e.a, e.b"
)
_PEOPLE = (
    "SELECT c.root, c.record, json_extract(r.shown, '$.nik') FROM clusters AS c"
    " JOIN records AS r ON r.record = c.record WHERE r.type = 'person' AND NOT r.void"
)


class Joined(NamedTuple):
    """Two records that stand for two rows of the ministry, in rising order, and the link's id."""

    link: str
    a: str
    b: str


class Edge(NamedTuple):
    """A verdict *same*: its link's id, and its two records."""

    link: str
    a: str
    b: str


def joined(connection: Connection) -> list[Joined]:
    """Return the pairs of rows that verdicts hold for one person, in order of their ids."""
    server = Stream.from_hex(facts.need(connection, Fact.STREAM)).device
    people: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for root, record, nik in ask(connection, _PEOPLE):
        people[root].append((record, nik))
    edges: defaultdict[str, list[Edge]] = defaultdict(list)
    for link, a, b, root in ask(connection, _EDGES):
        edges[root].append(Edge(link, a, b))
    found: list[Joined] = []
    for root, members in people.items():
        rows = _rows(members, server)
        if len(set(rows.values())) > 1:
            found += pairs(rows, edges[root])
    return sorted(found, key=lambda one: one[1:])


def _rows(members: Iterable[tuple[str, str | None]], server: bytes) -> dict[str, str]:
    """Return for which row of the ministry each record of a cluster stands; some for none.

    A record that came from a register is its own; one that the field wrote stands for its NIK,
    which may be that of a row that came without one.
    """
    known = sorted(members)
    register = {r: nik for r, nik in known if device_of(id_of(r), server) is None}
    named = {nik: record for record, nik in reversed(register.items()) if nik}
    unnamed = sorted({nik for _, nik in known if nik} - named.keys())
    named |= zip(unnamed, (r for r, nik in register.items() if not nik), strict=False)
    return {record: named.get(nik, nik) for record, nik in known if nik} | dict(
        zip(register, register, strict=True)
    )


def pairs(rows: Mapping[str, Any], edges: Iterable[Edge]) -> Iterator[Joined]:
    """Yield two records for each verdict that brought two rows together for the first time.

    `rows`: record -> its row. The verdict's own records are named where they stand for one.
    """
    together: dict[str, set[str]] = {}
    for link, a, b in edges:
        one, other = together.setdefault(a, {a}), together.setdefault(b, {b})
        if one is other:
            continue
        ends = [_standing(rows, first, group) for first, group in ((a, one), (b, other))]
        if all(ends) and not _of(rows, one) & _of(rows, other):
            yield Joined(link, *sorted(filter(None, ends)))
        one |= other
        together.update(dict.fromkeys(other, one))


def _standing(rows: Mapping[str, Any], first: str, group: Iterable[str]) -> str | None:
    return first if first in rows else min((one for one in group if one in rows), default=None)


def _of(rows: Mapping[str, Any], group: Iterable[str]) -> set[Any]:
    return {rows[one] for one in group if one in rows}
