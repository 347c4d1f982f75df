"""``report outages`` and ``report stock``: what is down, and how many blank cards are left."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from shared_schema.console import language, output_options, screen_width, text, wants_json
from shared_schema.regions import contains, parse_region
from sync_server.app import open_office
from sync_server.commands.opening import PACKAGE
from sync_server.commands.output import OUTPUT, json_text, write_file
from sync_server.commands.report import NotYet, report
from sync_server.config import load_config
from sync_server.registry import context_of
from sync_server.reports.outage_layout import outage_text, write_outage_csv
from sync_server.reports.outage_report import outage_document, outage_report
from sync_server.reports.stock_layout import stock_text, write_stock_csv
from sync_server.reports.stock_report import stock_document, stock_report

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
    report_of, lang = _reading(outage_report, region, day), language()
    _give(
        layout,
        output,
        table=lambda width: outage_text(report_of, lang, text(PACKAGE), width=width),
        csv=lambda target: write_outage_csv(report_of, target),
        document=lambda: outage_document(report_of),
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
    report_of, lang = _reading(stock_report, region, day), language()
    _give(
        layout,
        output,
        table=lambda width: stock_text(report_of, lang, text(PACKAGE), width=width),
        csv=lambda target: write_stock_csv(report_of, target),
        document=lambda: stock_document(report_of, lang),
    )


def _reading(make: Callable[..., Any], region: str | None, day: datetime | None) -> Any:
    scope = parse_region(region) if region else None
    office = open_office(load_config())
    with office.store.read() as connection:
        on: date = day.date() if day else context_of(office, connection).today
        if scope is None:
            return make(connection, on)
        return make(connection, on, lambda area: area is not None and contains(scope, area))


def _give(
    layout: str,
    output: Path | None,
    *,
    table: Callable[[int | None], str],
    csv: Callable[[TextIO], None],
    document: Callable[[], Any],
) -> None:
    if layout == "xlsx":
        raise NotYet(what=".xlsx")
    if layout == "csv" and not wants_json():
        write_file(output, csv)
        return
    as_json = layout == "json" or wants_json()
    body = json_text(document()) if as_json else table(None if output else screen_width())
    write_file(output, lambda target: target.write(f"{body}\n"))
