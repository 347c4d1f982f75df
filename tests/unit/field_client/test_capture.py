"""What makes a record final, and what an edit is answerable for."""

from collections.abc import Iterable
from datetime import date

import pytest

from field_client.capture import assess, correct, with_visit
from shared_schema.canonical import Json
from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.fold import RecordState, fold, state_of
from shared_schema.ids import Stream, record_id
from shared_schema.records import CheckContext, Problem, record_type

CONTEXT = CheckContext(today=date(2016, 9, 1))
PERSON = record_type("person")
MINIMUM = {"name": "Warga Contoh", "sex": "L", "village": "53.15.05.2001", "birth_date": "1970"}
MISMATCH = {**MINIMUM, "birth_date": "1970-05-17", "nik": "5315051805700001"}
STREAM = Stream(b"d" * 8, b"br.1")
RECORD = record_id(STREAM, 1)


def change(sequence: int, stream: Stream = STREAM, **values: Json) -> Change:
    """Write ``values`` on a stream, knowing of nothing else."""
    return Change(
        stream=stream,
        sequence=sequence,
        record=RECORD,
        type="person",
        version=1,
        hlc=sequence,
        operator="petugas",
        writes={name: Write(value=value) for name, value in values.items()},
        evidence=Evidence(wall_ms=sequence),
    )


def state(**values: Json) -> RecordState:
    """Return the state of a record that was written once."""
    return state_of(change(1, STREAM, **values))


def codes(problems: Iterable[Problem]) -> list[str]:
    """Return the codes of findings."""
    return [found.code for found in problems]


def test_name_sex_village_and_a_year_suffice() -> None:
    """A year alone is completed to its first day and noted as such."""
    judged = assess(PERSON, MINIMUM, CONTEXT)
    assert judged.final
    assert judged.values["birth_date"] == "1970-01-01"
    assert judged.values["birth_date_precision"] == "year"


def test_a_warning_keeps_a_record_a_draft_until_it_has_a_reason() -> None:
    """No reason, another warning's reason and blanks are no reason; its own is."""
    for reasons in ({}, {"NIK_SEX_MISMATCH": "x"}, {"NIK_BIRTH_DATE_MISMATCH": "  "}):
        judged = assess(PERSON, {**MISMATCH, "_reasons": reasons}, CONTEXT)
        assert codes(judged.problems) == ["NIK_BIRTH_DATE_MISMATCH"]
    reasons = {"NIK_BIRTH_DATE_MISMATCH": "Lahir di hutan"}
    judged = assess(PERSON, {**MISMATCH, "_reasons": reasons}, CONTEXT)
    assert judged.final
    assert judged.values["_reasons"] == reasons


def test_one_reason_can_be_accepted_for_all_warnings() -> None:
    """It is recorded under each warning's code, and leaves given reasons alone."""
    judged = assess(PERSON, MISMATCH, CONTEXT, accept="Menurut KK lama")
    assert judged.final
    assert judged.values["_reasons"] == {"NIK_BIRTH_DATE_MISMATCH": "Menurut KK lama"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"central_status": "CARD_ISSUED"}, "FIELD_NOT_YOURS"),
        ({"colour": "blue"}, "FIELD_UNKNOWN"),
        ({"_void": {"reason": "x"}}, "FIELD_UNKNOWN"),
        ({"_reasons": "because"}, "OBJECT_INVALID"),
        ({"sex": None}, "REQUIRED"),
    ],
)
def test_what_a_device_may_not_save_is_an_error(more: dict[str, object], code: str) -> None:
    """The ministry's fields, unknown fields and the system's own are refused."""
    judged = assess(PERSON, {**MINIMUM, **more}, CONTEXT)
    assert codes(judged.errors) == [code]
    assert not judged.final


