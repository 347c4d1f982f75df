"""``report outages``, ``stock`` and ``rekap``: what is down, what is left, what a day brought."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import click

from shared_schema.console import language, output_options, screen_width, text, wants_json
from shared_schema.regions import contains, parse_region
from sync_server import tallies
from sync_server.commands.opening import PACKAGE, opened
from sync_server.commands.output import OUTPUT, json_text, write_bytes, write_file
from sync_server.commands.report import report
from sync_server.export import cell, write_csv
from sync_server.registry import context_of
from sync_server.reports.outage_layout import outage_rows, outage_text
from sync_server.reports.outage_report import COLUMNS as OUTAGE_COLUMNS
from sync_server.reports.outage_report import outage_document, outage_report
from sync_server.reports.recap_layout import one_table, recap_document, recap_text
from sync_server.reports.recap_report import recap
from sync_server.reports.stock_layout import stock_rows, stock_text
from sync_server.reports.stock_report import COLUMNS as STOCK_COLUMNS
from sync_server.reports.stock_report import stock_document, stock_report
from sync_server.spreadsheet import Sheet, write_workbook

_FORMAT = click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "csv", "xlsx", "json"]),
    default="table",
    show_default=True,
    help="How to lay the report out.",
)
_REGION = click.option("--region", help="Only this region; the whole office otherwise.")
_DAY = click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day as of which to report."
)
_TO_FILE = click.option("--output", type=OUTPUT, help="Write to this file.")


@report.command()
@_FORMAT
@_REGION
@_DAY
@_TO_FILE
@output_options
def outages(layout: str, region: str | None, day: datetime | None, output: Path | None) -> None:
    """Outages: what is down since when, who says so, and where people are sent.

    Says where statements disagree, and which redirect leads to a place that is itself down.
    """
    found, lang = _reading(outage_report, region, day), language()
    _give(
        layout,
        output,
        rows=Table(name="outages", headers=OUTAGE_COLUMNS, rows=outage_rows(found)),
        page=lambda width: outage_text(found, lang, text(PACKAGE), width=width),
        document=lambda: outage_document(found),
    )


@report.command()
@_FORMAT
@_REGION
@_DAY
@_TO_FILE
@output_options
def stock(layout: str, region: str | None, day: datetime | None, output: Path | None) -> None:
    """Blank cards asked for, granted, received, used, spoiled and left, by office.

    Says where the notes do not fit, and how long the cards last.
    """
    found, lang = _reading(stock_report, region, day), language()
    _give(
        layout,
        output,
        rows=Table(name="stock", headers=STOCK_COLUMNS, rows=stock_rows(found)),
        page=lambda width: stock_text(found, lang, text(PACKAGE), width=width),
        document=lambda: stock_document(found, lang),
    )


@report.command()
@_FORMAT
@_REGION
@_DAY
@_TO_FILE
@output_options
def rekap(layout: str, region: str | None, day: datetime | None, output: Path | None) -> None:
    """Rekap harian: a day of the office by district, or of a district by village.

    Coverage, visits, the ministry's statuses, interim letters, blank cards and outages; says
    where a total is not the sum of its parts.
    """
    office = opened()
    tallies.finish(office)
    with office.store.read() as connection:
        on: date = day.date() if day else context_of(office, connection).today
        scope = parse_region(region) if region else None
        found = recap(connection, on, scope, lambda _area: True)
    lang, texts = language(), text(PACKAGE)
    headers, rows = one_table(found)
    _give(
        layout,
        output,
        rows=Table(name="rekap", headers=headers, rows=rows),
        page=lambda width: recap_text(found, lang, texts, width=width),
        document=lambda: recap_document(found),
    )


def _reading(make: Callable[..., Any], region: str | None, day: datetime | None) -> Any:
    scope = parse_region(region) if region else None
    office = opened()
    with office.store.read() as connection:
        on: date = day.date() if day else context_of(office, connection).today
        if scope is None:
            return make(connection, on)
        return make(connection, on, lambda area: area is not None and contains(scope, area))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A report as lines, for a spreadsheet."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]


def _give(
    layout: str,
    output: Path | None,
    *,
    rows: Table,
    page: Callable[[int | None], str],
    document: Callable[[], Any],
) -> None:
    if layout == "json" or wants_json():
        body = json_text(document())
    elif layout == "csv":
        write_file(output, lambda target: write_csv(target, rows.headers, rows.rows))
        return
    elif layout == "xlsx":
        write_bytes(output, _workbook(rows))
        return
    else:
        body = page(None if output else screen_width())
    write_file(output, lambda target: target.write(f"{body}\n"))


def _workbook(rows: Table) -> bytes:
    target = BytesIO()
    cells = [[_cell(value) for value in row] for row in rows.rows]
    sheet = Sheet(name=rows.name, headers=rows.headers, rows=cells)
    for _ in write_workbook(target, [sheet]):
        pass
    return target.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as a workbook's cell: numbers stay numbers, all else is text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number or isinstance(value, str) else cell(value)
