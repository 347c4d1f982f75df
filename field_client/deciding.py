"""Fields in which two values stand against each other, and what a person may let hold.

Either value, or both together where the field can hold both: a list, or words. A value that came
after the page was shown is not settled by the choice: the page is shown anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.entries import Edit, Entry
from field_client.errors import ChoiceOutdated, RecordUnknown
from field_client.journal import Journal
from shared_schema.canonical import Json
from shared_schema.fold import FieldState
from shared_schema.records import RECORD_TYPES, FieldKind, FieldSpec, record_type

BOTH = "both"
JOINED = " / "


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value. ``change``: its stamp's text. ``own``: written on this laptop."""

    change: str
    value: Any
    own: bool
    operator: str | None
    hlc: int
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field. ``both``: the value that holds all of them, None where there is none."""

    field: str
    choices: Sequence[Choice]
    both: Any = None

    @property
    def seen(self) -> str:
        """Name the values that are asked about, whatever their order."""
        return " ".join(sorted(choice.change for choice in self.choices))


def questions(journal: Journal, entry: Entry) -> list[Question]:
    """Return what is to be decided about a record, in the order of its form."""
    state = journal.state(entry.id)
    rtype = RECORD_TYPES.get(entry.type)
    if state is None:
        return []
    order = list(rtype.fields) if rtype else []
    names = sorted(entry.conflicts, key=lambda name: order.index(name) if name in order else 0)
    writers = {one.change.stamp.text(): one.change.operator for one in journal.log_of(entry.id)}
    return [
        Question(
            field=name,
            choices=_choices(state.fields[name], writers),
            both=_both(rtype.fields.get(name) if rtype else None, state.fields[name]),
        )
        for name in names
    ]


def _choices(part: FieldState, writers: Mapping[str, str]) -> list[Choice]:
    """Return the different values, ours first, the later ones before the earlier."""
    found = {
        head.encoded: Choice(
            change=head.stamp.text(),
            value=head.value,
            own=head.stamp.text() in writers,
            operator=writers.get(head.stamp.text()),
            hlc=head.stamp.hlc,
            stream=head.stamp.stream.hex(),
        )
        for head in part.heads
    }
    return sorted(found.values(), key=lambda choice: (not choice.own, -choice.hlc))


def _both(spec: FieldSpec | None, part: FieldState) -> Json:
    """Return the value that holds all values of a field; None where it can hold only one."""
    values = list({head.encoded: head.value for head in part.heads}.values())
    if spec is None or any(value is None for value in values):
        return None
    if spec.kind is FieldKind.LIST:
        return list(dict.fromkeys(str(one) for value in values for one in _many(value)))
    if spec.kind is not FieldKind.TEXT:
        return None
    joined = JOINED.join(map(str, values))
    return joined if spec.maximum is None or len(joined) <= spec.maximum else None


def _many(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def decide(journal: Journal, record: UUID, chosen: Mapping[str, tuple[str, str]]) -> int:
    """Let chosen values hold; return how many fields that settled.

    ``chosen``: by field what was seen (`Question.seen`) and the change whose value holds, or BOTH.
    One transaction. Raises RecordUnknown, ChoiceOutdated where something else is known by now.
    """
    with journal.transaction():
        entry = journal.entry(record)
        if entry is None:
            raise RecordUnknown(text=record)
        asked = {question.field: question for question in questions(journal, entry)}
        values = {
            name: _value(asked.get(name), seen, change) for name, (seen, change) in chosen.items()
        }
        if values:
            version = record_type(entry.type).version
            edit = Edit(record=record, type=entry.type, version=version, values=values)
            journal.write([edit])
        return len(values)


def standing(journal: Journal, record: UUID, names: Collection[str]) -> dict[str, list[Any]]:
    """Return the values that stand against each other in some fields, the one that shows last."""
    state = journal.state(record)
    fields = state.fields if state else {}
    heads = {name: fields[name].heads for name in names if name in fields}
    return {name: [head.value for head in found] for name, found in heads.items()}


def reopen(journal: Journal, record: UUID, stood: Mapping[str, list[Any]]) -> None:
    """Take a choice back: what stood (`standing`) stands against each other again.

    Each value is written anew on this laptop, none naming the others, as the office does it.
    """
    state = journal.state(record)
    if state is None:
        raise RecordUnknown(text=record)
    version = record_type(state.type).version
    turns = range(max(map(len, stood.values()), default=0))
    edits = [
        {
            name: values[len(values) - 1 - turn]
            for name, values in stood.items()
            if turn < len(values)
        }
        for turn in reversed(turns)
    ]
    journal.write_apart(
        [Edit(record=record, type=state.type, version=version, values=one) for one in edits]
    )


def _value(question: Question | None, seen: str, change: str) -> Any:
    if question is None or question.seen != seen:
        raise ChoiceOutdated
    if change == BOTH and question.both is not None:
        return question.both
    for choice in question.choices:
        if choice.change == change:
            return choice.value
    raise ChoiceOutdated
