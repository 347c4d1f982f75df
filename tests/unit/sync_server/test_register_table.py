"""Tables as offices save them: encodings, separators, headers, and lines that cannot be read."""

import codecs

import pytest

from sync_server.register_table import (
    Line,
    Raw,
    RegisterMapInvalid,
    RegisterUnreadable,
    Rejected,
    Table,
    as_old_office,
    cell_table,
    columns_of,
    csv_table,
    encoding_of,
)


def read(text: str) -> list[Raw | Rejected]:
    """Read a CSV text."""
    return list(csv_table(text.splitlines(keepends=True), {}, "daftar.csv").rows())


@pytest.mark.parametrize(
    ("start", "encoding"),
    [
        (b"nama;nik\n", "utf-8"),
        (b"\xef\xbb\xbfnama;nik\n", "utf-8-sig"),
        ("nama\n".encode("utf-16"), "utf-16"),
        ("nama;nik\n".encode("utf-16-le"), "utf-16-le"),
        ("nama;nik\n".encode("utf-16-be"), "utf-16-be"),
        ("Désa\n".encode("cp1252"), "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_the_encoding_follows_from_the_first_bytes(start: bytes, encoding: str) -> None:
    """With a mark or without; Windows-1252 is left to the bytes that are not UTF-8."""
    assert encoding_of(start) == encoding


def test_a_line_of_an_older_program_is_read_among_others() -> None:
    """UTF-8 and Windows-1252 in one file; bytes that mean nothing stay recognisable."""
    codecs.register_error("old office, tested", as_old_office)
    both = "María\n".encode() + "José\x81\n".encode("latin-1")
    assert both.decode("utf-8", errors="old office, tested") == "María\nJosé\x81\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_with_any_usual_separator(delimiter: str) -> None:
    """Empty lines are passed over; a line keeps its number in the file; short lines are filled."""
    text = 'NIK^NAMA^X\n1^Maria^y\n\n^^\n2^"Petrus"\n'.replace("^", delimiter)
    first, second = read(text)
    assert isinstance(first, Raw)
    assert isinstance(second, Raw)
    assert (first.line, second.line) == (2, 5)
    assert second.cells == {"nik": "2", "name": "Petrus"}


def test_the_header_may_stand_below_titles() -> None:
    """Title lines, and the line by which a spreadsheet names its separator."""
    text = 'sep=;\n"DAFTAR, PENDUDUK; 2016";;\n\nNIK;NAMA;RT\n1;Maria, M.;5\n'
    (row,) = read(text)
    assert row == Raw(line=5, cells={"nik": "1", "name": "Maria, M.", "rt": "5"})


def test_one_bad_line_costs_no_other() -> None:
    """A stray quotation mark, a separator within a cell, a cell that rightly runs on."""
    stray = [f"{n},Warga {n},x\n" for n in range(3, 40)]
    text = (
        'NIK,NAMA,ALAMAT\n1,Maria,Jalan A, RT 5\n2,"Petrus,x\n'
        + "".join(stray)
        + '40,Yosef,"Jalan\nBaru"\n'
    )
    found = read(text)
    assert found[:2] == [
        Rejected(line=2, code="ROW_SHIFTED"),
        Rejected(line=3, code="ROW_UNREADABLE"),
    ]
    assert [one.cells["nik"] for one in found[2:] if isinstance(one, Raw)] == [
        *(str(n) for n in range(3, 41))
    ]
    assert found[-1] == Raw(line=41, cells={"nik": "40", "name": "Yosef", "address": "Jalan\nBaru"})


def test_headers_are_field_names_common_ones_or_mapped() -> None:
    """The map comes first; a second column of one field and unknown ones mean nothing."""
    header = ["NO_KK", " Jenis Kelamin ", "TGL LAHIR", "Desa/Kelurahan", "NAMA", "nama_lengkap"]
    expected = ["kk_number", "sex", "birth_date", "village", "name", None]
    assert columns_of(header, {}) == expected
    assert columns_of(["NAMA", "Orang"], {"orang": "name", "NAMA": "note"}) == ["note", "name"]
    assert columns_of(["No Urut", "foto"], {}) == ["key", None]
    with pytest.raises(RegisterMapInvalid):
        columns_of(["NAMA"], {"NAMA": "sidik_jari"})


def test_a_village_may_stand_in_four_columns() -> None:
    """As the ministry's own system writes it, leading zeros lost."""
    lines = [Line(number=1, cells=["NAMA", "NO_PROP", "NO_KAB", "NO_KEC", "NO_KEL"])]
    lines.append(Line(number=2, cells=["Maria", "53", "15", "5", "2001"]))
    table: Table = cell_table(lines, {}, "daftar.xlsx")
    assert table.fields == {"name", "village"}
    assert list(table.rows()) == [Raw(line=2, cells={"name": "Maria", "village": "53.15.05.2001"})]


def test_a_file_without_a_header_is_no_table() -> None:
    """Nothing at all, and bytes of something else."""
    for lines in ([], ["\n"], ["PK\x00\x00\n"]):
        with pytest.raises(RegisterUnreadable):
            csv_table(lines, {}, "kosong.csv")
    with pytest.raises(RegisterUnreadable):
        cell_table([], {}, "kosong.xlsx")
