"""The service point: how many were invited, came, were recorded; a queue registered one by one.

The tally is kept as a draft of the day's record until it is saved, so that four hundred people
do not make four hundred corrections. Whoever cannot be saved at once stays a draft, and the
queue goes on.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, request

from field_client import drafting
from field_client.commands.asking import finder
from field_client.commands.unlocking import check_context
from field_client.drafting import Work
from field_client.entries import Entry, shown
from field_client.errors import RecordUnknown
from field_client.journal import Journal
from field_client.known import Known
from field_client.opened import App
from field_client.tables import id_of
from field_client.twins import KnownPeople
from field_client.web import form_pages, memo, screens, short_forms
from field_client.web.desk import Desk
from field_client.web.errors import NameMissing, PageMissing
from field_client.web.form_fields import control
from field_client.web.short_forms import Kept
from field_client.web.showing import Page, page, to, wants_part
from field_client.web.undoing import note_saved
from field_client.web.visiting import PLACE, filled_in, write_visit
from field_client.web.visitors import Visitors
from field_client.web.words import language
from shared_schema.changes import VOID
from shared_schema.records import RecordType, record_type

TALLIES = ("invited", "attended", "recorded")
QUICK = ("name", "sex", "birth_date", "nik")
NEWEST = 20
_VISIT = "visit"
_STEPS = {"1": 1, "-1": -1, "10": 10}


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the service points."""
    room = Blueprint("points", __name__)
    _add_looking(room, desk)
    _add_counting(room, desk, visitors)
    _add_queue(room, desk, visitors)
    return room


def _add_looking(room: Blueprint, desk: Desk) -> None:
    @room.get("/points")
    def points() -> Page:
        with desk.use() as app:
            found = [one for one in app.journal.entries(type="session") if one.void is None]
            lines = [_line(app, one) for one in found[-NEWEST:][::-1]]
            return page(desk, app, "points.html", points=lines)

    @room.get("/point/<uuid:session>")
    def point(session: UUID) -> Page:
        with desk.use() as app:
            return _shown(desk, app, session)


