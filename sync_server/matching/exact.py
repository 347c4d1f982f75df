"""Exact duplicates: two residents who share an identifier that ought to be one person's own.

Two rules: `nik`, the same NIK; `family`, the same family card, day of birth and folded name.
What is kept are hashed keys and the pairs that share one. Both are functions of the records
alone, whatever the order in which they arrived; verdicts decide at the time of asking what
is still open, so a verdict taken back brings its pair back.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared_schema.canonical import encode
from shared_schema.changes import Stamp
from shared_schema.fold import RecordState
from shared_schema.ids import id_of
from shared_schema.links import Clusters, Edge, Verdict, ordered
from shared_schema.names import fold_name

MATCHED_TYPE = "person"
LINK_TYPE = "link"
KEY_LIMIT = 250
_KEY_BYTES = 16
_HUMAN = "human"
_LABEL = b"jemput identity key\x00"


class Rule(StrEnum):
    """Why two records may be one: an identifier they share, or how they compare."""

    NIK = "nik"
    FAMILY = "family"
    SCORE = "score"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Key:
    """One hashed identifier of a record: 32 hexadecimal digits that tell nothing else."""

    rule: Rule
    digest: str


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Candidate:
    """Two records, in rising order of id, that may be one by `rule`."""

    a: UUID
    b: UUID
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPair:
    """A pair that a person should look at: every rule it meets, and whether it was put off."""

    a: UUID
    b: UUID
    rules: tuple[Rule, ...]
    undecided: bool


def identity_keys(state: RecordState) -> tuple[Key, ...]:
    """Return the keys of a record: none for other types than persons, and none when void."""
    if state.type != MATCHED_TYPE or state.void is not None:
        return ()
    found = []
    if nik := state.shown("nik"):
        found.append(nik_key(str(nik)))
    family = _family(state)
    if family is not None:
        found.append(_key(Rule.FAMILY, *family))
    return tuple(found)


def nik_key(nik: str) -> Key:
    """Return the key under which everybody who shows this NIK is found."""
    return _key(Rule.NIK, nik)


def _family(state: RecordState) -> tuple[str, str, str] | None:
    if state.shown("birth_date_precision") not in (None, "day"):
        return None
    card, birth = state.shown("kk_number"), state.shown("birth_date")
    name = fold_name(str(state.shown("name") or "")) if card and birth else ""
    return (str(card), str(birth), name) if name else None


def _key(rule: Rule, *parts: str) -> Key:
    content = _LABEL + encode([rule.value, *parts])
    return Key(rule=rule, digest=hashlib.sha256(content).digest()[:_KEY_BYTES].hex())


def candidates(rule: Rule, sharing: Collection[UUID], fresh: Iterable[UUID]) -> set[Candidate]:
    """Return the pairs of each of the `fresh` records with all that share one key of `rule`.

    A key with more than 250 records says nothing about identity (a placeholder typed into
    many forms) and gives no pairs.
    """
    if len(sharing) > KEY_LIMIT:
        return set()
    pairs = (ordered(one, other) for one in fresh for other in sharing if one != other)
    return {Candidate(a=a, b=b, rule=rule) for a, b in pairs}


def edge_of(state: RecordState) -> Edge | None:
    """Return the verdict that a link record stands for, None where it is void or incomplete.

    A verdict is a machine's only where its method says so; whoever sends one from a laptop
    cannot set a method. A machine's verdict that was taken back is a person's doubt: the two are
    looked at again, and no machine joins them. Each *same* that a person says anew names record `a`
    anew, and undoing does not: so a verdict that is restored is laid where it was.
    """
    head = state.fields["verdict"].winner if "verdict" in state.fields else None
    if head is None or state.type != LINK_TYPE:
        return None
    said = state.shown("method")
    method = _HUMAN if said is None else str(said)
    doubted = state.void is not None and not method.startswith(_HUMAN)
    try:
        a, b = id_of(state.shown("a")), id_of(state.shown("b"))
        verdict = Verdict(str(head.value))
    except (TypeError, ValueError):
        return None
    if a == b:
        return None
    if state.void is not None and not doubted:
        return None
    return Edge(
        a=a,
        b=b,
        verdict=Verdict.UNDECIDED if doubted else verdict,
        human=doubted or method.startswith(_HUMAN),
        stamp=head.stamp,
        laid=_laid(state, head.stamp),
        weight=0.0 if doubted else float(state.shown("weight") or 0),
    )


def _laid(state: RecordState, said: Stamp) -> Stamp | None:
    """Return when `a` was named, None where that was with the verdict."""
    named = state.fields["a"].winner
    return named.stamp if named is not None and named.stamp != said else None


def standing(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Return one edge for each pair, in order of pair: a human's before a machine's, the later.

    Two link records may name one pair where a laptop made one of its own.
    """
    best: dict[tuple[UUID, UUID], Edge] = {}
    for edge in edges:
        known = best.get(edge.pair)
        if known is None or _authority(known) < _authority(edge):
            best[edge.pair] = edge
    return tuple(best[pair] for pair in sorted(best))


def _authority(edge: Edge) -> tuple[bool, Stamp, str]:
    return edge.human, edge.stamp, edge.verdict.value


def open_pairs(
    found: Iterable[Candidate], edges: Iterable[Edge], clusters: Clusters
) -> tuple[OpenPair, ...]:
    """Return the pairs that still ask for a verdict, in order of their ids.

    `edges` holds one standing verdict a pair. A pair is closed when both are in one cluster,
    or when `different` stands between any two records of their two clusters.
    """
    rules: dict[tuple[UUID, UUID], set[Rule]] = {}
    for candidate in found:
        rules.setdefault((candidate.a, candidate.b), set()).add(candidate.rule)
    vetoed, put_off = set(), set()
    for edge in edges:
        if edge.verdict is Verdict.DIFFERENT:
            vetoed.add(ordered(clusters.of(edge.a), clusters.of(edge.b)))
        elif edge.verdict is Verdict.UNDECIDED:
            put_off.add(edge.pair)
    return tuple(
        OpenPair(a=a, b=b, rules=tuple(sorted(rules[a, b])), undecided=(a, b) in put_off)
        for a, b in sorted(rules)
        if clusters.of(a) != clusters.of(b)
        and ordered(clusters.of(a), clusters.of(b)) not in vetoed
    )
