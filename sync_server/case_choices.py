"""Values chosen together with a verdict *same*: taken back with it, chosen anew with it.

A choice writes a record's own value again, so that it is the latest and the cluster shows it.
Undoing the verdict lets the cluster that stays show what it showed before, in the same way: the
record that showed it says it again. No record ever takes over another's word, and whatever somebody
has written in the field since stays. The verdict's method names the choices by their numbers in the
server's stream. Every function runs within the caller's transaction.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from shared_schema.changes import Change, Stamp
from shared_schema.fold import RecordState, fold
from shared_schema.ids import Stream
from shared_schema.records import RECORD_TYPES
from sync_server import ingest
from sync_server.correction import without
from sync_server.ingest import Edit
from sync_server.lookup import changes_of
from sync_server.matching.exact import LINK_TYPE
from sync_server.people import members_of
from sync_server.reconcile import METHOD, method_standing
from sync_server.store.queries import facts, log
from sync_server.store.queries.facts import Fact

_BY_CHOICE = "/choice"
_METHOD = re.compile(rf"{METHOD}, values (\d+)-(\d+)")
_MOST_PAIRS = 28


class Kept(NamedTuple):
    """A field that was written since the choice, and that is left alone."""

    record: UUID
    field: str


class _Shown(NamedTuple):
    """What a cluster shows of a field: whose value, and which change wrote it."""

    state: RecordState
    stamp: Stamp
    values: Mapping[str, Any]


def write(
    connection: Connection, chosen: Iterable[tuple[RecordState, Mapping[str, Any]]], operator: str
) -> str:
    """Let chosen values be the latest; return the method of the verdict that they come with."""
    edits = [edit for state, values in chosen for edit in _edits(state, values)]
    made = ingest.write_own(connection, edits, f"{operator}{_BY_CHOICE}")
    return f"{METHOD}, values {made[0].sequence}-{made[-1].sequence}" if made else METHOD


def follow(
    connection: Connection, before: Iterable[str], after: Iterable[str], operator: str
) -> list[Kept]:
    """Take back what was chosen with verdicts that stand no more; choose anew where they do again.

    ``before``, ``after``: the methods of the verdicts that stood and that stand.
    """
    stood, stand = set(before), set(after)
    kept: list[Kept] = []
    for method in sorted(stood - stand):
        if not _stands_elsewhere(connection, method):
            for change in _choices(connection, method):
                kept += _take_back(connection, change, operator)
    for method in sorted(stand - stood):
        for change in _choices(connection, method):
            kept += _choose_anew(connection, change, operator)
    return kept


def _choices(connection: Connection, method: str) -> list[Change]:
    """Return the choices that a method names, the last first."""
    found = _METHOD.fullmatch(method)
    if found is None:
        return []
    made = log.of_stream(connection, _stream(connection), int(found[1]), int(found[2]))
    return [one for one in made if one.operator.endswith(_BY_CHOICE)][::-1]


def _stands_elsewhere(connection: Connection, method: str) -> bool:
    """Tell whether another verdict of the same case stands: it still holds what was chosen."""
    found = _METHOD.fullmatch(method)
    if found is None:
        return False
    first = int(found[2]) + 1
    made = log.of_stream(connection, _stream(connection), first, first + _MOST_PAIRS)
    links = {change.record for change in made if change.type == LINK_TYPE}
    return any(method_standing(connection, link) == method for link in links)


def _stream(connection: Connection) -> Stream:
    return Stream.from_hex(facts.need(connection, Fact.STREAM))


def _take_back(connection: Connection, choice: Change, operator: str) -> Iterator[Kept]:
    histories = {one: changes_of(connection, one) for one in members_of(connection, choice.record)}
    for names in _fields(choice):
        now = _latest(map(fold, histories.values()), names)
        before = _latest(_before(histories.values(), choice), names)
        if now is None or before is None:
            continue
        by = {one.stamp: one for one in histories[now.state.record]}[now.stamp]
        chosen = {name: choice.writes[name].value for name in names}
        still = by.operator.endswith(_BY_CHOICE) and now.values == chosen
        if now.state.record != choice.record or not still:
            yield Kept(choice.record, names[0])
        elif before.values != now.values:
            _say_again(connection, before.state, before.values, operator)


def _choose_anew(connection: Connection, choice: Change, operator: str) -> Iterator[Kept]:
    histories = {one: changes_of(connection, one) for one in members_of(connection, choice.record)}
    own = fold(histories[choice.record])
    for names in _fields(choice):
        chosen = {name: choice.writes[name].value for name in names}
        now = _latest(map(fold, histories.values()), names)
        if {name: own.shown(name) for name in names} != chosen:
            yield Kept(choice.record, names[0])
        elif now is not None and now.values != chosen:
            _say_again(connection, own, chosen, operator)


def _fields(choice: Change) -> list[tuple[str, ...]]:
    """Return the fields that were chosen, a date with its precision."""
    fields = RECORD_TYPES[choice.type].fields
    precision = {name: fields[name].precision_field for name in choice.writes if name in fields}
    return [
        (name, *([after] if after and after in choice.writes else []))
        for name, after in sorted(precision.items())
        if name not in precision.values()
    ]


def _before(histories: Iterable[Sequence[Change]], choice: Change) -> Iterator[RecordState]:
    """Yield records as they would be had nothing been chosen with a verdict since."""
    for history in histories:
        gone = {
            one.stamp
            for one in history
            if one.operator.endswith(_BY_CHOICE)
            and one.stream == choice.stream
            and one.sequence >= choice.sequence
        }
        yield _without(history, gone)


def _without(history: Sequence[Change], gone: AbstractSet[Stamp]) -> RecordState:
    return without(history, gone) if gone else fold(history)


def _latest(states: Iterable[RecordState], names: Sequence[str]) -> _Shown | None:
    """Return what these records show together, as ``coverage.cluster_values`` does."""
    found = [
        (head.rank, head.stamp, state)
        for state in states
        if state.void is None
        and state.shown(names[0]) is not None
        and (head := state.fields[names[0]].winner) is not None
    ]
    if not found:
        return None
    _, stamp, state = max(found, key=lambda one: one[0])
    return _Shown(state, stamp, {name: state.shown(name) for name in names})


def _say_again(
    connection: Connection, state: RecordState, values: Mapping[str, Any], operator: str
) -> None:
    ingest.write_own(connection, _edits(state, values), f"{operator}{_BY_CHOICE}")


def _edits(state: RecordState, values: Mapping[str, Any]) -> list[Edit]:
    """Return what says a record's own values again; its conflicts are not decided by it."""
    disputed = set(state.conflicts(values.__contains__))
    plain = {name: value for name, value in values.items() if name not in disputed}
    found = [Edit(record=state.record, type=state.type, values=plain)] if plain else []
    for name in sorted(disputed):
        shown = state.fields[name].winner
        if shown is not None:
            said = {name: values[name]}
            kept = Edit(record=state.record, type=state.type, values=said, replaces=(shown.stamp,))
            found.append(kept)
    return found
