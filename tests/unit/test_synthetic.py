"""The synthetic people are repeatable, valid, and as awkward as real lists."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from tests.support import synthetic


def test_the_same_seed_gives_the_same_people() -> None:
    """A failure seen once can be seen again."""
    first = synthetic.population(7).people(200)
    assert first == synthetic.population(7).people(200)
    assert first != synthetic.population(8).people(200)


def test_a_nik_agrees_with_its_person() -> None:
    """District, birth date and sex can be read back from each NIK, and none repeats."""
    people = [row for row in synthetic.population(1).people(3000) if "nik" in row]
    for row in people:
        nik, born = str(row["nik"]), date.fromisoformat(str(row["birth_date"]))
        day = int(nik[6:8])
        assert len(nik) == 16
        assert nik[:6] == str(row["village"]).replace(".", "")[:6]
        assert (day > 40) == (row["sex"] == "P")
        assert (day % 40, nik[8:12]) == (born.day, f"{born:%m%y}")
    assert max(Counter(row["nik"] for row in people).values()) == 1


def test_some_people_have_no_nik_and_a_year_only() -> None:
    """Rural truth: about one in ten, born on the first day of what is known."""
    without = [row for row in synthetic.population(2).people(2000) if "nik" not in row]
    assert 100 < len(without) < 300
    assert {row["birth_date_precision"] for row in without} == {"year"}
    assert {str(row["birth_date"])[4:] for row in without} == {"-01-01"}


def test_a_family_shares_its_card_and_village() -> None:
    """A family card belongs to one village, and to one family."""
    homes: dict[object, set[object]] = {}
    for row in synthetic.population(3).people(2000):
        homes.setdefault(row["kk_number"], set()).add((row["village"], row["address"]))
    assert {len(places) for places in homes.values()} == {1}
    assert {len(str(card)) for card in homes} == {16}


def test_old_spelling_respells_what_the_reform_changed() -> None:
    """Both spellings of one name are on the ground."""
    assert synthetic.old_spelling("Yohanes Jumut") == "Johanes Djoemoet"
    assert synthetic.old_spelling("Cacung") == "Tjatjoeng"
    assert synthetic.shortened("Muhammad Jumut") == "Moh. Jumut"


def test_villages_are_those_of_the_area() -> None:
    """The two example regencies are apart, and a district is part of its regency."""
    regency, district = synthetic.villages("53.15"), synthetic.villages("53.15.05")
    assert set(district) < set(regency)
    assert all(code.startswith("53.71.") for code in synthetic.villages("53.71"))
    assert len(synthetic.villages("53.71")) > 40


def test_a_register_has_a_status_for_everyone(tmp_path: Path) -> None:
    """The file reads back with every NIK whole, and recorded people have the day."""
    rows = synthetic.population(4).register(500)
    path = synthetic.write_register(tmp_path / "register.csv", rows)
    with path.open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines))
    assert [row["nik"] for row in read] == [row["nik"] for row in rows]
    recorded = [row for row in read if row["central_status"] != "UNREGISTERED"]
    assert 150 < len(recorded) < 450
    assert all(row["recorded_on"] for row in recorded)
