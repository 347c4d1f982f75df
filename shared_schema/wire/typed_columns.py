"""Codec 2: typed columns, compressed with Zstandard and a dictionary that both sides have.

Changes of one type and version stand together, a column for each field: its numbers with the
numbers, its text with the text, since each compresses best among its like. A column says itself
how it is to be read (`kinds`), so no record type is needed to read it.

    plain     size of the numbers (unsigned) | numbers | lines of text in UTF-8, each ended by LF
    numbers   count | ids of other streams: how many, 16 bytes each | types | records | readings
              | evidence | operators | the columns of each type | replaced stamps
    lines     types and their fields as JSON: [["person", 1, ["name", "sex"]], ...]; then what
              the columns need, in order

PROTOCOL.md has it byte by byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import zstandard

from shared_schema.canonical import Json, NotCanonical
from shared_schema.canonical import decode as decode_json
from shared_schema.canonical import encode as encode_json
from shared_schema.changes import Change, ChangeInvalid, Write
from shared_schema.ids import IdInvalid, Stream, StreamFull, parse_id, record_number
from shared_schema.records import RECORD_TYPES
from shared_schema.wire.columns import put_column, read_column
from shared_schema.wire.compression import compress, decompress
from shared_schema.wire.integers import Source, put_integers, put_unsigned
from shared_schema.wire.json_columns import PayloadInvalid
from shared_schema.wire.kinds import WORD, kind_of
from shared_schema.wire.masks import MaskReader, MaskWriter
from shared_schema.wire.sheet import Ids, Sheet, next_line
from shared_schema.wire.stamped import (
    Replaced,
    put_evidence,
    put_readings,
    put_replaced,
    read_evidence,
    read_readings,
    read_replaced,
)

NUMBER = 2
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A type and version, the order of its columns, and which changes are of it."""

    type: str
    version: int
    fields: tuple[str, ...]
    rows: tuple[int, ...]


def encode(changes: Sequence[Change]) -> bytes:
    """Return the payload for ``changes`` of one stream in the order of their sequence.

    Raises NotCanonical for what JSON cannot carry.
    """
    return compress(*layout(changes))


def decode(payload: bytes, stream: Stream, first: int, count: int) -> list[Change]:
    """Return the changes of a payload. Raises PayloadInvalid, naming what is wrong."""
    try:
        return _read(decompress(payload), stream, first, count)
    except (
        ChangeInvalid, IdInvalid, StreamFull, NotCanonical, KeyError, TypeError, ValueError,
        IndexError, AttributeError, OverflowError, zstandard.ZstdError,
    ) as error:  # fmt: skip
        raise PayloadInvalid(reason=type(error).__name__) from error


def layout(changes: Sequence[Change]) -> tuple[bytes, bytes]:
    """Return the two parts of the plain form: sized numbers, and text."""
    sheet = Sheet(ids=Ids(changes[0].stream))
    masks, groups, out = MaskWriter(sheet.out), _groups(changes), sheet.out
    described: list[Json] = [[one.type, one.version, one.fields] for one in groups]
    sheet.texts.append(encode_json(described).decode())
    of_change = {row: place for place, group in enumerate(groups) for row in group.rows}
    put_integers(out, [of_change[row] for row in range(len(changes))])
    sheet.ids.put(out, [change.record for change in changes], [0] * len(changes))
    put_readings(out, [change.hlc for change in changes])
    put_evidence(out, masks, changes)
    operators = {row: change.operator for row, change in enumerate(changes)}
    put_column(sheet, masks, WORD, operators, len(changes))
    for group in groups:
        _put_group(sheet, masks, group, [changes[row] for row in group.rows])
    put_replaced(out, changes, [groups[of_change[row]].fields for row in range(len(changes))])
    return _sized(len(changes), sheet), "".join(f"{line}\n" for line in sheet.texts).encode()


def _sized(count: int, sheet: Sheet) -> bytes:
    head, size = bytearray(), bytearray()
    put_unsigned(head, count)
    put_unsigned(head, len(sheet.ids.known))
    head += b"".join(record.bytes for record in sheet.ids.known)
    put_unsigned(size, len(head) + len(sheet.out))
    return bytes(size + head + sheet.out)


def _groups(changes: Sequence[Change]) -> list[Group]:
    rows: dict[tuple[str, int], list[int]] = {}
    for row, change in enumerate(changes):
        rows.setdefault((change.type, change.version), []).append(row)
    return [
        Group(
            type=name,
            version=version,
            fields=_ordered(name, {field for row in found for field in changes[row].writes}),
            rows=tuple(found),
        )
        for (name, version), found in rows.items()
    ]


