"""A register's file, opened: CSV in whatever encoding, or a workbook, as one table of cells."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from shared_schema.errors import InputError
from sync_server import workbooks
from sync_server.register_table import (
    RegisterUnreadable,
    Table,
    as_old_office,
    cell_table,
    csv_table,
    encoding_of,
)

_BLOCK_BYTES = 1 << 20
_OLD_OFFICE = "jemput-old-office"
_LOOKED_AT = 20
_SAMPLES = 3


class RegisterColumns(InputError):
    """{file} has no usable column for {field}. Name it so, or use --map."""

    code = "REGISTER_COLUMNS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to be read. `sheet`: of a workbook; None takes the first that has the columns.

    `required`: fields that must have a column; of `one_of` at least one.
    """

    file: Path
    mapping: Mapping[str, str]
    sheet: str | None = None
    required: Sequence[str] = ()
    one_of: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a file reads: its header, the field of each column, its first lines.

    `sheets`: of a workbook, all visible ones. `missing`: fields without which nothing is imported.
    """

    header: Sequence[str]
    columns: Sequence[str | None]
    samples: Sequence[Sequence[str]]
    missing: Sequence[str]
    sheet: str | None = None
    sheets: Sequence[str] = ()


def look(source: Source) -> Look:
    """Return how a file reads, also where columns are missing still.

    Raises RegisterUnreadable, RegisterMapInvalid, SheetUnknown.
    """
    if workbooks.is_workbook(_looked_at(source.file)[0]):
        return _look_at_workbook(source)
    with _csv(source) as table:
        return _look_at(source, table)


def _look_at_workbook(source: Source) -> Look:
    found: list[Look] = []
    for sheet in workbooks.sheets(source.file, source.sheet):
        with suppress(RegisterUnreadable):
            table = cell_table(sheet.lines, source.mapping, source.file.name)
            found.append(replace(_look_at(source, table), sheet=sheet.name))
    if not found:
        raise RegisterUnreadable(file=source.file.name, reason="no sheet")
    best = min(found, key=lambda one: len(one.missing))
    return replace(best, sheets=workbooks.visible(source.file))


def _look_at(source: Source, table: Table) -> Look:
    first = [line.cells for line in islice(table.lines, _LOOKED_AT) if line.trouble is None]
    filled = [cells for cells in first if any(cell.strip() for cell in cells)]
    return Look(
        header=[cell.strip() for cell in table.header],
        columns=table.columns,
        samples=[[cell.strip() for cell in cells] for cells in filled[:_SAMPLES]],
        missing=_missing(source, table),
    )


@contextmanager
def opened(source: Source) -> Iterator[tuple[Table, int]]:
    """Give the table and about how many lines the file has.

    Raises RegisterUnreadable, RegisterColumns, RegisterMapInvalid, SheetUnknown.
    """
    start, total = _looked_at(source.file)
    if workbooks.is_workbook(start):
        yield _workbook(source)
        return
    with _csv(source) as table:
        _need_columns(source, table)
        yield table, total


@contextmanager
def _csv(source: Source) -> Iterator[Table]:
    codecs.register_error(_OLD_OFFICE, as_old_office)
    encoding = encoding_of(_looked_at(source.file)[0])
    with source.file.open(encoding=encoding, errors=_OLD_OFFICE, newline="") as lines:
        yield csv_table(lines, source.mapping, source.file.name)


def _looked_at(file: Path) -> tuple[bytes, int]:
    """Return how the file begins and how many lines it has. Raises RegisterUnreadable."""
    try:
        with file.open("rb") as stream:
            start = stream.read(_BLOCK_BYTES)
            blocks = iter(lambda: stream.read(_BLOCK_BYTES), b"")
            return start, start.count(b"\n") + sum(block.count(b"\n") for block in blocks)
    except OSError as error:
        raise RegisterUnreadable(file=file.name, reason=type(error).__name__) from error


def _workbook(source: Source) -> tuple[Table, int]:
    name = source.file.name
    first: RegisterColumns | RegisterUnreadable | None = None
    for sheet in workbooks.sheets(source.file, source.sheet):
        try:
            table = cell_table(sheet.lines, source.mapping, name)
            _need_columns(source, table)
        except (RegisterColumns, RegisterUnreadable) as error:
            first = first or error
            continue
        return table, sheet.height
    raise first or RegisterUnreadable(file=name, reason="no sheet")


def _need_columns(source: Source, table: Table) -> None:
    for name in _missing(source, table):
        raise RegisterColumns(file=source.file.name, field=name)


def _missing(source: Source, table: Table) -> list[str]:
    found = [name for name in source.required if name not in table.fields]
    if source.one_of and table.fields.isdisjoint(source.one_of):
        found.append(" / ".join(source.one_of))
    return found
