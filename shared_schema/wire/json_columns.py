"""Codec 1: columns of JSON, compressed with Zstandard (RFC 8878).

Changes of one *shape* (type, version and the set of fields they write) stand together, a list for
each field, so that like stands beside like; that is what makes the payload small. What the header
already says (stream, sequence numbers) is not repeated; a record begun on the batch's own stream
is its number alone; clock readings and times are differences.

    {"shapes": [["person", 1, ["name", "sex"]], ...],
     "shape": [0, 0, 1, ...],               which shape each change has, in order
     "values": [[["A", "B"], ["L", "P"]]],  shape by shape, field by field, change by change
     "replaces": [[1, "name", ["stamp"]]],  index of the change, field, stamps; only where any
     "record": [12, 13, "0192..."],         own records by number, others by id
     "operator": ["Operator 1", ...],
     "hlc": ["0192f3c4a5b60000", 1, 4096],  differences, but in hexadecimal the first reading
                                            and those a clock set right leaps to (over 4 years)
     "evidence": {"wall_ms": [0, ...],      less the milliseconds of the change's own reading
                  "server_ms": [5, null, 0]}}   differences to the last known, null where unknown
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import zstandard

from shared_schema.canonical import Json, NotCanonical
from shared_schema.canonical import decode as decode_json
from shared_schema.canonical import encode as encode_json
from shared_schema.changes import (
    Change,
    ChangeInvalid,
    Write,
    evidence_from_json,
    evidence_to_json,
    write_from_json,
)
from shared_schema.clock import HLC_LIMIT, Evidence, wall_of
from shared_schema.errors import CustodyError
from shared_schema.ids import (
    IdInvalid,
    Stream,
    StreamFull,
    parse_id,
    record_id,
    record_number,
)

NUMBER = 1
LEVEL = 15
PAYLOAD_LIMIT_BYTES = 8 << 20
SAFE_INTEGER = (1 << 53) - 1
_OPTIONAL_TIMES = ("monotonic_ms", "server_ms", "gps_ms")
Shape = tuple[str, int, tuple[str, ...]]


class PayloadInvalid(CustodyError):
    """The content of a batch is not readable ({reason}). The batch was kept as it came."""

    code = "PAYLOAD_INVALID"


def encode(changes: Sequence[Change]) -> bytes:
    """Return the payload for ``changes`` of one stream in the order of their sequence."""
    members: dict[Shape, list[Change]] = {}
    for change in changes:
        members.setdefault(_shape(change), []).append(change)
    numbers = {shape: number for number, shape in enumerate(members)}
    columns: dict[str, Any] = {
        "shapes": [[name, version, list(fields)] for name, version, fields in members],
        "shape": [numbers[_shape(change)] for change in changes],
        "values": [
            [[change.writes[field].value for change in alike] for field in shape[2]]
            for shape, alike in members.items()
        ],
        "replaces": _replaces_to_json(changes),
        "record": [_record_to_json(change) for change in changes],
        "operator": [change.operator for change in changes],
        "hlc": _readings_to_json([change.hlc for change in changes]),
        "evidence": _evidence_to_json(changes),
    }
    return zstandard.ZstdCompressor(level=LEVEL).compress(encode_json(columns))


def decode(payload: bytes, stream: Stream, first: int, count: int) -> list[Change]:
    """Return the changes of a payload. Raises PayloadInvalid, naming what is wrong."""
    try:
        columns = decode_json(_decompress(payload))
        if {len(columns[name]) for name in ("shape", "record", "operator", "hlc")} != {count}:
            raise PayloadInvalid(reason="count")
        shapes = [_shape_from_json(shape) for shape in columns["shapes"]]
        kinds = [shapes[_index(number, shapes)] for number in columns["shape"]]
        writes = _writes(columns, shapes, count)
        readings = _readings(columns["hlc"])
        evidence = _evidence(columns["evidence"], readings)
        return [
            Change(
                stream=stream,
                sequence=first + at,
                record=_record_from_json(columns["record"][at], stream),
                type=kinds[at][0],
                version=kinds[at][1],
                hlc=readings[at],
                operator=_typed(columns["operator"][at], str),
                writes=writes[at],
                evidence=evidence[at],
            )
            for at in range(count)
        ]
    except (
        ChangeInvalid, IdInvalid, StreamFull, NotCanonical, KeyError, TypeError, ValueError,
        IndexError, AttributeError, zstandard.ZstdError,
    ) as error:  # fmt: skip
        raise PayloadInvalid(reason=type(error).__name__) from error


def _decompress(payload: bytes) -> bytes:
    """Return the plain bytes, at most PAYLOAD_LIMIT_BYTES whatever the frame claims."""
    reader = zstandard.ZstdDecompressor().stream_reader(payload)
    plain = reader.read(PAYLOAD_LIMIT_BYTES + 1)
    if len(plain) > PAYLOAD_LIMIT_BYTES:
        raise PayloadInvalid(reason="size")
    return plain


def _shape(change: Change) -> Shape:
    return change.type, change.version, tuple(sorted(change.writes))


def _shape_from_json(data: Any) -> Shape:
    name, version, fields = data
    if len(set(fields)) != len(fields):
        raise PayloadInvalid(reason="shape")
    return _typed(name, str), _typed(version, int), tuple(_typed(each, str) for each in fields)


def _index(number: Any, of: Sequence[Any]) -> int:
    if not 0 <= _typed(number, int) < len(of):
        raise PayloadInvalid(reason="index")
    return int(number)


def _replaces_to_json(changes: Sequence[Change]) -> list[Json]:
    return [
        [at, name, sorted(stamp.text() for stamp in write.replaces)]
        for at, change in enumerate(changes)
        for name, write in sorted(change.writes.items())
        if write.replaces
    ]


def _writes(
    columns: Mapping[str, Any], shapes: Sequence[Shape], count: int
) -> list[dict[str, Write]]:
    """Give each change its fields: the next value of each column of its shape."""
    replaced = {
        (_index(at, range(count)), name): stamps for at, name, stamps in columns["replaces"]
    }
    members: list[list[int]] = [[] for _ in shapes]
    for at, number in enumerate(columns["shape"]):
        members[number].append(at)
    writes: list[dict[str, Write]] = [{} for _ in range(count)]
    for (_, _, fields), alike, lists in zip(shapes, members, columns["values"], strict=True):
        for name, values in zip(fields, lists, strict=True):
            for at, value in zip(alike, values, strict=True):
                if replaced and (at, name) in replaced:
                    stamps = replaced.pop((at, name))
                    writes[at][name] = write_from_json({"value": value, "replaces": stamps})
                else:
                    writes[at][name] = Write(value)
    if replaced:
        raise PayloadInvalid(reason="replaces")
    return writes


def _record_to_json(change: Change) -> int | str:
    return record_number(change.record, change.stream) or str(change.record)


def _record_from_json(data: Any, stream: Stream) -> Any:
    return parse_id(data) if isinstance(data, str) else record_id(stream, _typed(data, int))


def _readings_to_json(readings: Sequence[int]) -> list[Json]:
    steps = (
        after - before if abs(after - before) <= SAFE_INTEGER else f"{after:016x}"
        for before, after in pairwise(readings)
    )
    return [f"{readings[0]:016x}", *steps]


def _readings(column: Sequence[Any]) -> list[int]:
    readings: list[int] = []
    for entry in column:
        whole = not readings or isinstance(entry, str)
        readings.append(int(entry, 16) if whole else readings[-1] + _typed(entry, int))
    if not all(0 <= reading < HLC_LIMIT for reading in readings):
        raise PayloadInvalid(reason="hlc")
    return readings


def _evidence_to_json(changes: Sequence[Change]) -> dict[str, Json]:
    times = [evidence_to_json(change.evidence) for change in changes]
    columns: dict[str, Json] = {
        "wall_ms": [change.evidence.wall_ms - wall_of(change.hlc) for change in changes]
    }
    for name in _OPTIONAL_TIMES:
        if any(name in known for known in times):
            columns[name] = _differences(known.get(name) for known in times)
    return columns


def _evidence(columns: Mapping[str, Any], readings: Sequence[int]) -> list[Evidence]:
    count = len(readings)
    known: dict[str, list[int | None]] = {
        "wall_ms": [
            _typed(step, int) + wall_of(reading)
            for step, reading in zip(columns["wall_ms"], readings, strict=True)
        ]
    }
    for name in _OPTIONAL_TIMES:
        if name in columns:
            known[name] = _sums(columns[name])
    if {len(column) for column in known.values()} != {count}:
        raise PayloadInvalid(reason="evidence")
    return [
        evidence_from_json({name: column[at] for name, column in known.items()})
        for at in range(count)
    ]


def _differences(values: Iterable[int | None]) -> list[Json]:
    last, steps = 0, list[Json]()
    for value in values:
        steps.append(None if value is None else value - last)
        last = last if value is None else value
    return steps


def _sums(steps: Iterable[Any]) -> list[int | None]:
    last, values = 0, list[int | None]()
    for step in steps:
        last = last if step is None else last + _typed(step, int)
        values.append(None if step is None else last)
    return values


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError
    return value
