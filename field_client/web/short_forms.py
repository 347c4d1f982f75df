"""A short form of one page: some fields of one record type, kept as they are left, judged, saved.

For rooms that ask for little (a repair attempt, a stock movement). Long forms, of several pages,
are `forming`'s; there a draft that was begun in a short form can be finished as well.

Each form that is shown has a name of its own, drawn at random, and what it sends belongs to one
record however often it is sent: the number is given with the first field, not for a look.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request

from field_client import drafting, trash
from field_client.capture import Assessment, assess
from field_client.commands.unlocking import check_context
from field_client.journal import Journal
from field_client.opened import App
from field_client.web.form_fields import Control, control
from field_client.web.showing import part, wants_part
from field_client.web.turns import is_overtaken
from field_client.web.words import language
from shared_schema.canonical import encode
from shared_schema.changes import REASONS, SYSTEM_FIELDS, VOID
from shared_schema.fold import RecordState
from shared_schema.records import RecordType

REASON = "reason."
NAME = "form"
_SENT = "sent"
_NAME_BYTES = 12
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortForm:
    """What a page asks. ``name``: of this form alone.

    ``problems``: sentences by field, "" for the whole form.
    ``doubts``: warnings that want a reason: code, sentence, the reason given so far.
    """

    name: str
    controls: Sequence[Control]
    problems: Mapping[str, Sequence[str]]
    doubts: Sequence[tuple[str, str, str]]


def blank(app: App, rtype: RecordType, names: Sequence[str], **values: Any) -> ShortForm:
    """Return a form with ``values`` filled in."""
    return _form(app, rtype, names, values, None)


def given(rtype: RecordType, names: Sequence[str]) -> dict[str, Any]:
    """Return what the form at hand brought: values where they can be read, else as typed.

    None for what was left empty.
    """
    typed = {name: request.form.get(name, "").strip() for name in names}
    values = {
        name: drafting.typed_value(rtype, name, text, lambda _kind, said: said) if text else None
        for name, text in typed.items()
    }
    reasons = {
        name.removeprefix(REASON): text.strip()
        for name, text in request.form.items()
        if name.startswith(REASON) and text.strip()
    }
    return values | ({REASONS: reasons} if reasons else {})


def form_name() -> str:
    """Return the name of the form at hand, else one for a form that is shown for the first time."""
    return request.form.get(NAME, "") or secrets.token_urlsafe(_NAME_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of what a form brought. ``record``: its number, under which a draft is kept.

    ``over``: nothing is to be done any more; it was saved just so before, or what came is a
    field that the whole form has overtaken.
    """

    record: UUID
    judged: Assessment
    over: bool = False


def keep(
    app: App,
    rtype: RecordType,
    values: Mapping[str, Any],
    *,
    begun: Mapping[str, Any] | None = None,
    which: str = "",
    always: bool = False,
) -> Kept:
    """Keep what the form at hand brought as a draft, durably, and judge it.

    ``values``: with None for what is empty. ``begun``: what the form was shown with; nothing more
    than that is no draft. ``which``: of several records that one form is about. A form without a
    name keeps nothing but with ``always``.
    """
    journal, typed = app.journal, {n: v for n, v in values.items() if v is not None}
    judged = assess(rtype, typed, check_context(app))
    with journal.transaction():
        record = _numbered(journal, which)
        if is_overtaken(app):
            return Kept(record=record, judged=judged, over=True)
        state, thrown = journal.state(record), trash.holds(journal, record)
        if state is not None or thrown:
            if wants_part() or (state is not None and _is_saved(state, judged)):
                return Kept(record=record, judged=judged, over=True)
            record = _numbered_anew(journal, which)
        if typed == (begun or {}):
            journal.drop_draft(record)
        elif always or _key(which):
            drafting.keep(journal, rtype, record, values, check_context(app))
        return Kept(record=record, judged=judged)


def said(app: App, record: UUID) -> str:
    """Return the piece of a page that says whether what was left is kept."""
    return part("_kept_short.html", found=app.journal.draft(record) is not None)


def was_sent(journal: Journal, record: UUID) -> bool:
    """Tell whether the form at hand was carried out for this record before."""
    key = _key(_SENT)
    return bool(key) and journal.remembered(key) == record


def note_sent(journal: Journal, record: UUID) -> None:
    """Note that the form at hand was carried out, so that a second tap counts nobody twice."""
    key = _key(_SENT)
    if key:
        journal.remember(key, record)


def _numbered(journal: Journal, which: str = "") -> UUID:
    """Return the number of the record that the form at hand is about, one and the same."""
    key = _key(which)
    with journal.transaction():
        record = journal.remembered(key) if key else None
        if record is None:
            return _numbered_anew(journal, which)
        known = journal.draft(record) is not None or journal.state(record) is not None
        return record if known else journal.renewed(record)


def _numbered_anew(journal: Journal, which: str) -> UUID:
    key = _key(which)
    with journal.transaction():
        record = journal.new_record()
        if key:
            journal.remember(key, record)
        return record


def _is_saved(state: RecordState, judged: Assessment) -> bool:
    """Tell whether a record that stands holds just what was given."""
    given = {name: value for name, value in judged.values.items() if name not in SYSTEM_FIELDS}
    return state.shown(VOID) is None and encode(state.values()) == encode(given)


def _key(which: str) -> str:
    given = request.form.get(NAME, "")[:_NAME_LENGTH]
    return f"form:{given}:{which}" if given else ""


def again(
    app: App,
    rtype: RecordType,
    names: Sequence[str],
    values: Mapping[str, Any],
    found: Assessment,
) -> ShortForm:
    """Return the form as it was filled, with what is wrong in it."""
    return _form(app, rtype, names, values, found)


def _form(
    app: App,
    rtype: RecordType,
    names: Sequence[str],
    values: Mapping[str, Any],
    found: Assessment | None,
) -> ShortForm:
    lang = language()
    problems: dict[str, list[str]] = {}
    for problem in found.errors if found else ():
        field = problem.field if problem.field in names else ""
        problems.setdefault(field or "", []).append(problem.text.text(lang))
    reasons = values.get(REASONS, {})
    doubts = [
        (doubt.code, doubt.text.text(lang), str(reasons.get(doubt.code, "")))
        for doubt in (found.warnings if found else ())
    ]
    return ShortForm(
        name=form_name(),
        controls=[control(app, rtype.fields[name], values, lang) for name in names],
        problems=problems,
        doubts=doubts,
    )
