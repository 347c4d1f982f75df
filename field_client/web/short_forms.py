"""A short form of one page: some fields of one record type, judged and saved at once.

For rooms that ask for little (a repair attempt, a stock movement). Long forms, with a draft that
keeps every field, are `forming`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from field_client.capture import Assessment, assess
from field_client.commands.unlocking import check_context
from field_client.drafting import typed_value
from field_client.opened import App
from field_client.web.form_fields import Control, control
from field_client.web.words import language
from shared_schema.changes import REASONS
from shared_schema.records import RecordType

REASON = "reason."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortForm:
    """What a page asks. ``problems``: sentences by field, "" for the whole form.

    ``doubts``: warnings that want a reason: code, sentence, the reason given so far.
    """

    controls: Sequence[Control]
    problems: Mapping[str, Sequence[str]]
    doubts: Sequence[tuple[str, str, str]]


def blank(app: App, rtype: RecordType, names: Sequence[str], **values: Any) -> ShortForm:
    """Return a form with ``values`` filled in."""
    return _form(app, rtype, names, values, None)


def given(rtype: RecordType, names: Sequence[str]) -> dict[str, Any]:
    """Return what the form at hand brought: values where they can be read, else as typed."""
    typed = {name: request.form.get(name, "").strip() for name in names}
    values = {
        name: typed_value(rtype, name, text, lambda _kind, said: said)
        for name, text in typed.items()
        if text
    }
    reasons = {
        name.removeprefix(REASON): text.strip()
        for name, text in request.form.items()
        if name.startswith(REASON) and text.strip()
    }
    return values | ({REASONS: reasons} if reasons else {})


def judged(app: App, rtype: RecordType, values: Mapping[str, Any]) -> Assessment:
    """Judge what was given."""
    return assess(rtype, values, check_context(app))


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
        controls=[control(app, rtype.fields[name], values, lang) for name in names],
        problems=problems,
        doubts=doubts,
    )
