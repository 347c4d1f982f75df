"""Codec 1: columns of JSON, compressed with Zstandard (RFC 8878).

One JSON object holds a list for each part of a change; like stands beside like, which is what
makes it small. What the header already says (stream, sequence numbers) is not repeated; a record
begun on the batch's own stream is its number alone, clock readings are differences.

    {"record": [12, 13, "0192..."],        own records by number, others by id
     "type": ["person", ...], "version": [1, ...],
     "hlc": ["0192f3c4a5b60000", 1, 4096], differences, but in hexadecimal the first reading
                                           and those a clock set right leaps to (over 4 years)
     "operator": ["Operator 1", ...],
     "evidence": {"wall_ms": [...], ...},  null where a time was not known
     "writes": {"name": [[0, "value"], [1, "value", ["stamp", ...]]]}}
"""

from collections.abc import Mapping, Sequence
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
from shared_schema.clock import HLC_LIMIT
from shared_schema.errors import CustodyError
from shared_schema.ids import IdInvalid, Stream, parse_id, record_id, record_number

NUMBER = 1
LEVEL = 12
PAYLOAD_LIMIT_BYTES = 8 << 20
SAFE_INTEGER = (1 << 53) - 1
_TIMES = ("wall_ms", "monotonic_ms", "server_ms", "gps_ms")


class PayloadInvalid(CustodyError):
    """The content of a batch is not readable ({reason}). The batch was kept as it came."""

    code = "PAYLOAD_INVALID"


def encode(changes: Sequence[Change]) -> bytes:
    """Return the payload for ``changes`` of one stream in the order of their sequence."""
    readings = [change.hlc for change in changes]
    evidence = [evidence_to_json(change.evidence) for change in changes]
    columns: dict[str, Any] = {
        "record": [_record_to_json(change) for change in changes],
        "type": [change.type for change in changes],
        "version": [change.version for change in changes],
        "hlc": _readings_to_json(readings),
        "operator": [change.operator for change in changes],
        "evidence": {name: [times.get(name) for times in evidence] for name in _TIMES},
        "writes": _writes_to_json(changes),
    }
    return zstandard.ZstdCompressor(level=LEVEL).compress(encode_json(columns))


def decode(payload: bytes, stream: Stream, first: int, count: int) -> list[Change]:
    """Return the changes of a payload. Raises PayloadInvalid, naming what is wrong."""
    try:
        columns = decode_json(_decompress(payload))
        readings = _readings(columns["hlc"])
        evidence = columns["evidence"]
        writes = _writes_from_json(columns["writes"], count)
        lengths = {len(columns[name]) for name in ("record", "type", "version", "operator")}
        if lengths != {count} or len(readings) != count:
            raise PayloadInvalid(reason="count")
        return [
            Change(
                stream=stream,
                sequence=first + at,
                record=_record_from_json(columns["record"][at], stream),
                type=_typed(columns["type"][at], str),
                version=_typed(columns["version"][at], int),
                hlc=readings[at],
                operator=_typed(columns["operator"][at], str),
                writes=writes[at],
                evidence=evidence_from_json({name: evidence[name][at] for name in _TIMES}),
            )
            for at in range(count)
        ]
    except (
        ChangeInvalid, IdInvalid, NotCanonical, KeyError, TypeError, ValueError, IndexError,
        AttributeError, zstandard.ZstdError,
    ) as error:  # fmt: skip
        raise PayloadInvalid(reason=type(error).__name__) from error


def _decompress(payload: bytes) -> bytes:
    """Return the plain bytes, at most PAYLOAD_LIMIT_BYTES whatever the frame claims."""
    reader = zstandard.ZstdDecompressor().stream_reader(payload)
    plain = reader.read(PAYLOAD_LIMIT_BYTES + 1)
    if len(plain) > PAYLOAD_LIMIT_BYTES:
        raise PayloadInvalid(reason="size")
    return plain


def _record_to_json(change: Change) -> int | str:
    return record_number(change.record, change.stream) or str(change.record)


def _record_from_json(data: Any, stream: Stream) -> Any:
    return parse_id(data) if isinstance(data, str) else record_id(stream, _typed(data, int))


def _writes_to_json(changes: Sequence[Change]) -> dict[str, list[list[Any]]]:
    columns: dict[str, list[list[Any]]] = {}
    for at, change in enumerate(changes):
        for name, write in change.writes.items():
            entry: list[Any] = [at, write.value]
            if write.replaces:
                entry.append(sorted(stamp.text() for stamp in write.replaces))
            columns.setdefault(name, []).append(entry)
    return columns


def _writes_from_json(columns: Mapping[str, Any], count: int) -> list[dict[str, Write]]:
    writes: list[dict[str, Write]] = [{} for _ in range(count)]
    for name, entries in columns.items():
        for at, value, *replaces in entries:
            if not 0 <= _typed(at, int) < count or name in writes[at]:
                raise PayloadInvalid(reason="writes")
            stamps = replaces[0] if replaces else ()
            writes[at][name] = write_from_json({"value": value, "replaces": stamps})
    return writes


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


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError
    return value
