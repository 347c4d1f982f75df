"""Workbooks: what people typed stays text, and memory does not grow with the rows."""

import tracemalloc
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

from python_calamine import CalamineWorkbook

from sync_server.export import cell
from sync_server.spreadsheet import Cell, Sheet, write_workbook


def read(data: bytes) -> list[list[object]]:
    """Read the first sheet."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def test_formulas_and_links_are_text_and_numbers_are_numbers() -> None:
    """A spreadsheet runs nothing and opens nothing; a NIK keeps its digits."""
    typed: list[Cell] = ["=1+1", "https://contoh.id", "0315050101700001", 12, date(2026, 9, 1)]
    target = BytesIO()
    assert list(write_workbook(target, [Sheet(name="s", headers=list("abcde"), rows=[typed])])) == [
        1
    ]
    head, first = read(target.getvalue())
    assert head == list("abcde")
    assert first[:4] == ["=1+1", "https://contoh.id", "0315050101700001", 12.0]
    assert b"<f>" not in target.getvalue()


def test_a_cell_that_could_be_run_is_text_in_a_table_too() -> None:
    """In any width, also within a list; numbers below nothing stay numbers."""
    for typed in ("=1+1", "+62", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "\uff20SUM(A1)"):
        assert cell(typed) == f"'{typed}"
    assert cell(["=1+1", "dua"]) == "'=1+1; dua"
    assert cell(-5) == "-5"


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    """Twenty thousand rows take no more memory than two thousand."""

    def peak(count: int) -> int:
        rows: Iterator[list[Cell]] = ([f"Warga Uji {at}", at] for at in range(count))
        tracemalloc.start()
        with (tmp_path / f"{count}.xlsx").open("wb") as target:
            *_, done = write_workbook(target, [Sheet(name="s", headers=["a", "b"], rows=rows)])
        assert done == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20_000) < 1.5 * peak(2_000) + 1_000_000
