"""A file of lines: all judged before anything is saved, and recognised when it comes again."""

import json
from datetime import date

import pytest

from field_client.intake import Intake, read
from shared_schema.records import CheckContext, record_type

CONTEXT = CheckContext(today=date(2016, 9, 1))
PERSON = record_type("person")
ROW = {"name": "Warga Contoh", "sex": "P", "village": "53.15.05.2001", "birth_date": "1980"}


def judge(*lines: object, accept: str | None = None) -> Intake:
    """Judge lines, given as text, bytes or the object to write."""
    raw = [
        line
        if isinstance(line, bytes)
        else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    return read(PERSON, b"\n".join(raw), CONTEXT, accept)


def findings(intake: Intake) -> list[tuple[int, str, str | None]]:
    """Return line, code and field of everything invalid."""
    return [(f.line, f.problem.code, f.problem.field) for f in intake.invalid]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"name": "x"', "LINE_JSON"),
        ('{"name": "x", "name": "y"}', "LINE_JSON"),
        ('{"rt": NaN}', "LINE_JSON"),
        ("[" * 100_000, "LINE_JSON"),
        ('["name"]', "LINE_NOT_OBJECT"),
        ("null", "LINE_NOT_OBJECT"),
        ('{"name": "Mu\u00f1oz"}'.encode("latin-1"), "LINE_ENCODING"),
        ('{"name": "x"}'.encode("utf-16"), "LINE_ENCODING"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str | bytes, code: str) -> None:
    """The other lines are judged all the same, and keep their numbers."""
    intake = judge(ROW, "", line, {**ROW, "sex": "X"})
    assert findings(intake)[0] == (3, code, None)
    assert findings(intake)[-1] == (4, "CODE_UNKNOWN", "sex")
    assert [item.line for item in intake.items] == [1]
    assert intake.invalid_lines == 2


def test_a_number_too_large_for_json_is_a_wrong_nik_not_a_crash() -> None:
    """A NIK written as a number from Papua is beyond what JSON carries exactly."""
    intake = judge({**ROW, "nik": 9171010101900001})
    assert findings(intake) == [(1, "NIK_PRECISION_LOST", "nik")]


def test_byte_order_mark_blank_lines_and_windows_line_ends_do_not_matter() -> None:
    """Files from spreadsheets and Windows are read as they are meant."""
    line = json.dumps(ROW).encode()
    intake = read(PERSON, b"\xef\xbb\xbf" + line + b"\r\n\r\n  \n" + line + b"\r\n", CONTEXT)
    assert [item.line for item in intake.items] == [1, 4]
    assert intake.lines == 2


def test_a_key_tells_lines_apart_by_content_type_and_occurrence() -> None:
    """Spelling of the JSON does not matter; the second of two equal lines is another record."""
    spelled = '{"birth_date":"1980", "village":"53.15.05.2001",  "sex":"P", "name":"Warga Contoh"}'
    keys = [item.key for item in judge(ROW, spelled, {**ROW, "rt": "1"}).items]
    assert len(set(keys)) == 3
    assert [item.key for item in judge(spelled, ROW, {**ROW, "rt": "1"}).items] == keys
    line = {"region": "53.15", "measure": "x", "raw": "1"}
    raw = json.dumps(line).encode()
    assert read(record_type("figure"), raw, CONTEXT).items[0].key not in keys


def test_both_parts_of_a_line_are_judged() -> None:
    """A visit that is wrong makes its person's line invalid; a right one comes with it."""
    good = judge({**ROW, "outcome": "recorded", "lat": -8.4})
    visit = good.items[0].visit
    assert visit is not None
    assert visit.values["outcome"] == "recorded"
    assert good.items[0].record.values["name"] == "Warga Contoh"
    assert findings(judge({**ROW, "outcome": "fled"})) == [(1, "CODE_UNKNOWN", "outcome")]
    campaign = "5a5e1b4d-0000-8000-8000-000000000001"
    assert findings(judge({**ROW, "campaign": campaign})) == [(1, "REQUIRED", "outcome")]


def test_a_line_with_an_unexplained_warning_is_not_final() -> None:
    """It becomes final by its own reason or by one for all."""
    row = {**ROW, "birth_date": "1980-01-02", "nik": "5315050201800001"}
    intake = judge(row)
    assert [item.final for item in intake.items] == [False]
    assert [f.problem.code for f in intake.warnings] == ["NIK_SEX_MISMATCH"]
    assert judge(row, accept="KTP lama").items[0].final
    assert judge({**row, "_reasons": {"NIK_SEX_MISMATCH": "KTP lama"}}).items[0].final
