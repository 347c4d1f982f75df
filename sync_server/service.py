"""Service today: which office records, which prints, and where people are sent. Pure arithmetic.

Only names of regions come out of it, never what somebody typed, so it can be put on a wall and
shared: free words may name people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sync_server.outages import Outage, Standing, is_open, standing
from sync_server.redirects import Redirect, stopped_at


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One district: whether it records, and where its people go instead.

    `send_to`: regions against which nothing speaks; `warned`: those that are not told to anybody.
    """

    region: str
    records: Serves
    send_to: tuple[str, ...]
    warned: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The services of a regency. `everywhere`: what an outage of the regency itself stops."""

    districts: tuple[Service, ...]
    everywhere: Serves
    prints: Serves
    cards_left: int | None


def today(
    regency: str,
    districts: Iterable[str],
    outages: Sequence[Outage],
    redirects: Sequence[Redirect],
    cards_left: int | None,
) -> Today:
    """Return what is served. `cards_left`: blank cards, None where nobody counted them."""
    whole = [one for one in outages if one.area == regency]
    printing = [one for one in whole if one.stops_printing and is_open(one)]
    return Today(
        districts=tuple(_service(one, outages, redirects) for one in districts),
        everywhere=_served(stopped_at(regency, whole)),
        prints=_printed(printing, cards_left),
        cards_left=cards_left,
    )


def _service(region: str, outages: Sequence[Outage], redirects: Sequence[Redirect]) -> Service:
    records = _served(stopped_at(region, outages))
    mine = [one for one in redirects if one.source == region and one.target]
    good = {one.target or "" for one in mine if not one.warned}
    bad = {one.target or "" for one in mine if one.warned}
    return Service(
        region=region,
        records=records,
        send_to=() if records is Serves.YES else tuple(sorted(good)),
        warned=tuple(sorted(bad)),
    )


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
