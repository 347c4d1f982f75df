"""Finding people: by parts of names as they are typed, by any part of a number, drafts too."""

import pytest

from field_client.search import search
from field_client.vault.table import document_of
from tests.support.laptop import laptop, register, write
from tests.support.scenes import far_code

NIK, CARD = "5315050101900007", "5315050202080042"


@pytest.fixture
def app(tmp_path):
    """Open a laptop with a few people on it."""
    with laptop(tmp_path / "rumah", far_code()) as app:
        names = ["Moh. Saleh Contoh", "Yohanes Djoebir", "Mohtar Contoh", "Maria Soesanti"]
        records = register(app, names)
        write(app, records[3], nik=NIK, kk_number=CARD)
        yield app


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("muhammad", {"Moh. Saleh Contoh"}),
        ("moham", {"Moh. Saleh Contoh"}),
        ("moh", {"Moh. Saleh Contoh", "Mohtar Contoh"}),
        ("contoh moh", {"Moh. Saleh Contoh", "Mohtar Contoh"}),
        ("yoh", {"Yohanes Djoebir"}),
        ("Johannes", {"Yohanes Djoebir"}),
        ("jubir", {"Yohanes Djoebir"}),
        ("m", {"Moh. Saleh Contoh", "Mohtar Contoh", "Maria Soesanti"}),
        ("su", {"Maria Soesanti"}),
        ("maria so", {"Maria Soesanti"}),
        ("ohannes", {"Yohanes Djoebir"}),
        ("santi", {"Maria Soesanti"}),
        (NIK, {"Maria Soesanti"}),
        ("5315 0501", {"Maria Soesanti"}),
        ("900007", {"Maria Soesanti"}),
        ("0042", {"Maria Soesanti"}),
        ("010190", {"Maria Soesanti"}),
        ("007", set()),
        ("9999", set()),
    ],
)
def test_what_is_typed_finds(app, typed, found):
    """Old spellings, short forms, any part of three letters, any four digits."""
    assert {entry.values["name"] for entry in search(app.journal, typed)} == found


def test_drafts_are_found_and_a_record_stands_once(app):
    """A draft laid over a record shows with its values, and only once."""
    record = search(app.journal, NIK)[0].id
    app.journal.save_draft(record, "person", 1, {"name": "Maria Baru", "nik": NIK})
    new = app.journal.new_record()
    app.journal.save_draft(new, "person", 1, {"name": "Maria Draf", "kk_number": "5315059999"})
    assert [entry.id for entry in search(app.journal, "maria")] == [record, new]
    assert [entry.values["name"] for entry in search(app.journal, NIK)] == ["Maria Baru"]
    assert [entry.id for entry in search(app.journal, "59999")] == [new]


@pytest.mark.parametrize("pulled", ["before", "after"])
def test_own_people_and_drafts_come_before_a_whole_roster(app, pulled):
    """However many rows of the office match, and whether they came first or last."""
    row = app.tables.records.get(doc_id=str(search(app.journal, NIK)[0].id))
    row |= {"own": False, "search_key": "maria goreti", "nik": None, "kk_number": None}
    rows = [document_of(row, f"{n:032x}") for n in range(1, 400)]
    if pulled == "before":
        app.tables.records.insert_multiple(rows)
    long, short = register(app, ["Anamaria Contoh Sekali", "Maria"])
    draft = app.journal.new_record()
    app.journal.save_draft(draft, "person", 1, {"name": "Maria Draf"})
    if pulled == "after":
        app.tables.records.insert_multiple(rows)
    for limit in (5, 20, 50):
        entries = search(app.journal, "maria", limit)
        assert len(entries) == limit
        assert [entry.id for entry in entries[:2]] == [draft, short]
        assert long in [entry.id for entry in entries]


def test_a_number_makes_no_name_longer(app):
    """Of two that match, the one of that very name comes first, with or without a NIK."""
    exact, other = register(app, ["Kornelis", "Kornelis Contoh"])
    write(app, exact, nik=NIK[:-1] + "9", kk_number=CARD)
    assert [entry.id for entry in search(app.journal, "kornelis")] == [exact, other]


def test_no_more_than_the_limit(app):
    """However many match, a bounded number is read."""
    records = app.tables.records
    row = records.get(doc_id=str(search(app.journal, NIK)[0].id))
    records.insert_multiple(document_of(row, f"{n:032x}") for n in range(1, 400))
    assert len(search(app.journal, "santi")) == 50
    assert len(search(app.journal, "5315", 7)) == 7
