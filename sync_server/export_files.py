"""Exports as files: rows written to a workbook, a table or points, a part at a time.

Each writer says how many rows are written, so that whoever waits can be told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import IO, Any

from shared_schema.canonical import encode
from sync_server.export import cell, write_csv
from sync_server.spreadsheet import Sheet, write_workbook

_AT_ONCE = 1_000
Rows = Iterator[Sequence[Any]]


def _xlsx(target: IO[bytes], kind: str, headers: Sequence[str], rows: Rows) -> Iterator[int]:
    texts = ([None if value is None else cell_of(value) for value in row] for row in rows)
    yield from write_workbook(target, [Sheet(name=kind, headers=headers, rows=texts)])


def cell_of(value: Any) -> Any:
    """Return a value as a workbook's cell: numbers stay numbers, all else is text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number or isinstance(value, str) else cell(value)


def _csv(target: IO[bytes], _kind: str, headers: Sequence[str], rows: Rows) -> Iterator[int]:
    done = 0
    target.write(b"\xef\xbb\xbf")
    head: Sequence[str] | None = headers
    while True:
        part = list(islice(rows, _AT_ONCE))
        lines = StringIO(newline="")
        write_csv(lines, head, part)
        target.write(lines.getvalue().encode())
        head, done = None, done + len(part)
        yield done
        if not part:
            return


def _geojson(target: IO[bytes], _kind: str, headers: Sequence[str], rows: Rows) -> Iterator[int]:
    """Write what has a position as points; whoever has none is left out."""
    target.write(b'{"type":"FeatureCollection","features":[')
    done = 0
    for row in rows:
        values = dict(zip(headers, row, strict=True))
        lat, lon = values.pop("lat"), values.pop("lon")
        if lat is None or lon is None:
            continue
        point = {"type": "Point", "coordinates": [lon, lat]}
        feature: dict[str, Any] = {"type": "Feature", "geometry": point, "properties": values}
        target.write((b"," if done else b"") + encode(feature))
        done += 1
        if done % _AT_ONCE == 0:
            yield done
    target.write(b"]}")
    yield done


WRITERS: Mapping[str, Callable[[IO[bytes], str, Sequence[str], Rows], Iterator[int]]] = {
    "xlsx": _xlsx,
    "csv": _csv,
    "geojson": _geojson,
}
