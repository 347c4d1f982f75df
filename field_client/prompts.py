"""Asking for a record field by field, in form order, in the officer's language.

The conversation is handed in as functions, so that a terminal, a pipe and a test hold it alike.
After every answer all answers so far are handed to ``keep``: what is lost to a dead battery is
at most the field being typed. The last word on a record is `capture.assess`, as everywhere.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from field_client.capture import Assessment, answerable, assess
from field_client.fields import Find, read_assignment
from shared_schema.changes import REASONS
from shared_schema.i18n import translator
from shared_schema.records import (
    CheckContext,
    FieldKind,
    FieldSpec,
    FieldValueError,
    Problem,
    RecordType,
    value_problem,
)

REQUIRED_MARK = " *"
_WIDTH = 78
_HINTS = {
    FieldKind.DATE: "year-month-day or day-month-year",
    FieldKind.BOOLEAN: "yes or no",
    FieldKind.LIST: "several, separated by commas",
    FieldKind.REFERENCE: "the id of the record, or its last 12 characters",
    FieldKind.REGION: "a village's name, or a code such as 53.15.05.2001",
    FieldKind.OBJECT: "name=value, separated by commas",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """How to talk with the officer. ``ask`` returns one line; it may raise to break off.

    ``keep`` stores the answers so far. ``find`` turns a part of an id, or a village's name,
    into the whole id or the code.
    """

    lang: str
    ask: Callable[[str], str]
    say: Callable[[str], None]
    keep: Callable[[Mapping[str, Any]], None]
    find: Find


def fill(rtype: RecordType, context: CheckContext, talk: Conversation) -> Assessment:
    """Ask for every field, then for what the check still wants, then for reasons.

    The answer is final unless a warning was left without a reason or nothing was filled in.
    """
    values: dict[str, Any] = {}
    for spec in answerable(rtype):
        if not _follows_from_date(rtype, spec, values):
            _ask_field(rtype, spec, values, talk)
    judged = assess(rtype, values, context)
    while fields := _fields_to_ask_again(rtype, judged):
        for spec, found in fields:
            talk.say(found.text.text(talk.lang))
            _ask_field(rtype, spec, values, talk)
        judged = assess(rtype, values, context)
    for found in judged.errors:
        talk.say(found.text.text(talk.lang))
    return assess(rtype, {**values, REASONS: _ask_reasons(judged, talk)}, context)


def question(spec: FieldSpec, lang: str) -> str:
    """Return the label with its required mark and, in brackets, how to write the answer."""
    texts = translator("field_client", lang)
    hint = spec.help.text(lang) if spec.help else texts(_HINTS.get(spec.kind, ""))
    mark = REQUIRED_MARK if spec.required else ""
    return f"{spec.label.text(lang)}{mark}" + (f" ({hint})" if hint else "")


def choices(spec: FieldSpec, lang: str) -> str:
    """Return the choices of a coded field with the number or letter to type; "" for others."""
    if spec.codes is None:
        return ""
    keys = _keys(spec)
    words = (f"{key} {spec.codes.label(code).text(lang)}" for key, code in keys.items())
    return textwrap.fill(
        "   ".join(word.replace(" ", "\u00a0") for word in words),
        width=_WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
    ).replace("\u00a0", " ")


def read_answer(rtype: RecordType, spec: FieldSpec, typed: str, find: Find) -> Any:
    """Return the JSON value of what was typed; None for an empty line.

    Raises FieldValueError; REQUIRED for an empty line where an answer is needed.
    """
    answer = typed.strip()
    if not answer:
        if spec.required:
            raise FieldValueError("REQUIRED")
        return None
    if spec.codes is not None and answer in (keys := _keys(spec)):
        return keys[answer]
    return read_assignment(rtype, spec.name, answer, find)


def _keys(spec: FieldSpec) -> dict[str, str | int]:
    """Return what to type for each code: the code where it is short, else its place in the list."""
    codes = list(spec.codes.labels) if spec.codes else []
    if all(len(str(code)) <= 2 for code in codes):
        return {str(code): code for code in codes}
    return {str(place): code for place, code in enumerate(codes, start=1)}


def _ask_field(
    rtype: RecordType, spec: FieldSpec, values: dict[str, Any], talk: Conversation
) -> None:
    offered = choices(spec, talk.lang)
    if offered:
        talk.say(offered)
    while True:
        try:
            answer = read_answer(rtype, spec, talk.ask(question(spec, talk.lang)), talk.find)
        except FieldValueError as error:
            talk.say(value_problem(rtype, spec.name, error.code).text.text(talk.lang))
            continue
        values.pop(spec.name, None)
        if answer is not None:
            values[spec.name] = answer
            talk.keep(values)
        return


def _follows_from_date(rtype: RecordType, spec: FieldSpec, values: Mapping[str, Any]) -> bool:
    """Whether ``spec`` is the precision of a date of which only a part was typed."""
    return any(
        date.precision_field == spec.name and len(str(values.get(date.name, ""))) in (4, 7)
        for date in rtype.fields.values()
    )


def _fields_to_ask_again(rtype: RecordType, judged: Assessment) -> list[tuple[FieldSpec, Problem]]:
    return [
        (rtype.fields[found.field], found)
        for found in judged.errors
        if found.field is not None and found.field in rtype.fields
    ]


def _ask_reasons(judged: Assessment, talk: Conversation) -> dict[str, str]:
    texts = translator("field_client", talk.lang)
    reasons: dict[str, str] = {}
    if judged.errors:
        return reasons
    for warning in judged.unexplained:
        talk.say(warning.text.text(talk.lang))
        reason = talk.ask(texts("Why is it right all the same? (empty: keep as a draft)")).strip()
        if reason:
            reasons[warning.code] = reason
    return reasons