def _add_counting(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/point/<uuid:session>/count")
    def count(session: UUID) -> Page:
        name, step = request.form.get("tally", ""), _STEPS.get(request.form.get("by", ""))
        if name not in TALLIES or step is None:
            raise PageMissing
        with desk.use() as app:
            _count(app, _session(app, session), {name: step})
        return to("points.point", session=session)

    @room.post("/point/<uuid:session>/save")
    def save(session: UUID) -> Page:
        with desk.use() as app:
            work = _session(app, session)
            context = check_context(app)
            done = drafting.finish(app.journal, work.type, session, {}, context)
            if done.saved is None:
                return to("forming.check", record=session)
            note_saved(desk, visitors, app, session, done.before)
        return to("points.point", session=session)


def _add_queue(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/point/<uuid:session>/register")
    def register(session: UUID) -> Page:
        with desk.use() as app:
            held = _session(app, session)
            kept = _keep(app, held)
            if wants_part():
                return short_forms.said(app, kept.record)
            if not request.form.get("name", "").strip():
                return _shown(desk, app, session, error=NameMissing()), 400
            if not kept.over and not short_forms.was_sent(app.journal, kept.record):
                _register(desk, visitors, app, held, kept.record)
        return to("points.point", session=session, queue=1)


def _register(desk: Desk, visitors: Visitors, app: App, held: Work, person: UUID) -> None:
    """Save or keep the next in the queue, with the visit, and count them; one commit."""
    with app.journal.transaction():
        visit = _finish(app, person, held.record)
        counted = {"attended": 1, "recorded": 1 if visit else 0}
        _count(app, held, counted)
        short_forms.note_sent(app.journal, person)
    back = {name: -count for name, count in counted.items()}
    others = (visit,) if visit else ()
    note_saved(
        desk, visitors, app, person, others=others, also=lambda again: _count(again, held, back)
    )


def _finish(app: App, person: UUID, session: UUID) -> UUID | None:
    """Save who may be saved, with the visit; keep both as drafts where something is unclear."""
    rtype, context = record_type("person"), check_context(app)
    work = drafting.read(app.journal, rtype, person, context)
    unclear = work.errors or work.unexplained
    if not unclear and not KnownPeople(app.journal).like(work.values, person):
        drafting.finish(app.journal, rtype, person, {}, context)
    if request.form.get("recorded") != "yes":
        return None
    values = {"person": str(person), "outcome": "recorded", "session": str(session)}
    return write_visit(app, person, values | filled_in(PLACE))


def _keep(app: App, held: Work) -> Kept:
    """Keep what the quick form holds, in the service point's village."""
    rtype, find, village = record_type("person"), finder(app), held.values.get("village")
    typed = {
        name: drafting.typed_value(rtype, name, request.form.get(name, ""), find)
        for name in (*QUICK, "village")
    }
    typed["village"] = typed["village"] or village
    begun = {"village": village} if village else {}
    named = bool(typed["name"]) and not wants_part()
    return short_forms.keep(app, rtype, typed, begun=begun, always=named)


def _count(app: App, work: Work, steps: dict[str, int]) -> None:
    """Add to the tally, as a draft of the day's record."""
    with app.journal.transaction():
        now = drafting.read(app.journal, work.type, work.record, check_context(app)).values
        typed = {
            name: max(0, int(now.get(name) or 0) + step) for name, step in steps.items() if step
        }
        drafting.keep(app.journal, work.type, work.record, typed, check_context(app))


def _session(app: App, session: UUID) -> Work:
    entry = app.journal.entry(session)
    if entry is None or entry.type != "session" or app.journal.state(session) is None:
        raise RecordUnknown(text=session)
    return drafting.read(app.journal, _type(), session, check_context(app))


def _shown(desk: Desk, app: App, session: UUID, error: NameMissing | None = None) -> str:
    """Show a service point; while its queue is registered, the next name can be typed at once."""
    work, lang = _session(app, session), language()
    rtype, person = work.type, record_type("person")
    given: dict[str, Any] = {n: request.form.get(n, "") for n in (*QUICK, "village")}
    asked = (*QUICK, *(() if work.values.get("village") else ("village",)))
    served = memo.made_once(app, Served).at(str(session))
    unclear = app.journal.entries_of(
        one for one in served if app.tables.drafts.contains(doc_id=one)
    )
    return page(
        desk,
        app,
        "point.html",
        work=work,
        title=form_pages.named(app, work, lang),
        tallies=[
            (name, rtype.fields[name].label.text(lang), int(work.values.get(name) or 0))
            for name in TALLIES
        ],
        controls=[control(app, person.fields[name], given, lang) for name in asked],
        served=screens.rows(app, app.journal.entries_of(served[:NEWEST])),
        count=len(served),
        queue_form=short_forms.form_name(),
        unclear=[one for one in screens.rows(app, unclear) if one.mark == "draft"],
        error=error,
        queue=error is not None or "queue" in request.args,
    )


class Served:
    """Who was registered or visited at a service point; a visit is read again where it changed."""

    def __init__(self, journal: Journal) -> None:
        self._tables = journal.tables
        self._own = Known(_met)

    def at(self, session: str) -> list[str]:
        """Return the residents by id, the newest first."""
        saved = self._own.made(self._tables.records.bodies_of("own", [True]))
        drafted = {
            id_of(one): (one["values"].get("session"), one["values"].get("person"))
            for one in self._tables.drafts
            if one["type"] == _VISIT and id_of(one) not in saved
        }
        met = [one for one in (*saved.values(), *drafted.values()) if one is not None]
        return list(dict.fromkeys(str(person) for at, person in reversed(met) if at == session))


def _met(_one: str, document: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Return where and whom a visit met; None for what is no visit, or void."""
    if document["type"] != _VISIT:
        return None
    values = shown(document)
    return None if values.get(VOID) else (values.get("session"), values.get("person"))


def _line(app: App, entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "final": app.journal.state(entry.id) is not None,
        "name": screens.named(app, entry),
        "count": f"{entry.values.get('recorded') or 0}/{entry.values.get('attended') or 0}",
    }


def _type() -> RecordType:
    return record_type("session")
