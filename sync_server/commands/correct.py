"""``correct``: many records corrected as one decision, shown before, taken back as one."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, TextIO

import click
from sqlalchemy import Connection

from shared_schema import display
from shared_schema.console import emit, language, output_options, text
from shared_schema.records import record_type, value_problem
from shared_schema.regions import RegionTable
from sync_server import correcting
from sync_server.app import open_office
from sync_server.commands.opening import PACKAGE, operator_of, reading, zone_of
from sync_server.commands.people import field_label, regions_of, title_of, value_text
from sync_server.config import load_config
from sync_server.correcting import Selection
from sync_server.correction import IN_CONFLICT, Plan
from sync_server.registry import context_of
from sync_server.store.queries import records

_SHOWN = 20


@click.group()
def correct() -> None:
    """Correct many records at once: preview, one reason, one undo."""


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what says which records are meant, and what is set."""
    for option in (
        click.option("--set", "wanted", multiple=True, metavar="FIELD=VALUE", required=True,
                     help="The value to set; FIELD= clears it."),
        click.option("--list", "listed", type=click.File("r", encoding="utf-8-sig"),
                     help="Only these: ids and NIKs, pasted into a file, or - for input."),
        click.option("--region", help="Only in this region."),
        click.option("--where", multiple=True, metavar="FIELD=VALUE",
                     help="Only where a field shows this; FIELD= where it is empty."),
        click.option("--type", "type_name", default="person", show_default=True,
                     help="The type of record."),
    ):  # fmt: skip
        command = option(command)
    return command


def _selection(
    type_name: str, where: tuple[str, ...], region: str | None, listed: TextIO | None
) -> Selection:
    return Selection(
        type=type_name,
        where=correcting.values_of(type_name, where, to_set=False, lang=language()),
        region=region,
        listed=listed.read() if listed else None,
    )


@correct.command()
@_asked
@output_options
def preview(type_name: str, wanted: tuple[str, ...], **chosen: Any) -> None:
    """Show what a correction would change; write nothing."""
    selection = _selection(type_name, **chosen)
    values = correcting.values_of(type_name, wanted, to_set=True, lang=language())
    office = open_office(load_config())
    with office.store.read() as connection:
        found = correcting.plan(connection, selection, values, context_of(office, connection))
        document = _document(connection, type_name, *found)
        regions = regions_of(connection)
    emit(document, lambda: _text(document, regions))


@correct.command()
@_asked
@click.option("--reason", required=True, help="Why: one reason for all of them.")
@output_options
def apply(type_name: str, wanted: tuple[str, ...], reason: str, **chosen: Any) -> None:
    """Correct the records that are meant, as one decision; say its number."""
    selection = _selection(type_name, **chosen)
    values = correcting.values_of(type_name, wanted, to_set=True, lang=language())
    office = open_office(load_config())
    with office.store.write() as connection:
        by = operator_of(connection)
        context = context_of(office, connection)
        found = correcting.plan(connection, selection, values, context)
        document = _document(connection, type_name, *found)
        made = correcting.apply(connection, type_name, found[0], reason, by, now_ms=office.now_ms())
        regions = regions_of(connection)
    document = {"correction": made, **document}
    told = text(PACKAGE)("Correction {correction} is made. `correct undo {correction}` undoes it.")
    emit(document, lambda: f"{_text(document, regions)}\n{told.format(**document)}")


@correct.command()
@click.argument("number", metavar="CORRECTION", type=int)
@output_options
def undo(number: int) -> None:
    """Take one correction back, also after later edits: what was edited since is left alone."""
    office = open_office(load_config())
    with office.store.write() as connection:
        by = operator_of(connection)
        done = correcting.undo(connection, number, by, now_ms=office.now_ms())
    document = {
        "correction": done.correction,
        "changed": done.changed,
        "kept": [{"record": str(record), "field": name} for record, name in done.kept],
    }
    told = text(PACKAGE)("{changed} records as they were before; {count} fields edited since stay.")
    emit(document, lambda: told.format(changed=done.changed, count=len(done.kept)))


@correct.command("list")
@output_options
def list_corrections() -> None:
    """List the corrections that were made, the newest first."""
    with reading() as connection:
        found, zone = correcting.listed(connection), zone_of(connection)
    emit({"count": len(found), "corrections": found}, lambda: _list_text(found, zone))


def _document(
    connection: Connection, type_name: str, plan: Plan, unknown: list[str]
) -> dict[str, Any]:
    regions = regions_of(connection)
    shown = records.many(connection, [one.record for one in plan.items[:_SHOWN]])
    return {
        "type": type_name,
        "changed": len(plan.items),
        "unchanged": plan.unchanged,
        "unknown": unknown,
        "refused": [
            {"record": str(one.record), "code": one.code, "field": one.field}
            for one in plan.refused
        ],
        "records": [
            {
                "record": str(one.record),
                "title": title_of(shown.get(one.record), one.record, regions),
                "fields": {
                    name: {"before": one.before.get(name), "after": value}
                    for name, value in one.after.items()
                },
            }
            for one in plan.items
        ],
    }


def _text(document: Mapping[str, Any], regions: RegionTable) -> str:
    texts, lang, type_name = text(PACKAGE), language(), document["type"]
    lines = [texts("{changed} records change, {unchanged} are so already.").format(**document)]
    for one in document["records"][:_SHOWN]:
        lines.append(f"{one['record'][-12:]}  {one['title']}")
        for name, write in one["fields"].items():
            before = value_text(type_name, name, write["before"], lang, regions)
            after = value_text(type_name, name, write["after"], lang, regions)
            lines.append(f"    {field_label(type_name, name, lang)}: {before} → {after}")
    if len(document["records"]) > _SHOWN:
        lines.append(texts("and more; --json lists them all."))
    lines += [_refusal(one, type_name) for one in document["refused"][:_SHOWN]]
    if document["unknown"]:
        told = texts("Not known: {names}")
        lines.append(told.format(names=", ".join(document["unknown"][:_SHOWN])))
    return "\n".join(lines)


def _refusal(one: Mapping[str, Any], type_name: str) -> str:
    lang = language()
    label = field_label(type_name, one["field"] or "", lang)
    if one["code"] == IN_CONFLICT:
        reason = text(PACKAGE)("{field} is in conflict; decide that first.").format(field=label)
    else:
        rtype = record_type(type_name)
        reason = value_problem(rtype, one["field"] or "", one["code"]).text.text(lang)
    return text(PACKAGE)("{record} stays: {reason}").format(record=one["record"], reason=reason)


def _list_text(found: list[dict[str, Any]], zone: tzinfo | None) -> str:
    texts = text(PACKAGE)
    lines = [
        f"{one['correction']}  {display.local_time(display.iso_time(one['made_ms']), zone)}  "
        f"{one['operator']}  {one['changes']}  {one['reason']}"
        + ("" if one["stands"] else f"  ({texts('undone')})")
        for one in found
    ]
    return "\n".join(lines) or texts("Nothing was corrected yet.")


COMMANDS = (correct,)
