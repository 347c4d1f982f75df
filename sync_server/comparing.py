"""Judging arrivals of one batch against everybody: what follows from scores, clusters and verdicts.

Nothing is read or written here: what is needed of the store is handed in as a `Scene`. A verdict of
a person comes before any score. At most one of those who stand apart is taken for the arrival, and
only where nobody in either cluster speaks against it, so that a chain of weak likenesses never
joins strangers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared_schema.ids import id_of, record_stream
from shared_schema.links import Verdict
from shared_schema.matching.bands import Band, judge_weights
from shared_schema.matching.parameters import Parameters
from shared_schema.matching.people import Comparable
from shared_schema.matching.score import (
    Seen,
    chance,
    guards_of,
    parts_of,
    score,
    seen_of_family,
    seen_of_person,
    weighed,
)

KNOWN, DOUBTFUL, NEW = "known", "doubtful", "new"
# Odds of one in a thousand: nobody below is heard of again.
HOPELESS_BITS = -10.0
_NO_CHANCE_BITS = HOPELESS_BITS - 0.001  # sums in another order differ by less
_EVEN_BITS = 0.0


class Rival(NamedTuple):
    """Somebody whom an arrival was compared with: what agrees, and its weight in bits.

    `against`: whom it was weighed against, by its place in `score.AGAINST`.
    """

    record: str
    person: Comparable
    weight: float
    against: int
    seen: Sequence[Seen]


@dataclass(slots=True, kw_only=True)
class Arriving:
    """One record that is compared; `rivals` are those with a chance, or with the same NIK.

    `born_here`: it came from a device, so that it may be linked without a person.
    """

    record: str
    person: Comparable
    rivals: list[Rival]
    born_here: bool


@dataclass(slots=True, kw_only=True)
class Scene:
    """What the store says of everybody in sight.

    `root`: record -> cluster; `members`: cluster -> records; `people`: what is compared of members;
    `apart`: pairs of clusters that a person called different, `doubted`: left undecided, or took
    back from a machine.
    """

    root: dict[str, str]
    members: dict[str, list[str]]
    people: Mapping[str, Comparable]
    apart: set[frozenset[str]] = field(default_factory=set)
    doubted: set[frozenset[str]] = field(default_factory=set)

    def of(self, record: str) -> str:
        """Return the cluster of a record, itself where it stands alone."""
        return self.root.get(record, record)

    def together(self, record: str) -> Sequence[str]:
        """Return the records of a record's cluster."""
        return self.members.get(self.of(record)) or (record,)

    def join(self, one: str, other: str) -> None:
        """Put two clusters together."""
        mine, theirs = self.of(one), self.of(other)
        everyone = [*self.together(one), *self.together(other)]
        first = min(everyone)
        self.members[first] = everyone
        self.root.update(dict.fromkeys(everyone, first))
        for pairs in (self.apart, self.doubted):
            for pair in [pair for pair in pairs if pair & {mine, theirs}]:
                pairs.add(frozenset(first if end in {mine, theirs} else end for end in pair))


class Found(NamedTuple):
    """What became of an arrival: whom it is `linked` to, or `rivals` to look at."""

    band: str
    best: Rival | None = None
    linked: Rival | None = None
    rivals: tuple[Rival, ...] = ()


def scene_of(
    root: dict[str, str],
    members: dict[str, list[str]],
    people: Mapping[str, Comparable],
    verdicts: Iterable[tuple[str, str, str]],
) -> Scene:
    """Return the scene; `verdicts` are those that do not join, as (a, b, verdict)."""
    scene = Scene(root=root, members=members, people=people)
    for a, b, verdict in verdicts:
        pair = frozenset((scene.of(a), scene.of(b)))
        (scene.apart if verdict == Verdict.DIFFERENT.value else scene.doubted).add(pair)
    return scene


def rivals_of(
    person: Comparable, candidates: Iterable[tuple[str, Comparable]], parameters: Parameters
) -> list[Rival]:
    """Score an arrival's candidates; keep those with a chance and those with the same NIK.

    The family is not compared of those whom even the best of it would leave without a chance.
    """
    found = []
    most = parameters.most_of_family
    for record, other in candidates:
        same_nik = person.nik != "" and person.nik == other.nik
        what = seen_of_person(person, other)
        own = weighed(what, parameters)
        best = min(own[0] + most[0], own[1] + most[1], own[2] + most[2])
        if not same_nik and chance(best, parameters) < _NO_CHANCE_BITS:
            continue
        family = seen_of_family(person, other)
        sums = weighed(family, parameters, own)
        weight = min(sums)
        if same_nik or chance(weight, parameters) > HOPELESS_BITS:
            found.append(Rival(record, other, weight, sums.index(weight), what + family))
    return found


