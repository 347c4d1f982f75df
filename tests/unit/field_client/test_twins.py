"""Who this laptop knows that may be the person being registered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.capture import assess
from field_client.entries import Edit
from field_client.opened import App
from field_client.saving import keep_draft
from field_client.twins import KnownPeople
from shared_schema.matching.bands import Band, judge
from shared_schema.matching.keys import blocking_keys
from shared_schema.matching.parameters import shipped
from shared_schema.matching.people import comparable
from shared_schema.matching.score import score
from shared_schema.records import CheckContext, record_type
from tests.support.laptop import laptop, write
from tests.support.memory_server import MemoryServer
from tests.support.synthetic import TODAY

SIMON: dict[str, Any] = {
    "name": "Yohanes Simon Contohnama",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1974-03-08",
    "birth_date_precision": "day",
    "mother_name": "Bernadeta Contohibu",
}
NIK = "5315050803740001"
CARD = "5315050101080001"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Open a laptop that knows Simon by name, sex, village, birth and mother."""
    with laptop(tmp_path / "a", MemoryServer().code()) as opened:
        write(opened, opened.journal.new_record(), **SIMON)
        yield opened


def bands(app: App, **changed: Any) -> list[Band]:
    """Return how sure it is that these values describe somebody who is known here."""
    return [twin.band for twin in KnownPeople(app.journal).like({**SIMON, **changed}, None)]


OTHERWISE: tuple[dict[str, Any], ...] = (
    {},
    {"name": "Yoh. Simon Tjontohnama"},
    {"name": "Simon Contohnama Yohanes", "village": "53.15.05.2002"},
    {"birth_date": "1974-08-03"},
    {"name": "Yohanes Simon Contonama"},
    {"name": "Yohanez Simom Contohnama"},
    {"birth_date": "1974-01-01", "birth_date_precision": "year"},
)
SIPRI: dict[str, Any] = {
    "name": "Siprianus Jelatu",
    "sex": "L",
    "village": "53.15.05.2001",
    "birth_date": "1960-01-01",
    "birth_date_precision": "year",
    "mother_name": "Agustina Contoh",
}


def test_the_same_person_written_otherwise_is_found(app: App) -> None:
    """Short and old forms, another order, swapped day and month, slips, only a year; no NIK."""
    for changed in OTHERWISE:
        (band,) = bands(app, **changed)
        assert band in {Band.CERTAIN, Band.REVIEW}, changed


@pytest.mark.parametrize(
    "name",
    [
        *("Siprianus Jelatu", "Siprianus Jelato", "Sipriamus Jelatu", "Sipriamus Jelato"),
        *("Sipri Jelatu", "Siprianus", "Siprianus Jelatu Contoh", "Cyprianus Jelatu"),
    ],
)
def test_a_slip_in_the_name_is_no_matter_where_only_the_year_is_known(app: App, name: str) -> None:
    """What the office says of the two, where it would compare them, the laptop says as well."""
    write(app, app.journal.new_record(), **SIPRI)
    known, met = comparable(SIPRI), comparable({**SIPRI, "name": name})
    assert set(blocking_keys(known)) & set(blocking_keys(met))
    office = judge(None, [("known", score(met, known, shipped()))], shipped())
    found = KnownPeople(app.journal).like({**SIPRI, "name": name}, None)
    assert [twin.band for twin in found] == [office.band]


def test_the_right_one_is_found_among_many_of_the_name(app: App) -> None:
    """Of 400 whose year alone is known, the one in the village."""
    maria = {**SIPRI, "name": "Maria Goreti", "sex": "P"}
    with app.journal.transaction():
        for at in range(400):
            of_others = {
                "village": f"53.15.0{at % 8 + 1}.20{at % 9 + 2:02}",
                "birth_date": f"19{40 + at % 50}-01-01",
                "mother_name": f"Ibu {at}",
            }
            write(app, app.journal.new_record(), **{**maria, **of_others})
        wanted = write(app, app.journal.new_record(), **maria)
    found = KnownPeople(app.journal).like(maria, None)
    assert [twin.id for twin in found] == [wanted]


def test_others_are_not_pointed_out(app: App) -> None:
    """A namesake of another age and village; somebody else born on the same day."""
    assert bands(app, birth_date="1998-11-21", village="53.15.02.2004", mother_name="Lain") == []
    other = {"name": "Katarina Lainnama", "sex": "P", "village": "53.15.02.2004"}
    assert bands(app, **other, mother_name="Lain") == []


def test_the_same_nik_is_always_pointed_out(app: App) -> None:
    """Also where nothing else fits: one of them is wrong; never as certain."""
    write(app, app.journal.new_record(), **{**SIMON, "name": "Satu Contoh", "nik": NIK})
    stranger = {"name": "Katarina Lainnama", "sex": "P", "birth_date": "1991-12-30"}
    (twin,) = KnownPeople(app.journal).like({**stranger, "nik": NIK}, None)
    assert (twin.band, twin.field, twin.name) == (Band.REVIEW, "nik", "Satu Contoh")


def test_a_sibling_on_the_same_card_is_never_certain(app: App) -> None:
    """Card, village, mother and half of the name are what relatives share."""
    write(app, app.journal.new_record(), **{**SIMON, "kk_number": CARD, "name": "Maria Contohnama"})
    sister = {"name": "Marta Contohnama", "birth_date": "1976-05-02", "kk_number": CARD}
    assert Band.CERTAIN not in bands(app, **sister)


def test_drafts_are_known_and_the_record_itself_and_void_ones_are_not(app: App) -> None:
    """A draft of somebody is somebody; what was declared void is nobody."""
    record = app.journal.new_record()
    rtype = record_type("person")
    judged = assess(rtype, {"name": "Maria Contohdraf", "birth_date": "1980-02-03"}, _context())
    keep_draft(app.journal, record, judged)
    known = KnownPeople(app.journal)
    values = {**judged.values, "sex": "P", "village": "53.15.05.2001"}
    assert [twin.id for twin in known.like(values, None)] == [record]
    assert known.like(values, record) == ()
    (simon,) = known.like(SIMON, None)
    void = {"_void": {"reason": "keliru"}}
    app.journal.write([Edit(record=simon.id, type="person", version=1, values=void)])
    assert known.like(SIMON, None) == ()


def _context() -> CheckContext:
    return CheckContext(today=TODAY, regions=None)
