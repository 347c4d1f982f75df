"""The queue of possible duplicates: cases of two or more records, in an order that stays.

A case is one group of records that open pairs connect. Its key is text that sorts as the queue
does and is where a reader stands: deciding a case never moves those behind it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.matching.score import Part
from shared_schema.regions import contains
from sync_server import possible_duplicates
from sync_server.identity import chunks
from sync_server.matching.exact import OpenPair, Rule
from sync_server.possible_duplicates import Proposed
from sync_server.store.tables import clusters, record_parents, records

MOST_RECORDS = 8
PERSON, OUTAGE = "person", "outage"
_TOP_BITS = 1000.0
# An exact identifier without a score of its own stands among the likely ones.
_EXACT_BITS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePair:
    """Two records of a case and why they may be one.

    `weight` and `parts`: the match weight in bits and what it is the sum of, None and empty where
    only a rule says so. `refused`: a person said *same*, and a *different* elsewhere keeps them
    apart.
    """

    a: UUID
    b: UUID
    rules: tuple[str, ...]
    weight: float | None
    parts: tuple[Part, ...]
    version: str | None
    undecided: bool
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Records that may be one person, or one outage.

    `key` sorts as the queue does. `records` in rising order. `weight`: of the strongest pair.
    `undecided`: every pair was put off. `split`: two of the records were said to be different
    people, and another matches both.
    """

    key: str
    kind: str
    records: tuple[UUID, ...]
    pairs: tuple[CasePair, ...]
    weight: float | None
    undecided: bool
    split: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases are asked for; None asks for all.

    `area`: a region in which one of the records lies. `campaign`: the record of a campaign in which
    one of them was visited. `least`, `most`: bits of the strongest pair.
    """

    kind: str | None = None
    area: str | None = None
    campaign: str | None = None
    least: float | None = None
    most: float | None = None
    undecided: bool | None = None


EVERYTHING = Filters()


def open_cases(
    connection: Connection, filters: Filters = EVERYTHING, after: str = "", limit: int = 20
) -> tuple[list[Case], int]:
    """Return the next cases behind a key, and how many ask for a verdict in all.

    Those that were put off come last, and are not counted as left.
    """
    found = [case for case in _cases(connection) if _meets(case, filters)]
    wanted = _placed(connection, found, filters)
    left = sum(not case.undecided for case in wanted)
    return [case for case in wanted if case.key > after][:limit], left


def case_of(connection: Connection, record: UUID) -> Case | None:
    """Return the case that a record is in, None where nothing is open about it."""
    return next((case for case in _cases(connection) if record in case.records), None)


def _cases(connection: Connection) -> list[Case]:
    """Return every case, in order of key."""
    refused = possible_duplicates.contradictions(connection)
    found = {(pair.a, pair.b): pair for pair in possible_duplicates.open_pairs(connection)}
    for a, b in refused - found.keys():
        found[a, b] = OpenPair(a=a, b=b, rules=(), undecided=False)
    scored = possible_duplicates.proposals(connection, found)
    pairs = [_pair(pair, scored.get(at), at in refused) for at, pair in found.items()]
    ends = {end for pair in pairs for end in (pair.a, pair.b)}
    roots = possible_duplicates.roots(connection, ends)
    apart = _apart(connection)
    members = _members(connection, set(roots.values()))
    groups = _groups(sorted(pairs, key=_strength), lambda one: roots.get(one, one))
    cases = [_case(group, roots, members, apart) for group in groups]
    return sorted(cases, key=lambda case: case.key)


def _pair(pair: OpenPair, scored: Proposed | None, refused: bool) -> CasePair:  # noqa: FBT001
    return CasePair(
        a=pair.a,
        b=pair.b,
        rules=tuple(rule.value for rule in pair.rules),
        weight=scored.weight if scored else None,
        parts=parts_of(scored.parts) if scored else (),
        version=scored.version if scored else None,
        undecided=pair.undecided,
        refused=refused,
    )


def parts_of(text: str) -> tuple[Part, ...]:
    """Return what a weight is the sum of, as it was kept."""
    return tuple(Part(comparison=c, level=level, bits=b) for c, level, b in decode(text.encode()))


def _strength(pair: CasePair) -> tuple[float, UUID, UUID]:
    return -_bits(pair), pair.a, pair.b


def _bits(pair: CasePair) -> float:
    if pair.weight is not None:
        return pair.weight
    return 0.0 if Rule.OUTAGE.value in pair.rules else _EXACT_BITS


def _groups(
    pairs: Sequence[CasePair], root: Callable[[UUID], UUID]
) -> Iterator[tuple[CasePair, ...]]:
    """Put pairs that share a cluster together, the strongest first, up to a size one can see."""
    together: dict[UUID, set[UUID]] = {}
    held: list[CasePair] = []
    for pair in pairs:
        one, other = (together.setdefault(root(end), {root(end)}) for end in (pair.a, pair.b))
        if one is not other and len(one) + len(other) <= MOST_RECORDS:
            one |= other
            together.update(dict.fromkeys(other, one))
        held.append(pair)
    groups: defaultdict[int, list[CasePair]] = defaultdict(list)
    for pair in held:
        groups[id(together[root(pair.a)])].append(pair)
    return (tuple(group) for group in groups.values())


def _case(
    pairs: tuple[CasePair, ...],
    roots: Mapping[UUID, UUID],
    members: Mapping[UUID, Iterable[UUID]],
    apart: set[frozenset[UUID]],
) -> Case:
    ends = {end for pair in pairs for end in (pair.a, pair.b)}
    together = {roots.get(end, end) for end in ends}
    everyone = sorted(ends.union(*(members.get(root, ()) for root in together)))
    put_off = all(pair.undecided for pair in pairs)
    strongest = max(map(_bits, pairs))
    outage = any(Rule.OUTAGE.value in pair.rules for pair in pairs)
    return Case(
        key=f"{put_off:d}{_TOP_BITS - strongest:09.3f}.{everyone[0]}",
        kind=OUTAGE if outage else PERSON,
        records=tuple(everyone),
        pairs=pairs,
        weight=max((pair.weight for pair in pairs if pair.weight is not None), default=None),
        undecided=put_off,
        split=any(len(one & ends) == 2 for one in apart),
    )


def _apart(connection: Connection) -> set[frozenset[UUID]]:
    return {frozenset(edge.pair) for edge in possible_duplicates.vetoes(connection)}


def _members(connection: Connection, roots: set[UUID]) -> dict[UUID, list[UUID]]:
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for part in chunks(sorted(map(str, roots))):
        for row in connection.execute(select(clusters).where(clusters.c.root.in_(part))):
            found[UUID(row.root)].append(UUID(row.record))
    return found


def _meets(case: Case, filters: Filters) -> bool:
    bits = max(map(_bits, case.pairs))
    return (
        filters.kind in (None, case.kind)
        and filters.undecided in (None, case.undecided)
        and (filters.least is None or bits >= filters.least)
        and (filters.most is None or bits < filters.most)
    )


def _placed(connection: Connection, cases: list[Case], filters: Filters) -> list[Case]:
    """Return the cases of which a record lies in the area and was visited in the campaign."""
    if filters.area is not None:
        within = _areas(connection, cases)
        area = filters.area
        cases = [c for c in cases if any(contains(area, within.get(r) or "") for r in c.records)]
    if filters.campaign is not None:
        visited = _visited(connection, filters.campaign)
        cases = [c for c in cases if not visited.isdisjoint(c.records)]
    return cases


def _areas(connection: Connection, cases: Iterable[Case]) -> dict[UUID, str | None]:
    found: dict[UUID, str | None] = {}
    for part in chunks(sorted({str(record) for case in cases for record in case.records})):
        query = select(records.c.record, records.c.area).where(records.c.record.in_(part))
        found.update((UUID(row.record), row.area) for row in connection.execute(query))
    return found


def _visited(connection: Connection, campaign: str) -> set[UUID]:
    """Return everybody of whom a visit names a campaign."""
    mine, theirs = record_parents.alias("mine"), record_parents.alias("theirs")
    query = (
        select(theirs.c.parent)
        .distinct()
        .where(mine.c.parent == campaign, mine.c.record == theirs.c.record)
    )
    return {UUID(person) for person in connection.execute(query).scalars()}
