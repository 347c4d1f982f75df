"""Reading: lists of own records by how far they have come, and one record."""

from typing import Any

from flask import Blueprint

from field_client import display
from field_client.entries import COUNTED
from field_client.errors import RecordUnknown
from field_client.search import LIMIT
from field_client.web import memo, screens
from field_client.web.desk import Desk
from field_client.web.errors import PageMissing
from field_client.web.form_pages import NOT_TYPED, PERSON
from field_client.web.showing import Page, page
from field_client.web.visiting import visit_lines
from field_client.web.visitors import Visitors
from field_client.web.words import language
from shared_schema.records import RECORD_TYPES


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return lists and single records."""
    room = Blueprint("reading", __name__)

    @room.get("/records/<state>")
    def records(state: str) -> Page:
        if state not in set(COUNTED):
            raise PageMissing
        with desk.use() as app:
            found = memo.standings(app)[state]
            shown = screens.rows(app, app.journal.entries_of(found[-LIMIT:][::-1]))
            word = display.state_word(state, language())
            return page(
                desk, app, "list.html", state=state, word=word, rows=shown, count=len(found)
            )

    @room.get("/record/<uuid:record>")
    def show(record: Any) -> Page:
        with desk.use() as app:
            entry = app.journal.entry(record)
            if entry is None:
                raise RecordUnknown(text=record)
            person = entry.type == PERSON
            return page(
                desk,
                app,
                "record.html",
                sheet=screens.sheet(app, entry),
                drafted=app.journal.draft(record) is not None,
                final=app.journal.state(record) is not None,
                editable=entry.type in RECORD_TYPES and entry.type not in NOT_TYPED,
                is_person=person,
                visits=visit_lines(app, record) if person else [],
            )

    return room
