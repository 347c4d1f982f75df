"""``report unconfirmed``: recorded in the field, and the ministry's list says nothing of it."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from shared_schema import display
from shared_schema.console import language, output_options, screen_width, text, wants_json
from shared_schema.records import RECORD_TYPES
from shared_schema.regions import RegionTable
from sync_server import tallies
from sync_server.commands.agreeing import give_out
from sync_server.commands.opening import PACKAGE, opened
from sync_server.commands.output import OUTPUT, json_text, write_file
from sync_server.commands.people import regions_of
from sync_server.commands.report import report
from sync_server.export import write_csv
from sync_server.registry import context_of
from sync_server.reports.unconfirmed_report import COLUMNS, Wanted, unconfirmed_report

_SHOWN = 40


@report.command()
@click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to lay the report out.",
)
@click.option("--region", help="Only this region; the whole office otherwise.")
@click.option("--older-than", type=click.IntRange(min=0), default=0, metavar="DAYS",
              help="Only recordings of at least so many days ago.")  # fmt: skip
@click.option("--team", help="Only what this operator recorded.")
@click.option("--kit", help="Only what was recorded on this laptop.")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Count the days up to this one."
)
@click.option("--output", type=OUTPUT, help="Write to this file.")
@output_options
def unconfirmed(layout: str, day: datetime | None, output: Path | None, **narrowed: Any) -> None:
    """List who was recorded in the field and lacks the ministry's word: by age, team and kit.

    The team is the operator who wrote the visit, the kit the laptop it was written on. Import
    the ministry's newest list with `registry status` first.

    As CSV or JSON it has full NIKs, and is given out once a second person has agreed to that on
    the page *Exports*; the access log says where the office has nobody who could.
    """
    office = opened()
    as_json = layout == "json" or wants_json()
    if as_json or layout == "csv":
        give_out(office, ("unconfirmed",))
    tallies.finish(office)
    with office.store.read() as connection:
        on: date = day.date() if day else context_of(office, connection).today
        document = unconfirmed_report(connection, on, Wanted(**narrowed)).as_dict()
        regions = regions_of(connection)
    if layout == "csv" and not wants_json():
        rows = [[one[name] for name in COLUMNS] for one in document["people"]]
        write_file(output, lambda target: write_csv(target, COLUMNS, rows))
        return
    width = None if output else screen_width()
    body = json_text(document) if as_json else _text(document, regions, width)
    write_file(output, lambda target: target.write(f"{body}\n"))


def _text(document: Mapping[str, Any], regions: RegionTable, width: int | None) -> str:
    texts = text(PACKAGE)
    if not document["people"]:
        return texts("The ministry's list has everybody who was recorded.")
    told = texts("{count} residents are recorded in the field only, as of {on}.")
    ages = [(_span(one), str(one["count"])) for one in document["by_age"]]
    parts = [told.format(**document), display.table([texts("Days"), texts("Residents")], ages)]
    for word, key in ((texts("Team"), "team"), (texts("Kit"), "kit")):
        rows = [
            (one[key], str(one["count"]), str(one["oldest_days"])) for one in document[f"by_{key}"]
        ]
        headers = [word, texts("Residents"), texts("Oldest, days")]
        parts.append(display.table(headers, rows, width=width, numbers_from=1))
    parts.append(_people(document, regions, width))
    if len(document["people"]) > _SHOWN:
        parts.append(texts("and more; --format csv lists them all."))
    return "\n\n".join(parts)


def _span(one: Mapping[str, Any]) -> str:
    start, end = one["from_days"], one["to_days"]
    return f"{start}+" if end is None else f"{start}-{end}"


def _people(document: Mapping[str, Any], regions: RegionTable, width: int | None) -> str:
    texts, lang = text(PACKAGE), language()
    fields = RECORD_TYPES["person"].fields
    names = ("name", "village", "birth_date", "nik")
    headers = [fields[name].label.text(lang) for name in names]
    headers += [texts("Recorded"), texts("Team"), texts("Kit")]
    rows = []
    for one in document["people"][:_SHOWN]:
        cells = [
            display.value_text(fields[name], one[name], lang=lang, regions=regions)
            for name in names
        ]
        rows.append([*cells, f"{one['recorded_on']} ({one['days']})", one["team"], one["kit"]])
    return display.table(headers, rows, width=width)
