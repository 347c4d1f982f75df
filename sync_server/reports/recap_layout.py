"""The recap of a day as tables: for a page, a paper, a workbook, and as one table for CSV."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its title, headers, a row a region (code, name, numbers), and the total."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    total: Sequence[str | int]


def recap_tables(found: Recap, lang: str, texts: Texts) -> list[Table]:
    """Return coverage, the day's visits, and the ministry's statuses, without empty columns."""
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
    ]


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

    A region of which the user covers a part only is left out: nothing would tell its sums apart.
    """
    headers = [
        "day", "region", "name", "recorded_today", *_COUNTS, "visits",
        *(f"outcome_{code}" for code in OUTCOMES),
        "status_none", *(f"status_{code}" for code in STATUSES),
    ]  # fmt: skip
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
        ]
        for part in (*found.parts, found.total)
        if part.region not in found.partial
    ]
    return headers, rows
