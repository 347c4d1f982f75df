"""One column: which rows have a value, which of these fit, and where a value repeats the last.

column    kind u8 | rows with a value | rows that do not fit, among those
          | rows that differ from the one before, among those that fit | values of these
lines     what the kind writes; then a JSON text for each value that does not fit
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, pairwise, starmap
from operator import ne

from shared_schema.canonical import Json, decode, encode
from shared_schema.wire.kinds import KINDS
from shared_schema.wire.masks import MaskReader, MaskWriter
from shared_schema.wire.sheet import Sheet, next_line


def put_column(
    sheet: Sheet, masks: MaskWriter, kind_number: int, cells: Mapping[int, Json], count: int
) -> None:
    """Append the values of ``cells``, by row below ``count``. Raises NotCanonical."""
    kind = KINDS[kind_number]
    fitted = {row: kind.fit(value) for row, value in cells.items()}
    fitting = [row for row, value in fitted.items() if value is not None]
    sheet.out.append(kind_number)
    masks.put([True] * count if len(cells) == count else [row in cells for row in range(count)])
    masks.put([value is None for value in fitted.values()])
    values = [fitted[row] for row in fitting]
    starts = masks.put_starts([True] * len(values[:1]) + list(starmap(ne, pairwise(values))))
    kept = [row for row, start in zip(fitting, starts, strict=True) if start]
    kind.put(sheet, [fitted[row] for row in kept], kept)
    sheet.texts.extend(
        encode(value).decode() for row, value in cells.items() if fitted[row] is None
    )


def read_column(sheet: Sheet, masks: MaskReader, count: int) -> dict[int, Json]:
    """Return the values of the next column by row. Raises ValueError, KeyError, NotCanonical."""
    kind = KINDS[sheet.source.take(1)[0]]
    rows = _chosen(range(count), masks.read(count))
    odd = masks.read(len(rows))
    fitting = _chosen(rows, [not one for one in odd]) if any(odd) else rows
    starts = masks.read(len(fitting))
    if fitting and not starts[0]:
        raise ValueError("the first value repeats nothing")
    kept = iter(kind.read(sheet, _chosen(fitting, starts)))
    cells = dict(zip(fitting, _repeated(kept, starts), strict=True))
    for row in _chosen(rows, odd):
        cells[row] = decode(next_line(sheet.lines).encode())
    return cells


def _chosen(rows: Sequence[int], chosen: Sequence[bool]) -> list[int]:
    return list(compress(rows, chosen))


def _repeated(values: Iterator[Json], starts: Sequence[bool]) -> Iterator[Json]:
    value: Json = None
    for start in starts:
        value = next(values) if start else value
        yield value
