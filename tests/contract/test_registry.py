"""Imports over a real store: repeated, corrected in between, tried dry, and never in the way."""

from pathlib import Path
from typing import Any

import pytest

from shared_schema.fold import RecordState
from sync_server import ingest
from sync_server.ingest import Edit
from sync_server.people import members_of
from sync_server.register_file import RegisterColumns
from sync_server.register_rows import resident_id
from sync_server.register_table import RegisterUnreadable
from sync_server.registry import Import, Outcome, import_register, import_status
from sync_server.store.queries import log, records
from tests.support.offices import Bench, found_office
from tests.support.synthetic import population, write_register

NIK = "5315051705700001"
HEADER = "NIK,NAMA,JK,DESA,TGL LAHIR,ALAMAT\n"
ROW = f"{NIK},Maria Jumut,P,53.15.05.2001,17-05-1970,Jalan A\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def run(bench: Bench, tmp_path: Path, text: str | bytes, **more: Any) -> dict[str, Any]:
    """Import a register of this content; give the figures."""
    return _run(import_register, bench, tmp_path, text, **more)


def status(bench: Bench, tmp_path: Path, text: str) -> dict[str, Any]:
    """Import a status list of this content; give the figures."""
    return _run(import_status, bench, tmp_path, text)


def _run(work: Any, bench: Bench, tmp_path: Path, text: str | bytes, **more: Any) -> dict[str, Any]:
    file = tmp_path / "daftar.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome: Outcome = work(bench.office, Import(file=file, operator="user:penyelia", **more))
    return outcome.as_dict()


def person(bench: Bench, nik: str = NIK) -> RecordState:
    """Give the imported person of a NIK."""
    with bench.office.store.read() as connection:
        found = records.get(connection, resident_id({"nik": nik}, ""))
    assert found is not None
    return found.state


def correct(bench: Bench, **values: Any) -> None:
    """Correct the imported person as a supervisor."""
    edit = Edit(record=person(bench).record, type="person", values=values)
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [edit], "user:penyelia")


def changes(bench: Bench) -> int:
    """Count the changes in the log."""
    with bench.office.store.read() as connection:
        return log.count(connection)


def figures(read: int, added: int = 0, changed: int = 0, unchanged: int = 0) -> dict[str, Any]:
    """Give the figures of an import without rejected lines."""
    counts = {"added": added, "changed": changed, "unchanged": unchanged}
    return {"read": read, **counts, "rejected": []}


def test_a_repeated_import_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    """The whole synthetic register: every field of every line stays as it is."""
    file = write_register(tmp_path / "register.csv", population(3).register(450))
    text = file.read_bytes()
    assert run(bench, tmp_path, text, dry_run=True) == figures(450, added=450)
    assert changes(bench) == 0
    assert run(bench, tmp_path, text) == figures(450, added=450)
    written = changes(bench)
    assert run(bench, tmp_path, text) == figures(450, unchanged=450)
    assert changes(bench) == written == 450


def test_a_correction_stands_until_the_register_says_something_new(
    bench: Bench, tmp_path: Path
) -> None:
    """Only the column that the register changed is written, over a correction or not."""
    run(bench, tmp_path, HEADER + ROW)
    correct(bench, name="Maria Yumut", address="Jalan Benar")
    assert run(bench, tmp_path, HEADER + ROW) == figures(1, unchanged=1)
    assert person(bench).shown("address") == "Jalan Benar"
    moved = ROW.replace("Jalan A", "Jalan B")
    assert run(bench, tmp_path, HEADER + moved) == figures(1, changed=1)
    assert person(bench).shown("address") == "Jalan B"
    assert person(bench).shown("name") == "Maria Yumut"
    assert run(bench, tmp_path, HEADER + moved) == figures(1, unchanged=1)


def test_a_cell_that_was_emptied_clears_its_field_and_a_missing_column_does_not(
    bench: Bench, tmp_path: Path
) -> None:
    """What the register takes back is gone; what it no longer mentions stays."""
    run(bench, tmp_path, HEADER + ROW)
    without = "NIK,NAMA,JK,DESA,TGL LAHIR\n" + ROW.replace(",Jalan A", "")
    assert run(bench, tmp_path, without) == figures(1, unchanged=1)
    assert person(bench).shown("address") == "Jalan A"
    run(bench, tmp_path, HEADER + ROW.replace("Jalan A", ""))
    assert person(bench).shown("address") is None


def test_bad_lines_are_listed_and_the_others_go_in(bench: Bench, tmp_path: Path) -> None:
    """A line that cannot be used, one that contradicts an earlier one, one that repeats it."""
    other = ROW.replace("Maria Jumut", "Petrus Bakung")
    lost = ROW.replace(NIK, NIK[:15])
    outcome = run(bench, tmp_path, HEADER + ROW + lost + other + ROW)
    assert outcome == {
        **figures(4, added=1, unchanged=1),
        "rejected": [
            {"line": 3, "code": "NIK_PRECISION_LOST", "field": "nik"},
            {"line": 4, "code": "ROW_REPEATED", "field": None},
        ],
    }
    assert person(bench).shown("name") == "Maria Jumut"


