"""Service today: which office records, which prints, and where people are sent. Pure arithmetic.

Only names of regions come out of it, never what somebody typed, so it can be put on a wall and
shared: free words may name people. Where an outage of the regency names no district, no district is
said to serve: nobody knows which of them it stops.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared_schema.names import fold_name
from shared_schema.regions import RegionTable, contains
from sync_server.outages import Outage, Standing, is_open, standing
from sync_server.redirects import Redirect, region_called, stopped_at


class Serves(StrEnum):
    """Whether people are served: yes, no, now and then, or nobody knows."""

    YES = "yes"
    NO = "no"
    SOMETIMES = "sometimes"
    UNCLEAR = "unclear"


_BY_STANDING = {
    Standing.DOWN: Serves.NO,
    Standing.INTERMITTENT: Serves.SOMETIMES,
    Standing.UNKNOWN: Serves.UNCLEAR,
}
_WORST_FIRST = (Standing.DOWN, Standing.INTERMITTENT, Standing.UNKNOWN)
_SHARED = frozenset({"server", "network"})
_DISTRICTS = frozenset({"kecamatan", "distrik", "district", "districts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One office: whether it records and prints, and where its people go instead.

    `prints`: None where neither an outage nor counted blank cards say anything of it. `send_to`:
    regions against which nothing speaks; `warned`: those that are not told to anybody.
    """

    region: str
    records: Serves
    prints: Serves | None
    send_to: tuple[str, ...]
    warned: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The services of a regency: its own office, and its districts.

    `everywhere`: what outages stop that lie in the regency and name no district.
    """

    office: Service
    districts: tuple[Service, ...]
    everywhere: Serves
    prints: Serves

    @property
    def rows(self) -> tuple[Service, ...]:
        """The regency's office, then its districts."""
        return (self.office, *self.districts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a regency's offices. `cards`: blank cards left, by office that counts."""

    regency: str
    outages: Sequence[Outage]
    redirects: Sequence[Redirect]
    cards: Mapping[str, int]
    everywhere: Serves
    prints: Serves


def today(
    regency: str,
    districts: Iterable[str],
    outages: Sequence[Outage],
    redirects: Sequence[Redirect],
    cards: Mapping[str, int],
    regions: RegionTable,
) -> Today:
    """Return what is served. `cards`: the blank cards left, by office that counted them."""
    whole = [one for one in outages if one.area == regency]
    own = [one for one in whole if _is_of_the_office(one, regency, regions)]
    open_ended = [one for one in whole if one not in own]
    printing = [one for one in whole if one.stops_printing and is_open(one)]
    known = _Known(
        regency=regency,
        outages=outages,
        redirects=redirects,
        cards=cards,
        everywhere=_served(stopped_at(regency, open_ended)),
        prints=_printed(printing, sum(cards.values()) if cards else None),
    )
    return Today(
        office=_service(known, regency, own),
        districts=tuple(
            _service(known, one, [each for each in outages if _lies_in(each, one)])
            for one in districts
        ),
        everywhere=known.everywhere,
        prints=known.prints,
    )


def _is_of_the_office(outage: Outage, regency: str, regions: RegionTable) -> bool:
    """Tell whether an outage is a machine of the regency's own office, and reaches no district."""
    if outage.value("component") in _SHARED or outage.value("diagnosis") in _SHARED:
        return False
    words = fold_name(str(outage.value("place") or "")).split()
    office = str(outage.value("office") or "")
    return region_called(office, regions) == regency and not _DISTRICTS.intersection(words)


def _lies_in(outage: Outage, region: str) -> bool:
    return outage.area is not None and contains(region, outage.area)


def _service(known: _Known, region: str, outages: Sequence[Outage]) -> Service:
    records = _served(stopped_at(region, outages))
    if records is Serves.YES and known.everywhere is not Serves.YES:
        records = Serves.UNCLEAR
    good, bad = _targets(known, region)
    return Service(
        region=region,
        records=records,
        prints=_prints(known, region, outages),
        send_to=() if records is Serves.YES else tuple(sorted(good)),
        warned=tuple(sorted(bad)),
    )


def _targets(known: _Known, region: str) -> tuple[set[str], set[str]]:
    """Return where the people of a region are sent: what nothing speaks against, and the rest."""
    mine = [one for one in known.redirects if one.source == region and one.target]
    bad = {one.target or "" for one in mine if one.warned}
    if known.everywhere is not Serves.YES:
        bad |= {one.target for one in mine if one.target and contains(known.regency, one.target)}
    return {one.target or "" for one in mine} - bad, bad


def _prints(known: _Known, region: str, outages: Sequence[Outage]) -> Serves | None:
    """Return whether cards are printed at an office, None where nothing says that it prints."""
    stopped = [one for one in outages if one.stops_printing and is_open(one)]
    if stopped:
        return _served(stopped)
    cards = known.cards.get(region)
    if cards is None:
        return None
    said = _printed([], cards)
    unclear = said is Serves.YES and known.prints is not Serves.YES and region != known.regency
    return Serves.UNCLEAR if unclear else said


def _served(stopped: Iterable[Outage]) -> Serves:
    said = {standing(one) for one in stopped}
    worst = next((one for one in _WORST_FIRST if one in said), None)
    return _BY_STANDING[worst] if worst else Serves.YES


def _printed(stopped: Sequence[Outage], cards_left: int | None) -> Serves:
    if stopped:
        return _served(stopped)
    if cards_left is None:
        return Serves.UNCLEAR
    return Serves.YES if cards_left > 0 else Serves.NO
