"""Writing a record: a form for every type, kept field by field, checked before it is saved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, request

from field_client import drafting, trash
from field_client.commands.asking import finder
from field_client.commands.unlocking import check_context
from field_client.drafting import Work
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.twins import KnownPeople, Twin
from field_client.web import form_pages
from field_client.web.desk import Desk
from field_client.web.errors import PageMissing
from field_client.web.form_fields import is_id
from field_client.web.form_pages import PERSON
from field_client.web.sections import Section, section_of, sections
from field_client.web.showing import Page, page, part, to, wants_part
from field_client.web.turns import is_overtaken
from field_client.web.undoing import note_saved
from field_client.web.visitors import Visitors
from field_client.web.words import language
from shared_schema.ids import record_number
from shared_schema.records import RECORD_TYPES, FieldKind, RecordType, record_type

_REASON = "reason-"
_NEW = "new"


def blueprint(desk: Desk, visitors: Visitors) -> Blueprint:
    """Return the forms."""
    room = Blueprint("forming", __name__)
    _add_beginning(room, desk)
    _add_filling(room, desk, visitors)
    _add_checking(room, desk, visitors)
    _add_ending(room, desk)
    return room


def _add_beginning(room: Blueprint, desk: Desk) -> None:
    @room.get("/new")
    def types() -> Page:
        with desk.use() as app:
            return page(desk, app, "new.html", types=form_pages.offered(language()))

    @room.get("/new/<type_name>")
    def begin(type_name: str) -> Page:
        rtype = _offered(type_name)
        with desk.use() as app:
            record = app.journal.new_record()
        given = _given(rtype, request.args)
        return to("forming.fill", type_name=rtype.name, record=record, number=1, **given)

    @room.post("/next/<uuid:record>")
    def relative(record: UUID) -> Page:
        with desk.use() as app:
            _relatives(app, str(record))
            made = app.journal.new_record()
        return to("forming.fill", type_name=PERSON, record=made, number=1, family=record)


def _add_filling(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/form/<type_name>/<uuid:record>/<int:number>")
    def fill(type_name: str, record: UUID, number: int) -> Page:
        with desk.use() as app:
            rtype = _type_of(app, type_name, record)
            section = _section(rtype, number)
            work = drafting.read(app.journal, rtype, record, check_context(app))
            begun = {**_begun(app, visitors, rtype, record), **work.values}
            work = replace(work, values=begun)
            return _form(desk, app, work, section, whole="check" in request.args)

    @room.post("/form/<type_name>/<uuid:record>/<int:number>")
    def write(type_name: str, record: UUID, number: int) -> Page:
        with desk.use() as app:
            record = _present(app, record)
            rtype = _type_of(app, type_name, record)
            section = _section(rtype, number)
            begun = _begun(app, visitors, rtype, record)
            with app.journal.transaction():
                if is_overtaken(app) or (wants_part() and _is_ended(app, record)):
                    work = drafting.read(app.journal, rtype, record, check_context(app))
                else:
                    work = _keep(app, rtype, record, section, begun)
            if wants_part():
                shown = form_pages.said(work, section, language())
                likely = form_pages.alike(_twins(app, work), language())
                return part("_kept.html", said=shown, twins=likely, work=work)
            go = request.form.get("go", "save")
            if go != "save":
                return _turn(work, section, go)
            if work.errors:
                return _to_error(work)
            if work.unexplained or _twins(app, work):
                return to("forming.check", record=record)
            return _save(desk, visitors, app, work, {})


def _add_checking(room: Blueprint, desk: Desk, visitors: Visitors) -> None:
    @room.get("/check/<uuid:record>")
    def check(record: UUID) -> Page:
        with desk.use() as app:
            work = _work(app, record)
            if work.errors:
                return _to_error(work)
            return _check(desk, app, work, _twins(app, work), {})

    @room.post("/check/<uuid:record>")
    def confirm(record: UUID) -> Page:
        with desk.use() as app:
            work = _work(app, _present(app, record))
            seen = set(request.form.getlist("seen"))
            reasons = _reasons(request.form)
            twins = _twins(app, work)
            unread = [twin for twin in twins if str(twin.id) not in seen]
            if unread or any(found.code not in reasons for found in work.unexplained):
                return _check(desk, app, work, twins, reasons, asked=True)
            return _save(desk, visitors, app, work, reasons)


def _add_ending(room: Blueprint, desk: Desk) -> None:
    @room.post("/same/<uuid:record>/<uuid:other>")
    def same(record: UUID, other: UUID) -> Page:
        with desk.use() as app:
            if app.journal.entry(other) is None:
                raise RecordUnknown(text=other)
            record = _present(app, record)
            if app.journal.state(record) is None and app.journal.draft(record) is not None:
                trash.discard(app.journal, record)
        return to("reading.show", record=other)

    @room.get("/saved/<uuid:record>")
    def saved(record: UUID) -> Page:
        with desk.use() as app:
            entry = app.journal.entry(record)
            if entry is None:
                raise RecordUnknown(text=record)
            return page(desk, app, "saved.html", **form_pages.after(app, entry))


def _form(desk: Desk, app: App, work: Work, section: Section, *, whole: bool) -> Page:
    lang = language()
    shown = form_pages.said(work, section, lang, whole=whole)
    return page(
        desk,
        app,
        "form.html",
        work=work,
        carried={name: value for name, value in request.args.items() if is_id(value)},
        section=section,
        pages=sections(work.type),
        controls=form_pages.controls(app, work, section, lang),
        said=shown,
        summary=form_pages.summary(work, lang) if whole else [],
        stamp=form_pages.stamp(app, work.record),
        remarked=form_pages.remarked(app, work, lang),
        twins=form_pages.alike(_twins(app, work), lang),
        family=form_pages.family(app, work),
        title=form_pages.titled(work, lang),
    )


def _check(
    desk: Desk,
    app: App,
    work: Work,
    twins: tuple[Twin, ...],
    reasons: Mapping[str, str],
    *,
    asked: bool = False,
) -> Page:
    lang = language()
    return page(
        desk,
        app,
        "check.html",
        work=work,
        name=form_pages.named(app, work, lang),
        twins=form_pages.alike(twins, lang),
        warnings=[(found.code, found.text.text(lang)) for found in work.unexplained],
        reasons=reasons,
        asked=asked,
    )


def _save(desk: Desk, visitors: Visitors, app: App, work: Work, reasons: Mapping[str, str]) -> Page:
    done = drafting.finish(app.journal, work.type, work.record, reasons, check_context(app))
    if done.saved is None:
        return _to_error(done.work)
    if work.type.name == PERSON:
        visitors.here.village = str(work.values.get("village", "")) or visitors.here.village
    note_saved(desk, visitors, app, done.saved, done.before)
    return to("forming.saved", record=done.saved)


def _turn(work: Work, section: Section, go: str) -> Page:
    """Lead to another page of the form."""
    last = len(sections(work.type))
    wanted = {"next": section.number + 1, "back": section.number - 1}.get(go)
    if wanted is None:
        wanted = int(go) if go.isdigit() else section.number
    number = min(max(wanted, 1), last)
    return to("forming.fill", type_name=work.type.name, record=work.record, number=number)


def _to_error(work: Work) -> Page:
    """Lead to the first page on which something keeps the record a draft."""
    numbers = [section_of(work.type, found.field) for found in work.errors]
    return to(
        "forming.fill",
        type_name=work.type.name,
        record=work.record,
        number=min(numbers, default=1),
        check=1,
    )


def _is_ended(app: App, record: UUID) -> bool:
    """Tell whether a field was left on a form whose record was saved or thrown away since.

    The browser tells of the last field beside the tap on *Save*; what comes later must not begin
    a correction of what was just saved.
    """
    seen = request.form.get("seen", form_pages.stamp(app, record))
    thrown = app.journal.draft(record) is None and trash.holds(app.journal, record)
    return thrown or seen != form_pages.stamp(app, record)


def _keep(
    app: App, rtype: RecordType, record: UUID, section: Section, begun: Mapping[str, Any]
) -> Work:
    """Keep what this page of the form holds; a number that is hidden and left empty stays."""
    final, find = app.journal.state(record) is not None, finder(app)
    typed = {
        spec.name: drafting.typed_value(rtype, spec.name, request.form[spec.name], find)
        for spec in section.fields
        if spec.name in request.form
    }
    if final:
        hidden = [spec.name for spec in section.fields if spec.kind is FieldKind.DIGITS]
        typed = {n: v for n, v in typed.items() if v is not None or n not in hidden}
    if any(value is not None for value in typed.values()):
        typed = {**begun, **typed}
    return drafting.keep(app.journal, rtype, record, typed, check_context(app))


def _begun(app: App, visitors: Visitors, rtype: RecordType, record: UUID) -> dict[str, Any]:
    """Return what a record that nothing is known of begins with; it is kept with the first field.

    A relative has the family's card and address, a resident the village of the one before.
    """
    if app.journal.entry(record) is not None:
        return {}
    begun = dict(_given(rtype, request.args))
    if rtype.name == PERSON and visitors.here.village:
        begun["village"] = visitors.here.village
    family = request.args.get("family", "")
    return begun | (_relatives(app, family) if rtype.name == PERSON and family else {})


def _relatives(app: App, record: str) -> dict[str, Any]:
    entry = app.journal.entry(UUID(record)) if is_id(record) else None
    if entry is None or entry.type != PERSON:
        raise RecordUnknown(text=record)
    return drafting.household(entry.values)


def _twins(app: App, work: Work) -> tuple[Twin, ...]:
    """Return whom a new resident may be, of those who are known here."""
    if work.type.name != PERSON or work.final or not work.values.get("name"):
        return ()
    return KnownPeople(app.journal).like(work.values, work.record)


def _present(app: App, record: UUID) -> UUID:
    """Return the id that a record has by now whose form was opened a while ago.

    A sync may have found another copy of this laptop at work meanwhile: then what was begun here
    has an id of its own, and the one in the form may be that of somebody the copy registered.
    """
    journal, known = app.journal, app.tables.records.get(doc_id=str(record))
    is_ours = journal.draft(record) is not None or bool(known and known["own"])
    is_theirs = known is not None and not request.form.get(_NEW)
    return record if is_ours or is_theirs else journal.renewed(record)


def _work(app: App, record: UUID) -> Work:
    draft, state = app.journal.draft(record), app.journal.state(record)
    if draft is None and state is None:
        raise RecordUnknown(text=record)
    rtype = record_type(state.type if state else draft.type if draft else "")
    return drafting.read(app.journal, rtype, record, check_context(app))


def _type_of(app: App, type_name: str, record: UUID) -> RecordType:
    """Return the type of a record that may be written here: own, drafted, or of a fresh number."""
    rtype, entry = _offered(type_name), app.journal.entry(record)
    if entry is not None:
        known = entry.type == rtype.name
    else:
        streams = app.journal.branches.all()
        known = any(record_number(record, stream) is not None for stream in streams)
    if not known:
        raise RecordUnknown(text=record)
    return rtype


def _offered(type_name: str) -> RecordType:
    if type_name not in RECORD_TYPES or type_name in form_pages.NOT_TYPED:
        raise PageMissing
    return record_type(type_name)


def _section(rtype: RecordType, number: int) -> Section:
    pages = sections(rtype)
    if not 0 < number <= len(pages):
        raise PageMissing
    return pages[number - 1]


def _given(rtype: RecordType, args: Mapping[str, str]) -> dict[str, str]:
    """Return which records the new one is about, as the way here says; ids only."""
    references = [n for n, spec in rtype.fields.items() if spec.kind is FieldKind.REFERENCE]
    return {name: args[name] for name in references if is_id(args.get(name, ""))}


def _reasons(form: Mapping[str, str]) -> dict[str, str]:
    given = {n.removeprefix(_REASON): said for n, said in form.items() if n.startswith(_REASON)}
    return {code: said.strip() for code, said in given.items() if said.strip()}
