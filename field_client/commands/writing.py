"""`add`, `edit`, `void`: what changes the records on this laptop."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from field_client import saving, trash
from field_client.capture import Assessment, Correction, correct
from field_client.commands import asking, documents, taking
from field_client.commands.errors import (
    AssignmentInvalid,
    AssignmentMissing,
    PhotoNotTyped,
    ValueRefused,
    VoidUnclear,
    WarningUnexplained,
)
from field_client.commands.unlocking import PACKAGE, check_context, unlocked, warn_of_clock
from field_client.entries import Draft
from field_client.errors import RecordUnknown
from field_client.fields import read_assignment
from field_client.opened import App
from field_client.records import PHOTO
from shared_schema.console import emit, language, output_options, text
from shared_schema.errors import FileUnreadable
from shared_schema.records import (
    FieldValueError,
    Problem,
    RecordType,
    record_type,
    value_problem,
)

STANDARD_INPUT = "-"
ACCEPT_HELP = "One reason for every warning that has none of its own."


@click.command
@click.argument("type_name", metavar="TYPE")
@click.option("--from", "source", metavar="FILE", help="One JSON object a line; - reads the input.")
@click.option("--skip-invalid", is_flag=True, help="Save the other lines and report these.")
@click.option("--accept-warnings", "accept", metavar="REASON", help=ACCEPT_HELP)
@click.option("--again", is_flag=True, help="Save lines once more that were saved before.")
@output_options
def add(
    type_name: str, source: str | None, accept: str | None, *, skip_invalid: bool, again: bool
) -> None:
    """Register records of TYPE: asked field by field, or taken from a file.

    A file is saved whole or not at all. Without --from every answer is kept at once; breaking
    off leaves a draft.
    """
    rtype = record_type(type_name)
    if rtype.name == PHOTO:
        raise PhotoNotTyped
    content = None if source is None else _content(source)
    with unlocked() as app:
        warn_of_clock(app)
        if content is None:
            asking.ask(app, rtype, accept)
        else:
            options = taking.Options(
                name=source or "", accept=accept, skip_invalid=skip_invalid, again=again
            )
            taking.take(app, rtype, content, options)


@click.command
@click.argument("record", metavar="ID")
@click.argument("assignments", metavar="[FIELD=VALUE]...", nargs=-1)
@click.option("--accept-warnings", "accept", metavar="REASON", help=ACCEPT_HELP)
@output_options
def edit(record: str, assignments: tuple[str, ...], accept: str | None) -> None:
    """Correct fields of a record; an empty VALUE clears a field.

    A draft is finished by this as soon as nothing is missing any more.
    """
    with unlocked() as app:
        found = app.journal.resolve(record)
        draft, state = app.journal.draft(found), app.journal.state(found)
        if state is None and draft is None:
            raise RecordUnknown(text=record)
        rtype = record_type(state.type if state is not None else draft.type if draft else "")
        touched = _touched(app, rtype, assignments)
        if state is None and draft is not None:
            _edit_draft(app, draft, touched, accept)
        else:
            _edit_final(app, found, rtype, touched, accept)


@click.command
@click.argument("record", metavar="ID")
@click.option("--reason", metavar="T", help="Why the record does not stand.")
@click.option("--undo", is_flag=True, help="Take the declaration back.")
@output_options
def void(record: str, reason: str | None, *, undo: bool) -> None:
    """Declare a record void, with a reason; a draft goes to the trash (see `discard`)."""
    if undo == bool(reason and reason.strip()):
        raise VoidUnclear
    with unlocked() as app:
        found = app.journal.resolve(record)
        state = app.journal.state(found)
        if state is None:
            document = _after(app, found, changed=not undo)
            said = "It stands so already; nothing changed."
            if not undo:
                document |= {"state": "discarded", "discarded": trash.discard(app.journal, found)}
                said = (
                    "The draft is in the trash for 30 days; `discard {id} --undo` brings it back."
                )
        else:
            why = None if undo or reason is None else reason.strip()
            changed = saving.set_void(app.journal, found, record_type(state.type), why)
            document = _after(app, found, changed=changed)
            said = "Saved on this device." if changed else "It stands so already; nothing changed."
    emit(document, lambda: text(PACKAGE)(said).format(**document))


def _content(source: str) -> bytes:
    if source == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise FileUnreadable(path=source, reason=error.strerror or str(error)) from error


def _touched(app: App, rtype: RecordType, assignments: Sequence[str]) -> dict[str, Any]:
    """Read FIELD=VALUE words. Raises AssignmentInvalid, ValueRefused."""
    touched: dict[str, Any] = {}
    refused: list[Problem] = []
    for word in assignments:
        name, equals, typed = word.partition("=")
        if not equals or not name.strip():
            raise AssignmentInvalid(text=word)
        try:
            touched[name.strip()] = read_assignment(rtype, name.strip(), typed, asking.finder(app))
        except FieldValueError as error:
            refused.append(value_problem(rtype, name.strip(), error.code))
    if refused:
        raise ValueRefused(problems=documents.sentences(refused, language()))
    return touched


def _edit_draft(app: App, draft: Draft, touched: dict[str, Any], accept: str | None) -> None:
    judged = saving.judge_draft(draft, touched, check_context(app), accept)
    record = saving.save_answers(app.journal, draft.record, judged)
    document = _after(app, record, changed=True, problems=judged.problems)
    emit(document, lambda: _told(judged))


def _told(judged: Assessment) -> str:
    if judged.final:
        return text(PACKAGE)("Saved on this device; it waits to be sent.")
    left = documents.sentences(judged.problems, language())
    return text(PACKAGE)("Still a draft: {problems}").format(problems=left)


def _edit_final(
    app: App, record: UUID, rtype: RecordType, touched: dict[str, Any], accept: str | None
) -> None:
    state = app.journal.state(record)
    if not touched or state is None:
        raise AssignmentMissing
    hidden = app.journal.withheld(record)
    correction = correct(rtype, state, touched, check_context(app), accept, hidden)
    _require_sound(correction)
    if correction.writes:
        saving.save_correction(app.journal, record, rtype, correction)
    fields = sorted(correction.writes)
    document = {**_after(app, record, changed=bool(fields)), "fields": fields}
    said = "Saved on this device." if fields else "It stands so already; nothing changed."
    emit(document, lambda: text(PACKAGE)(said))


def _require_sound(correction: Correction) -> None:
    if correction.errors:
        raise ValueRefused(problems=documents.sentences(correction.errors, language()))
    if correction.unexplained:
        raise WarningUnexplained(problems=documents.sentences(correction.unexplained, language()))


def _after(
    app: App, record: UUID, *, changed: bool, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    entry = app.journal.entry(record)
    return {
        "id": str(record),
        "state": str(entry.state) if entry else "discarded",
        "changed": changed,
        "problems": [documents.problem_document(found, language()) for found in problems],
    }
