"""A visit in three taps: the person, what came of it, save."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for

from field_client import tasks
from field_client.capture import assess
from field_client.commands.unlocking import check_context
from field_client.errors import RecordUnknown
from field_client.fields import read_assignment
from field_client.opened import App
from field_client.saving import edit_of, keep_draft
from field_client.web import screens, task_pages
from field_client.web.assigned import zone_of
from field_client.web.desk import Desk
from field_client.web.errors import OutcomeMissing
from field_client.web.showing import Page, page, to
from field_client.web.undoing import note_saved
from field_client.web.visitors import Visitors
from field_client.web.words import language, length_text, text
from shared_schema.central import Central, central_meaning
from shared_schema.records import CodeList, FieldValueError, record_type

_TYPED = ("outcome", "reason", "note", "session")
PLACE = ("lat", "lon", "accuracy_m")
MARKS = {
    **dict.fromkeys(tasks.RECORDED, ("received", "fine")),
    **dict.fromkeys(tasks.AGAIN, ("again", "later")),
    "refused": ("attention", "mind"),
    "moved": ("next", "calm"),
    "away_working": ("next", "calm"),
    "deceased": ("attention", "calm"),
    "unknown_here": ("help", "calm"),
}


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the page of a visit, and the list of those to be visited again."""
    room = Blueprint("visiting", __name__)

    @room.get("/visit/<uuid:person>")
    def visit(person: UUID) -> Page:
        with desk.use() as app:
            return _shown(desk, app, person)

    @room.post("/visit/<uuid:person>")
    def note(person: UUID) -> Page:
        with desk.use() as app:
            values = _values(person)
            if "outcome" not in values:
                return _shown(desk, app, person, error=OutcomeMissing()), 400
            saved = write_visit(app, person, values)
            back = url_for("reading.show", record=person)
            note_saved(desk, visitors, app, saved, lead=back)
        if request.form.get("from") == "tasks" and visitors.here.village:
            return to("assigned.village", code=visitors.here.village)
        return to("reading.show", record=person)

    return room


def write_visit(app: App, person: UUID, values: dict[str, Any]) -> UUID:
    """Save a visit, or keep it until the resident's own draft is final; one commit."""
    journal = app.journal
    with journal.transaction():
        record, judged = journal.new_record(), assess(_visit(), values, check_context(app))
        if journal.state(person) is None or not judged.final:
            keep_draft(journal, record, judged)
        else:
            journal.write([edit_of(record, judged)])
        return record


def _shown(desk: Desk, app: App, person: UUID, error: OutcomeMissing | None = None) -> str:
    entry, lang = app.journal.entry(person), language()
    if entry is None or entry.type != "person":
        raise RecordUnknown(text=person)
    central = central_meaning(entry.values)
    return page(
        desk,
        app,
        "visit.html",
        row=screens.row(app, entry),
        outcomes=[
            (code, label.text(lang), *MARKS.get(str(code), ("visit", "calm")))
            for code, label in _codes("outcome").labels.items()
        ],
        reasons=[(code, label.text(lang)) for code, label in _codes("reason").labels.items()],
        recorded=central is not Central.NOT_RECORDED,
        visits=visit_lines(app, person),
        origin="tasks" if request.values.get("from") == "tasks" else "",
        error=error,
    )


def visit_lines(app: App, person: UUID) -> list[dict[str, str]]:
    """Return the visits to a person in words, the newest first."""
    found = tasks.visits_of(app.journal, [str(person)]).get(str(person), [])
    zone, now_ms = zone_of(app), app.clocks().wall_ms
    return [_line(one, zone, now_ms) for one in reversed(found)]


def _line(one: tasks.Visited, zone: tzinfo | None, now_ms: int) -> dict[str, str]:
    outcome, at = task_pages.told(one, zone, now_ms)
    icon, tone = MARKS.get(one.outcome, ("visit", "calm"))
    return {
        "outcome": outcome,
        "at": at,
        "place": _place(one.values),
        "reason": task_pages.word("reason", one.values.get("reason")),
        "note": str(one.values.get("note") or ""),
        "icon": icon,
        "tone": tone,
    }


def _place(values: Mapping[str, Any]) -> str:
    """Return that the place was noted, and how exactly."""
    if values.get("lat") is None or values.get("lon") is None:
        return ""
    reach = values.get("accuracy_m")
    if reach is None:
        return text()("place noted")
    return text()("place noted, ± {length}").format(length=length_text(float(reach)))


def _values(person: UUID) -> dict[str, Any]:
    return {"person": str(person), **filled_in((*_TYPED, *PLACE))}


def filled_in(names: Iterable[str]) -> dict[str, Any]:
    """Return what was tapped and typed of a visit; what cannot be read is left out."""
    values: dict[str, Any] = {}
    for name in names:
        try:
            value = read_assignment(_visit(), name, request.form.get(name, ""), _as_it_is)
        except FieldValueError:
            continue
        values |= {} if value is None else {name: value}
    return values


def _as_it_is(_kind: object, typed: str) -> str:
    return typed


def _visit() -> Any:
    return record_type("visit")


def _codes(name: str) -> CodeList:
    codes: CodeList = _visit().fields[name].codes
    return codes
