"""What needs attention: fields with two values, what the office refused, what was returned."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for

from field_client import display
from field_client.commands import documents
from field_client.deciding import Choice, Question, decide, questions, reopen, standing
from field_client.entries import Entry, Standing
from field_client.errors import ChoiceOutdated, RecordUnknown
from field_client.opened import App
from field_client.search import LIMIT
from field_client.web import screens
from field_client.web.desk import Desk
from field_client.web.sections import section_of
from field_client.web.showing import Page, page, to
from field_client.web.undoing import note_saved
from field_client.web.visitors import Visitors
from field_client.web.words import clock_text, language, local, text
from shared_schema.clock import wall_of
from shared_schema.errors import JemputError
from shared_schema.records import RECORD_TYPES, record_type

_CHOICE, _SEEN = "choice.", "seen."


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the list and the choice."""
    room = Blueprint("attention", __name__)

    @room.get("/attention")
    def attention() -> Page:
        with desk.use() as app:
            ids = [one for one, now, _ in app.journal.standings() if now is Standing.ATTENTION]
            entries = app.journal.entries_of(ids[-LIMIT:][::-1])
            rows = [(screens.row(app, one), _notes(app, one), one.conflicts) for one in entries]
            return page(desk, app, "attention_list.html", rows=rows, total=len(ids))

    @room.get("/attention/<uuid:record>")
    def mend(record: UUID) -> Page:
        with desk.use() as app:
            entry = _entry(app, record)
            return _asked(desk, app, entry) if entry.conflicts else _form(entry)

    @room.post("/attention/<uuid:record>", endpoint="choose")
    def choose(record: UUID) -> Page:
        with desk.use() as app:
            chosen = _chosen()
            stood = standing(app.journal, record, chosen)
            try:
                settled = decide(app.journal, record, chosen)
            except ChoiceOutdated as error:
                return _asked(desk, app, _entry(app, record), error), error.http_status
            if settled:
                note_saved(
                    desk,
                    visitors,
                    app,
                    record,
                    before={},
                    also=lambda again: reopen(again.journal, record, stood),
                    lead=url_for("attention.mend", record=record),
                )
            if _entry(app, record).conflicts:
                return to("attention.mend", record=record)
            return to("attention.attention")

    return room


def _form(entry: Entry) -> Page:
    """Lead to the page of the form where the first thing that was remarked stands."""
    field = next((remark.field for remark in entry.remarks if remark.field), None)
    number = section_of(record_type(entry.type), field)
    return to("forming.fill", type_name=entry.type, record=entry.id, number=number)


def _entry(app: App, record: UUID) -> Entry:
    entry = app.journal.entry(record)
    if entry is None:
        raise RecordUnknown(text=record)
    return entry


def _notes(app: App, entry: Entry) -> list[str]:
    return [note for note in screens.sheet(app, entry).notes if note]


def _chosen() -> dict[str, tuple[str, str]]:
    """Return by field what was seen and what was chosen; fields left open are left out."""
    return {
        name.removeprefix(_CHOICE): (
            request.form.get(_SEEN + name.removeprefix(_CHOICE), ""),
            value,
        )
        for name, value in request.form.items()
        if name.startswith(_CHOICE) and value
    }


def _asked(desk: Desk, app: App, entry: Entry, error: JemputError | None = None) -> str:
    asked = [_question(app, entry, one) for one in questions(app.journal, entry)]
    row = screens.row(app, entry)
    return page(desk, app, "attention.html", row=row, asked=asked, error=error)


def _question(app: App, entry: Entry, asked: Question) -> dict[str, Any]:
    return {
        "field": asked.field,
        "label": documents.label(entry, asked.field, language()),
        "seen": asked.seen,
        "choices": [_choice(app, entry, asked.field, one) for one in asked.choices],
        "both": _value(app, entry, asked.field, asked.both) if asked.both is not None else "",
    }


def _choice(app: App, entry: Entry, name: str, choice: Choice) -> dict[str, Any]:
    device = app.device
    zone = display.time_zone(device.timezone)
    now = local(app.journal.evidence().best_ms(), zone)
    who = choice.operator or documents.device_word(choice.stream[:16], text(), device.server)
    return {
        "change": choice.change,
        "own": choice.own,
        "who": who,
        "when": clock_text(local(wall_of(choice.hlc), zone), now),
        "shown": _value(app, entry, name, choice.value),
    }


def _value(app: App, entry: Entry, name: str, value: Any) -> str:
    rtype = RECORD_TYPES.get(entry.type)
    spec = rtype.fields.get(name) if rtype else None
    if spec is None:
        return str(value)
    regions = app.journal.regions()
    return display.value_text(spec, value, lang=language(), regions=regions, full=True)
