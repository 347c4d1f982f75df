"""Neighbourhoods: one number is one RT, however it was written."""

from typing import Any

import pytest

from sync_server.summons import neighbourhoods, numbered


@pytest.mark.parametrize(
    ("written", "number"),
    [("3", "003"), ("003", "003"), ("RT 03", "003"), ("", ""), (None, ""), ("000", ""),
     ("Dusun Atas", "Dusun Atas")],
)  # fmt: skip
def test_a_number_is_read_from_whatever_was_written(written: str | None, number: str) -> None:
    """Zero is no neighbourhood; a name stays a name."""
    assert numbered(written) == number


def test_residents_stand_by_name_and_those_of_no_rt_come_last() -> None:
    """Each once, with year and address; a year that is not known is left out."""
    people: list[tuple[str, dict[str, Any]]] = [
        ("a", {"name": "Zakarias Contoh", "rt": "1", "rw": "2", "birth_date": "1970-01-01"}),
        ("b", {"name": "Ana Contoh", "rt": "001", "rw": "RW 2", "dusun": "Atas"}),
        ("c", {"name": "Lain Contoh", "birth_date": "1900-01-01",
               "birth_date_precision": "unknown", "needs_home_service": True}),
    ]  # fmt: skip
    first, last = neighbourhoods(people)
    assert (first.rw, first.rt, first.key) == ("002", "001", "002-001")
    assert [one.record for one in first.residents] == ["b", "a"]
    assert [one.birth_year for one in first.residents] == ["", "1970"]
    assert first.residents[0].address == "Atas"
    assert (last.key, last.residents[0].birth_year, last.residents[0].at_home) == ("-", "", True)
