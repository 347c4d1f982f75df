"""Region codes and tables."""

import pytest

from shared_schema.examples import example_regions
from shared_schema.regions import (
    Level,
    RegionInvalid,
    RegionTable,
    RegionTableInvalid,
    contains,
    district_of,
    level,
    parent_of,
    parse_region,
    regency_of,
)

TABLE = example_regions()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("53.15.05.2001", "53.15.05.2001"),
        (" 5315052001 ", "53.15.05.2001"),
        ("531505", "53.15.05"),
        ("53.15", "53.15"),
        ("53", "53"),
    ],
)
def test_codes_are_read_with_and_without_dots(text: str, code: str) -> None:
    """The dotted form is the stored one."""
    assert parse_region(text) == code


@pytest.mark.parametrize(
    "text", ["", "5", "53.1", "53.15.05.200", "53.15.05.20011", "53150520", "53-15", "Kantor", "٥٣"]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    """Half codes and words are no codes."""
    with pytest.raises(RegionInvalid):
        parse_region(text)


def test_a_code_knows_its_place() -> None:
    """Level, parent, district and regency follow from the parts."""
    village = "53.15.05.2001"
    assert level(village) is Level.VILLAGE
    assert parent_of(village) == "53.15.05"
    assert parent_of("53") is None
    assert district_of(village) == "53.15.05"
    assert district_of("53.15") is None
    assert regency_of(village) == "53.15"


def test_a_scope_holds_itself_and_what_lies_inside() -> None:
    """53.1 does not hold 53.15: parts count, not characters."""
    assert contains("53.15", "53.15.05.2001")
    assert contains("53.15", "53.15")
    assert not contains("53.15.05", "53.15")
    assert not contains("53.15", "53.151")


def test_the_example_table_has_both_regencies() -> None:
    """The table names what it holds and shows the code of what it does not."""
    assert "MANGGARAI BARAT" in TABLE.name("53.15")
    assert TABLE.name("99.99") == "99.99"
    assert len(TABLE.districts("53.71")) == 6
    assert set(TABLE.villages("53.15.01")) < set(TABLE.villages("53.15")) < set(TABLE.villages())
    assert "53.15.01.2001" in TABLE


def test_a_table_survives_its_rows() -> None:
    """Rows rebuild the same table."""
    assert RegionTable.from_rows(TABLE.to_rows()) == TABLE


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_csv_may_have_a_header_a_mark_and_blank_lines(newline: str) -> None:
    """As spreadsheets save it."""
    text = newline.join(["\ufeffcode,name", "5315,Manggarai Barat", "", '53.15.01,"A, B"'])
    assert RegionTable.from_csv(text).to_rows() == [
        ("53.15", "Manggarai Barat"),
        ("53.15.01", "A, B"),
    ]


@pytest.mark.parametrize("line", ["53.15", "53.15,", "Bari,53.15.01.2001"])
def test_a_bad_line_is_named(line: str) -> None:
    """The error carries the line number."""
    with pytest.raises(RegionTableInvalid, match="Line 2 "):
        RegionTable.from_csv(f"code,name\n{line}\n")


def test_a_village_is_found_by_a_name_that_no_other_has() -> None:
    """Whatever the letters' case; a district of the same name is no village."""
    rows = [("53.15.05", "Komodo"), ("53.15.05.2001", "Komodo"), ("53.15.05.2002", "Pasir Contoh")]
    table = RegionTable.from_rows([*rows, ("53.15.06.2001", "Pasir Contoh")])
    assert table.village_called(" KOMODO ") == "53.15.05.2001"
    assert table.village_called("Pasir Contoh") is None
    assert table.village_called("Tidak Ada") is None
