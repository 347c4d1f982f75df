"""What a NIK says, and what it disagrees with."""

from datetime import date
from typing import Any

import pytest

from shared_schema.examples import example_regions
from shared_schema.nik import decode_nik, is_nik, nik_warnings

TODAY = date(2026, 5, 1)
VILLAGE = "53.15.05.2001"
DISTRICT = "531505"


def warnings(nik: str, **stated) -> tuple[str, ...]:
    """Compare a NIK with a man born 17 May 1970 in VILLAGE, except for what is given."""
    person: dict[str, Any] = {
        "sex": "L",
        "birth_date": "1970-05-17",
        "precision": "day",
        "village": VILLAGE,
        "regions": example_regions(),
    }
    return nik_warnings(nik, today=TODAY, **(person | stated))


def test_a_nik_is_decoded() -> None:
    """Forty is taken off a woman's day."""
    man, woman = (
        decode_nik(f"{DISTRICT}1705700001", today=TODAY),
        decode_nik(f"{DISTRICT}5705700002", today=TODAY),
    )
    assert man is not None
    assert woman is not None
    assert (man.region, man.birth_date, man.sex) == ("53.15.05", date(1970, 5, 17), "L")
    assert (woman.birth_date, woman.sex, woman.serial) == (date(1970, 5, 17), "P", "0002")


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("010526", date(2026, 5, 1)),
        ("020526", date(1926, 5, 2)),
        ("290200", date(2000, 2, 29)),
        ("710599", date(1999, 5, 31)),
    ],
)
def test_the_century_is_the_latest_that_is_not_in_the_future(digits: str, born: date) -> None:
    """Born today is possible, born tomorrow was a hundred years ago."""
    parts = decode_nik(f"{DISTRICT}{digits}0001", today=TODAY)
    assert parts is not None
    assert parts.birth_date == born


@pytest.mark.parametrize("digits", ["000170", "320170", "400170", "720170", "311170", "290201"])
def test_an_impossible_date_is_a_warning(digits: str) -> None:
    """It does not stop the record."""
    nik = f"{DISTRICT}{digits}0001"
    assert is_nik(nik)
    assert decode_nik(nik, today=TODAY) is None
    assert warnings(nik) == ("NIK_DATE_IMPOSSIBLE",)


@pytest.mark.parametrize("text", ["", "531505170570000", "53150517057000011", "53150517057000O1"])
def test_the_shape_is_sixteen_digits(text: str) -> None:
    """Nothing shorter, longer or with letters."""
    assert not is_nik(text)
    assert decode_nik(text, today=TODAY) is None


def test_a_nik_that_agrees_is_silent() -> None:
    """Region, birth date and sex as stated."""
    assert warnings(f"{DISTRICT}1705700001") == ()


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"sex": "P"}, ("NIK_SEX_MISMATCH",)),
        ({"sex": None}, ()),
        ({"birth_date": "1970-05-18"}, ("NIK_BIRTH_DATE_MISMATCH",)),
        ({"birth_date": None}, ()),
        ({"birth_date": "1970-05-01", "precision": "month"}, ()),
        ({"birth_date": "1970-06-01", "precision": "month"}, ("NIK_BIRTH_DATE_MISMATCH",)),
        ({"birth_date": "1970-01-01", "precision": "year"}, ()),
        ({"birth_date": "1971-01-01", "precision": "year"}, ("NIK_BIRTH_DATE_MISMATCH",)),
        ({"birth_date": "1975-01-01", "precision": "estimated"}, ()),
        ({"birth_date": "1976-01-01", "precision": "estimated"}, ("NIK_BIRTH_DATE_MISMATCH",)),
        ({"birth_date": "1990-01-01", "precision": "unknown"}, ()),
        ({"village": "53.15.01.2001"}, ("NIK_REGION_MISMATCH",)),
        ({"village": "53.15.01.2001", "regions": None}, ("NIK_REGION_MISMATCH",)),
        ({"village": None}, ()),
    ],
)
def test_only_what_is_known_is_compared(stated: dict, expected: tuple[str, ...]) -> None:
    """Each fact by itself, at the precision it has."""
    assert warnings(f"{DISTRICT}1705700001", **stated) == expected


def test_a_district_that_a_known_regency_lacks_is_named_as_such() -> None:
    """Our own regency's list is judged; other regencies are not ours to know."""
    assert warnings("5315991705700001") == ("NIK_REGION_UNKNOWN",)
    assert warnings("5315991705700001", regions=None) == ("NIK_REGION_MISMATCH",)
    assert warnings("3273011705700001") == ("NIK_REGION_MISMATCH",)


def test_people_over_a_hundred_agree_with_their_nik() -> None:
    """The NIK has two digits of the year only."""
    assert warnings(f"{DISTRICT}1705200001", birth_date="1920-05-17") == ()
