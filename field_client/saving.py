"""Saving what was judged: lines of a file, answers to prompts, edits, drafts taken up again.

Every function is one durable transaction: what it returned is on the disk, what it did not
return left nothing behind. A line whose key is remembered is not saved again, so a file may be
given twice after a crash without doubling anyone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.capture import Assessment, Correction, assess, visit_of
from field_client.entries import Draft, Edit
from field_client.errors import RecordUnknown
from field_client.intake import Item
from field_client.journal import Journal
from field_client.records import PHOTO
from field_client.twins import KnownPeople, Twin
from shared_schema.changes import VOID
from shared_schema.links import link_id
from shared_schema.records import CheckContext, Problem, RecordType, record_type

_VISIT_KEY = ":visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of one line. ``already``: it was saved before, under the same id."""

    line: int
    id: UUID
    state: str
    visit: UUID | None = None
    already: bool = False
    twins: tuple[Twin, ...] = ()


def save_items(journal: Journal, items: Sequence[Item], *, again: bool) -> list[Saved]:
    """Save all of ``items`` or none. ``again``: also those that were saved before."""
    with journal.transaction():
        people = KnownPeople(journal)
        return [_save_item(journal, item, people, again=again) for item in items]


def save_answers(journal: Journal, record: UUID, judged: Assessment) -> UUID:
    """Save a record whose draft is ``record``: final if it may be, else as a draft."""
    with journal.transaction():
        if not judged.final or _waits(journal, judged):
            keep_draft(journal, record, judged)
            return record
        final = _pair_id(judged) or record
        journal.write([edit_of(final, judged)])
        journal.drop_draft(record)
        _finish_parts(journal, record)
        return final


def keep_draft(journal: Journal, record: UUID, judged: Assessment) -> None:
    """Keep a record that may not be final yet, with what is missing."""
    rtype = judged.type
    problems = [problem_document(found) for found in judged.problems]
    journal.save_draft(record, rtype.name, rtype.version, judged.values, problems)


def save_correction(
    journal: Journal, record: UUID, rtype: RecordType, correction: Correction
) -> None:
    """Write an edit of a final record."""
    edit = Edit(record=record, type=rtype.name, version=rtype.version, values=correction.writes)
    journal.write([edit])


def set_void(journal: Journal, record: UUID, rtype: RecordType, reason: str | None) -> bool:
    """Declare a record void, or with None take that back; False where it already stands so."""
    state = journal.state(record)
    value = None if reason is None else {"reason": reason}
    if state is None or state.shown(VOID) == value:
        return False
    edit = Edit(record=record, type=rtype.name, version=rtype.version, values={VOID: value})
    journal.write([edit])
    return True


def problem_document(found: Problem) -> dict[str, Any]:
    """Return the form in which a draft keeps a finding, with its sentence in both languages."""
    return {"code": found.code, "field": found.field, "id": found.text.id, "en": found.text.en}


def edit_of(record: UUID, judged: Assessment) -> Edit:
    """Return the edit that saves a whole record."""
    rtype = judged.type
    return Edit(record=record, type=rtype.name, version=rtype.version, values=judged.values)


def _save_item(journal: Journal, item: Item, people: KnownPeople, *, again: bool) -> Saved:
    known = None if again else _remembered(journal, item.key)
    if known is not None and not (item.final and journal.draft(known)):
        return _already(journal, item, known)
    record = known or _pair_id(item.record) or journal.new_record()
    visit = _visit_id(journal, item, known)
    twins = people.twins(item.record, record)
    for part in _parts(item, record, visit):
        if item.final:
            journal.write([part])
        else:
            _draft_part(journal, item, part)
    if item.final:
        _finish_parts(journal, record)
    else:
        people.add_draft(record, item)
    journal.remember(item.key, record)
    if visit is not None:
        journal.remember(item.key + _VISIT_KEY, visit)
    state = "waiting" if item.final else "draft"
    return Saved(line=item.line, id=record, state=state, visit=visit, twins=twins)


def _already(journal: Journal, item: Item, known: UUID) -> Saved:
    entry = journal.entry(known)
    return Saved(
        line=item.line,
        id=known,
        state=str(entry.state) if entry else "draft",
        visit=_remembered(journal, item.key + _VISIT_KEY),
        already=True,
    )


def _parts(item: Item, record: UUID, visit: UUID | None) -> Iterator[Edit]:
    yield edit_of(record, item.record)
    if item.visit is not None and visit is not None:
        edit = edit_of(visit, item.visit)
        yield Edit(
            record=visit,
            type=edit.type,
            version=edit.version,
            values=visit_of(edit.values, str(record)),
        )


def _draft_part(journal: Journal, item: Item, part: Edit) -> None:
    judged = next(each for each in item.parts if each.type.name == part.type)
    problems = [problem_document(found) for found in judged.problems]
    journal.save_draft(part.record, part.type, part.version, part.values, problems)


def _visit_id(journal: Journal, item: Item, known: UUID | None) -> UUID | None:
    if item.visit is None:
        return None
    before = _remembered(journal, item.key + _VISIT_KEY) if known else None
    return before or journal.new_record()


def _remembered(journal: Journal, key: str) -> UUID | None:
    """Return the record a key made, under its present id; None where it was discarded."""
    record = journal.remembered(key)
    try:
        return None if record is None else journal.resolve(str(record))
    except RecordUnknown:
        return None


def _pair_id(judged: Assessment) -> UUID | None:
    """Return the id that a verdict has by its pair; None for everything else."""
    if judged.type.name != "link" or judged.errors:
        return None
    return link_id(UUID(judged.values["a"]), UUID(judged.values["b"]))


def _waits(journal: Journal, judged: Assessment) -> bool:
    """Return whether a photo is of a record that is not final: the office must not hear of it."""
    of = judged.values.get("record") if judged.type.name == PHOTO else None
    return of is not None and journal.state(UUID(of)) is None


def _finish_parts(journal: Journal, record: UUID) -> None:
    """Make final what waited only for ``record``."""
    for part in journal.waiting_parts(record):
        rtype = record_type(part.type)
        edit = Edit(record=part.record, type=rtype.name, version=rtype.version, values=part.values)
        journal.write([edit])


def judge_draft(
    draft: Draft, touched: Mapping[str, Any], context: CheckContext, accept: str | None
) -> Assessment:
    """Judge a draft with ``touched`` laid over it; None removes a value."""
    values = {**draft.values, **touched}
    return assess(record_type(draft.type), values, context, accept)
