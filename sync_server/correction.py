"""Many records corrected as one decision: what would change, and what taking it back means.

Pure. To take a correction back is to make every field it wrote what it would be had the correction
never been made, later edits included; a field that somebody has written since is left alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from shared_schema.changes import REASONS, Change, Stamp
from shared_schema.fold import RecordState, fold
from shared_schema.records import CheckContext, Problem, RecordType, check

IN_CONFLICT = "FIELD_IN_CONFLICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record that changes: the fields that differ, as shown before and after.

    `warnings`: what looks wrong with it then and did not before. `reasons`: those that the record
    has already for warnings, by code.
    """

    record: UUID
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()
    reasons: Mapping[str, Any] = field(default_factory=dict)

    def values(self, confirm: str) -> dict[str, Any]:
        """Return what is written, with the reason why the warnings stand."""
        if not self.warnings:
            return dict(self.after)
        said = {**self.reasons, **{one.code: confirm for one in self.warnings}}
        return {**self.after, REASONS: said}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A record that is left as it is: the code of what would be wrong with it, and where."""

    record: UUID
    code: str
    field: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a correction would do. `unchanged`: how many records show the values already."""

    items: tuple[Item, ...]
    refused: tuple[Refused, ...]
    unchanged: int

    def warnings(self) -> list[tuple[Problem, int]]:
        """Return what the values would make look wrong, and in how many records."""
        found = Counter(one for item in self.items for one in item.warnings)
        return found.most_common()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction that was made. `first`, `last`: its changes' numbers in the server's stream.

    `undoes`: the correction that it takes back.
    """

    id: int
    first: int
    last: int
    undoes: int | None = None

    def wrote(self, change: Change) -> bool:
        """Tell whether one of the server's changes belongs to it."""
        return self.first <= change.sequence <= self.last


def plan(
    rtype: RecordType,
    states: Iterable[RecordState],
    wanted: Mapping[str, Any],
    context: CheckContext,
) -> Plan:
    """Return what setting `wanted` would change; None clears a field.

    Refused are records in which one of the fields is in conflict (a choice between the values
    comes first), and those that the values would make invalid.
    """
    items: list[Item] = []
    refused: list[Refused] = []
    unchanged = 0
    for state in states:
        found = _judged(rtype, state, wanted, context)
        if isinstance(found, Refused):
            refused.append(found)
        elif found.after:
            items.append(found)
        else:
            unchanged += 1
    return Plan(items=tuple(items), refused=tuple(refused), unchanged=unchanged)


def _judged(
    rtype: RecordType, state: RecordState, wanted: Mapping[str, Any], context: CheckContext
) -> Item | Refused:
    disputed = state.conflicts(wanted.__contains__)
    if disputed:
        return Refused(record=state.record, code=IN_CONFLICT, field=disputed[0])
    shown = state.values()
    follow = set(_following(rtype, wanted))
    rest = {name: value for name, value in shown.items() if name not in follow}
    checked, before = check(rtype, {**rest, **wanted}, context), check(rtype, shown, context)
    fresh = _fresh(before.errors, checked.errors)
    if fresh:
        return Refused(record=state.record, code=fresh[0].code, field=fresh[0].field)
    touched = sorted({*wanted, *follow})
    after = {n: checked.values.get(n) for n in touched if checked.values.get(n) != shown.get(n)}
    return Item(
        record=state.record,
        before={n: shown.get(n) for n in after},
        after=after,
        warnings=_fresh(before.warnings, checked.warnings) if after else (),
        reasons=state.reasons,
    )


def _fresh(before: Iterable[Problem], after: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return what is found and was not found before, of the same field."""
    known = {(one.code, one.field) for one in before}
    return tuple(one for one in after if (one.code, one.field) not in known)


def _following(rtype: RecordType, wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the precisions that follow from a date that is set without one."""
    for name in wanted:
        spec = rtype.fields.get(name)
        if spec and spec.precision_field and spec.precision_field not in wanted:
            yield spec.precision_field


def inactive(made: Sequence[Correction]) -> set[int]:
    """Return the corrections that are taken back; the list is in the order they were made."""
    gone: set[int] = set()
    for one in reversed(made):
        if one.undoes is not None and one.id not in gone:
            gone.add(one.undoes)
    return gone


def cancelled(made: Sequence[Correction], beside: int) -> set[int]:
    """Return the corrections that cancel each other out in pairs, the pair of `beside` left out."""
    gone = inactive(made)
    pairs = (
        (one.id, one.undoes)
        for one in made
        if one.undoes is not None and one.id not in gone and one.id != beside
    )
    return {end for pair in pairs for end in pair}


def undone(
    rtype: RecordType, history: Sequence[Change], removed: AbstractSet[Stamp], change: Change
) -> tuple[dict[str, Any], list[str]]:
    """Return what must be written to take one change back, and the fields that are left alone.

    `history`: the record's changes in the order of the log. `removed`: the stamps of changes that
    count for nothing, being taken back already.
    """
    now = fold(history)
    standing = without(history, removed)
    before = without(history, removed | {change.stamp})
    values: dict[str, Any] = {}
    kept: list[str] = []
    for name in sorted(change.writes):
        spec, value = rtype.fields.get(name), before.shown(name)
        impossible = spec is not None and spec.required and value is None
        disputed = name in before.conflicts()
        if change.stamp not in standing.stamps(name) or disputed or impossible:
            kept.append(name)
        elif now.shown(name) != value or name in now.conflicts():
            values[name] = value
    return values, kept


def without(history: Sequence[Change], removed: AbstractSet[Stamp]) -> RecordState:
    """Return what a record would be had some of its changes never been made.

    What replaced a removed write replaces what that one had replaced.
    """
    passed: dict[tuple[str, Stamp], frozenset[Stamp]] = {}
    kept = []
    for change in history:
        writes = {
            name: replace(
                write,
                replaces=tuple(
                    sorted(
                        {
                            older
                            for stamp in write.replaces
                            for older in passed.get((name, stamp), frozenset({stamp}))
                        }
                    )
                ),
            )
            for name, write in change.writes.items()
        }
        if change.stamp in removed:
            passed |= {(n, change.stamp): frozenset(w.replaces) for n, w in writes.items()}
        else:
            kept.append(replace(change, writes=writes))
    first = history[0]
    blank = RecordState(record=first.record, type=first.type, fields={})
    return fold(kept) if kept else blank
