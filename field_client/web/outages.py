"""Outages: reporting one with a photo, what was said of it since, repairs, restored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from tinydb import where

from field_client import display
from field_client.attaching import attach
from field_client.capture import assess
from field_client.commands.unlocking import check_context
from field_client.entries import Entry, Standing
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.outages import RESTORED, Said, down, standing, status_of
from field_client.records import PHOTO
from field_client.saving import save_answers
from field_client.tables import id_of
from field_client.web import memo, screens, short_forms, uploads
from field_client.web.desk import Desk
from field_client.web.errors import PhotoAbsent
from field_client.web.short_forms import Kept, ShortForm
from field_client.web.showing import Page, page, to, wants_part
from field_client.web.undoing import note_saved
from field_client.web.visitors import Visitors
from field_client.web.words import language, rough_text
from shared_schema.errors import JemputError
from shared_schema.records import record_type

_LISTED = 50
_TELLS = ("outage_statement", "repair_attempt")
REPORT = (
    *("component", "place", "started", "started_precision", "diagnosis", "symptom", "status"),
    *("redirect_to", "people_displaced", "unsent_recordings", "note"),
)
WORD = ("told_by", "status", "cause", "expected_restore", "condition")
REPAIR = ("date", "date_precision", "by", "result", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One outage in a list. ``status``: how it stands by the latest word, in words too."""

    id: str
    name: str
    since: str
    status: str
    word: str
    open: bool


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the pages about outages."""
    room = Blueprint("outages", __name__)
    _add_looking(room, desk)
    _add_reporting(room, desk, visitors)
    _add_telling(room, desk, visitors)
    return room


def _add_looking(room: Blueprint, desk: Desk) -> None:
    @room.get("/outages")
    def outages() -> Page:
        with desk.use() as app:
            known = sorted(map(_line(app), _outages(app)), key=lambda line: not line.open)
            shown = known[:_LISTED]
            return page(desk, app, "outages.html", lines=shown, total=len(known))

    @room.get("/outage/<uuid:record>")
    def outage(record: UUID) -> Page:
        with desk.use() as app:
            return _shown(desk, app, _entry(app, record))

    @room.get("/photo/<uuid:record>")
    def photo(record: UUID) -> Response:
        with desk.use() as app:
            found = app.journal.entry(record)
            if found is None or found.type != PHOTO:
                raise PhotoAbsent
            content = app.attachments.read(str(found.values["sha256"]))
            return Response(content, mimetype=str(found.values["media_type"]))


def _add_reporting(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/outage/new")
    def begin() -> Page:
        with desk.use() as app:
            form = short_forms.blank(app, record_type("outage"), REPORT, **_begun(app))
            shown = {"form": form, "told_by": "", "known": {}, "photo": ""}
            return page(desk, app, "outage_new.html", places=_districts(app), **shown)

    @room.post("/outage/new")
    def report() -> Page:
        with desk.use() as app:
            values = short_forms.given(record_type("outage"), REPORT)
            kept, told = _keep_report(app, values)
            if wants_part():
                return short_forms.said(app, kept.record)
            if kept.over:
                return to("outages.outage", record=kept.record)
            photo, error = _photo(app)
            known = _down(app, values)
            if kept.judged.final and not error and (not known or "sure" in request.form):
                others = _save_report(app, kept, told, uploads.kept(app, photo))
                uploads.drop(app, photo)
                note_saved(desk, visitors, app, kept.record, others=others)
                return to("outages.outage", record=kept.record)
            form = short_forms.again(app, record_type("outage"), REPORT, values, kept.judged)
            said = request.form.get("told_by", "").strip()
            shown = {"form": form, "told_by": said, "known": known, "photo": photo}
            places = _districts(app)
            return page(desk, app, "outage_new.html", places=places, error=error, **shown), 400

    @room.get("/outage/photo/<name>")
    def chosen(name: str) -> Response:
        with desk.use() as app:
            photo = uploads.kept(app, name)
            if photo is None:
                raise PhotoAbsent
            return Response(photo.content, mimetype=photo.media_type)


def _add_telling(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.post("/outage/<uuid:record>/word")
    def word(record: UUID) -> Page:
        return _tell(desk, visitors, record, "outage_statement", WORD)

    @room.post("/outage/<uuid:record>/repair")
    def repair(record: UUID) -> Page:
        return _tell(desk, visitors, record, "repair_attempt", REPAIR)

    @room.post("/outage/<uuid:record>/restored")
    def restored(record: UUID) -> Page:
        with desk.use() as app:
            _entry(app, record)
            values = _said_of(app, record, app.keys.operator, RESTORED)
            judged = assess(record_type("outage_statement"), values, check_context(app))
            saved = save_answers(app.journal, app.journal.new_record(), judged)
            note_saved(desk, visitors, app, saved, lead=url_for("outages.outage", record=record))
            return to("outages.outage", record=record)

    @room.post("/outage/<uuid:record>/photo")
    def attach(record: UUID) -> Page:
        with desk.use() as app:
            entry = _entry(app, record)
            try:
                picture = _reduced(uploads.required("photo"))
            except JemputError as error:
                return _shown(desk, app, entry, error=error), error.http_status
            _attach(app, record, picture)
            return to("outages.outage", record=record)


# What is known


def _outages(app: App) -> Iterator[Entry]:
    found = app.journal.entries(type="outage")
    return (entry for entry in reversed(list(found)) if entry.void is None)


def _entry(app: App, record: UUID) -> Entry:
    entry = app.journal.entry(record)
    if entry is None or entry.type != "outage":
        raise RecordUnknown(text=record)
    return entry


def _line(app: App) -> Any:
    told = _told(app)

    def line(entry: Entry) -> Line:
        status = standing(_text(entry, "status"), told.get(str(entry.id), ()))
        lang, fields = language(), record_type("outage").fields
        rough = _text(entry, "started_precision") or "day"
        words = display.value_text(fields["started_precision"], rough, lang=lang)
        since = rough_text(_text(entry, "started") or "", rough, words)
        codes = fields["status"].codes
        return Line(
            id=str(entry.id),
            name=display.title(record_type("outage"), entry.values, lang=lang),
            since=since,
            status=status,
            word=codes.label(status).text(lang) if codes else status,
            open=status != RESTORED,
        )

    return line


def _text(entry: Entry, name: str) -> str | None:
    value = entry.values.get(name)
    return str(value) if value is not None else None


def _told(app: App) -> dict[str, list[Said]]:
    """Return what was said since of each outage; what is half typed says nothing yet."""
    told: dict[str, list[Said]] = {}
    for type_name in _TELLS:
        for order, entry in enumerate(app.journal.entries(type=type_name)):
            status = status_of(type_name, entry.values)
            if status is not None and entry.void is None and _is_saved(app, entry):
                day = str(entry.values.get("told_on") or entry.values.get("date") or "")
                said = Said(when=day, order=order, status=status)
                told.setdefault(str(entry.values.get("outage")), []).append(said)
    return told


def _down(app: App, values: Mapping[str, Any]) -> dict[str, list[Line]]:
    """Return the places among those that people are sent to which are down themselves."""
    targets = values.get("redirect_to")
    if not isinstance(targets, list):
        return {}
    entries = {str(entry.id): entry for entry in _outages(app) if _is_saved(app, entry)}
    lines = {one: _line(app)(entry) for one, entry in entries.items()}
    broken = [(one, entry.values) for one, entry in entries.items() if lines[one].open]
    found = down(targets, broken, memo.regions(app))
    return {name: [lines[one] for one in ids] for name, ids in found.items()}


def _districts(app: App) -> list[str]:
    """Return the names of the districts that are known, to choose from."""
    known = memo.regions(app)
    return [known.name(code) for code in known.districts()] if known else []


def _is_saved(app: App, entry: Entry) -> bool:
    return entry.state is not Standing.DRAFT or app.journal.state(entry.id) is not None


# What is saved


def _photo(app: App) -> tuple[str, JemputError | None]:
    """Keep the photo that came with the form, reduced; return its name, or why it is unreadable.

    The form may bring the name of one that it brought before; "" is none.
    """
    before = "" if "without" in request.form else request.form.get("kept", "")
    content = uploads.given("photo")
    try:
        if content:
            return uploads.keep(app, _reduced(content)), None
    except JemputError as error:
        return "", error
    return (before if uploads.kept(app, before) else ""), None


def _reduced(content: bytes) -> Any:
    from field_client.photos import reduce_photo  # noqa: PLC0415 - Pillow takes long to load

    return reduce_photo(content)


def _begun(app: App) -> dict[str, Any]:
    today = check_context(app).today.isoformat()
    return {"started_precision": "day", "status": "broken", "started": today}


def _keep_report(app: App, values: Mapping[str, Any]) -> tuple[Kept, Kept | None]:
    """Keep a report as a draft, and who says so as another that waits for it."""
    told_by, journal = request.form.get("told_by", "").strip(), app.journal
    with journal.transaction():
        begun = {} if told_by else _begun(app)
        kept = short_forms.keep(app, record_type("outage"), values, begun=begun)
        if kept.over:
            return kept, None
        status = kept.judged.values.get("status", "reported")
        said = _said_of(app, kept.record, told_by or None, status)
        bare = {name: value for name, value in said.items() if name != "told_by"}
        told = short_forms.keep(app, record_type(_TELLS[0]), said, begun=bare, which="told")
        return kept, told if told_by else None


def _save_report(app: App, kept: Kept, told: Kept | None, picture: Any) -> tuple[UUID, ...]:
    """Save the report with who said so, then the photo; return what was saved along with it."""
    others = []
    with app.journal.transaction():
        save_answers(app.journal, kept.record, kept.judged)
        if told is not None:
            others.append(told.record)
            if app.journal.state(told.record) is None:
                save_answers(app.journal, told.record, told.judged)
    if picture is not None:
        others.append(_attach(app, kept.record, picture))
    return tuple(others)


def _said_of(app: App, outage: UUID, told_by: str | None, status: str) -> dict[str, Any]:
    today = check_context(app).today.isoformat()
    return {"outage": str(outage), "told_by": told_by, "told_on": today, "status": status}


def _attach(app: App, record: UUID, picture: Any) -> UUID:
    values = {"record": str(record), **picture.values()}
    judged = assess(record_type(PHOTO), values, check_context(app))
    return attach(app, picture.content, judged).id


def _tell(
    desk: Desk, visitors: Visitors, record: UUID, type_name: str, names: tuple[str, ...]
) -> Page:
    """Keep and save a word about an outage, or show its form again."""
    rtype = record_type(type_name)
    with desk.use() as app:
        entry = _entry(app, record)
        given, fixed = short_forms.given(rtype, names), _fixed(app, record, type_name)
        begun = fixed | (_tried(app) if type_name == _TELLS[1] else {})
        kept = short_forms.keep(app, rtype, {**given, **fixed}, begun=begun)
        if wants_part():
            return short_forms.said(app, kept.record)
        if kept.judged.final:
            if not kept.over:
                saved = save_answers(app.journal, kept.record, kept.judged)
                note_saved(desk, visitors, app, saved)
            return to("outages.outage", record=record)
        form = short_forms.again(app, rtype, names, given, kept.judged)
        word = form if type_name == _TELLS[0] else None
        return _shown(desk, app, entry, word=word, repair=None if word else form), 400


def _fixed(app: App, outage: UUID, type_name: str) -> dict[str, Any]:
    """Return what is not asked: which outage a word is about, and that it is of today."""
    fixed = {"outage": str(outage)}
    if type_name == _TELLS[0]:
        fixed["told_on"] = check_context(app).today.isoformat()
    return fixed


def _tried(app: App) -> dict[str, Any]:
    return {"date": check_context(app).today.isoformat(), "date_precision": "day"}


def _shown(
    desk: Desk,
    app: App,
    entry: Entry,
    *,
    word: ShortForm | None = None,
    repair: ShortForm | None = None,
    error: JemputError | None = None,
) -> str:
    blank, (told, tried) = short_forms.blank, map(record_type, _TELLS)
    return page(
        desk,
        app,
        "outage.html",
        line=_line(app)(entry),
        sheet=screens.sheet(app, entry),
        words=[screens.sheet(app, one) for one in _about(app, entry.id)],
        photos=[str(one.id) for one in app.journal.photos(entry.id) if _here(app, one)],
        known=_down(app, entry.values),
        word=word or blank(app, told, WORD),
        repair=repair or blank(app, tried, REPAIR, **_tried(app)),
        asking="word" if word else "repair" if repair else "",
        error=error,
    )


def _about(app: App, record: UUID) -> list[Entry]:
    """Return what was said of an outage since, and the attempts to repair it; drafts last."""
    saved = app.tables.records.search(where("parent") == str(record))
    drafted = (one for one in app.tables.drafts if one["values"].get("outage") == str(record))
    ids = dict.fromkeys(id_of(one) for one in (*saved, *drafted) if one["type"] in _TELLS)
    return app.journal.entries_of(ids)


def _here(app: App, photo: Entry) -> bool:
    return photo.void is None and app.attachments.holds(str(photo.values.get("sha256")))
