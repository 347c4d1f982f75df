"""Verdicts on who is who, and the clusters that follow from them.

Merging never rewrites records: a verdict *same* is an edge, *different* a veto that holds for
ever, and taking a verdict back restores what was. The clusters are a pure function of the set
of verdicts, so they commute. Human verdicts are laid first, in the order in which they were first
said, then automatic ones by falling weight; an edge that would bring two vetoed records together
is refused and shown instead. What a human called *undecided* only a human may join.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared_schema.changes import Stamp
from shared_schema.ids import derived_id

_LABEL = "jemput link"


class Verdict(StrEnum):
    """What was decided about two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One standing verdict. ``weight``: match weight in bits, 0 for a human's.

    ``laid``: when a human first said so, where the verdict was taken back and restored since.
    """

    a: UUID
    b: UUID
    verdict: Verdict
    human: bool
    stamp: Stamp
    weight: float = 0.0
    laid: Stamp | None = None

    @property
    def pair(self) -> tuple[UUID, UUID]:
        """The two records in rising order."""
        return ordered(self.a, self.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """``root``: record -> the smallest id of its cluster, for records in one of two or more.

    ``members``: root -> its records in rising order. ``refused``: *same* edges that a veto kept
    out, in the order in which they were tried.
    """

    root: Mapping[UUID, UUID]
    members: Mapping[UUID, tuple[UUID, ...]]
    refused: tuple[Edge, ...]

    def of(self, record: UUID) -> UUID:
        """Return the id of the cluster of ``record``: itself where it stands alone."""
        return self.root.get(record, record)


def ordered(a: UUID, b: UUID) -> tuple[UUID, UUID]:
    """Return the two ids in rising order: the form in which a pair is named."""
    return (a, b) if a <= b else (b, a)


def link_id(a: UUID, b: UUID) -> UUID:
    """Return the id of the link record of a pair, the same from either side."""
    first, second = ordered(a, b)
    return derived_id(_LABEL, first.bytes + second.bytes)


def clusters(edges: Iterable[Edge]) -> Clusters:
    """Return the clusters that ``edges`` (one standing verdict a pair) amount to."""
    known = sorted(edges, key=_priority)
    vetoes: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for edge in known:
        if edge.verdict is Verdict.DIFFERENT:
            vetoes[edge.a].add(edge.b)
            vetoes[edge.b].add(edge.a)
    doubts = _doubts(known, vetoes)
    groups: dict[UUID, set[UUID]] = {}
    refused = [
        edge
        for edge in known
        if edge.verdict is Verdict.SAME
        and not _unite(groups, vetoes if edge.human else doubts, edge.a, edge.b)
    ]
    members = {min(group): tuple(sorted(group)) for group in groups.values() if len(group) > 1}
    root = {record: first for first, group in members.items() for record in group}
    return Clusters(root=root, members=members, refused=tuple(refused))


def _doubts(edges: Iterable[Edge], vetoes: Mapping[UUID, set[UUID]]) -> Mapping[UUID, set[UUID]]:
    """Return what automatic edges may not join: the vetoes, and what a human left undecided."""
    put_off = [edge for edge in edges if edge.human and edge.verdict is Verdict.UNDECIDED]
    if not put_off:
        return vetoes
    doubts = defaultdict(set, {record: set(others) for record, others in vetoes.items()})
    for edge in put_off:
        doubts[edge.a].add(edge.b)
        doubts[edge.b].add(edge.a)
    return doubts


def _unite(
    groups: dict[UUID, set[UUID]], vetoes: Mapping[UUID, set[UUID]], a: UUID, b: UUID
) -> bool:
    """Join the groups of ``a`` and ``b`` unless a veto stands between them.

    Within a group that people joined a doubt may be left; it refuses nothing any more.
    """
    one, other = groups.get(a, {a}), groups.get(b, {b})
    if one is other:
        return True
    small, large = sorted((one, other), key=len)
    if any(not large.isdisjoint(vetoes.get(record, ())) for record in small):
        return False
    together = one | other
    groups.update(dict.fromkeys(together, together))
    return True


def _priority(edge: Edge) -> tuple[bool, float, str, tuple[UUID, UUID]]:
    """Order by what undoing restores: a machine's verdict has a weight, and no time."""
    if not edge.human:
        return True, -edge.weight, "", edge.pair
    return False, 0.0, (edge.laid or edge.stamp).text(), edge.pair
