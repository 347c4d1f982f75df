"""Fold: from changes to a record, the same whatever the order, grouping or repetition.

A record's state is a map from field to (heads, superseded): the writes that no other write
names, and the stamps that some write names. Joining two states is a union that drops named
heads: commutative, associative, idempotent (a state-based CRDT; compare the multi-value
register of Shapiro et al., 2011, with explicit causes in place of version vectors).

The shown value is the head with the highest stamp, ties broken on canonical bytes. Heads with
different values are a conflict; writing a choice that names every head closes it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from uuid import UUID

from shared_schema.canonical import Json, encode
from shared_schema.changes import (
    REASONS,
    SYSTEM_FIELDS,
    VOID,
    Change,
    ChangeInvalid,
    Stamp,
    Write,
    name_bytes,
)
from shared_schema.ids import IdInvalid, id_text, parse_id

_HEADS_IN_PART = 20
_STAMPS_IN_PART = 5000
_NONE: frozenset[Stamp] = frozenset()


@dataclass(slots=True, unsafe_hash=True)
class Head:
    """A write that no other write names: its stamp and value.

    Never changed once made; like `Write` and `FieldState` not declared frozen, being so many.
    """

    stamp: Stamp
    value: Json = field(compare=False)
    encoded: bytes

    @classmethod
    def of(cls, stamp: Stamp, value: Json) -> "Head":
        """Return the head for ``value``, with its canonical bytes, which identify it."""
        return cls(stamp, value, encode(value))

    @property
    def rank(self) -> tuple[Stamp, bytes]:
        """The order in which heads are shown and win."""
        return self.stamp, self.encoded


@dataclass(slots=True, unsafe_hash=True)
class FieldState:
    """One field: ``heads`` in rising rank, and the stamps that any write has named."""

    heads: tuple[Head, ...]
    superseded: frozenset[Stamp] = frozenset()

    @property
    def winner(self) -> Head | None:
        """The head that is shown; None where every known write is named by an unknown one."""
        return self.heads[-1] if self.heads else None

    @property
    def contradicts(self) -> bool:
        """Whether two heads hold different values."""
        return len({head.encoded for head in self.heads}) > 1


class OfOneChange(Mapping[str, FieldState]):
    """The fields that one change alone amounts to, where it replaces nothing.

    Most records are never written twice: what is asked of them is answered from the writes, and
    a field is only made of one where somebody wants it whole.
    """

    __slots__ = ("stamp", "writes")

    def __init__(self, stamp: Stamp, writes: Mapping[str, Write]) -> None:
        """Keep the writes as they are: they are never changed."""
        self.stamp = stamp
        self.writes = writes

    def __getitem__(self, name: str) -> FieldState:
        """Return one field, made anew."""
        write = self.writes[name]
        return FieldState((Head(self.stamp, write.value, write.encoded),))

    def __iter__(self) -> Iterator[str]:
        """Give the names in the order of the writes."""
        return iter(self.writes)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self.writes)

    def value(self, name: str) -> Any:
        """Return what was written, None where nothing was."""
        write = self.writes.get(name)
        return None if write is None else write.value


@dataclass(slots=True)
class RecordState:
    """Everything known of one record, ready to be joined with more. Never changed once made."""

    record: UUID
    type: str
    fields: Mapping[str, FieldState]

    def values(self) -> dict[str, Any]:
        """Return the shown value of every field that has one, system fields left out."""
        if type(self.fields) is OfOneChange:
            return {
                name: write.value
                for name, write in sorted(self.fields.writes.items())
                if write.value is not None and name not in SYSTEM_FIELDS
            }
        return {
            name: state.heads[-1].value
            for name, state in sorted(self.fields.items())
            if state.heads and state.heads[-1].value is not None and name not in SYSTEM_FIELDS
        }

    def shown(self, name: str) -> Any:
        """Return the shown value of ``name``, None where it was never written or was cleared."""
        if type(self.fields) is OfOneChange:
            return self.fields.value(name)
        state = self.fields.get(name)
        return state.winner.value if state and state.winner else None

    @property
    def void(self) -> Mapping[str, Any] | None:
        """Why the record was declared void, else None."""
        value = self.shown(VOID)
        return value if isinstance(value, Mapping) else None

    @property
    def reasons(self) -> Mapping[str, Any]:
        """The reasons given for warnings, by warning code."""
        value = self.shown(REASONS)
        return value if isinstance(value, Mapping) else {}

    def stamps(self, name: str) -> tuple[Stamp, ...]:
        """Return the stamps of the heads of ``name``: what a new write there must name."""
        state = self.fields.get(name)
        return tuple(sorted({head.stamp for head in state.heads})) if state else ()

    def conflicts(self, asks: Callable[[str], bool] = lambda _name: True) -> tuple[str, ...]:
        """Return the fields in conflict among those whose merge policy ``asks`` people."""
        if type(self.fields) is OfOneChange:
            return ()
        found = [name for name, state in self.fields.items() if len(state.heads) > 1 and asks(name)]
        return tuple(name for name in sorted(found) if self.fields[name].contradicts)

    def edit(self, values: Mapping[str, Json]) -> dict[str, Write]:
        """Return the writes that set ``values``, each naming every head it replaces."""
        return {
            name: Write(value=value, replaces=self.stamps(name)) for name, value in values.items()
        }


def state_of(change: Change) -> RecordState:
    """Return the state that one change alone amounts to."""
    stamp = change.stamp
    if not any(write.replaces for write in change.writes.values()):
        return RecordState(change.record, change.type, OfOneChange(stamp, change.writes))
    fields = {
        name: FieldState(
            (Head(stamp, write.value, write.encoded),),
            frozenset(write.replaces) - {stamp} if write.replaces else _NONE,
        )
        for name, write in change.writes.items()
    }
    return RecordState(change.record, change.type, fields)


def join(one: RecordState, other: RecordState) -> RecordState:
    """Return the state that knows what both know. Raises ChangeInvalid for different records.

    Should two writers give one record different types, the alphabetically first stands.
    """
    if one.record != other.record:
        raise ChangeInvalid(reason="record")
    fields = dict(one.fields)
    for name, state in other.fields.items():
        fields[name] = _join_field(fields[name], state) if name in fields else state
    return RecordState(record=one.record, type=min(one.type, other.type), fields=fields)


def fold(changes: Iterable[Change]) -> RecordState:
    """Return the state of the one record that all ``changes`` touch (at least one)."""
    return reduce(join, map(state_of, changes))


def parts(state: RecordState) -> Iterator[RecordState]:
    """Yield small states that amount to ``state`` when joined, in whatever order."""
    for name, known in state.fields.items():
        heads, stamps = known.heads, sorted(known.superseded)
        shares = [
            FieldState(heads=heads[at : at + _HEADS_IN_PART])
            for at in range(0, len(heads), _HEADS_IN_PART)
        ]
        shares += [
            FieldState(heads=(), superseded=frozenset(stamps[at : at + _STAMPS_IN_PART]))
            for at in range(0, len(stamps), _STAMPS_IN_PART)
        ]
        for share in shares:
            yield RecordState(record=state.record, type=state.type, fields={name: share})


def state_to_json(state: RecordState) -> dict[str, Any]:
    """Return the form in which states are stored and pulled; equal states give equal bytes."""
    return {
        "record": str(state.record),
        "type": state.type,
        "fields": {
            name: {
                "heads": [[head.stamp.text(), head.value] for head in part.heads],
                "superseded": sorted(stamp.text() for stamp in part.superseded),
            }
            for name, part in sorted(state.fields.items())
        },
    }


def state_bytes(state: RecordState) -> bytes:
    """Return the canonical bytes of ``state_to_json``."""
    if not "".join(state.fields).isascii():
        return encode(state_to_json(state))
    known = state.fields
    fields = _bytes_of_one(known) if type(known) is OfOneChange else _bytes_of_fields(known)
    return b'{"fields":{%b},"record":"%b","type":%b}' % (
        fields,
        id_text(state.record).encode(),
        name_bytes(state.type),
    )


def _bytes_of_one(fields: OfOneChange) -> bytes:
    stamp = fields.stamp.text().encode()
    return b",".join(
        [
            b'%b:{"heads":[["%b",%b]],"superseded":[]}' % (name_bytes(name), stamp, write.encoded)
            for name, write in sorted(fields.writes.items())
        ]
    )


def _bytes_of_fields(fields: Mapping[str, FieldState]) -> bytes:
    texts: dict[int, bytes] = {}  # by identity: the fields of one save share a stamp

    def text(stamp: Stamp) -> bytes:
        known = texts.get(id(stamp))
        if known is None:
            known = texts[id(stamp)] = b'"%b"' % stamp.text().encode()
        return known

    return b",".join(
        [
            b'%b:{"heads":[%b],"superseded":[%b]}'
            % (
                name_bytes(name),
                b",".join([b"[%b,%b]" % (text(head.stamp), head.encoded) for head in part.heads]),
                b",".join(sorted(map(text, part.superseded))) if part.superseded else b"",
            )
            for name, part in sorted(fields.items())
        ]
    )


def shown_bytes(state: RecordState) -> bytes:
    """Return the canonical bytes of the shown values."""
    if not "".join(state.fields).isascii():
        return encode(state.values())
    fields = state.fields
    last: Iterable[tuple[str, Write | Head]]
    if type(fields) is OfOneChange:
        last = sorted(fields.writes.items())
    else:
        last = [(name, part.heads[-1]) for name, part in sorted(fields.items()) if part.heads]
    shown = [
        b"%b:%b" % (name_bytes(name), one.encoded)
        for name, one in last
        if one.value is not None and name not in SYSTEM_FIELDS
    ]
    return b"{%b}" % b",".join(shown)


def state_from_json(data: Any) -> RecordState:
    """Read ``state_to_json``. Raises ChangeInvalid where it is not one."""
    try:
        fields = {name: _field_from_json(part) for name, part in data["fields"].items()}
        return RecordState(record=parse_id(data["record"]), type=data["type"], fields=fields)
    except (KeyError, TypeError, ValueError, AttributeError, IdInvalid) as error:
        raise ChangeInvalid(reason=type(error).__name__) from error


def values_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shown value of each field of what `state_to_json` returned, system fields too.

    Heads stand in rising rank there, so nothing needs to be folded to show a long list.
    """
    fields = data["fields"].items()
    return {name: part["heads"][-1][1] for name, part in fields if part["heads"]}


def _field_from_json(part: Any) -> FieldState:
    heads = {Head.of(Stamp.parse(text), value) for text, value in part["heads"]}
    superseded = frozenset(Stamp.parse(text) for text in part["superseded"])
    return (
        _field(heads, superseded) if superseded or len(heads) > 1 else FieldState(heads=(*heads,))
    )


def _join_field(one: FieldState, other: FieldState) -> FieldState:
    return _field({*one.heads, *other.heads}, one.superseded | other.superseded)


def _field(heads: set[Head], superseded: frozenset[Stamp]) -> FieldState:
    standing = (head for head in heads if head.stamp not in superseded)
    return FieldState(heads=tuple(sorted(standing, key=_rank)), superseded=superseded)


def _rank(head: Head) -> tuple[Stamp, bytes]:
    return head.rank
