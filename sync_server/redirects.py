"""Where people are sent instead, and whether they can be served there. Pure arithmetic.

A target is named by code or by name. It is flagged where it is itself reported down, where its
state is not known, where it is the place that sends, and where more people are sent to it than
one recording set serves in a day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared_schema.names import fold_name
from shared_schema.regions import (
    Level,
    RegionInvalid,
    RegionTable,
    contains,
    level,
    parse_region,
)
from sync_server.outages import Outage, Standing, is_open, standing

SERVED_A_DAY = 450
_OFFICE_WORDS = frozenset("kantor camat kecamatan kec distrik district office".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """People of one outage sent to one place.

    `target`: its code, None for words that name no region known. `down`, `unclear`: ids of the
    outages that stand there and that nobody knows more of. `senders`: how many places send there
    at once, `displaced`: how many people they say they send.
    """

    outage: str
    source: str | None
    words: str
    target: str | None
    down: tuple[str, ...]
    unclear: tuple[str, ...]
    senders: int
    displaced: int

    @property
    def to_itself(self) -> bool:
        """Tell whether people are sent to where they come from."""
        return self.target is not None and self.target == self.source

    @property
    def overloaded(self) -> bool:
        """Tell whether more people are sent there than one recording set serves in a day."""
        return self.displaced > SERVED_A_DAY

    @property
    def warned(self) -> bool:
        """Tell whether anything speaks against sending people there."""
        return bool(self.down or self.unclear or self.to_itself or self.overloaded)


def region_called(words: str, regions: RegionTable) -> str | None:
    """Return the code of the one district or regency that words name, by code or by name."""
    bare = words.strip()
    if _is_code(bare):
        return parse_region(bare)
    wanted = _name(bare)
    found = [
        code
        for code, name in regions.to_rows()
        if level(code) in (Level.REGENCY, Level.DISTRICT) and _name(name) == wanted
    ]
    return found[0] if wanted and len(found) == 1 else None


def _is_code(words: str) -> bool:
    try:
        return bool(parse_region(words))
    except RegionInvalid:
        return False


def _name(words: str) -> str:
    parts = fold_name(words).split()
    while parts and parts[0] in _OFFICE_WORDS:
        parts.pop(0)
    return " ".join(parts)


def redirects(outages: Sequence[Outage], regions: RegionTable) -> list[Redirect]:
    """Return every redirect of the outages that stand, in their order."""
    standing_now = [one for one in outages if is_open(one)]
    named = [
        (one, words, region_called(words, regions))
        for one in standing_now
        for words in one.value("redirect_to") or ()
    ]
    senders: defaultdict[str, dict[str, Outage]] = defaultdict(dict)
    for one, words, target in named:
        senders[target or fold_name(words)][one.id] = one
    return [
        _redirect(one, words, target, senders[target or fold_name(words)], standing_now)
        for one, words, target in named
    ]


def _redirect(
    outage: Outage,
    words: str,
    target: str | None,
    senders: Mapping[str, Outage],
    standing_now: Iterable[Outage],
) -> Redirect:
    there = stopped_at(target, standing_now)
    return Redirect(
        outage=outage.id,
        source=outage.area,
        words=words,
        target=target,
        down=tuple(one.id for one in there if standing(one) is not Standing.UNKNOWN),
        unclear=tuple(one.id for one in there if standing(one) is Standing.UNKNOWN),
        senders=len(senders),
        displaced=sum(one.most("people_displaced") for one in senders.values()),
    )


def stopped_at(region: str | None, outages: Iterable[Outage]) -> list[Outage]:
    """Return the outages that stand in a region and stop recording there."""
    return [
        one
        for one in outages
        if region and one.area and contains(region, one.area) and one.stops_recording
        if is_open(one)
    ]
