"""The queue of possible duplicates: cases of two or more records, in an order that stays.

A case is one group of records that open pairs connect. Its key is text that sorts as the queue
does and is where a reader stands: deciding a case never moves those behind it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.canonical import decode
from shared_schema.matching.score import Part
from shared_schema.regions import contains
from sync_server import possible_duplicates
from sync_server.matching.exact import Rule
from sync_server.possible_duplicates import Pair, Proposed
from sync_server.store.driver import ask, listed
from sync_server.store.queries import records

MOST_RECORDS = 8
PERSON, OUTAGE = "person", "outage"
_KINDS = (PERSON, OUTAGE)
_TOP_BITS = 1000.0
# An exact identifier without a score of its own stands among the likely ones.
_EXACT_BITS = 10.0
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"
# Everybody of whom a visit names a campaign.
_VISITED = (
    "SELECT DISTINCT theirs.parent FROM record_parents AS mine"
    " JOIN record_parents AS theirs ON theirs.record = mine.record WHERE mine.parent = ?"
)


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
    `undecided`: every pair was put off. `split`: two of the records, or two who are one with them,
    were said to be different people, and another matches both.
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


class _Outline(NamedTuple):
    """A case without what it rests on: enough to order and count it. `bits`: of the strongest."""

    key: str
    records: tuple[str, ...]
    pairs: tuple[Pair, ...]
    bits: float
    put_off: bool


def open_cases(
    connection: Connection,
    filters: Filters = EVERYTHING,
    after: str = "",
    limit: int = 20,
    areas: Sequence[str] = (),
) -> tuple[list[Case], int]:
    """Return the next cases behind a key, and how many ask for a verdict in all.

    Those that were put off come last, and are not counted as left. ``areas``: of the user, of
    which a record has to lie in one; empty for everywhere.
    """
    found = []
    for kind in _KINDS:
        if filters.kind in (None, kind):
            fits = [one for one in _outlines(connection, kind) if _meets(one, filters)]
            found += [(one, kind) for one in _placed(connection, fits, filters, areas)]
    left = sum(not one.put_off for one, _ in found)
    ahead = sorted((one for one in found if one[0].key > after), key=lambda one: one[0].key)
    return [_opened(connection, one, kind) for one, kind in ahead[:limit]], left


def case_of(connection: Connection, record: UUID) -> Case | None:
    """Return the case that a record is in, None where nothing is open about it."""
    for kind in _KINDS:
        for one in _outlines(connection, kind):
            if str(record) in one.records:
                return _opened(connection, one, kind)
    return None


def _outlines(connection: Connection, kind: str) -> list[_Outline]:
    """Return every case of a kind, in no order."""
    is_outage = kind == OUTAGE
    pairs = (possible_duplicates.of_outages if is_outage else possible_duplicates.of_people)(
        connection
    )
    exact = 0.0 if is_outage else _EXACT_BITS
    ranked = sorted((-(exact if pair.weight is None else pair.weight), pair) for pair in pairs)
    groups = list(_groups([pair for _, pair in ranked]))
    members = _members(connection, groups)
    return [_outline(group, members, exact) for group in groups]


def _outline(
    pairs: tuple[Pair, ...], members: Mapping[str, Sequence[str]], exact: float
) -> _Outline:
    first = pairs[0]
    put_off = all(pair.put_off for pair in pairs)
    bits = exact if first.weight is None else first.weight
    everyone: tuple[str, ...] = (first.a, first.b)
    if len(pairs) > 1 or first.one in members or first.other in members:
        ends = {end for pair in pairs for end in pair[:2]}
        roots = {root for pair in pairs for root in pair[2:4]}
        everyone = tuple(sorted(ends.union(*(members.get(root, ()) for root in roots))))
    key = f"{put_off:d}{_TOP_BITS - bits:09.3f}.{everyone[0]}"
    return _Outline(key, everyone, pairs, bits, put_off)


def _opened(connection: Connection, one: _Outline, kind: str) -> Case:
    """Return a case with what each of its pairs rests on."""
    ends = [(UUID(pair.a), UUID(pair.b)) for pair in one.pairs]
    scored = possible_duplicates.proposals(connection, ends)
    rules = possible_duplicates.rules(connection, (pair[:2] for pair in one.pairs))
    apart = possible_duplicates.different(connection)
    roots = {root for pair in one.pairs for root in pair[2:4]}
    weights = [pair.weight for pair in one.pairs if pair.weight is not None]
    return Case(
        key=one.key,
        kind=kind,
        records=tuple(map(UUID, one.records)),
        pairs=tuple(
            _pair(pair, scored.get(at), rules.get(pair[:2], set()), kind)
            for at, pair in zip(ends, one.pairs, strict=True)
        ),
        weight=max(weights, default=None),
        undecided=one.put_off,
        split=len(roots) > 2 and any(roots.issuperset(pair) for pair in apart),
    )


def _pair(pair: Pair, scored: Proposed | None, rules: set[str], kind: str) -> CasePair:
    named = rules | ({Rule.SCORE.value} if scored else set())
    if kind == OUTAGE:
        named = {Rule.OUTAGE.value}
    return CasePair(
        a=UUID(pair.a),
        b=UUID(pair.b),
        rules=tuple(sorted(named)),
        weight=scored.weight if scored else None,
        parts=parts_of(scored.parts) if scored else (),
        version=scored.version if scored else None,
        undecided=pair.put_off,
        refused=pair.refused,
    )


def parts_of(text: str) -> tuple[Part, ...]:
    """Return what a weight is the sum of, as it was kept."""
    return tuple(Part(comparison=c, level=level, bits=b) for c, level, b in decode(text.encode()))


def _groups(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, ...]]:
    """Put pairs that share a cluster together, the strongest first, up to a size one can see."""
    often = Counter(root for pair in pairs for root in pair[2:4])
    shared = []
    for pair in pairs:
        if often[pair.one] == often[pair.other] == 1:
            yield (pair,)  # as most are
        else:
            shared.append(pair)
    together: dict[str, set[str]] = {}
    for pair in shared:
        one, other = (together.setdefault(root, {root}) for root in pair[2:4])
        if one is not other and len(one) + len(other) <= MOST_RECORDS:
            one |= other
            together.update(dict.fromkeys(other, one))
    groups: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in shared:
        groups[id(together[pair.one])].append(pair)
    yield from (tuple(group) for group in groups.values())


def _members(connection: Connection, groups: Iterable[Sequence[Pair]]) -> dict[str, list[str]]:
    """Return the records of those clusters that have two or more."""
    roots = {root for group in groups for pair in group for root in pair[2:4]}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for record, root in ask(connection, _MEMBERS, listed(roots)):
        found[root].append(record)
    return found


def _meets(one: _Outline, filters: Filters) -> bool:
    return (
        filters.undecided in (None, one.put_off)
        and (filters.least is None or one.bits >= filters.least)
        and (filters.most is None or one.bits < filters.most)
    )


def _placed(
    connection: Connection, found: list[_Outline], filters: Filters, areas: Sequence[str]
) -> list[_Outline]:
    """Return the cases of which a record lies in the areas and was visited in the campaign."""
    if filters.area is not None or areas:
        within = records.areas(connection, {end for one in found for end in one.records})
        found = [
            one
            for one in found
            if any(_lies(within.get(record) or "", filters.area, areas) for record in one.records)
        ]
    if filters.campaign is not None:
        visited = {row[0] for row in ask(connection, _VISITED, filters.campaign)}
        found = [one for one in found if not visited.isdisjoint(one.records)]
    return found


def _lies(area: str, wanted: str | None, areas: Sequence[str]) -> bool:
    """Tell whether an area lies in the one asked for and in one of the user's."""
    asked = wanted is None or contains(wanted, area)
    return asked and (not areas or any(contains(own, area) for own in areas))
