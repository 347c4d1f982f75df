"""What a day's recap says beside people: interim letters, blank cards, and what is out of order.

Each letter, office and outage counts in the region it lies in, once; what lies in no part of a
region (the regency's own office, a district's) is a line of its own, so that the total is the sum.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from shared_schema.regions import contains
from sync_server.outages import is_open
from sync_server.reports.outage_report import outage_report
from sync_server.reports.stock_report import stock_report
from sync_server.store.driver import ask
from sync_server.store.queries import facts
from sync_server.store.queries.facts import Fact
from sync_server.timeline import as_of

COUNTS = (
    "suket_issued", "suket_holding", "cards_received", "cards_used", "cards_spoiled",
    "cards_remaining", "outages_open", "outages_recording", "outages_printing",
)  # fmt: skip
_MOVED = {"received": "cards_received", "used": "cards_used", "spoiled": "cards_spoiled"}
_LETTERS = (
    "SELECT area, total(json_extract(shown, '$.issued_on') = ?1), count(*) FROM records"
    " WHERE type = 'suket' AND NOT void AND complete AND json_extract(shown, '$.issued_on') <= ?1"
    " AND coalesce(json_extract(shown, '$.expires_on'), '9999') >= ?1 GROUP BY area"
)
Covers = Callable[[str | None], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What was counted of one region, by the names of COUNTS."""

    region: str
    counts: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """A region's parts, its own office, and the region as a whole."""

    parts: Sequence[Supply]
    own: Supply
    total: Supply


def supplies(
    connection: Connection, day: date, wanted: str, parts: Sequence[str], covers: Covers
) -> Supplies:
    """Return what stood in a region on the evening of a day, as far as it is known now.

    What lies in no region that is known counts for the office's own.
    """
    office = facts.need(connection, Fact.REGION)

    def counted(area: str | None) -> bool:
        return contains(wanted, area or office) and covers(area)

    found: dict[str, Counter[str]] = {}
    for area, name, count in [
        *_letters(connection, day, counted),
        *_cards(connection, day, counted),
        *_outages(connection, day, counted),
    ]:
        part = next((one for one in parts if area and contains(one, area)), "")
        found.setdefault(part, Counter())[name] += count
    return Supplies(
        parts=[Supply(region=one, counts=found.get(one, Counter())) for one in parts],
        own=Supply(region=wanted, counts=found.get("", Counter())),
        total=Supply(region=wanted, counts=_sum(found.values())),
    )


def _sum(several: Iterable[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for one in several:
        whole.update(one)
    return whole


Counted = tuple[str | None, str, int]


def _letters(connection: Connection, day: date, counted: Covers) -> Iterator[Counted]:
    for area, issued, holding in ask(connection, _LETTERS, day.isoformat()):
        if counted(area):
            yield area, "suket_issued", int(issued)
            yield area, "suket_holding", holding


def _cards(connection: Connection, day: date, counted: Covers) -> Iterator[Counted]:
    for office in stock_report(connection, day, counted).offices:
        area = next((one.area for one in office.movements), None)
        yield area, "cards_remaining", office.balance.remaining
        for move in office.movements:
            if move.on == day and move.kind in _MOVED:
                yield area, _MOVED[move.kind], move.quantity


def _outages(connection: Connection, day: date, counted: Covers) -> Iterator[Counted]:
    for now in outage_report(connection, day, counted).outages:
        one = as_of(now, day)
        if one is not None and is_open(one):
            yield one.area, "outages_open", 1
            yield one.area, "outages_recording", int(one.stops_recording)
            yield one.area, "outages_printing", int(one.stops_printing)
