"""Registers as they really come, through the command: every line that stays out says why."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_supervisor_commands import server, try_server
from tests.support.processes import init_server
from tests.support.workbooks import write_workbook

NIK = "5315051705700001"
OTHER = "5315054103820002"
HEADER = ["NO", "NIK", "NAMA", "JENIS KELAMIN", "KODE DESA", "TGL LAHIR", "RT", "HP"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an office."""
    home = tmp_path_factory.mktemp("office")
    init_server(home)
    return home


def person(home: Path, nik: str) -> dict[str, Any]:
    """Give the values of the one resident who shows a NIK."""
    (found,) = server(home, "search", nik)["people"]
    values: dict[str, Any] = server(home, "show", found["id"])["values"]
    return values


def test_a_workbook_with_titles_dates_and_numbers_goes_in(home: Path, tmp_path: Path) -> None:
    """Excel's dates and lost zeros are read; a NIK out of a numeric cell is not, and is named."""
    rows: list[list[Any]] = [
        ["DAFTAR PENDUDUK"],
        [],
        HEADER[1:],
        [NIK, "Maria Jumut", "PEREMPUAN", "53.15.05.2001", date(1970, 5, 17), 5, 81234567890],
        [OTHER, "Petrus Bakung", "L", 5315052001, 30011, 12.0, None],
        [5315051705700001, "Maria Jumut", "P", "53.15.05.2001", date(1970, 5, 17), 5, None],
        [None, "Tanpa Tanggal", "L", "53.15.05.2001", "17/05/70", None, None],
    ]
    book = write_workbook(tmp_path / "daftar.xlsx", {"Petunjuk": [["Baca dulu"]], "Data": rows})
    rejects = tmp_path / "ditolak.csv"
    dry = server(home, "registry", "import", book, "--dry-run")
    assert (dry["added"], server(home, "stats")["persons"]) == (2, 0)
    done = server(home, "registry", "import", book, "--rejects", rejects, "--lang", "en")
    assert (done["read"], done["added"]) == (4, 2)
    first = person(home, NIK)
    assert (first["birth_date"], first["rt"], first["phone"]) == (
        "1970-05-17", "005", "081234567890",
    )  # fmt: skip
    assert (person(home, OTHER)["birth_date"], person(home, OTHER)["rt"]) == ("1982-03-01", "012")
    lost, undated = done["rejected"]
    assert (lost["line"], lost["code"], lost["field"]) == (6, "NIK_PRECISION_LOST", "nik")
    assert lost["resident"] == server(home, "search", NIK)["people"][0]["id"]
    assert (undated["line"], undated["code"], undated["value"]) == (7, "DATE_INVALID", "17/05/70")
    with rejects.open(encoding="utf-8", newline="") as table:
        told = list(csv.DictReader(table))
    assert [one["line"] for one in told] == ["6", "7"]
    assert all(one["reason"] for one in told)
    try_server(home, "registry", "import", book, "--sheet", "Data").check()
    assert (
        try_server(home, "registry", "import", book, "--sheet", "X").error_code == "SHEET_UNKNOWN"
    )


def test_a_csv_of_an_older_office_goes_in_but_for_its_bad_lines(home: Path, tmp_path: Path) -> None:
    """Semicolons, two encodings in one file, Excel's days, and a line for each thing amiss."""
    lines = [
        "sep=;",
        ";".join(HEADER[1:]),
        '="5315060101800003";María Tjumut;P;53.15.06.2001;29221;1;',
        "531506010180000;Yosef;L;53.15.06.2001;1980-01-01;1;",
        '5315060101800004;"Yosef;L;53.15.06.2001;1980-01-01;1;',
        "5315060101800005;Yosef;L;53.15.06.2001;1980-01-01;1;;Jalan A",
        "5,31506E+15;Yosef;L;53.15.06.2001;1980-01-01;1;",
        "5315060101800006;Yosef;X;53.15.06.2001;1980-01-01;1;",
        "5315060101800007;Yosef;L;Entah;1980-01-01;1;",
    ]
    whole = "\r\n".join(lines).encode()
    old = "\r\n5315060101800008;José;L;53.15.06.2001;1 Jan 1980;1;\r\n".encode("cp1252")
    file = tmp_path / "lama.csv"
    file.write_bytes(whole + old)
    done = server(home, "registry", "import", file)
    assert (done["read"], done["added"]) == (8, 2)
    assert [(one["line"], one["code"], one["field"]) for one in done["rejected"]] == [
        (4, "NIK_PRECISION_LOST", "nik"),
        (5, "ROW_UNREADABLE", None),
        (6, "ROW_SHIFTED", None),
        (7, "NIK_PRECISION_LOST", "nik"),
        (8, "CODE_UNKNOWN", "sex"),
        (9, "REGION_INVALID", "village"),
    ]
    assert all(one["reason"] for one in done["rejected"])
    assert person(home, "5315060101800003")["name"] == "María Tjumut"
    assert person(home, "5315060101800003")["birth_date"] == "1980-01-01"
    assert person(home, "5315060101800008")["name"] == "José"
    screen = try_server(home, "registry", "import", file, "--lang", "en").check().stdout
    assert "A quotation mark in this line is never closed. (ROW_UNREADABLE)" in screen


