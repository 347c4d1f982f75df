"""Two values agree in named steps, whichever of them comes first."""

import pytest

from shared_schema.matching import levels
from shared_schema.matching.parameters import shipped
from shared_schema.matching.words import comparison_label, level_label
from shared_schema.names import name_key


def name_level(one: str, other: str) -> str:
    """Compare two names as written, of a man."""
    a, b = (tuple(name_key(name, "L").split()) for name in (one, other))
    assert levels.names(a, b)[0] == levels.names(b, a)[0]
    return levels.names(a, b)[0]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Yohanes Contoh", "Contoh Johannes", "same"),
        ("Moh. Tjontoh", "Muhammad Contoh", "same"),
        ("Yohanes Contoh", "Yohanes Conto", "near"),
        ("Yohanes Contoh", "Yohanescontoh", "near"),
        ("Siprianus Contoh", "Sipri Contoh", "short"),
        ("Siprianus Contoh", "S. Contoh", "short"),
        ("Yohanes Contoh", "Yohanes Jontox", "faint"),
        ("Anan", "An Contoh", "other"),  # a half that stands there once is not the other half too
        ("Yohanes Petrus Contoh", "Yohanes Contoh", "part"),
        ("Yohanes Contoh", "Yohanes", "part_first"),
        ("Yohanes Contoh", "Contoh", "part_last"),
        ("Yohanes Contoh", "Blasius Contoh", "mixed"),
        ("Yohanes Contoh", "Blasius Umpama", "other"),
        ("", "Yohanes", "missing"),
    ],
)
def test_names_agree_in_steps(one: str, other: str, level: str) -> None:
    """Order and spelling do not matter; errors, short forms and missing words do."""
    assert name_level(one, other) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("19700304d", "19700304d", "same"),
        ("19700101d", "19700101d", "default_day"),
        ("19700304d", "19700403d", "swapped"),
        ("19700304d", "19700314d", "slip"),
        ("19700304d", "19700326d", "two_of_three"),
        ("19700304d", "19701127d", "year"),
        ("19700304d", "19710304d", "year_slip"),
        ("19700304d", "19720511d", "close_year"),
        ("19700304d", "19900511d", "other"),
        ("19700304d", "19700101y", "year_known"),
        ("19700304d", "19710101y", "about"),
        ("19700304d", "19700301m", "month"),
        ("19700304d", "19740101e", "estimate"),
        ("19700304d", "u", "missing"),
    ],
)
def test_dates_agree_as_far_as_they_are_known(one: str, other: str, level: str) -> None:
    """Swapped, mistyped and default days, and years that are all that is known."""
    assert levels.dates(one[:-1], one[-1], other[:-1], other[-1]) == level
    assert levels.dates(other[:-1], other[-1], one[:-1], one[-1]) == level


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("5315050403700001", "same"),
        ("5315050403700002", "serial"),
        ("5315060403700001", "district"),
        ("5315050404700001", "near"),
        ("5315054403680007", "other"),
        ("", "missing"),
    ],
)
def test_slips_in_a_nik_are_not_alike(other: str, level: str) -> None:
    """The last four digits tell twins apart, the first six the districts."""
    assert levels.niks("5315050403700001", other) == level


def test_regions_agree_by_level() -> None:
    """Village, district, regency."""
    here = "53.15.05.2001"
    found = [levels.regions(here, there) for there in (here, "53.15.05.2002", "53.15.06.2001")]
    assert [*found, levels.regions(here, "53.71.01.1001")] == [
        "same",
        "district",
        "regency",
        "other",
    ]


def test_every_level_with_a_weight_has_words() -> None:
    """Whatever a score can say, both languages can show."""
    for comparison, rows in shipped().bits.items():
        assert comparison_label(comparison).id
        assert all(level_label(comparison, level).en for level in rows)