@pytest.mark.parametrize("sign", ["campaign", "session", "outcome"])
def test_a_line_with_a_sign_of_a_visit_is_divided(sign: str) -> None:
    """Fields that both have stay with the person; the visit's own go to the visit."""
    line = {**MINIMUM, sign: "x", "reason": "cost", "lat": -8.5, "note": "catatan"}
    person, visit = with_visit(PERSON, line)
    assert person == {**MINIMUM, "note": "catatan"}
    assert visit is not None
    assert {**visit, "person": ""} == {sign: "x", "reason": "cost", "lat": -8.5, "person": ""}


def test_a_line_without_a_sign_of_a_visit_stays_whole() -> None:
    """A reason alone does not make a visit, nor does another type's outcome."""
    assert with_visit(PERSON, {**MINIMUM, "reason": "cost"})[1] is None
    assert with_visit(PERSON, {**MINIMUM, "outcome": None})[1] is None
    assert with_visit(record_type("visit"), {"outcome": "moved"})[1] is None


def test_an_edit_writes_only_what_differs() -> None:
    """Equal values make no write, so that a repeated edit changes nothing."""
    before = state(**assess(PERSON, MINIMUM, CONTEXT).values)
    assert correct(PERSON, before, {"name": "Warga Contoh", "rt": None}, CONTEXT).writes == {}
    edited = correct(PERSON, before, {"name": " Warga  Lain ", "sex": "l"}, CONTEXT)
    assert edited.writes == {"name": "Warga Lain"}


def test_a_corrected_date_brings_its_precision_along() -> None:
    """A day given for what was a year, and the other way round."""
    before = state(**assess(PERSON, MINIMUM, CONTEXT).values)
    edited = correct(PERSON, before, {"birth_date": "1970-05-17"}, CONTEXT)
    assert edited.writes == {"birth_date": "1970-05-17", "birth_date_precision": "day"}
    day = state(**{**before.values(), **edited.writes})
    back = correct(PERSON, day, {"birth_date": "1971"}, CONTEXT)
    assert back.writes == {"birth_date": "1971-01-01", "birth_date_precision": "year"}


def test_an_edit_answers_for_its_own_faults_only() -> None:
    """A record that came without a name can be mended elsewhere; a new fault is refused."""
    before = state(sex="L", village="53.15.05.2001")
    assert correct(PERSON, before, {"phone": "0812"}, CONTEXT).errors == ()
    assert codes(correct(PERSON, before, {"sex": None}, CONTEXT).errors) == ["REQUIRED"]
    assert codes(correct(PERSON, before, {"colour": "x"}, CONTEXT).errors) == ["FIELD_UNKNOWN"]


def test_an_edit_that_raises_a_warning_needs_a_reason() -> None:
    """The reason is written with the edit and keeps the reasons given before."""
    values = assess(PERSON, {**MINIMUM, "birth_date": "1970-05-17"}, CONTEXT).values
    before = state(**values, _reasons={"BIRTH_DATE_UNLIKELY": "tua"})
    touched = {"nik": "5315051805700001"}
    assert codes(correct(PERSON, before, touched, CONTEXT).unexplained) == [
        "NIK_BIRTH_DATE_MISMATCH"
    ]
    accepted = correct(PERSON, before, touched, CONTEXT, accept="KK lama")
    assert accepted.unexplained == ()
    assert accepted.writes["_reasons"] == {
        "BIRTH_DATE_UNLIKELY": "tua",
        "NIK_BIRTH_DATE_MISMATCH": "KK lama",
    }


def test_touching_a_field_in_conflict_is_a_choice() -> None:
    """The value that is shown is written again, because the write closes the conflict."""
    values = assess(PERSON, MINIMUM, CONTEXT).values
    other = Stream(b"e" * 8, b"br.2")
    both = fold([change(1, **values), change(2, other, **{**values, "name": "Warga Lain"})])
    assert correct(PERSON, both, {"name": "Warga Lain"}, CONTEXT).writes == {"name": "Warga Lain"}
