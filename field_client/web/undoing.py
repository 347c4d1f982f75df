"""Taking back: ten seconds for what was saved last, thirty days for a draft thrown away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, request

from field_client import saving, trash
from field_client.commands import documents
from field_client.display import instant, time_zone, title
from field_client.entries import Edit
from field_client.errors import RecordUnknown
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
    others: tuple[UUID, ...] = (),
) -> None:
    """Remember what was saved, so that it can be taken back for ten seconds."""
    entry = app.journal.entry(record)
    name = documents.named(app.journal, entry, language()) if entry else ""
    visitors.here.done = Step(
        record=record,
        name=name,
        at_s=desk.clock(),
        before=before,
        others=others,
        stamp=form_pages.stamp(app, record),
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
    state = journal.state(step.record)
    if state is None or form_pages.stamp(app, step.record) != step.stamp:
        raise UndoTooLate
    rtype, values = record_type(state.type), state.values()
    with journal.transaction():
        if step.before is not None:
            edit = Edit(
                record=step.record, type=rtype.name, version=rtype.version, values=step.before
            )
            journal.write([edit] if step.before else [])
            return to("reading.show", record=step.record)
        for each in (*step.others, step.record):
            _void(app, each)
        if rtype.name == _VISIT:
            return to("reading.show", record=values["person"])
        again = journal.new_record()
        journal.save_draft(again, rtype.name, rtype.version, values)
    return to("forming.fill", type_name=rtype.name, record=again, number=1)


def _void(app: App, record: UUID) -> None:
    state = app.journal.state(record)
    if state is not None:
        said = text()("Taken back right after it was saved")
        saving.set_void(app.journal, record, record_type(state.type), said)


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
