"""The recap of a day as tables: for a page, a paper, a workbook, and as one table for CSV."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared_schema.days import written_day
from shared_schema.display import table
from shared_schema.numerals import shown
from sync_server.reports.day_supply import COUNTS as SUPPLY
from sync_server.reports.day_supply import Supply
from sync_server.reports.overview_report import name_of
from sync_server.reports.recap_report import OUTCOMES, STATUSES, Part, Recap

Texts = Callable[[str], str]
_COUNTS = {
    "wajib": "Must hold a card",
    "recorded_ministry": "Recorded (ministry)",
    "recorded_field": "Recorded (field)",
    "not_recorded": "Not recorded",
    "printed": "Printed",
    "not_printed": "Not printed",
}
_SUPPLY = {
    "suket_issued": "Letters issued",
    "suket_holding": "Letters that hold",
    "cards_received": "Cards received",
    "cards_used": "Cards used",
    "cards_spoiled": "Cards spoiled",
    "cards_remaining": "Cards left",
    "outages_open": "Outages open",
    "outages_recording": "Stop recording",
    "outages_printing": "Stop printing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its title, headers, a row a region (code, name, numbers), and the total."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    total: Sequence[str | int]


def recap_tables(found: Recap, lang: str, texts: Texts) -> list[Table]:
    """Return coverage, the day's visits, the ministry's statuses, and what an office works with."""
    return [
        _table(found, texts("Coverage"), lang, texts, list(_coverage(texts))),
        _table(found, texts("Visits of the day"), lang, texts, list(_visits(found, lang, texts))),
        _table(
            found,
            texts("By the ministry's status"),
            lang,
            texts,
            list(_statuses(found, lang, texts)),
        ),
        _supply(found, texts),
    ]


def _supply(found: Recap, texts: Texts) -> Table:
    def row(name: str, one: Supply) -> list[str | int]:
        return [one.region, name, *(one.counts[each] for each in SUPPLY)]

    return Table(
        title=texts("Letters, blank cards, equipment"),
        headers=[texts("Code"), texts("Region"), *(texts(_SUPPLY[each]) for each in SUPPLY)],
        rows=[row(name, one) for name, one in _named(found, texts)],
        total=row(found.regions.name(found.total.region), found.supplies.total),
    )


def _named(found: Recap, texts: Texts) -> Iterator[tuple[str, Supply]]:
    """Yield the parts by name, then what lies in none of them, where anything does."""
    for one in found.supplies.parts:
        yield found.regions.name(one.region), one
    own = found.supplies.own
    if any(own.counts.values()):
        yield texts("In no part of it"), own


Column = tuple[str, Callable[[Part], int]]


def _table(found: Recap, title: str, lang: str, texts: Texts, columns: Sequence[Column]) -> Table:
    def row(part: Part) -> list[str | int]:
        name = name_of(found.regions, part.region, found.partial, lang)
        return [part.region, name, *(value(part) for _, value in columns)]

    return Table(
        title=title,
        headers=[texts("Code"), texts("Region"), *(header for header, _ in columns)],
        rows=[row(part) for part in found.parts],
        total=row(found.total),
    )


def _coverage(texts: Texts) -> Iterator[Column]:
    yield texts("Recorded today"), lambda part: part.today
    for name, word in _COUNTS.items():
        yield texts(word), _count(name)


def _count(name: str) -> Callable[[Part], int]:
    return lambda part: int(getattr(part.count, name))


def _visits(found: Recap, lang: str, texts: Texts) -> Iterator[Column]:
    yield texts("Visits"), lambda part: part.visits
    for code, label in OUTCOMES.items():
        if found.total.outcomes.get(code):
            yield label.text(lang), _outcome(code)


def _outcome(code: str) -> Callable[[Part], int]:
    return lambda part: part.outcomes.get(code, 0)


def _statuses(found: Recap, lang: str, texts: Texts) -> Iterator[Column]:
    yield texts("Must hold a card"), lambda part: part.count.wajib
    yield texts("No status"), _status("")
    for code, label in STATUSES.items():
        if found.total.statuses.get(code):
            yield label.text(lang), _status(code)


def _status(code: str) -> Callable[[Part], int]:
    return lambda part: part.statuses.get(code, 0)


def one_table(found: Recap) -> tuple[list[str], list[list[str | int]]]:
    """Return headers and rows of everything in one table, under the keys of the records.

    What lies in no part of the region counts in the last line, the region as a whole.
    A region of which the user covers a part only is left out: nothing would tell its sums apart.
    """
    headers = [
        "day", "region", "name", "recorded_today", *_COUNTS, "visits",
        *(f"outcome_{code}" for code in OUTCOMES),
        "status_none", *(f"status_{code}" for code in STATUSES), *SUPPLY,
    ]  # fmt: skip
    every = zip(
        (*found.parts, found.total), (*found.supplies.parts, found.supplies.total), strict=True
    )
    rows: list[list[str | int]] = [
        [
            found.day.isoformat(),
            part.region,
            found.regions.name(part.region),
            part.today,
            *(_count(name)(part) for name in _COUNTS),
            part.visits,
            *(part.outcomes.get(code, 0) for code in OUTCOMES),
            *(part.statuses.get(code, 0) for code in ("", *STATUSES)),
            *(supply.counts[name] for name in SUPPLY),
        ]
        for part, supply in every
        if part.region not in found.partial
    ]
    return headers, rows


def recap_document(found: Recap) -> dict[str, Any]:
    """Return a recap as a JSON document: a row a part under the keys of CSV, and the total."""
    headers, rows = one_table(found)
    *parts, total = (dict(zip(headers, row, strict=True)) for row in rows)
    return {
        "day": found.day.isoformat(),
        "region": found.total.region,
        "campaign": found.rule.name,
        "balanced": not found.uneven,
        "uneven": [{"region": region, "figure": name} for region, name in found.uneven],
        "parts": parts,
        "in_no_part": dict(found.supplies.own.counts),
        "total": total,
    }


def recap_text(found: Recap, lang: str, texts: Texts, *, width: int | None = None) -> str:
    """Return a recap as aligned text; ``width``: how many letters fit on a line."""
    title = texts("Daily recap of {region}, {day}").format(
        region=found.regions.name(found.total.region), day=written_day(found.day, lang)
    )
    tables = [_text_of(one, lang, width) for one in recap_tables(found, lang, texts)]
    return "\n\n".join([title, *tables, balance_text(found, texts)])


def _text_of(one: Table, lang: str, width: int | None) -> str:
    rows = [
        [cell if isinstance(cell, str) else shown(cell, lang) for cell in row[1:]]
        for row in (*one.rows, one.total)
    ]
    return f"{one.title}\n{table(one.headers[1:], rows, width=width, numbers_from=1)}"


def balance_text(found: Recap, texts: Texts) -> str:
    """Return that every total is the sum of its parts, or which are not."""
    if not found.uneven:
        return texts("Every total is the sum of its parts.")
    return texts("Some totals are not the sum of their parts: {names}.").format(
        names=", ".join(f"{region} {name}" for region, name in found.uneven)
    )