def test_next_month_only_the_differences_are_shown_and_written(home: Path, tmp_path: Path) -> None:
    """A dry run says of whom what would change; the status list goes by NIK."""
    text = "NIK,NAMA,JK,DESA,TGL LAHIR,ALAMAT\n"
    row = "5315070101800001,Warga Contoh,L,53.15.07.2001,1980-01-01,Jalan A\n"
    file = tmp_path / "bulan.csv"
    file.write_text(text + row, encoding="utf-8")
    server(home, "registry", "import", file)
    file.write_text(text + row.replace("Jalan A", "Jalan B"), encoding="utf-8")
    dry = server(home, "registry", "import", file, "--dry-run")
    assert dry["fields"] == {"address": 1}
    (one,) = dry["differences"]
    assert one["fields"] == {"address": {"before": "Jalan A", "after": "Jalan B"}}
    screen = try_server(home, "registry", "import", file, "--dry-run").check().stdout
    assert "Jalan A → Jalan B" in screen
    listed = write_workbook(
        tmp_path / "status.xlsx",
        {"S": [["NIK", "STATUS_KTP", "TGL_REKAM"], ["5315070101800001", "PRR", date(2016, 5, 1)]]},
    )
    assert server(home, "registry", "status", listed)["changed"] == 1
    found = person(home, "5315070101800001")
    assert (found["central_status"], found["recorded_on"]) == ("PRINT_READY_RECORD", "2016-05-01")


def test_a_supervisors_day_of_corrections(home: Path, tmp_path: Path) -> None:
    """Preview, one reason, one undo; no officer to return a row to; the lists for the ministry."""
    file = tmp_path / "tiga.csv"
    rows = "".join(f"{n},Warga {n},L,53.15.08.2001,1980-01-0{n}\n" for n in (1, 2, 3))
    file.write_text("KEY,NAMA,JK,DESA,TGL LAHIR\n" + rows, encoding="utf-8")
    server(home, "registry", "import", file)
    asked = ("--where", "village=53.15.08.2001", "--set", "village=53.15.08.2002")
    seen = server(home, "correct", "preview", *asked)
    assert (seen["changed"], len(seen["records"])) == (3, 3)
    assert "53.15.08.2002" in try_server(home, "correct", "preview", *asked).check().stdout
    made = server(home, "correct", "apply", *asked, "--reason", "salah desa")
    assert try_server(home, "correct", "list").check().stdout.count("salah desa") == 1
    undone = server(home, "correct", "undo", made["correction"])
    assert (undone["changed"], undone["kept"]) == (3, [])
    assert server(home, "correct", "preview", *asked)["changed"] == 3
    target = seen["records"][0]["record"]
    refused = try_server(home, "review", "return", target, "--comment", "Cek umur")
    assert (refused.returncode, "RECORD_NOT_FROM_FIELD" in refused.stderr) == (3, True)
    assert server(home, "review", "list")["count"] == 0
    assert server(home, "report", "unconfirmed")["count"] == 0
    assert server(home, "export", "proposal") == {"claims": [], "count": 0}
    table = try_server(home, "export", "proposal", "--format", "csv").check().stdout
    assert table.startswith("claim,nik,name")
