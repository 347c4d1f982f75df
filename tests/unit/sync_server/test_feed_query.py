"""What spreadsheets ask of the feed: which rows fit a selection, and in which order they come."""

from typing import Any

import pytest

from shared_schema.errors import JemputError
from sync_server.feed_query import (
    MOST_COMPARED,
    MOST_NESTED,
    FeedQueryInvalid,
    FeedQueryUnsupported,
    ordering,
    selection,
)

COLUMNS = {
    "day": "Edm.Date",
    "village": "Edm.String",
    "visits": "Edm.Int64",
    "rate": "Edm.Double",
    "warned": "Edm.Boolean",
}
ROWS: list[list[Any]] = [
    ["2016-08-31", "Golo", 3, 1.5, True],
    ["2016-09-01", "O'Hara", 5, None, False],
    ["2016-09-02", None, 5, 0.25, None],
]


def fitting(asked: str) -> list[int]:
    """Give the places of the rows that fit."""
    fits = selection(asked, COLUMNS)
    return [at for at, row in enumerate(ROWS) if fits(row)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("day ge 2016-09-01 and day lt 2016-10-01", [1, 2]),
        ("day ge 2016-09-01T00:00:00Z and day lt 2016-09-02T00:00:00.000+08:00", [1]),
        ("village eq 'O''Hara'", [1]),
        ("'Golo' eq village", [0]),
        ("village ne 'Golo'", [1, 2]),
        ("village eq null", [2]),
        ("null ne village", [0, 1]),
        ("village gt 'A'", [0, 1]),
        ("rate lt 1", [2]),
        ("rate ge 1.5e0 or visits eq 3", [0]),
        ("visits gt rate", [0, 2]),
        ("visits eq 5 and rate eq 0.25 or visits eq 3", [0, 2]),
        ("visits eq 5 and (rate eq 0.25 or visits eq 3)", [2]),
        ("not (visits eq 5)", [0]),
        ("not warned", [1]),
        ("warned", [0]),
        ("warned eq false or warned eq null", [1, 2]),
        ("(visits)ge(-3)", [0, 1, 2]),
        ("true", [0, 1, 2]),
        ("not not warned and not false", [0]),
    ],
)
def test_rows_that_fit(asked: str, expected: list[int]) -> None:
    """By the rules of OData: nothing is more or less than null, and "not" of null is null."""
    assert fitting(asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "visits",
        "visits eq",
        "visits eq 3 and",
        "visits eq 3)",
        "(visits eq 3",
        "visits eq 'tiga'",
        "day eq '2016-09-01'",
        "day eq 2016-02-30",
        "day eq 2016-09-01T07:30:00Z",
        "nama eq 'x'",
        "village eq 'x",
        "visits eq 3; drop table changes",
        "visits = 3",
        "visits eq 1 eq 1",
        "visits and warned",
        "not visits",
        "visits eq 0x10",
        "visits eq " + "9" * 5000,
        "(" * (MOST_NESTED + 1) + "warned" + ")" * (MOST_NESTED + 1),
        "not " * 5000 + "warned",
        " or ".join(["visits eq 3"] * (MOST_COMPARED + 1)),
    ],
)
def test_what_cannot_be_read_is_refused(asked: str) -> None:
    """At once, however long or deep it is."""
    with pytest.raises(FeedQueryInvalid):
        selection(asked, COLUMNS)


@pytest.mark.parametrize(
    "asked",
    [
        "contains(village,'Golo')",
        "year(day) eq 2016",
        "visits add 1 eq 4",
        "village in ('Golo')",
        "visits mod 2 eq 0",
    ],
)
def test_what_is_not_known_is_said_so(asked: str) -> None:
    """Functions and arithmetic: the program that asks does them itself then."""
    with pytest.raises(FeedQueryUnsupported):
        selection(asked, COLUMNS)


def test_a_refusal_repeats_no_value() -> None:
    """A name or number that stood in the question stays out of messages."""
    for asked in ("visits eq 'Warga Uji 12'", "village eq 'Warga Uji 12", "contains('Warga Uji')"):
        with pytest.raises(JemputError) as caught:
            selection(asked, COLUMNS)
        assert "Warga" not in caught.value.message()


def test_rows_are_ordered() -> None:
    """By several columns, each its own way; null comes before everything."""
    ordered = ordering("visits desc, rate asc,day", COLUMNS)(ROWS)
    assert [ROWS.index(list(row)) for row in ordered] == [1, 2, 0]
    assert [row[3] for row in ordering("rate desc", COLUMNS)(ROWS)] == [1.5, 0.25, None]
    assert [row[4] for row in ordering("warned", COLUMNS)(ROWS)] == [None, False, True]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("nama", FeedQueryInvalid),
        ("visits up", FeedQueryInvalid),
        ("visits,", FeedQueryInvalid),
        ("visits asc desc", FeedQueryInvalid),
        ("length(village)", FeedQueryUnsupported),
    ],
)
def test_an_order_that_cannot_be(asked: str, error: type[JemputError]) -> None:
    """It is refused as a selection is."""
    with pytest.raises(error):
        ordering(asked, COLUMNS)
