"""Numbers as Indonesian texts write them: read, or left alone."""

from decimal import Decimal

import pytest

from shared_schema.numerals import read_number, shown


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("164.199", 164199, 164199),
        ("16", 16, 16),
        ("16,88 persen", "16.88", "16.88"),
        ("16%", 16, 16),
        ("1.200,5", "1200.5", "1200.5"),
        ("12 ribu", 12000, 12000),
        ("1,2 juta", 1200000, 1200000),
        ("20 ribu sampai 25 ribu", 20000, 25000),
        ("20-25 ribu", 20000, 25000),
        ("20 s/d 25 ribu keping", 20000, 25000),
        ("maksimal 6.000", None, 6000),
        ("lebih dari 500", 500, None),
    ],
)
def test_a_number_is_read(raw: str, low, high) -> None:
    """One number, a range, or a bound on one side."""
    reading = read_number(raw)
    expected = tuple(None if end is None else Decimal(end) for end in (low, high))
    assert (reading.low, reading.high) == expected
    assert not reading.malformed


@pytest.mark.parametrize(
    "raw",
    [
        "14.28",
        "1.2.3",
        "164,199",
        "",
        "banyak",
        "12 ribuan",
        "1.2345",
        "25 sampai 20",
        "1-2-3",
        "maksimal 5 sampai 6",
        "-5",
    ],
)
def test_what_is_no_number_of_the_language_is_malformed(raw: str) -> None:
    """A wrong grouping, an English comma, a falling range and words are not guessed at."""
    assert read_number(raw).malformed


def test_a_text_may_say_that_it_is_approximate() -> None:
    """Round thousands in words and "sekitar" are approximate, a written number is not."""
    assert read_number("12 ribu").approximate
    assert read_number("sekitar 500").approximate
    assert not read_number("164.199").approximate


@pytest.mark.parametrize(
    ("number", "indonesian", "english"),
    [
        (Decimal("16.88"), "16,88", "16.88"),
        (Decimal(164199), "164.199", "164,199"),
        (Decimal("12.50"), "12,5", "12.5"),
        (Decimal(12000) * Decimal("1.0"), "12.000", "12,000"),
        (27711, "27.711", "27,711"),
        (-1500, "-1.500", "-1,500"),
    ],
)
def test_a_number_is_written_as_each_language_does(number, indonesian, english) -> None:
    """Points and commas change places; trailing zeros of a fraction are left out."""
    assert (shown(number, "id"), shown(number, "en")) == (indonesian, english)
