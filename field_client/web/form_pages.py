"""What the pages of a form show, as plain values: fields, what is said of them, who is alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from field_client.commands import documents
from field_client.drafting import Work
from field_client.entries import Entry
from field_client.opened import App
from field_client.records import PHOTO
from field_client.tables import id_of
from field_client.twins import Twin
from field_client.web import memo, screens
from field_client.web.form_fields import Control, control
from field_client.web.sections import Section, section_of, sections
from field_client.web.words import language, text
from shared_schema import display
from shared_schema.changes import VOID
from shared_schema.matching.bands import Band
from shared_schema.records import RECORD_TYPES

NOT_TYPED = frozenset({PHOTO, "link", "review"})
FAMILY = 12
PERSON = "person"
_NOT_YET = frozenset({"REQUIRED", "EMPTY"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of one field. ``kind``: error or warning."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Somebody known here who may be the resident that is being registered."""

    id: str
    name: str
    certain: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody known of the family. ``said``: relationship and birth."""

    name: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A line of what keeps a record a draft: the page and the field to go to."""

    number: int
    field: str
    text: str


def offered(lang: str) -> Sequence[tuple[str, str]]:
    """Return name and word of the record types that can be written here."""
    types = (rtype for name, rtype in RECORD_TYPES.items() if name not in NOT_TYPED)
    return sorted(((t.name, t.label.text(lang)) for t in types), key=lambda pair: pair[1])


def controls(app: App, work: Work, section: Section, lang: str) -> list[Control]:
    """Return the fields of a page as they are asked for."""
    state = app.journal.state(work.record)
    final = state.values() if state else {}
    return [
        control(app, spec, work.values, lang, hide=final.get(spec.name) == _held(work, spec.name))
        for spec in section.fields
    ]


def _held(work: Work, name: str) -> Any:
    return work.values.get(name, "")


def said(work: Work, section: Section, lang: str, *, whole: bool = False) -> dict[str, Said]:
    """Return what is said of each field of a page; ``whole``: also of what is still empty."""
    found: dict[str, Said] = {spec.name: Said(kind="", text="") for spec in section.fields}
    for problem in work.unexplained:
        if problem.field in found:
            found[problem.field] = Said(kind="warning", text=problem.text.text(lang))
    for problem in work.errors:
        if problem.field in found and (whole or problem.code not in _NOT_YET):
            found[problem.field] = Said(kind="error", text=problem.text.text(lang))
    return found


def summary(work: Work, lang: str) -> list[Missing]:
    """Return all that keeps the record a draft, with the page it is mended on."""
    return [
        Missing(
            number=section_of(work.type, found.field),
            field=found.field or "",
            text=found.text.text(lang),
        )
        for found in work.errors
    ]


def stamp(app: App, record: UUID) -> str:
    """Return which writing of a record was the last, "" for one that was never saved."""
    state = app.journal.state(record)
    heads = (head for part in state.fields.values() for head in part.heads) if state else ()
    return max((head.stamp.text() for head in heads), default="")


def remarked(app: App, work: Work, lang: str) -> list[str]:
    """Return what the office remarked on a record that is being mended, a line each."""
    entry = app.journal.entry(work.record) if work.final else None
    if entry is None:
        return []
    lines = documents.notes(replace(entry, problems=()), lang, text()).splitlines()
    return [line.lstrip("! ") for line in lines]


def alike(twins: Iterable[Twin], lang: str) -> list[Alike]:
    """Return whom the resident may be, in words."""
    return [
        Alike(
            id=str(twin.id),
            name=twin.name,
            certain=twin.band is Band.CERTAIN,
            why=documents.agreement(twin.parts, lang),
        )
        for twin in twins
    ]


def family(app: App, work: Work) -> list[Member]:
    """Return the members that are known of the family whose card is typed."""
    card = work.values.get("kk_number")
    if work.type.name != PERSON or not isinstance(card, str) or not card:
        return []
    journal = app.journal
    found = [id_of(one) for one in journal.tables.records.beginning("kk_number", card, FAMILY)]
    drafts = (one for one in journal.drafts() if one.type == PERSON)
    found += [str(one.record) for one in drafts if one.values.get("kk_number") == card]
    entries = journal.entries_of(one for one in dict.fromkeys(found) if one != str(work.record))
    return [_member(one) for one in entries if one.type == PERSON and one.void is None]


def _member(entry: Entry) -> Member:
    fields, lang = RECORD_TYPES[PERSON].fields, language()
    told = [
        display.value_text(fields[name], entry.values[name], lang=lang)
        for name in ("relationship", "birth_date")
        if entry.values.get(name) is not None
    ]
    return Member(name=str(entry.values.get("name", "")), said=" · ".join(told))


def titled(work: Work, lang: str) -> str:
    """Return the heading of a form."""
    said = text()("Correct: {type}") if work.final else text()("New: {type}")
    return said.format(type=work.type.label.text(lang))


def named(app: App, work: Work, lang: str) -> str:
    """Return what the record is called so far."""
    values = screens.in_words(work.type, _plain(work.values))
    return display.title(work.type, values, lang=lang, regions=memo.regions(app))


def after(app: App, entry: Entry) -> Mapping[str, Any]:
    """Return what the page after saving shows."""
    rtype = RECORD_TYPES[entry.type]
    return {
        "row": screens.row(app, entry),
        "entry": entry,
        "is_person": entry.type == PERSON,
        "number": len(sections(rtype)),
        "void": entry.values.get(VOID),
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith("_")}
