"""The outage report as a page of text and as a table for a spreadsheet."""

from collections.abc import Callable, Iterator
from typing import Any

from shared_schema.display import table
from shared_schema.numerals import shown
from sync_server import outages as arithmetic
from sync_server.outages import Outage
from sync_server.reports import outage_words as words
from sync_server.reports.outage_report import COLUMNS, OutageReport, outage_row

Texts = Callable[[str], str]


def outage_text(report: OutageReport, lang: str, texts: Texts, *, width: int | None = None) -> str:
    """Return the report as aligned text; ``width``: how many letters fit on a line."""
    heading = texts("Outages as of {day}").format(day=report.as_of.isoformat())
    if not report.outages:
        return f"{heading}\n\n{texts('No outage is known.')}"
    parts = [f"{heading}\n{_totals(report, lang)}", _table(report, lang, texts, width)]
    parts += ["\n".join(said) for one in report.open if (said := list(_said(report, one, lang)))]
    return "\n\n".join([*parts, words.repairs_text(report.repairs, lang)])


def _totals(report: OutageReport, lang: str) -> str:
    counts = [
        f"{words.STANDINGS[arithmetic.Standing(name)].text(lang)}: {shown(count, lang)}"
        for name, count in report.standing.items()
    ]
    return f"{', '.join(counts)} = {shown(len(report.outages), lang)}"


def _table(report: OutageReport, lang: str, texts: Texts, width: int | None) -> str:
    headers = [
        texts(word)
        for word in (
            "Place",
            "Component",
            "State",
            "Broken since",
            "Lasted",
            "Repairs",
            "Displaced",
        )
    ]
    rows = [
        [
            words.place_text(report, one),
            words.component_text(one, lang),
            words.STANDINGS[arithmetic.standing(one)].text(lang),
            words.since_text(one, lang),
            words.span_text(report.lasted(one), lang),
            words.repairs_tried(one, lang),
            shown(one.most("people_displaced"), lang),
        ]
        for one in report.outages
    ]
    return table(headers, rows, width=width, numbers_from=5)


def _said(report: OutageReport, outage: Outage, lang: str) -> Iterator[str]:
    """Yield what must be known of one outage: who disagrees, and which redirect leads nowhere."""
    place = words.place_text(report, outage)
    for field, saying in words.disagreement_texts(outage, lang):
        yield f"! {place}: {field}: {saying}"
    for one in report.redirects:
        if one.outage == outage.id:
            name = report.regions.name(one.target) if one.target else one.words
            told = words.warnings(report, one, lang)
            yield f"{'!' if told else ' '} {place} → {name}{': ' if told else ''}{' '.join(told)}"


def outage_rows(report: OutageReport) -> list[list[Any]]:
    """Return one line an outage, under COLUMNS, the keys of the JSON document."""
    return [[outage_row(report, one)[name] for name in COLUMNS] for one in report.outages]