def _ordered(type_name: str, names: set[str]) -> tuple[str, ...]:
    """Return fields as the type declares them, so that a NIK follows what it is foreseen from."""
    rtype = RECORD_TYPES.get(type_name)
    declared = [name for name in rtype.fields if name in names] if rtype else []
    return (*declared, *sorted(names.difference(declared)))


def _put_group(sheet: Sheet, masks: MaskWriter, group: Group, changes: Sequence[Change]) -> None:
    known: list[dict[str, Any]] = [{} for _ in changes]
    sheet.rows = known
    sheet.numbers = [record_number(change.record, change.stream) or 0 for change in changes]
    writes = [change.writes for change in changes]
    for name in group.fields:
        cells = {row: found[name].value for row, found in enumerate(writes) if name in found}
        put_column(sheet, masks, kind_of(group.type, name), cells, len(changes))
        for row, value in cells.items():
            known[row][name] = value


def _read(plain: bytes, stream: Stream, first: int, count: int) -> list[Change]:
    source, lines = _parts(plain)
    if source.unsigned() != count:
        raise PayloadInvalid(reason="count")
    ids = [parse_id(str(UUID(bytes=source.take(_ID_BYTES)))) for _ in range(source.unsigned())]
    sheet = Sheet(ids=Ids(stream, ids), source=source, lines=lines)
    masks, groups = MaskReader(source), _read_groups(sheet, count)
    records = sheet.ids.read(source, [0] * count)
    readings = read_readings(source, count)
    evidence = read_evidence(source, masks, readings)
    operators = read_column(sheet, masks, count)
    of_change = {row: group for group in groups for row in group.rows}
    values: dict[int, dict[str, Any]] = {}
    for group in groups:
        values |= _read_columns(sheet, masks, group, records)
    replaced = read_replaced(source, stream, [of_change[row].fields for row in range(count)])
    if not source.ended or next(lines, None) is not None:
        raise PayloadInvalid(reason="length")
    writes = _writes(values, replaced)
    return [
        Change(
            stream=stream,
            sequence=first + row,
            record=records[row],
            type=of_change[row].type,
            version=of_change[row].version,
            hlc=readings[row],
            operator=_typed(operators[row], str),
            writes=writes[row],
            evidence=evidence[row],
        )
        for row in range(count)
    ]


def _parts(plain: bytes) -> tuple[Source, Iterator[str]]:
    head = Source(plain)
    numbers = head.take(head.unsigned())
    *lines, ended = head.rest().decode("utf-8").split("\n")
    if ended:
        raise PayloadInvalid(reason="length")
    return Source(numbers), iter(lines)


def _read_groups(sheet: Sheet, count: int) -> list[Group]:
    described = decode_json(next_line(sheet.lines).encode())
    rows: list[list[int]] = [[] for _ in described]
    for row, place in enumerate(sheet.source.integers(count)):
        if place < 0:
            raise PayloadInvalid(reason="type")
        rows[place].append(row)
    if not all(rows):
        raise PayloadInvalid(reason="type")
    return [_group(parts, found) for parts, found in zip(described, rows, strict=True)]


def _group(described: Any, rows: Sequence[int]) -> Group:
    name, version, fields = described
    if len(set(fields)) != len(fields):
        raise PayloadInvalid(reason="fields")
    return Group(
        type=_typed(name, str),
        version=_typed(version, int),
        fields=tuple(_typed(each, str) for each in fields),
        rows=tuple(rows),
    )


def _read_columns(
    sheet: Sheet, masks: MaskReader, group: Group, records: Sequence[UUID]
) -> dict[int, dict[str, Any]]:
    """Return the values of a type's changes, by change and field."""
    known: list[dict[str, Any]] = [{} for _ in group.rows]
    sheet.rows = known
    sheet.numbers = [record_number(records[row], sheet.ids.stream) or 0 for row in group.rows]
    for name in group.fields:
        cells = read_column(sheet, masks, len(group.rows))
        if not cells:
            raise PayloadInvalid(reason="fields")
        for row, value in cells.items():
            known[row][name] = value
    return dict(zip(group.rows, known, strict=True))


def _writes(
    values: Mapping[int, Mapping[str, Any]], replaced: Replaced
) -> dict[int, dict[str, Write]]:
    """Join values and the stamps they replace. Raises ValueError where stamps have no value."""
    writes = {
        row: {
            name: Write(value=value, replaces=replaced.pop((row, name), ()))
            for name, value in known.items()
        }
        for row, known in values.items()
    }
    if replaced:
        raise PayloadInvalid(reason="replaces")
    return writes


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError
    return value
