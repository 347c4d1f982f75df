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
from sync_server import bulk, correcting
from sync_server.bulk import Wanted
from sync_server.commands.opening import PACKAGE, actor_of, deciding, opened, reading, zone_of
from sync_server.commands.people import field_label, regions_of, title_of, value_text
from sync_server.correcting import Why
from sync_server.correction import IN_CONFLICT, Plan
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


def _wanted(
    type_name: str,
    wanted: tuple[str, ...],
    where: tuple[str, ...],
    region: str | None,
    listed: TextIO | None,
) -> Wanted:
    return Wanted(
        type=type_name,
        where=where,
        region=region,
        listed=listed.read() if listed else None,
        to_set=wanted,
        lang=language(),
    )


@correct.command()
@_asked
@output_options
def preview(**asked: Any) -> None:
    """Show what a correction would change; write nothing."""
    wanted, office = _wanted(**asked), opened()
    with office.store.read() as connection:
        found = bulk.preview(office, connection, actor_of(connection), wanted)
        document = _document(connection, wanted.type, *found)
        regions = regions_of(connection)
    emit(document, lambda: _text(document, regions))


@correct.command()
@_asked
@click.option("--reason", required=True, help="Why: one reason for all of them.")
@click.option("--confirm", default="", metavar="REASON",
              help="Why values that look wrong (`correct preview` says so) are right.")  # fmt: skip
@output_options
def apply(reason: str, confirm: str, **asked: Any) -> None:
    """Correct the records that are meant, as one decision; say its number."""
    wanted = _wanted(**asked)
    with deciding() as desk:
        connection, actor = desk.connection, desk.actor
        found = bulk.preview(desk.office, connection, actor, wanted)
        document = _document(connection, wanted.type, *found)
        why = Why(reason=reason, confirm=confirm)
        made = bulk.apply(desk.office, connection, actor, wanted, why, expected=None)
        regions = regions_of(connection)
    document = {"correction": made, **document}
    told = text(PACKAGE)("Correction {correction} is made. `correct undo {correction}` undoes it.")
    emit(document, lambda: f"{_text(document, regions)}\n{told.format(**document)}")


@correct.command()
@click.argument("number", metavar="CORRECTION", type=int)
@output_options
def undo(number: int) -> None:
    """Take one correction back, also after later edits: what was edited since is left alone."""
    with deciding() as desk:
        done = bulk.undo(desk.office, desk.connection, desk.actor, number)
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
        "warnings": [
            {
                "code": one.code,
                "field": one.field,
                "text": one.text.text(language()),
                "count": count,
            }
            for one, count in plan.warnings()
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
    looks_wrong = texts("Looks wrong in {count}: {text} (--confirm says why it is right)")
    lines += [looks_wrong.format(**one) for one in document["warnings"]]
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
