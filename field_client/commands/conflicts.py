"""`conflicts`: two values stand against each other, and somebody has to say which holds."""

from typing import Any
from uuid import UUID

import click

from field_client import display
from field_client.commands import documents
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.entries import Edit, Entry
from field_client.errors import RecordUnknown
from field_client.journal import Journal
from field_client.opened import App
from shared_schema.changes import Stamp
from shared_schema.console import emit, language, output_options, screen_width, text
from shared_schema.errors import ConflictUnknown
from shared_schema.fold import FieldState, Head
from shared_schema.ids import DEVICE_BYTES
from shared_schema.records import RECORD_TYPES, record_type

_FEWEST_LETTERS = 8


@click.group
@output_options
def conflicts() -> None:
    """See fields with two values, and decide which one holds."""


@conflicts.command("list")
@output_options
def list_conflicts() -> None:
    """List every field in conflict with its values, who wrote each, and the CHANGE to name."""
    with unlocked() as app:
        found = [
            _conflict(app.journal, entry, name)
            for entry in app.journal.conflicts()
            for name in entry.conflicts
        ]
        screen = "\n\n".join(_screen(app, each) for each in found)
    nothing = text(PACKAGE)("No conflicts.")
    emit({"count": len(found), "conflicts": found}, lambda: screen or nothing)


@conflicts.command
@click.argument("record", metavar="RECORD")
@click.argument("field", metavar="FIELD")
@click.argument("change", metavar="CHANGE")
@output_options
def decide(record: str, field: str, change: str) -> None:
    """Let the value that CHANGE wrote hold; it is written anew and settles the conflict.

    CHANGE is what `conflicts list` shows, or 8 or more letters of its start.
    """
    with unlocked() as app:
        found = app.journal.resolve(record)
        state = app.journal.state(found)
        if state is None:
            raise RecordUnknown(text=record)
        part = state.fields.get(field)
        head = None if part is None else _named(app.journal, found, part, change)
        if part is None or not part.contradicts:
            _require_settled(part, field, change)
        elif head is None:
            raise ConflictUnknown(field=field, change=change)
        else:
            version = record_type(state.type).version
            values = {field: head.value}
            edit = Edit(record=found, type=state.type, version=version, values=values)
            app.journal.write([edit])
        decided = head is not None and part is not None and part.contradicts
        document = _decided(app, found, field, changed=decided)
    said = "Decided; it waits to be sent." if decided else "It is settled already."
    emit(document, lambda: text(PACKAGE)(said))


def _decided(app: App, record: UUID, field: str, *, changed: bool) -> dict[str, Any]:
    entry, state = app.journal.entry(record), app.journal.state(record)
    return {
        "id": str(record),
        "field": field,
        "value": state.shown(field) if state else None,
        "changed": changed,
        "state": str(entry.state) if entry else None,
    }


def _require_settled(part: FieldState | None, field: str, change: str) -> None:
    """Let a repeated decision pass: its CHANGE was replaced, or is what holds now."""
    known = {stamp.text() for stamp in part.superseded} if part else set()
    known |= {head.stamp.text() for head in part.heads} if part else set()
    if len(change) < _FEWEST_LETTERS or not any(text.startswith(change) for text in known):
        raise ConflictUnknown(field=field, change=change)


def _named(journal: Journal, record: UUID, part: FieldState, change: str) -> Head | None:
    """Return the head that ``change`` names: by stamp, the start of one, or an own change's id."""
    own = {str(one.change.id): one.change.stamp for one in journal.log_of(record)}
    wanted = own.get(change.lower())
    found = [
        head
        for head in part.heads
        if head.stamp == wanted
        or (len(change) >= _FEWEST_LETTERS and head.stamp.text().startswith(change.lower()))
    ]
    return found[0] if len(found) == 1 else None


def _conflict(journal: Journal, entry: Entry, name: str) -> dict[str, Any]:
    state = journal.state(entry.id)
    part = state.fields[name] if state else FieldState(heads=())
    writers = {one.change.stamp: one.change.operator for one in journal.log_of(entry.id)}
    return {
        "record": str(entry.id),
        "type": entry.type,
        "field": name,
        "heads": [_head(head, writers, shown=head == part.winner) for head in part.heads],
    }


def _head(head: Head, writers: dict[Stamp, str], *, shown: bool) -> dict[str, Any]:
    return {
        "change": head.stamp.text(),
        "value": head.value,
        "time": documents.iso_time(head.stamp.hlc),
        "device": head.stamp.stream.hex()[: 2 * DEVICE_BYTES],
        "operator": writers.get(head.stamp),
        "own": head.stamp in writers,
        "shown": shown,
    }


def _screen(app: App, conflict: dict[str, Any]) -> str:
    texts, lang, regions = text(PACKAGE), language(), app.journal.regions()
    rtype = RECORD_TYPES.get(conflict["type"])
    entry = app.journal.entry(UUID(conflict["record"]))
    named = display.title(rtype, entry.values, lang=lang) if rtype and entry else ""
    spec = rtype.fields.get(conflict["field"]) if rtype else None
    zone = display.time_zone(app.device.timezone)
    label = documents.label(entry, conflict["field"], lang) if entry else conflict["field"]
    headers = [texts(word) for word in ("Value", "By", "Time", "CHANGE")]
    rows = [
        (
            display.value_text(spec, head["value"], lang=lang, regions=regions)
            if spec
            else str(head["value"]),
            head["operator"] or documents.device_word(head["device"], texts, app.device.server),
            display.local_time(head["time"], zone),
            head["change"],
        )
        for head in conflict["heads"]
    ]
    title = f"{conflict['record']}  {named}  {conflict['field']} ({label})"
    return f"{title}\n{display.table(headers, rows, width=screen_width())}"