def decide(arriving: Arriving, scene: Scene, parameters: Parameters) -> Found:
    """Return what becomes of an arrival, and note in the scene whom it joins."""
    mine = scene.of(arriving.record)
    rivals = _strongest(arriving, scene, mine)
    if not rivals:
        alone = mine == arriving.record and arriving.record not in scene.members
        return Found(NEW if alone else KNOWN)
    weights = [(one, one.weight) for one in rivals]
    judged = judge_weights(weights, lambda at: guards_of(rivals[at].seen), parameters)
    looked_at = _looked_at(arriving, rivals, judged.reviewed)
    best = judged.best
    if best is not None and judged.band is Band.CERTAIN:
        if _may_join(arriving, best, rivals, scene, parameters):
            scene.join(arriving.record, best.record)
            return Found(KNOWN, best, best)
        looked_at = (best, *(one for one in looked_at if one is not best))
    joined = mine != arriving.record or arriving.record in scene.members
    band = DOUBTFUL if looked_at else KNOWN if joined else NEW
    return Found(band, best, None, looked_at)


def _looked_at(
    arriving: Arriving, rivals: Sequence[Rival], reviewed: Sequence[Rival]
) -> tuple[Rival, ...]:
    """Return whom a person should look at: also whoever has the same NIK, whatever the rest."""
    nik = arriving.person.nik
    others = (one for one in rivals if nik and one.person.nik == nik and one not in reviewed)
    return (*reviewed, *others)


def _strongest(arriving: Arriving, scene: Scene, mine: str) -> list[Rival]:
    """Return the best of each other cluster that no person has called different."""
    best: dict[str, Rival] = {}
    for rival in arriving.rivals:
        theirs = scene.of(rival.record)
        if theirs == mine or frozenset((mine, theirs)) in scene.apart:
            continue
        known = best.get(theirs)
        if known is None or _order(rival) < _order(known):
            best[theirs] = rival
    return sorted(best.values(), key=_order)


def _order(rival: Rival) -> tuple[float, str]:
    return -rival.weight, rival.record


def _may_join(
    arriving: Arriving,
    best: Rival,
    rivals: Sequence[Rival],
    scene: Scene,
    parameters: Parameters,
) -> bool:
    """Tell whether a machine may join the two: nobody doubts it and nobody speaks against it."""
    mine, theirs = scene.of(arriving.record), scene.of(best.record)
    if not arriving.born_here or frozenset((mine, theirs)) in scene.doubted:
        return False
    likely = [scene.of(r.record) for r in rivals if chance(r.weight, parameters) > _EVEN_BITS]
    if any(frozenset((theirs, other)) in scene.apart for other in likely if other != theirs):
        return False
    between = [
        (one, other)
        for one in scene.together(arriving.record)
        for other in scene.together(best.record)
        if one in scene.people and other in scene.people
    ]
    return all(
        not _told_apart(pair, scene.people)
        and (
            pair == (arriving.record, best.record)  # certain, as judged
            or _agree(scene.people[pair[0]], scene.people[pair[1]], parameters)
        )
        for pair in between
    )


def _told_apart(pair: tuple[str, str], people: Mapping[str, Comparable]) -> bool:
    """Tell whether one laptop wrote both, without a NIK that says they are one.

    Its officers saw both people, brothers or sisters for the most part, and wrote two.
    """
    one, other = record_stream(id_of(pair[0])), record_stream(id_of(pair[1]))
    if one is None or other is None or one.device != other.device:
        return False
    nik = people[pair[0]].nik
    return not nik or nik != people[pair[1]].nik


def _agree(one: Comparable, other: Comparable, parameters: Parameters) -> bool:
    scored = score(one, other, parameters)
    return not scored.guards and chance(scored.weight, parameters) > _EVEN_BITS


def parts_text(rival: Rival, parameters: Parameters) -> str:
    """Return the parts of a weight as they are kept."""
    parts = parts_of(rival.seen, rival.against, parameters)
    rows = [f'["{comparison}","{level}",{bits:.4f}]' for comparison, level, bits in parts]
    return f"[{','.join(rows)}]"
