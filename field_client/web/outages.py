"""Outages: reporting one with a photo, what was said of it since, repairs, restored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from tinydb import where

from field_client import display
from field_client.attaching import attach
from field_client.capture import Assessment
from field_client.commands.unlocking import check_context
from field_client.entries import Entry
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.outages import RESTORED, Said, down, standing, status_of
from field_client.records import PHOTO
from field_client.saving import save_answers
from field_client.tables import id_of
from field_client.web import memo, screens, short_forms, uploads
from field_client.web.desk import Desk
from field_client.web.errors import PhotoAbsent
from field_client.web.short_forms import ShortForm
from field_client.web.showing import Page, page, to
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


def blueprint(desk: Desk, _visitors: Visitors) -> Blueprint:
    """Return the pages about outages."""
    room = Blueprint("outages", __name__)
    _add_looking(room, desk)
    _add_reporting(room, desk)
    _add_telling(room, desk)
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


def _add_reporting(room: Blueprint, desk: Desk) -> None:
    @room.get("/outage/new")
    def begin() -> Page:
        with desk.use() as app:
            values = {"started_precision": "day", "status": "broken"}
            values["started"] = check_context(app).today.isoformat()
            form = short_forms.blank(app, record_type("outage"), REPORT, **values)
            shown = {"form": form, "told_by": "", "known": {}, "photo": ""}
            return page(desk, app, "outage_new.html", places=_districts(app), **shown)

    @room.post("/outage/new")
    def report() -> Page:
        with desk.use() as app:
            values = short_forms.given(record_type("outage"), REPORT)
            told_by = request.form.get("told_by", "").strip()
            photo, error = _photo(app)
            judged = short_forms.judged(app, record_type("outage"), values)
            known = _down(app, values)
            if judged.final and not error and (not known or "sure" in request.form):
                record = _saved(app, judged, told_by, uploads.kept(app, photo))
                uploads.drop(app, photo)
                return to("outages.outage", record=record)
            form = short_forms.again(app, record_type("outage"), REPORT, values, judged)
            shown = {"form": form, "told_by": told_by, "known": known, "photo": photo}
            places = _districts(app)
            return page(desk, app, "outage_new.html", places=places, error=error, **shown), 400

    @room.get("/outage/photo/<name>")
    def chosen(name: str) -> Response:
        with desk.use() as app:
            photo = uploads.kept(app, name)
            if photo is None:
                raise PhotoAbsent
            return Response(photo.content, mimetype=photo.media_type)


def _add_telling(room: Blueprint, desk: Desk) -> None:
    @room.post("/outage/<uuid:record>/word")
    def word(record: UUID) -> Page:
        return _tell(desk, record, "outage_statement", WORD)

    @room.post("/outage/<uuid:record>/repair")
    def repair(record: UUID) -> Page:
        return _tell(desk, record, "repair_attempt", REPAIR)

    @room.post("/outage/<uuid:record>/restored")
    def restored(record: UUID) -> Page:
        with desk.use() as app:
            _entry(app, record)
            values = {"told_by": app.keys.operator, "status": RESTORED}
            _say(app, record, values)
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
    """Return what was said since of each outage."""
    told: dict[str, list[Said]] = {}
    for type_name in _TELLS:
        for order, entry in enumerate(app.journal.entries(type=type_name)):
            status = status_of(type_name, entry.values)
            if status is not None and entry.void is None:
                day = str(entry.values.get("told_on") or entry.values.get("date") or "")
                said = Said(when=day, order=order, status=status)
                told.setdefault(str(entry.values.get("outage")), []).append(said)
    return told


def _down(app: App, values: Mapping[str, Any]) -> dict[str, list[Line]]:
    """Return the places among those that people are sent to which are down themselves."""
    targets = values.get("redirect_to")
    if not isinstance(targets, list):
        return {}
    entries = {str(entry.id): entry for entry in _outages(app)}
    lines = {one: _line(app)(entry) for one, entry in entries.items()}
    broken = [(one, entry.values) for one, entry in entries.items() if lines[one].open]
    found = down(targets, broken, memo.regions(app))
    return {name: [lines[one] for one in ids] for name, ids in found.items()}


def _districts(app: App) -> list[str]:
    """Return the names of the districts that are known, to choose from."""
    known = memo.regions(app)
    return [known.name(code) for code in known.districts()] if known else []


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


def _saved(app: App, judged: Assessment, told_by: str, picture: Any) -> UUID:
    """Save the report, who said so, and the photo; the report is on the disk first."""
    record = save_answers(app.journal, app.journal.new_record(), judged)
    if told_by:
        status = judged.values.get("status", "reported")
        _say(app, record, {"told_by": told_by, "status": status})
    if picture is not None:
        _attach(app, record, picture)
    return record


def _say(app: App, record: UUID, values: Mapping[str, Any]) -> None:
    told_on = check_context(app).today.isoformat()
    given = {**values, "outage": str(record), "told_on": told_on}
    judged = short_forms.judged(app, record_type("outage_statement"), given)
    save_answers(app.journal, app.journal.new_record(), judged)


def _attach(app: App, record: UUID, picture: Any) -> None:
    values = {"record": str(record), **picture.values()}
    attach(app, picture.content, short_forms.judged(app, record_type(PHOTO), values))


def _tell(desk: Desk, record: UUID, type_name: str, names: tuple[str, ...]) -> Page:
    """Save a word about an outage, or show its form again."""
    rtype = record_type(type_name)
    with desk.use() as app:
        entry = _entry(app, record)
        given = short_forms.given(rtype, names)
        today = check_context(app).today.isoformat()
        fixed = {"outage": str(record)}
        if type_name == "outage_statement":
            fixed["told_on"] = today
        judged = short_forms.judged(app, rtype, {**given, **fixed})
        if judged.final:
            save_answers(app.journal, app.journal.new_record(), judged)
            return to("outages.outage", record=record)
        form = short_forms.again(app, rtype, names, given, judged)
        word = form if type_name == "outage_statement" else None
        return _shown(desk, app, entry, word=word, repair=None if word else form), 400


def _shown(
    desk: Desk,
    app: App,
    entry: Entry,
    *,
    word: ShortForm | None = None,
    repair: ShortForm | None = None,
    error: JemputError | None = None,
) -> str:
    today = check_context(app).today.isoformat()
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
        repair=repair or blank(app, tried, REPAIR, date=today, date_precision="day"),
        asking="word" if word else "repair" if repair else "",
        error=error,
    )


def _about(app: App, record: UUID) -> list[Entry]:
    """Return what was said of an outage since, and the attempts to repair it."""
    table = app.tables.records
    ids = [
        id_of(one) for one in table.search(where("parent") == str(record)) if one["type"] in _TELLS
    ]
    return app.journal.entries_of(ids)


def _here(app: App, photo: Entry) -> bool:
    return photo.void is None and app.attachments.holds(str(photo.values.get("sha256")))
