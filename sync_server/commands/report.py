"""``report`` and ``export``: what the office is asked for, as a page or as a file."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import click

from shared_schema.console import emit, language, output_options, screen_width, text, wants_json
from shared_schema.errors import InputError
from shared_schema.records import RECORD_TYPES, record_type
from shared_schema.regions import Level
from sync_server import exporting, tallies
from sync_server.commands.agreeing import give_out
from sync_server.commands.opening import PACKAGE, actor_of, opened, reading
from sync_server.commands.output import OUTPUT, json_text, write_bytes, write_file
from sync_server.export import exported, write_csv, write_records_csv
from sync_server.proposal import COLUMNS, proposal
from sync_server.registry import context_of
from sync_server.reports.coverage_layout import (
    coverage_text,
    coverage_workbook,
    write_coverage_csv,
)
from sync_server.reports.coverage_report import (
    Question,
    coverage_document,
    coverage_report,
    down_to,
)

PROPOSAL = "proposal"
# What somebody has to agree to first, by what is exported; all that is not named is of residents.
_ABOUT_PEOPLE: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        ("campaign", "session", "equipment", "outage", "outage_statement", "repair_attempt",
         "stock_movement", "figure"),
        (),
    ),
    "": ("residents", "visits"),
    "visit": ("visits",),
    PROPOSAL: ("proposal",),
}  # fmt: skip


class TypeMissing(InputError):
    """A CSV table holds records of one type. Name it, such as `export person --format csv`."""

    code = "TYPE_MISSING"


@click.group()
def report() -> None:
    """Report to the head of office and the ministry."""


@report.command()
@click.option(
    "--format",
    "layout",
    type=click.Choice(["table", "csv", "xlsx", "json"]),
    default="table",
    show_default=True,
    help="How to lay the report out.",
)
@click.option("--region", help="Only this region; the whole office otherwise.")
@click.option(
    "--level",
    "deepest",
    type=click.Choice(["regency", "district", "village"]),
    default="village",
    show_default=True,
    help="How far down to list regions.",
)
@click.option("--campaign", metavar="ID", help="Go by this campaign's policy and area.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day on which age counts.")
@click.option("--output", type=OUTPUT, help="Write to this file.")
@output_options
def coverage(
    layout: str,
    region: str | None,
    deepest: str,
    campaign: str | None,
    day: datetime | None,
    output: Path | None,
) -> None:
    """Who must hold a card, is recorded and printed, by district and village.

    Goes by the newest campaign that covers the region, else by the standing rule (17 or
    older, or ever married, on the day asked for). Says where published figures do not add up.
    """
    office = opened()
    with office.store.read() as connection:
        on: date = day.date() if day else context_of(office, connection).today
        found = coverage_report(connection, Question(on=on, region=region, campaign=campaign))
    found = down_to(found, Level[deepest.upper()])
    if layout == "csv" and not wants_json():
        write_file(output, lambda target: write_coverage_csv(found, target))
    elif layout == "xlsx" and not wants_json():
        write_bytes(output, coverage_workbook(found))
    else:
        as_json = layout == "json" or wants_json()
        lang, texts = language(), text(PACKAGE)
        width = None if output else screen_width()
        body = (
            json_text(coverage_document(found, lang))
            if as_json
            else coverage_text(found, lang, texts, width=width)
        )
        write_file(output, lambda target: target.write(f"{body}\n"))


@click.command()
@click.argument("type_name", metavar="TYPE", required=False)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["csv", "json"]),
    default="json",
    show_default=True,
    help="A table of one TYPE, or one JSON document.",
)
@click.option("--output", type=OUTPUT, help="Write to this file.")
@click.option("--ask", "reason", metavar="REASON", help="Ask a second person to agree to it.")
@output_options
def export(type_name: str | None, layout: str, output: Path | None, reason: str | None) -> None:
    """Write records out, of one TYPE or of all, with full NIKs: keep the file safe.

    What is about people is given out once a second person has agreed: ask with `--ask`, have
    another supervisor agree on the page *Exports*, then run the command again within a day. Only
    where the office has no other supervisor does it do without, and the access log says so.

    `export proposal` is what the ministry is asked to look at: duplicates, deaths and moves as
    claims, each with its source, its evidence and what speaks against it.
    """
    as_table = layout == "csv" and not wants_json()
    rtype = record_type(type_name) if type_name and type_name != PROPOSAL else None
    if as_table and type_name is None:
        raise TypeMissing
    kinds = _ABOUT_PEOPLE.get(type_name or "", ("residents",))
    if kinds and reason is not None:
        _ask(kinds, reason)
        return
    give_out(opened(), kinds)
    if type_name == PROPOSAL:
        _export_proposal(output, as_table=as_table)
        return
    with reading() as connection:
        if as_table and rtype is not None:
            found = exported(connection, rtype.name)
            write_file(output, lambda target: write_records_csv(target, rtype, found))
            return
        names = [rtype.name] if rtype else sorted(RECORD_TYPES)
        records = [record for name in names for record in exported(connection, name)]
    body = json_text({"count": len(records), "records": records})
    write_file(output, lambda target: target.write(f"{body}\n"))


def _ask(kinds: Sequence[str], reason: str) -> None:
    office = opened()
    with office.store.read() as connection:
        actor = actor_of(connection)
    asked = [exporting.request(office, actor, one, "csv", "", reason) for one in kinds]
    told = text(PACKAGE)("Asked. Another supervisor has to agree on the page Exports.")
    emit({"asked": asked}, lambda: told)


def _export_proposal(output: Path | None, *, as_table: bool) -> None:
    office = opened()
    tallies.finish(office)
    with office.store.read() as connection:
        claims = proposal(connection)
    if as_table:
        rows = [[claim[name] for name in COLUMNS] for claim in claims]
        write_file(output, lambda target: write_csv(target, COLUMNS, rows))
    else:
        body = json_text({"count": len(claims), "claims": claims})
        write_file(output, lambda target: target.write(f"{body}\n"))


COMMANDS = (report, export)
