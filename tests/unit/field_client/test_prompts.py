"""Asking field by field: an officer's answers, slips and interruptions."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from field_client.capture import Assessment
from field_client.prompts import Conversation, choices, fill, question
from shared_schema.records import CheckContext, FieldKind, record_type

CONTEXT = CheckContext(today=date(2016, 9, 1))
PERSON = record_type("person")
MEANT = {
    (FieldKind.REFERENCE, "5a5e1b4d"): "5a5e1b4d-0000-8000-8000-000000000001",
    (FieldKind.REGION, "Golo Contoh"): "53.15.05.2001",
}
MINIMUM = ["Warga Contoh", "p", "53.15.05.2001", "1970"]


class BatteryDead(Exception):
    """The answers have come to an end."""


def talk(
    answers: Iterable[str], type_name: str = "person", lang: str = "id"
) -> tuple[Assessment, list[str], list[dict[str, Any]]]:
    """Answer from a list, then with empty lines; return outcome, what was said, what was kept."""
    waiting = list(answers)
    said: list[str] = []
    kept: list[dict[str, Any]] = []

    def ask(asked: str) -> str:
        said.append(asked)
        if waiting and waiting[0] == "<end>":
            raise BatteryDead(kept)
        return waiting.pop(0) if waiting else ""

    conversation = Conversation(
        lang=lang,
        ask=ask,
        say=said.append,
        keep=lambda values: kept.append(dict(values)),
        find=lambda kind, typed: MEANT.get((kind, typed), typed),
    )
    return fill(record_type(type_name), CONTEXT, conversation), said, kept


def test_required_answers_suffice_and_empty_lines_skip_the_rest() -> None:
    """The labels come in form order, the required ones marked."""
    judged, said, kept = talk(MINIMUM)
    assert judged.final
    assert judged.values["sex"] == "P"
    assert judged.values["birth_date_precision"] == "year"
    assert said[0] == "Nama *"
    assert [line for line in said if "*" in line] == [
        "Nama *",
        "Jenis kelamin *",
        "Desa/kelurahan * (nama desa, atau kode seperti 53.15.05.2001)",
        "Tanggal lahir * (Tahun saja boleh, misalnya 1970)",
    ]
    assert not any("Ketelitian" in line for line in said)
    assert not any("Status pusat" in line for line in said)
    assert len(kept) == 4


def test_a_village_is_known_by_its_name() -> None:
    """Officers know names, not codes."""
    judged, _, _ = talk(["Warga Contoh", "p", "Golo Contoh", "1970"])
    assert judged.values["village"] == "53.15.05.2001"


def test_a_wrong_answer_is_asked_again_with_the_reason() -> None:
    """Empty where an answer is needed, an unknown code, an impossible date."""
    slips = ["", "Warga", "x", "L", "53.15", "53.15.05.2001", "1970-02-30", "30-01-1970"]
    judged, said, _ = talk(slips)
    assert judged.values["birth_date"] == "1970-01-30"
    assert "Nama wajib diisi." in said
    assert any("bukan kode yang dikenal" in line for line in said)
    assert any("bukan tanggal" in line for line in said)


def test_coded_answers_by_number_word_or_code_in_both_languages() -> None:
    """Long codes are offered by their place in the list."""
    spec = record_type("visit").fields["outcome"]
    assert "3 Tidak di tempat" in choices(spec, "id")
    assert "3 not at home" in choices(spec, "en")
    for answer in ("3", "Tidak di tempat", "not at home", "not_at_home"):
        judged, _, _ = talk(["5a5e1b4d", answer], "visit")
        assert judged.values["outcome"] == "not_at_home"
        assert judged.values["person"] == "5a5e1b4d-0000-8000-8000-000000000001"


def test_numbers_that_are_codes_mean_themselves() -> None:
    """Blood type 13 is a code, not a place in the list."""
    spec = PERSON.fields["blood_type"]
    assert "13 Tidak tahu" in choices(spec, "id")
    answers = ["Warga", "L", "53.15.05.2001", "1970", "", "", "", "2", "3", "13"]
    judged, _, _ = talk(answers)
    assert (judged.values["marital_status"], judged.values["religion"]) == (2, 3)
    assert judged.values["blood_type"] == 13


def test_every_answer_is_kept_before_the_next_question() -> None:
    """What an interruption loses is the field being typed."""
    with pytest.raises(BatteryDead) as broken:
        talk([*MINIMUM[:3], "<end>"])
    (kept,) = broken.value.args
    assert kept[-1] == {"name": "Warga Contoh", "sex": "P", "village": "53.15.05.2001"}


def test_what_only_the_whole_record_shows_is_asked_again() -> None:
    """A date later than today is noticed at the end and can be put right there."""
    answers = ["Warga", "L", "53.15.05.2001", "2030-01-01", *[""] * 21]
    judged, said, _ = talk([*answers, "2010-01-01"])
    assert "Tanggal lahir ada di masa depan." in said
    assert judged.final
    assert judged.values["birth_date"] == "2010-01-01"


def test_a_warning_asks_for_a_reason_and_takes_none_for_a_draft() -> None:
    """With a reason the record is final, without it is not."""
    answers = ["Warga", "L", "53.15.05.2001", "1970-05-17", "", "5315055705700001"]
    judged, said, _ = talk([*answers, *[""] * 18, "KTP lama"])
    assert "NIK menunjukkan jenis kelamin lain." in said
    assert judged.final
    assert judged.values["_reasons"] == {"NIK_SEX_MISMATCH": "KTP lama"}
    assert not talk(answers)[0].final


def test_a_form_left_empty_is_not_a_record() -> None:
    """A type without required fields says so instead of saving nothing."""
    judged, said, kept = talk([], "equipment")
    assert [error.code for error in judged.errors] == ["EMPTY"]
    assert "Catatan ini kosong." in said
    assert kept == []


def test_questions_speak_english_on_request() -> None:
    """The same question in the second language."""
    assert question(PERSON.fields["name"], "en") == "Name *"
    assert question(PERSON.fields["needs_home_service"], "en") == "Needs home service (yes or no)"
