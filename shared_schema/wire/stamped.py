"""What codec 2 knows of time: clock readings, evidence, and the stamps that writes replace.

evidence  wall_ms less the milliseconds of the reading; then monotonic_ms and gps_ms less
          wall_ms, and server_ms as it is, each behind the rows that know it
stamps    how many different ones (0: nothing follows); streams: how many, 12 bytes each;
          stream of each stamp (0: the payload's own, else from 1), reading of each stamp;
          how many writes replace any; change, field and number of stamps of each write;
          which stamps, from 0
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from shared_schema.canonical import NotCanonical
from shared_schema.changes import Change, Stamp
from shared_schema.clock import HLC_LIMIT, Evidence, wall_of
from shared_schema.ids import STREAM_BYTES, Stream
from shared_schema.wire.integers import Source, put_integers, put_unsigned
from shared_schema.wire.masks import MaskReader, MaskWriter

_TIME_LIMIT = 1 << 62
_STAMPS_LIMIT = 1 << 18
_OPTIONAL = ("monotonic_ms", "gps_ms", "server_ms")
Replaced = dict[tuple[int, str], tuple[Stamp, ...]]


def put_readings(out: bytearray, readings: Sequence[int]) -> None:
    """Append clock readings. Raises NotCanonical beyond 64 bits."""
    if not all(0 <= reading < HLC_LIMIT for reading in readings):
        raise NotCanonical(reason="hlc")
    put_integers(out, readings)


def read_readings(source: Source, count: int) -> list[int]:
    """Return the next clock readings. Raises ValueError."""
    readings = source.integers(count)
    if not all(0 <= reading < HLC_LIMIT for reading in readings):
        raise ValueError("a reading has more than 64 bits")
    return readings


def put_evidence(out: bytearray, masks: MaskWriter, changes: Sequence[Change]) -> None:
    """Append the times that are known. Raises NotCanonical for times beyond 2**62."""
    put_integers(out, [_time(change.evidence.wall_ms) - wall_of(change.hlc) for change in changes])
    for name in _OPTIONAL:
        known = [(getattr(one.evidence, name), _base(one.evidence, name)) for one in changes]
        masks.put([time is not None for time, _ in known])
        put_integers(out, [_time(time) - base for time, base in known if time is not None])


def read_evidence(source: Source, masks: MaskReader, readings: Sequence[int]) -> list[Evidence]:
    """Return the next evidence, one for each reading. Raises ValueError."""
    steps = source.integers(len(readings))
    walls = [step + wall_of(reading) for step, reading in zip(steps, readings, strict=True)]
    found = [Evidence(wall_ms=wall) for wall in walls]
    columns: list[list[int | None]] = []
    for name in _OPTIONAL:
        known = masks.read(len(readings))
        numbers = iter(source.integers(sum(known)))
        columns.append(
            [
                next(numbers) + _base(evidence, name) if one else None
                for one, evidence in zip(known, found, strict=True)
            ]
        )
    if any(abs(time or 0) > _TIME_LIMIT for time in chain(walls, *columns)):
        raise ValueError("a time is too large")
    return [
        Evidence(wall_ms=wall, monotonic_ms=monotonic, gps_ms=gps, server_ms=server)
        for wall, monotonic, gps, server in zip(walls, *columns, strict=True)
    ]


def _base(evidence: Evidence, name: str) -> int:
    return 0 if name == "server_ms" else evidence.wall_ms


def _time(time: int) -> int:
    if abs(time) > _TIME_LIMIT:
        raise NotCanonical(reason="evidence")
    return time


def put_replaced(
    out: bytearray, changes: Sequence[Change], fields: Sequence[Sequence[str]]
) -> None:
    """Append the stamps that writes replace; ``fields``: the fields' order for each change."""
    writes = [
        (at, place, sorted(change.writes[name].replaces))
        for at, (change, names) in enumerate(zip(changes, fields, strict=True))
        for place, name in enumerate(names)
        if name in change.writes and change.writes[name].replaces
    ]
    stamps = dict.fromkeys(stamp for _, _, replaced in writes for stamp in replaced)
    put_unsigned(out, len(stamps))
    if not stamps:
        return
    own = changes[0].stream
    streams = {own: 0}
    for stamp in stamps:
        streams.setdefault(stamp.stream, len(streams))
    put_unsigned(out, len(streams) - 1)
    out += b"".join(stream.to_bytes() for stream, place in streams.items() if place)
    put_integers(out, [streams[stamp.stream] for stamp in stamps])
    put_readings(out, [stamp.hlc for stamp in stamps])
    put_unsigned(out, len(writes))
    put_integers(out, [at for at, _, _ in writes])
    put_integers(out, [place for _, place, _ in writes])
    put_integers(out, [len(replaced) for _, _, replaced in writes])
    places = {stamp: place for place, stamp in enumerate(stamps)}
    put_integers(out, [places[stamp] for _, _, replaced in writes for stamp in replaced])


def read_replaced(source: Source, own: Stream, fields: Sequence[Sequence[str]]) -> Replaced:
    """Return the replaced stamps by change and field. Raises ValueError, IndexError."""
    count = source.unsigned()
    if not count:
        return {}
    streams = [own, *_streams(source)]
    places = _naturals(_bounded(source, count))
    stamps = [
        Stamp(reading, streams[place])
        for place, reading in zip(places, read_readings(source, count), strict=True)
    ]
    writes = source.unsigned()
    rows, names, counts = (_naturals(_bounded(source, writes)) for _ in range(3))
    if 0 in counts:
        raise ValueError("a write replaces nothing")
    chosen = iter(_naturals(_bounded(source, sum(counts))))
    replaced: Replaced = {}
    for row, name, number in zip(rows, names, counts, strict=True):
        found = tuple(stamps[next(chosen)] for _ in range(number))
        if replaced.setdefault((row, fields[row][name]), found) is not found:
            raise ValueError("a write replaces twice")
    return replaced


def _streams(source: Source) -> Iterator[Stream]:
    for _ in range(source.unsigned()):
        yield Stream.from_bytes(source.take(STREAM_BYTES))


def _bounded(source: Source, count: int) -> list[int]:
    if count > _STAMPS_LIMIT:
        raise ValueError("too many stamps")
    return source.integers(count)


def _naturals(numbers: Sequence[int]) -> Sequence[int]:
    if any(number < 0 for number in numbers):
        raise ValueError("an index is negative")
    return numbers
