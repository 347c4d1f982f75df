"""Taking back the choice of a value: what would stand had it never been made stands again.

Where several values stood against each other they do again: each is written anew, none naming the
others. Whatever somebody has written since in that field stays. The writes of an undo bear `undo`
after the user's name; they and what they took back cancel each other out, so that choices can be
taken back one after the other. Every function runs within the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.changes import Change, Stamp
from shared_schema.errors import InputError
from shared_schema.fold import Head, RecordState, fold
from shared_schema.ids import Stream, change_sequence
from shared_schema.records import RECORD_TYPES
from sync_server import auditing, ingest
from sync_server.accounts import Actor
from sync_server.correction import without
from sync_server.ingest import Edit
from sync_server.looking_up import seen_by
from sync_server.lookup import changes_of
from sync_server.matching.exact import LINK_TYPE
from sync_server.office import Office
from sync_server.store.queries import facts, log, records
from sync_server.store.queries.facts import Fact

_BY_UNDO = "/undo"
_WITH_CASE = "/choice"
_AT_OFFICE = "user:"
_NO_CHOICES = frozenset({LINK_TYPE, "review"})


class ChoiceUnknown(InputError):
    """There is no choice {text} of a value. Copy its id from where it was made."""

    code = "CHOICE_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking a choice back did, by field.

    `restored`: shows again what it showed before. `in_conflict`: those of them where several
    values stand against each other again. `kept`: written since, and left alone.
    """

    record: UUID
    restored: tuple[str, ...]
    in_conflict: tuple[str, ...]
    kept: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        return {
            "record": str(self.record),
            "restored": list(self.restored),
            "in_conflict": list(self.in_conflict),
            "kept": list(self.kept),
        }


def choice_named(connection: Connection, text: str) -> Change:
    """Return the change by which the office chose a value. Raises ChoiceUnknown."""
    try:
        place = change_sequence(UUID(text.strip()))
    except ValueError:
        place = None
    stream = Stream.from_hex(facts.need(connection, Fact.STREAM))
    if place is None or place[0] != stream:
        raise ChoiceUnknown(text=text)
    for change in log.of_stream(connection, stream, place[1], place[1]):
        if change.type not in _NO_CHOICES and "/" not in change.operator:
            return change
    raise ChoiceUnknown(text=text)


def undo(connection: Connection, text: str, operator: str) -> Undone:
    """Take a choice back; one that is taken back already changes nothing. Raises ChoiceUnknown."""
    choice = choice_named(connection, text)
    history = changes_of(connection, choice.record)
    names = [name for name in sorted(choice.writes) if _is_choice(history, choice, name)]
    if not names:
        raise ChoiceUnknown(text=text)
    restored, kept = [], []
    for name in names:
        gone = _cancelled(history, name)
        if choice.stamp in gone:
            continue
        stands = choice.stamp in without(history, gone).stamps(name)
        before = without(history, gone | {choice.stamp})
        if not stands or not _possible(choice.type, name, before):
            kept.append(name)
            continue
        restored.append(name)
        _restore(connection, choice, name, before, fold(history), operator)
    current = records.many(connection, [choice.record])[choice.record]
    return Undone(
        record=choice.record,
        restored=tuple(restored),
        in_conflict=tuple(name for name in restored if name in current.conflicts),
        kept=tuple(kept),
    )


def by(office: Office, connection: Connection, actor: Actor, text: str) -> Undone:
    """Take a choice back as a user who may see the record, and note it.

    Raises ChoiceUnknown, RecordUnknown.
    """
    choice = choice_named(connection, text)
    seen_by(actor, connection, str(choice.record))
    done = undo(connection, text, actor.operator)
    told = {**done.as_dict(), "decision": str(choice.id)}
    auditing.note(office, connection, actor, "choose-undo", told.pop("record"), told)
    return done


def standing_choice(connection: Connection, record: UUID, name: str) -> UUID | None:
    """Return the choice that a field shows, None where it shows something else."""
    history = changes_of(connection, record)
    winner = without(history, _cancelled(history, name)).fields[name].winner
    made = next((one for one in history if winner and one.stamp == winner.stamp), None)
    if made is None or not made.operator.startswith(_AT_OFFICE) or "/" in made.operator:
        return None
    return made.id if _is_choice(history, made, name) else None


def _is_choice(history: Sequence[Change], choice: Change, name: str) -> bool:
    """Tell whether a change let a value stand that was written before, in place of others."""
    said = choice.writes[name]
    earlier = history[: history.index(choice)]
    return bool(said.replaces) and any(
        one.writes[name].encoded == said.encoded for one in earlier if name in one.writes
    )


def _possible(type_name: str, name: str, before: RecordState) -> bool:
    """Tell whether a field may show what it showed: a required one is never emptied."""
    spec = RECORD_TYPES[type_name].fields.get(name)
    return spec is None or not spec.required or before.shown(name) is not None


def _restore(
    connection: Connection,
    choice: Change,
    name: str,
    before: RecordState,
    now: RecordState,
    operator: str,
) -> None:
    """Write each value that stood before and does not now; what stood and stands is untouched."""
    standing = set(now.stamps(name)) & set(before.stamps(name))
    replaced = tuple(sorted(set(now.stamps(name)) - standing))
    edits = [
        Edit(record=choice.record, type=choice.type, values={name: value}, replaces=replaced)
        for value in _values(before, name, standing)
    ] or [Edit(record=choice.record, type=choice.type, values={name: before.shown(name)})]
    ingest.write_own(connection, edits, f"{operator}{_BY_UNDO}")


def _values(before: RecordState, name: str, standing: Iterable[Stamp]) -> list[Any]:
    """Return the different values that stood and do not, in rising rank."""
    heads = before.fields[name].heads if name in before.fields else ()
    wanted: dict[bytes, Head] = {one.encoded: one for one in heads if one.stamp not in standing}
    return [one.value for one in wanted.values()]


def _cancelled(history: Sequence[Change], name: str) -> set[Stamp]:
    """Return the writes of a field that cancel each other out: choices and their undoing."""
    gone: set[Stamp] = set()
    last: tuple[Stamp, ...] | None = None
    for at, change in enumerate(history):
        write = change.writes.get(name)
        if write is None or not change.operator.endswith(_BY_UNDO):
            continue
        if write.replaces != last:
            gone |= _taken_back(history[:at], gone, write.replaces, name)
            last = write.replaces
        gone.add(change.stamp)
    return gone


def _taken_back(
    earlier: Sequence[Change], gone: set[Stamp], replaced: Sequence[Stamp], name: str
) -> set[Stamp]:
    """Return what an undo that replaced these stamps took back, earlier undoing left out."""
    untouched = set(fold(earlier).stamps(name)) - set(replaced)
    return set(without(earlier, gone).stamps(name)) - untouched


def source_of_each(history: Sequence[Change], name: str) -> dict[Stamp, Change]:
    """Return by stamp which change said what a field holds; some only say it again."""
    said: dict[Stamp, Change] = {}
    first: dict[bytes, Change] = {}
    for change in history:
        write = change.writes.get(name)
        said[change.stamp] = change
        if write is None:
            continue
        if change.operator.endswith((_BY_UNDO, _WITH_CASE)):
            said[change.stamp] = first.get(write.encoded, change)
        elif write.encoded not in first or not change.operator.startswith(_AT_OFFICE):
            first[write.encoded] = change
    return said
