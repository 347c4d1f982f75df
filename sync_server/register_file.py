"""A register's file, opened: CSV in whatever encoding, or a workbook, as one table of cells."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


@contextmanager
def opened(source: Source) -> Iterator[tuple[Table, int]]:
    """Give the table and about how many lines the file has.

    Raises RegisterUnreadable, RegisterColumns, RegisterMapInvalid, SheetUnknown.
    """
    start, total = _looked_at(source.file)
    if workbooks.is_workbook(start):
        yield _workbook(source)
        return
    codecs.register_error(_OLD_OFFICE, as_old_office)
    with source.file.open(encoding=encoding_of(start), errors=_OLD_OFFICE, newline="") as lines:
        table = csv_table(lines, source.mapping, source.file.name)
        _need_columns(source, table)
        yield table, total


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
    for name in source.required:
        if name not in table.fields:
            raise RegisterColumns(file=source.file.name, field=name)
    if source.one_of and table.fields.isdisjoint(source.one_of):
        raise RegisterColumns(file=source.file.name, field=" / ".join(source.one_of))
