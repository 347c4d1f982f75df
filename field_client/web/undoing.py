"""Taking back: ten seconds for what was saved last, thirty days for a draft thrown away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for

from field_client import saving, trash
from field_client.commands import documents
from field_client.display import instant, time_zone, title
from field_client.entries import Edit
from field_client.errors import RecordUnknown
from field_client.journal import Journal
from field_client.opened import App
from field_client.web import form_pages, memo
from field_client.web.desk import Desk
from field_client.web.errors import UndoTooLate, VoidReasonMissing
from field_client.web.showing import Page, page, to
from field_client.web.visitors import Step, Visitors
from field_client.web.words import language, text
from shared_schema.records import record_type

UNDO_S = 10.0
_ON_THE_WAY_S = 5.0
_VISIT = "visit"


def note_saved(
    desk: Desk,
    visitors: Visitors,
    app: App,
    record: UUID,
    before: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """Remember what was saved or kept, so that it can be taken back for ten seconds.

    ``more``: what else a `Step` says.
    """
    entry = app.journal.entry(record)
    visitors.here.done = Step(
        record=record,
        name=documents.named(app.journal, entry, language()) if entry else "",
        at_s=desk.clock(),
        before=before,
        stamp=form_pages.stamp(app, record),
        **more,
    )


def undoable(desk: Desk, visitors: Visitors) -> tuple[Step, int] | None:
    """Return what can be taken back, and for how many seconds it is offered."""
    step = visitors.here.done
    left_s = UNDO_S - (desk.clock() - step.at_s) if step else 0.0
    return (step, max(1, round(left_s))) if step and left_s > 0 else None


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return undo, the trash, and declaring a record void."""
    room = Blueprint("undoing", __name__)
    _add_undo(room, desk, visitors)
    _add_trash(room, desk, visitors)

    @room.post("/void/<uuid:record>")
    def void(record: UUID) -> Page:
        reason = request.form.get("reason", "").strip()
        undo = request.form.get("undo") == "yes"
        if not undo and not reason:
            raise VoidReasonMissing
        with desk.use() as app:
            state = app.journal.state(record)
            if state is None:
                raise RecordUnknown(text=record)
            saving.set_void(app.journal, record, record_type(state.type), None if undo else reason)
        return to("reading.show", record=record)

    return room


def _add_undo(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/undo")
    def undo() -> Page:
        step, visitors.here.done = visitors.here.done, None
        if step is None or desk.clock() - step.at_s > UNDO_S + _ON_THE_WAY_S:
            raise UndoTooLate
        with desk.use() as app:
            return _take_back(app, step)


def _take_back(app: App, step: Step) -> Page:
    journal = app.journal
    if step.discarded:
        trash.bring_back(journal, str(step.record))
        return to("reading.show", record=step.record)
    if journal.entry(step.record) is None or form_pages.stamp(app, step.record) != step.stamp:
        raise UndoTooLate
    with journal.transaction():
        if step.also is not None:
            step.also(app)
        if step.before is not None:
            _write_back(journal, step.record, step.before)
            return redirect(step.lead or url_for("reading.show", record=step.record), 303)
        again = None if step.lead else _again(journal, step)
        for each in (*step.others, step.record):
            if each != again:
                _drop(app, each)
    if again is None:
        return redirect(step.lead, 303)
    draft = journal.draft(again)
    return to("forming.fill", type_name=draft.type if draft else "", record=again, number=1)


def _write_back(journal: Journal, record: UUID, before: Mapping[str, Any]) -> None:
    state = journal.state(record)
    if state is not None and before:
        rtype = record_type(state.type)
        edit = Edit(record=record, type=rtype.name, version=rtype.version, values=before)
        journal.write([edit])


def _again(journal: Journal, step: Step) -> UUID:
    """Return the draft of what was typed: the one that it still is, or one begun anew.

    Words and photos that were saved along with it wait for it there as well.
    """
    if journal.state(step.record) is None:
        return step.record
    again = journal.new_record()
    for each in (step.record, *step.others):
        state = journal.state(each)
        if state is not None and state.type != _VISIT:
            values = {
                name: str(again) if value == str(step.record) else value
                for name, value in state.values().items()
            }
            number = again if each == step.record else journal.new_record()
            journal.save_draft(number, state.type, record_type(state.type).version, values)
    return again


def _drop(app: App, record: UUID) -> None:
    """Declare void what is final, throw away what is a draft."""
    state = app.journal.state(record)
    if state is not None:
        said = text()("Taken back right after it was saved")
        saving.set_void(app.journal, record, record_type(state.type), said)
    elif app.journal.draft(record) is not None:
        trash.discard(app.journal, record)


def _add_trash(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/discard/<uuid:record>")
    def throw(record: UUID) -> Page:
        with desk.use() as app:
            entry = app.journal.entry(record)
            name = documents.named(app.journal, entry, language()) if entry else ""
            trash.discard(app.journal, record)
            visitors.here.done = Step(record=record, name=name, at_s=desk.clock(), discarded=True)
        return to("reading.records", state="draft")

    @room.get("/trash")
    def bin_() -> Page:
        with desk.use() as app:
            found = [_thrown(app, one) for one in trash.discarded(app.journal)][::-1]
            return page(desk, app, "trash.html", found=found)

    @room.post("/trash/<uuid:record>")
    def bring_back(record: UUID) -> Page:
        with desk.use() as app:
            found, _ = trash.bring_back(app.journal, str(record))
        return to("reading.show", record=found)


def _thrown(app: App, one: trash.Discarded) -> Mapping[str, str]:
    rtype, lang = record_type(one.draft.type), language()
    zone = time_zone(app.device.timezone)
    values = {name: v for name, v in one.draft.values.items() if not name.startswith("_")}
    return {
        "id": str(one.draft.record),
        "kind": rtype.label.text(lang),
        "name": title(rtype, values, lang=lang, regions=memo.regions(app)),
        "at": instant(one.wall_ms, zone),
        "gone": instant(one.due_ms, zone) if one.due_ms else "",
    }