def test_old_encodings_are_read(bench: Bench, tmp_path: Path) -> None:
    """Windows-1252 with semicolons, as a spreadsheet of an older office saves it."""
    text = (HEADER + ROW).replace(",", ";").replace("Maria", "María").encode("cp1252")
    assert run(bench, tmp_path, text) == figures(1, added=1)
    assert person(bench).shown("name") == "María Jumut"


def test_a_status_list_writes_what_differs_and_names_unknown_niks(
    bench: Bench, tmp_path: Path
) -> None:
    """The ministry's columns by NIK; a register imported again later does not undo them."""
    header = HEADER.replace("NIK", "NIK,STATUS_REKAM")
    register = header + ROW.replace(NIK, f"{NIK},UNREGISTERED")
    run(bench, tmp_path, register)
    listed = (
        f"nik;central_status;recorded_on\n{NIK};CARD_ISSUED;2016-05-01\n{NIK[:-1]}9;CARD_ISSUED;\n"
    )
    unknown = [{"line": 3, "code": "NIK_UNKNOWN", "field": "nik"}]
    assert status(bench, tmp_path, listed) == {**figures(2, changed=1), "rejected": unknown}
    assert status(bench, tmp_path, listed)["unchanged"] == 1
    assert run(bench, tmp_path, register) == figures(1, unchanged=1)
    assert person(bench).shown("central_status") == "CARD_ISSUED"


def test_a_status_reaches_whoever_shows_the_nik(bench: Bench, tmp_path: Path) -> None:
    """A resident whom only the field registered is confirmed by the ministry's list."""
    device = bench.device()
    values = {"name": "Maria", "sex": "P", "village": "53.15.05.2001", "nik": NIK}
    made = device.change({**values, "birth_date": "1970-05-17", "birth_date_precision": "day"})
    bench.exchange(device, device.batch([made]))
    assert status(bench, tmp_path, f"NIK,STATUS_KTP\n{NIK},BIO_CAPTURED\n")["changed"] == 1
    with bench.office.store.read() as connection:
        current = records.get(connection, made.record)
    assert current is not None
    assert current.state.shown("central_status") == "BIO_CAPTURED"


def test_whom_the_field_registered_first_is_found_in_the_register(
    bench: Bench, tmp_path: Path
) -> None:
    """Somebody waits until the register brings their record; the two are then one person."""
    device = bench.device()
    values = {"name": "Maria Yumut", "sex": "P", "village": "53.15.05.2001", "nik": NIK}
    made = device.change({**values, "birth_date": "1970-05-17", "birth_date_precision": "day"})
    bench.exchange(device, device.batch([made]))
    file = tmp_path / "daftar.csv"
    file.write_text(HEADER + ROW, encoding="utf-8")
    job = Import(file=file, operator="user:penyelia")
    assert import_register(bench.office, job).found == 1
    with bench.office.store.read() as connection:
        together = members_of(connection, made.record)
    assert together == sorted([made.record, resident_id({"nik": NIK}, "")])
    assert import_register(bench.office, job).found == 0


def test_what_is_no_register_is_refused_by_name(bench: Bench, tmp_path: Path) -> None:
    """A broken workbook, an empty file, and tables without the columns that are needed."""
    with pytest.raises(RegisterUnreadable):
        run(bench, tmp_path, b"PK\x03\x04rest")
    with pytest.raises(RegisterUnreadable):
        run(bench, tmp_path, b"")
    with pytest.raises(RegisterColumns):
        run(bench, tmp_path, "NIK,ALAMAT\n1,x\n")
    with pytest.raises(RegisterColumns, match="column for sex"):
        run(bench, tmp_path, "NAMA,DESA,TGL_LAHIR\nWarga Contoh,53.15.05.2001,1970-05-17\n")
    with pytest.raises(RegisterColumns):
        status(bench, tmp_path, "NIK,NAMA\n1,x\n")
    assert changes(bench) == 0


def test_whom_the_next_register_does_not_name_is_listed(bench: Bench, tmp_path: Path) -> None:
    """Of its own villages, nobody whom the field began; a trial run says so; nothing changes."""
    elsewhere = ROW.replace("53.15.05.2001", "53.15.06.2001").replace(NIK, "5315061705700001")
    gone = ROW.replace(NIK, "5315051705700002").replace("Maria Jumut", "Warga Contoh")
    run(bench, tmp_path, HEADER + ROW + gone + elsewhere)
    device = bench.device()
    bench.exchange(device, device.batch(device.people(2)))
    before, file = changes(bench), tmp_path / "daftar.csv"
    file.write_text(HEADER + ROW)
    for dry_run in (True, False):
        job = Import(file=file, operator="user:penyelia", dry_run=dry_run)
        absent = import_register(bench.office, job).absent
        assert absent == [resident_id({"nik": "5315051705700002"}, "")]
    assert changes(bench) == before
