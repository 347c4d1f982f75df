"""Workbooks that the office gives away: written row by row, in memory that does not grow.

What people typed is text in a cell, never a formula and never a link.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import xlsxwriter

Cell = str | int | float | date | None
_WIDEST, _NARROWEST = 40, 8
_NAME_LETTERS = 31
_SETTINGS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: its name, the headers, and rows that may come one by one.

    `widths`: of its columns, in letters; by the headers where none are given.
    """

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


def write_workbook(target: IO[bytes], sheets: Iterable[Sheet]) -> Iterator[int]:
    """Write sheets into a workbook, and yield how many rows are written, now and then.

    The workbook is whole once this is exhausted.
    """
    book = xlsxwriter.Workbook(target, dict(_SETTINGS))
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    done = 0
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:_NAME_LETTERS])
        _write_headers(page, sheet, bold)
        for line, row in enumerate(sheet.rows, 1):
            _write_row(page, line, row)
            done += 1
            if done % 1_000 == 0:
                yield done
    book.close()
    yield done


def _write_headers(page: Any, sheet: Sheet, bold: Any) -> None:
    page.freeze_panes(1, 1)
    for at, header in enumerate(sheet.headers):
        fitting = max(_NARROWEST, min(len(header) + 2, _WIDEST))
        page.set_column(at, at, sheet.widths[at] if at < len(sheet.widths) else fitting)
        page.write_string(0, at, header, bold)


def _write_row(page: Any, line: int, row: Sequence[Cell]) -> None:
    for at, value in enumerate(row):
        if isinstance(value, str):
            page.write_string(line, at, value)
        elif isinstance(value, date):
            page.write_datetime(line, at, value)
        elif value is not None:
            page.write_number(line, at, value)
