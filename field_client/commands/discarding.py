"""`discard`: drafts that are not wanted any more, and the way back."""

from datetime import tzinfo
from typing import Any

import click

from field_client import display, trash
from field_client.commands import documents
from field_client.commands.errors import UndoUnclear
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.opened import App
from field_client.trash import Discarded
from shared_schema.console import emit, language, output_options, screen_width, text
from shared_schema.records import record_type


@click.command
@click.argument("record", metavar="[ID]", required=False)
@click.option("--undo", is_flag=True, help="Bring the draft back, as it was.")
@output_options
def discard(record: str | None, *, undo: bool) -> None:
    """Throw a draft away, with what only waited for it; without ID, list the trash.

    A draft can be brought back until 30 days after the first sync that follows.
    """
    if record is None:
        if undo:
            raise UndoUnclear
        _show_trash()
    elif undo:
        _undo(record)
    else:
        _discard(record)


def _discard(wanted: str) -> None:
    with unlocked() as app:
        found = app.journal.resolve(wanted)
        gone = trash.discard(app.journal, found)
    document = {"id": str(found), "state": "discarded", "changed": True, "discarded": gone}
    said = "The draft is in the trash for 30 days; `discard {id} --undo` brings it back."
    emit(document, lambda: text(PACKAGE)(said).format(**document))


def _undo(wanted: str) -> None:
    with unlocked() as app:
        found, count = trash.bring_back(app.journal, wanted)
    document = {"id": str(found), "state": "draft", "changed": True, "restored": count}
    emit(document, lambda: text(PACKAGE)("The draft is back: {id}").format(**document))


def _show_trash() -> None:
    with unlocked() as app:
        found = trash.discarded(app.journal)
        rows = [_row(app, one) for one in found]
    texts = text(PACKAGE)
    document = {"count": len(found), "drafts": [_document(one) for one in found]}
    headers = [texts(word) for word in ("Id", "Type", "Name", "Thrown away", "Gone for good")]
    nothing = texts("The trash is empty.")
    emit(document, lambda: display.table(headers, rows, width=screen_width()) if rows else nothing)


def _row(app: App, one: Discarded) -> tuple[str, ...]:
    lang, rtype, zone = language(), record_type(one.draft.type), _zone(app)
    return (
        display.short_id(one.draft.record),
        rtype.label.text(lang),
        display.title(rtype, one.draft.values, lang=lang, regions=app.journal.regions()),
        display.instant(one.wall_ms, zone),
        display.instant(one.due_ms, zone)
        if one.due_ms
        else text(PACKAGE)("30 days after the next sync"),
    )


def _zone(app: App) -> tzinfo | None:
    return display.time_zone(app.device.timezone)


def _document(one: Discarded) -> dict[str, Any]:
    draft = one.draft
    return {
        "id": str(draft.record),
        "type": draft.type,
        "values": dict(draft.values),
        "problems": [dict(each) for each in draft.problems],
        "parts": one.parts,
        "discarded_at": documents.iso_instant(one.wall_ms),
        "gone_at": documents.iso_instant(one.due_ms),
    }
