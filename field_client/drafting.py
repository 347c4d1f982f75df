"""A record typed page by page: every field is kept as it is left, and judged anew each time.

What is typed is a draft until `finish`: of a new record all of it, of a final one the fields that
differ. A value that cannot be read stays as it was typed, so that nothing is typed twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from field_client.capture import Assessment, Correction, assess, correct
from field_client.fields import Find, read_assignment
from field_client.journal import Journal
from field_client.saving import problem_document, save_answers, save_correction
from shared_schema.canonical import encode
from shared_schema.changes import REASONS, SYSTEM_FIELDS
from shared_schema.records import CheckContext, FieldKind, FieldValueError, Problem, RecordType

HOUSEHOLD = ("village", "kk_number", "address", "dusun", "rt", "rw")
_DAY_DIGITS = 8

__all__ = [
    "HOUSEHOLD",
    "Finished",
    "Work",
    "finish",
    "household",
    "keep",
    "read",
    "typed_value",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A record under way. ``values``: what is to be shown, what was typed laid over what is final.

    ``final``: it has been saved before, this is a correction. ``touched``: something was typed.
    """

    record: UUID
    type: RecordType
    values: Mapping[str, Any]
    final: bool
    touched: bool
    errors: tuple[Problem, ...]
    unexplained: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a record. ``saved``: None where it is still a draft.

    ``before``: of a correction, the values that were replaced; None for a new record.
    """

    work: Work
    saved: UUID | None = None
    before: Mapping[str, Any] | None = field(default=None, repr=False)


def read(journal: Journal, rtype: RecordType, record: UUID, context: CheckContext) -> Work:
    """Return a record as far as it is typed, judged."""
    typed = _typed(journal, record)
    return _work(journal, rtype, record, typed, context)


def keep(
    journal: Journal,
    rtype: RecordType,
    record: UUID,
    typed: Mapping[str, Any],
    context: CheckContext,
) -> Work:
    """Lay ``typed`` over the draft, durably; None clears a field. Nothing typed leaves no draft."""
    with journal.transaction():
        before = _typed(journal, record)
        values = _differing(journal, record, {**before, **typed})
        work = _work(journal, rtype, record, values, context)
        if not values:
            journal.drop_draft(record)
        elif values != before or journal.draft(record) is None:
            problems = [problem_document(found) for found in (*work.errors, *work.unexplained)]
            journal.save_draft(record, rtype.name, rtype.version, values, problems)
        return work


def finish(
    journal: Journal,
    rtype: RecordType,
    record: UUID,
    reasons: Mapping[str, str],
    context: CheckContext,
) -> Finished:
    """Save the record where nothing keeps it a draft; ``reasons``: for warnings, by code."""
    with journal.transaction():
        given = {code: said.strip() for code, said in reasons.items() if said.strip()}
        typed = _typed(journal, record)
        if given:
            kept = {**typed, REASONS: {**typed.get(REASONS, {}), **given}}
            keep(journal, rtype, record, kept, context)
        work = read(journal, rtype, record, context)
        if work.errors or work.unexplained:
            return Finished(work=work)
        return _finish(journal, work, context)


def _finish(journal: Journal, work: Work, context: CheckContext) -> Finished:
    typed = _typed(journal, work.record)
    state = journal.state(work.record)
    if state is None:
        judged = assess(work.type, typed, context)
        return Finished(work=work, saved=save_answers(journal, work.record, judged))
    correction = _correction(journal, work.type, work.record, typed, context)
    before = {name: state.shown(name) for name in correction.writes}
    if correction.writes:
        save_correction(journal, work.record, work.type, correction)
    else:
        journal.drop_draft(work.record)
    return Finished(work=work, saved=work.record, before=before)


def typed_value(rtype: RecordType, name: str, typed: str, find: Find) -> Any:
    """Return the value of what was typed, the text itself where it cannot be read, None for none.

    A date may be typed as eight digits, day first: 17051970.
    """
    spec = rtype.fields[name]
    bare = typed.strip()
    for text in _spellings(spec.kind, bare):
        try:
            return read_assignment(rtype, name, text, find)
        except FieldValueError:
            continue
    return bare or None


def household(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the next member of a family has in common with this one."""
    return {name: known[name] for name in HOUSEHOLD if known.get(name) is not None}


def _spellings(kind: FieldKind, typed: str) -> Iterable[str]:
    if kind is FieldKind.DATE and len(typed) == _DAY_DIGITS and typed.isdigit():
        yield f"{typed[:2]}-{typed[2:4]}-{typed[4:]}"
    yield typed


def _typed(journal: Journal, record: UUID) -> dict[str, Any]:
    draft = journal.draft(record)
    return dict(draft.values) if draft else {}


def _differing(journal: Journal, record: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: empty fields of a new record, unchanged ones of a final one."""
    state = journal.state(record)
    if state is None:
        return {name: value for name, value in values.items() if value is not None}
    return {
        name: value
        for name, value in values.items()
        if name in SYSTEM_FIELDS or encode(state.shown(name)) != encode(value)
    }


def _correction(
    journal: Journal,
    rtype: RecordType,
    record: UUID,
    typed: Mapping[str, Any],
    context: CheckContext,
) -> Correction:
    state = journal.state(record)
    assert state is not None  # noqa: S101 - asked for by those who have seen it
    hidden = journal.withheld(record)
    return correct(rtype, state, typed, context, withheld=hidden, reasons=typed.get(REASONS))


def _work(
    journal: Journal,
    rtype: RecordType,
    record: UUID,
    typed: Mapping[str, Any],
    context: CheckContext,
) -> Work:
    state = journal.state(record)
    judged: Assessment | Correction
    if state is None:
        judged = assess(rtype, typed, context)
    else:
        judged = _correction(journal, rtype, record, typed, context)
    shown = {**(state.values() if state else {}), **typed}
    return Work(
        record=record,
        type=rtype,
        values={name: value for name, value in shown.items() if value is not None},
        final=state is not None,
        touched=bool(typed),
        errors=judged.errors,
        unexplained=judged.unexplained,
    )
