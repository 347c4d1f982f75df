"""``conflicts``: fields with several values, and the choice of one."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import click

from shared_schema import display
from shared_schema.console import emit, language, output_options, screen_width, text
from shared_schema.regions import RegionTable
from sync_server import choice_undo, choices
from sync_server.choice_undo import Undone
from sync_server.choices import Conflict
from sync_server.commands.opening import PACKAGE, deciding, reading, zone_of
from sync_server.commands.people import field_label, regions_of, title_of, value_text
from sync_server.lookup import resolve
from sync_server.people import author, device_labels


@click.group()
def conflicts() -> None:
    """See fields with several values, and decide which one holds."""


@conflicts.command("list")
@output_options
def list_conflicts() -> None:
    """List every field in conflict with its values, who wrote each, and the CHANGE to name."""
    with reading() as connection:
        labels, regions = device_labels(connection), regions_of(connection)
        zone = zone_of(connection)
        found = [_document(one, labels, regions) for one in choices.conflicts(connection)]
    document = {"count": len(found), "conflicts": found}
    emit(document, lambda: _text(found, regions, zone))


def _document(one: Conflict, labels: Mapping[str, str], regions: RegionTable) -> dict[str, Any]:
    current = one.current
    return {
        "record": str(current.record),
        "type": current.state.type,
        "title": title_of(current, current.record, regions),
        "field": one.field,
        "heads": [
            {
                **author(change, labels),
                "stamp": head.stamp.text(),
                "value": head.value,
                "shown": head == one.heads[-1][0],
            }
            for head, change in one.heads
        ],
    }


def _text(found: list[dict[str, Any]], regions: RegionTable, zone: tzinfo | None) -> str:
    screens = [_screen(one, regions, zone) for one in found]
    return "\n\n".join(screens) or text(PACKAGE)("No conflicts.")


def _screen(one: Mapping[str, Any], regions: RegionTable, zone: tzinfo | None) -> str:
    texts, lang = text(PACKAGE), language()
    headers = [texts(word) for word in ("Value", "By", "Device", "Time", "CHANGE")]
    rows = [
        (
            value_text(one["type"], one["field"], head["value"], lang, regions),
            head["operator"],
            head["device"],
            display.local_time(head["time"], zone),
            head["change"],
        )
        for head in one["heads"]
    ]
    label = field_label(one["type"], one["field"], lang)
    title = f"{one['record']}  {one['title']}\n{one['field']} ({label})"
    return f"{title}\n{display.table(headers, rows, width=screen_width())}"


@conflicts.command()
@click.argument("record", metavar="RECORD")
@click.argument("field", metavar="FIELD")
@click.argument("change", metavar="CHANGE")
@click.option("--reason", default="", help="What speaks for it; stands in the access log.")
@output_options
def decide(record: str, field: str, change: str, reason: str) -> None:
    """Let the value that CHANGE wrote hold; `conflicts list` shows the ids."""
    with deciding() as desk:
        by = desk.actor.operator
        decision = choices.decide_conflict(desk.connection, record, field, change, by)
        current = resolve(desk.connection, record)
        told = {"field": field, "change": change, "decision": str(decision)}
        if reason.strip():
            told["reason"] = " ".join(reason.split())
        desk.note("choose", str(current.record), told)
    document = {
        "decision": str(decision),
        "record": str(current.record),
        "field": field,
        "value": current.state.shown(field),
    }
    emit(document, lambda: text(PACKAGE)("Decided: {decision}").format(decision=decision))


@conflicts.command()
@click.argument("decision", metavar="DECISION")
@output_options
def undo(decision: str) -> None:
    """Take a choice back, at any time: what stood before it stands again.

    What somebody has written in that field since is left alone.
    """
    with deciding() as desk:
        done = choice_undo.by(desk.office, desk.connection, desk.actor, decision)
    emit(done.as_dict(), lambda: _undone(done))


def _undone(done: Undone) -> str:
    texts = text(PACKAGE)
    if done.in_conflict:
        return texts("Taken back: several values stand against each other again.")
    if done.kept:
        return texts("Nothing was taken back: somebody has written this field since.")
    return texts("Taken back: the value from before stands again.")


COMMANDS = (conflicts,)
