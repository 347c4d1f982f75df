"""Cells as spreadsheets leave them: what a program did is undone, what a person wrote stays."""

import pytest

from sync_server.register_cells import tidied


@pytest.mark.parametrize(
    ("field", "cell", "meant"),
    [
        ("birth_date", "25705", "1970-05-17"),
        ("birth_date", "25705,0", "1970-05-17"),
        ("birth_date", "1970", "1970"),
        ("birth_date", "17/05/1970 00:00:00", "17/05/1970"),
        ("birth_date", "1970-05-17T00:00:00", "1970-05-17"),
        ("birth_date", "1970/5/17", "1970-05-17"),
        ("birth_date", "17 Mei 1970", "1970-05-17"),
        ("birth_date", "7-Agustus-1970", "1970-08-07"),
        ("birth_date", "17/05/70", "17/05/70"),
        ("printed_on", "42491", "2016-05-01"),
        ("nik", '="5315051705700001"', "5315051705700001"),
        ("nik", "'5315051705700001", "5315051705700001"),
        ("nik", "\u200b5315051705700001\ufeff", "5315051705700001"),
        ("nik", "-", ""),
        ("nik", "0000000000000000", ""),
        ("nik", "'9999999999999999", ""),
        ("kk_number", "0", ""),
        ("nik", "1111", "1111"),
        ("rt", "5", "005"),
        ("rw", "12.0", "012"),
        ("rt", "5A", "5A"),
        ("phone", "81234567890", "081234567890"),
        ("phone", "0812 3456", "0812 3456"),
        ("sex", "laki - laki", "L"),
        ("sex", "2", "P"),
        ("religion", "Katolik", "3"),
        ("village", "Desa Golo Mori", "Golo Mori"),
        ("village", "5315052001.0", "5315052001"),
        ("name", "MarÃ\u00ada", "María"),
        ("name", "JosÃ© Ãtalo", "JosÃ© Ãtalo"),
        ("name", "NULL", ""),
        ("name", "Maria", "Maria"),
    ],
)
def test_a_cell_is_read_as_it_was(field: str, cell: str, meant: str) -> None:
    """Days since 1899, lost zeros, formula quotes, a wrong encoding, words for nothing."""
    assert tidied(field, cell) == meant
