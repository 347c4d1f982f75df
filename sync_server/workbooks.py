"""Excel and OpenDocument workbooks as lines of text cells, numbered as the spreadsheet shows them.

Dates come as `YYYY-MM-DD`. A number of 15 digits or more is written so that no check takes it for
a NIK or family card number: a spreadsheet keeps 15 digits, and nobody can tell which are true.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from shared_schema.errors import InputError
from sync_server.register_table import Line, RegisterUnreadable

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_LOST_FROM = 10**14


class SheetUnknown(InputError):
    """{file} has no sheet {sheet}. It has: {sheets}."""

    code = "SHEET_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook; `height`: how many lines it has."""

    name: str
    height: int
    lines: Iterator[Line]


def is_workbook(start: bytes) -> bool:
    """Tell whether a file that begins so is a workbook."""
    return start.startswith((_ZIP, _OLD_EXCEL))


def sheets(file: Path, wanted: str | None = None) -> list[Sheet]:
    """Return the visible sheets, or the one that is named, whole in memory.

    Raises SheetUnknown, RegisterUnreadable.
    """
    try:
        with CalamineWorkbook.from_path(file) as book:
            names = _visible(book)
            if wanted is not None and wanted not in book.sheet_names:
                raise SheetUnknown(file=file.name, sheet=wanted, sheets=", ".join(names))
            chosen = names if wanted is None else [wanted]
            return [_sheet(book.get_sheet_by_name(name)) for name in chosen]
    except PasswordError as error:
        raise RegisterUnreadable(file=file.name, reason="password") from error
    except (CalamineError, OSError) as error:
        raise RegisterUnreadable(file=file.name, reason=type(error).__name__) from error


def visible(file: Path) -> list[str]:
    """Return the names of a workbook's visible sheets. Raises RegisterUnreadable."""
    try:
        with CalamineWorkbook.from_path(file) as book:
            return _visible(book)
    except (CalamineError, OSError) as error:
        raise RegisterUnreadable(file=file.name, reason=type(error).__name__) from error


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]


def _sheet(sheet: CalamineSheet) -> Sheet:
    return Sheet(name=sheet.name, height=sheet.total_height, lines=_lines(sheet))


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield Line(number=number, cells=_texts(cells))


def _texts(cells: Sequence[Any]) -> list[str]:
    return [cell if type(cell) is str else _text(cell) for cell in cells]


def _text(value: Any) -> str:
    match value:
        case bool():
            return "ya" if value else "tidak"
        case float() | int():
            return _number(value)
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if value != int(value):
        return repr(value)
    return f"{int(value)}.0" if abs(value) >= _LOST_FROM else str(int(value))
