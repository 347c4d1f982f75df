"""Registers as offices save them: encodings, separators, headers, and rows that cannot be used."""

from collections.abc import Mapping
from typing import Any

import pytest

from sync_server.register_rows import (
    Row,
    changed_columns,
    resident_id,
    resident_of,
    status_of,
)
from sync_server.register_table import Raw, Rejected
from tests.support.records import CONTEXT

CELLS = {
    "name": "Warga Contoh",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1970-05-17",
    "nik": "5315051705700001",
}


def resident(**cells: str) -> Row | Rejected:
    """Read one line with these cells changed."""
    return resident_of(Raw(line=7, cells=CELLS | cells), CONTEXT)


def values(**cells: str) -> Mapping[str, Any]:
    """Read one line that must be usable; give its values."""
    row = resident(**cells)
    assert isinstance(row, Row)
    return row.values


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        ({"nik": "531505170570000"}, "NIK_PRECISION_LOST", "nik"),
        ({"nik": "5,31505E+15"}, "NIK_PRECISION_LOST", "nik"),
        ({"kk_number": "531505010108000"}, "NIK_PRECISION_LOST", "kk_number"),
        ({"nik": "5315051705700001.0"}, "NIK_PRECISION_LOST", "nik"),
        ({"nik": "53150517"}, "NIK_FORMAT", "nik"),
        ({"sex": "?"}, "CODE_UNKNOWN", "sex"),
        ({"name": " "}, "REQUIRED", "name"),
        ({"birth_date": "31-02-1970"}, "DATE_INVALID", "birth_date"),
        ({"birth_date": "2090-01-01"}, "DATE_IN_FUTURE", "birth_date"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(cells: dict[str, str], code: str, field: str) -> None:
    """The number of the line, a code and the field."""
    assert resident(**cells) == Rejected(line=7, code=code, field=field)


def test_what_only_looks_wrong_goes_in() -> None:
    """A NIK of another district and birth date is the ministry's own data."""
    assert values(nik="1871014107900001")["nik"] == "1871014107900001"


def test_cells_are_read_as_people_write_them() -> None:
    """Labels, day-first dates, undotted regions; an empty cell is there as nothing."""
    found = values(sex="Laki-laki", birth_date="17-05-1970", village="5315052001", rt="", nik="")
    assert (found["sex"], found["birth_date"]) == ("L", "1970-05-17")
    assert (found["village"], found["birth_date_precision"]) == ("53.15.05.2001", "day")
    assert (found["rt"], found["nik"]) == (None, None)


def test_an_id_follows_from_the_nik_else_the_key_else_the_content() -> None:
    """The same identifier always gives the same id, whatever else the row says."""
    person = {"name": "Maria", "sex": "P", "village": "53.15.05.2001", "birth_date": "1970-01-01"}
    by_nik = resident_id(person | {"nik": "5315051705700001"}, "7")
    assert by_nik == resident_id({"nik": "5315051705700001", "name": "M."}, "8")
    assert resident_id(person, " 7 ") == resident_id(person | {"name": "M."}, "7") != by_nik
    assert resident_id(person, "") == resident_id(person | {"note": "x", "name": "MARIA"}, "")
    assert resident_id(person, "") != resident_id(person | {"birth_date": "1971-01-01"}, "")


def test_only_what_the_source_says_anew_is_written() -> None:
    """A correction made here stands until the source itself changes that column."""
    last = {"name": "Maria", "address": "Jalan A"}
    corrected = {"name": "Maria Jumut", "address": "Jalan A", "phone": "081"}
    assert changed_columns({"name": "Maria", "address": "Jalan A"}, last, corrected) == {}
    assert changed_columns({"address": "Jalan B"}, last, corrected) == {"address": "Jalan B"}
    assert changed_columns({"address": None}, last, corrected) == {"address": None}
    assert changed_columns({"phone": "081", "rt": None}, last, corrected) == {}
    assert changed_columns({"name": "Maria Jumut"}, last, corrected) == {"name": "Maria Jumut"}


def test_a_status_line_needs_a_nik_and_gives_the_ministrys_columns() -> None:
    """Other columns of the list are left aside."""
    cells = {"nik": CELLS["nik"], "central_status": "card_issued", "name": "", "printed_on": ""}
    expected = (CELLS["nik"], {"central_status": "CARD_ISSUED", "printed_on": None})
    assert status_of(Raw(line=3, cells=cells)) == expected
    without = Raw(line=3, cells={"nik": "", "central_status": "CARD_ISSUED"})
    assert status_of(without) == Rejected(line=3, code="REQUIRED", field="nik")
