"""One record as a page shows it: its line in a list, its fields with their sources, its history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from shared_schema.changes import VOID, Change, Stamp
from shared_schema.fold import join, state_of
from shared_schema.records import RECORD_TYPES
from shared_schema.reviews import awaits_officer, review_id
from sync_server.lookup import all_changes_of, changes_of
from sync_server.people import members_of
from sync_server.reviewing import from_field
from sync_server.store.queries import records
from sync_server.store.queries.records import Current
from sync_server.web.looking import Looking
from sync_server.web.words import text

Covers = Callable[[str | None], bool]
_JOINED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record in a list."""

    id: UUID
    kind: str
    name: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One filled field: what it shows, and who said so and when."""

    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a record. ``lines``: field, before and after."""

    when: str
    writer: str
    change: str
    lines: Sequence[tuple[str, str, str]]
    unused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Another record of a cluster, with its own fields, sources and history; numbers masked."""

    row: Row
    facts: Sequence[Fact]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One record as a whole. ``together``: the other records of its cluster.

    ``answerable``: an officer wrote it and can correct it. ``instead``: those of its cluster that
    officers wrote, where it is not.
    ``joined``: what those of them that the user may open say, and how they came about.
    """

    row: Row
    facts: Sequence[Fact]
    steps: Sequence[Step]
    together: Sequence[Row]
    joined: Sequence[Joined]
    conflicts: Sequence[tuple[str, str]]
    void: str
    full: bool
    returned: str
    answerable: bool
    instead: Sequence[Row]


def row(look: Looking, current: Current) -> Row:
    """Return a record's line."""
    rtype, values = RECORD_TYPES[current.state.type], current.state.values()
    plain = replace(look, full=False)
    parts = [
        plain.value(rtype.name, name, values[name])
        for name in ("birth_date", "nik")
        if name in rtype.fields and name in values
    ]
    return Row(
        id=current.record,
        kind=rtype.label.text(look.lang),
        name=look.title(current),
        details=" · ".join([*parts, look.place(current)]).strip(" ·"),
    )


def sheet(look: Looking, current: Current, covers: Covers) -> Sheet:
    """Return a record with its history and what stands around it, as a user's area lets it."""
    connection, state = look.connection, current.state
    others = [one for one in members_of(connection, current.record) if one != current.record]
    known = records.many(connection, others)
    answerable = bool(from_field(connection, [current.record]))
    instead = [] if answerable else from_field(connection, others)
    beside = [known[one] for one in others if one in known]
    return Sheet(
        row=row(look, current),
        facts=facts(look, current),
        steps=steps(look, current),
        together=[row(look, one) for one in beside],
        joined=[_joined(look, one) for one in beside if covers(one.area)][:_JOINED],
        conflicts=[(name, look.label(state.type, name)) for name in current.conflicts],
        void=str(state.void.get("reason", "")) or "-" if state.void is not None else "",
        full=look.full,
        returned=_returned(look, current),
        answerable=answerable,
        instead=[row(look, known[one]) for one in instead if one in known],
    )


def _joined(look: Looking, one: Current) -> Joined:
    masked = replace(look, full=False)
    return Joined(row=row(masked, one), facts=facts(masked, one), steps=steps(masked, one))


def _returned(look: Looking, current: Current) -> str:
    """Return the comment with which a record was returned, while its officer has not answered."""
    said = records.get(look.connection, review_id(current.record))
    if said is None or not awaits_officer(said.state, current.state):
        return ""
    return str(said.state.shown("comment") or "-")


def facts(look: Looking, current: Current) -> list[Fact]:
    """Return the filled fields of a record in the order of its form."""
    state, rtype = current.state, RECORD_TYPES[current.state.type]
    made = {change.stamp: change for change in changes_of(look.connection, current.record)}
    return [
        Fact(
            label=spec.label.text(look.lang),
            value=look.value(state.type, name, state.shown(name)),
            source=source(look, made, current, name),
        )
        for name, spec in rtype.fields.items()
        if state.shown(name) is not None
    ]


def source(look: Looking, made: Mapping[Stamp, Change], current: Current, name: str) -> str:
    """Return who wrote the value that a field shows, and when."""
    head = current.state.fields[name].winner
    change = made.get(head.stamp) if head else None
    return f"{look.writer(change)}, {look.when(change)}" if change else ""


def steps(look: Looking, current: Current) -> list[Step]:
    """Return every change of a record, the newest first."""
    told, state = [], None
    for change, folded in all_changes_of(look.connection, current.record):
        alone = state_of(change)
        after = (join(state, alone) if state else alone) if folded else state
        lines = [
            (
                look.label(change.type, name) if name != VOID else text()("Void"),
                look.value(change.type, name, state.shown(name) if state else None),
                look.value(change.type, name, write.value),
            )
            for name, write in change.writes.items()
        ]
        told.append(
            Step(
                when=look.when(change),
                writer=look.writer(change),
                change=str(change.id),
                lines=lines,
                unused=not folded,
            )
        )
        state = after
    return told[::-1]
