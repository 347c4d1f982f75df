"""Published figures of the store beside our own, and what the arithmetic says of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.days import read_day
from shared_schema.numerals import read_number
from shared_schema.regions import contains
from sync_server.coverage import Count
from sync_server.figures import DEADLINE, Day, Finding, Published, check_figures, label, percent
from sync_server.stock import Balance
from sync_server.store import tables

_NO_CARDS: Mapping[str, Balance] = MappingProxyType({})
_OF_CARDS = {
    "stok_blangko": "remaining",
    "blangko_diminta": "requested",
    "blangko_diberi": "granted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure record; `record` its id, `ours` our own number of the same thing."""

    record: str
    region: str
    as_of: date | None
    source: str | None
    approximate: bool
    published: Published
    ours: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFinding:
    """What the figures that one region published of one day say."""

    region: str
    as_of: date | None
    finding: Finding


def figures(
    connection: Connection,
    within: str | None,
    counts: Mapping[str, Count],
    cards: Mapping[str, Balance] = _NO_CARDS,
) -> list[Figure]:
    """Return the figures of a region (None: all that are known), oldest day first.

    `counts` and `cards`: what we count ourselves, by region.
    """
    table = tables.records
    query = select(table.c.record, table.c.shown).where(
        table.c.type == "figure", table.c.void.is_(False), table.c.complete.is_(True)
    )
    query = query.order_by(table.c.born, table.c.record)
    rows = ((row.record, decode(row.shown.encode())) for row in connection.execute(query))
    found = [
        _figure(record, values, counts, cards)
        for record, values in rows
        if within is None or contains(within, values["region"])
    ]
    return sorted(found, key=_order)


def _figure(
    record: str,
    values: Mapping[str, Any],
    counts: Mapping[str, Count],
    cards: Mapping[str, Balance],
) -> Figure:
    measure, raw, region = values["measure"], values["raw"], values["region"]
    reading = read_number(raw)
    as_of = values.get("as_of")
    return Figure(
        record=record,
        region=region,
        as_of=date.fromisoformat(as_of) if as_of else None,
        source=values.get("source"),
        approximate=bool(values.get("approximate")) or reading.approximate,
        published=Published(measure=measure, raw=raw, reading=reading),
        ours=_cards(_OF_CARDS[measure], cards.get(region))
        if measure in _OF_CARDS
        else _ours(measure, counts.get(region)),
    )


def _order(figure: Figure) -> tuple[str, str, str]:
    """Sort by region, day and measure; of one measure the first that was entered comes first."""
    day = figure.as_of.isoformat() if figure.as_of else ""
    return figure.region, day, figure.published.measure


def _cards(part: str, cards: Balance | None) -> Decimal | None:
    return None if cards is None else Decimal(getattr(cards, part))


def _ours(measure: str, count: Count | None) -> Decimal | None:
    if count is None or not count.wajib:
        return None
    missing = Decimal(count.recorded_field + count.not_recorded)
    known = {
        "wajib_ktp": Decimal(count.wajib),
        "sudah_rekam": Decimal(count.recorded_ministry),
        "sudah_cetak": Decimal(count.printed),
        "belum_cetak": Decimal(count.not_printed),
        "belum_rekam": missing,
        "belum_rekam_persen": percent(missing, Decimal(count.wajib)),
    }
    return known.get(measure)


def findings(found: Sequence[Figure], deadline: date | None) -> list[RegionFinding]:
    """Return what the figures of each region and day say about each other.

    Where one measure was published twice with different numbers that is said, and the
    arithmetic goes on with the first. A deadline that was published goes before the policy's.
    """
    days: defaultdict[tuple[str, date | None], list[Figure]] = defaultdict(list)
    for figure in found:
        days[figure.region, figure.as_of].append(figure)
    said = []
    for (region, as_of), together in days.items():
        first: dict[str, Published] = {}
        for figure in together:
            first.setdefault(figure.published.measure, figure.published)
        numbers = [one for one in together if one.published.measure != DEADLINE]
        said_so = first.pop(DEADLINE, None)
        until = (read_day(said_so.raw) if said_so else None) or deadline
        day = Day(figures=first, as_of=as_of, deadline=until)
        of_day = [*_contradicting(numbers, first), *check_figures(day)]
        said += [RegionFinding(region=region, as_of=as_of, finding=one) for one in of_day]
    return said


def _contradicting(together: Sequence[Figure], first: Mapping[str, Published]) -> list[Finding]:
    """Return a finding for every figure that another one of the same measure contradicts."""
    found = []
    for figure in together:
        mine, other = figure.published, first[figure.published.measure]
        if mine.reading != other.reading:
            found.append(
                Finding(
                    code="SOURCES_DISAGREE",
                    text=label(
                        '{measure}: tertulis "{other}" dan juga "{mine}".',
                        '{measure}: published as "{other}" and also as "{mine}".',
                        measure=mine.measure,
                        other=other.raw,
                        mine=mine.raw,
                    ),
                    measure=mine.measure,
                    published=mine.raw,
                    computed=other.reading.value,
                    disagrees=True,
                )
            )
    return found
