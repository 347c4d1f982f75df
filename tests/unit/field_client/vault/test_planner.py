"""Plans read off queries: narrow enough to help, never too narrow."""

from collections.abc import Mapping
from typing import Any

import pytest
from tinydb import Query, where

from field_client.vault.planner import Term, clauses, index_value, narrowest

FIELDS = {"nik": 1, "state": 2}


def _terms(*pairs):
    return frozenset(Term(field=number, value=value) for number, value in pairs)


def _is_x(value: Any) -> bool:
    return value == "x"


def _by_hand(document: Mapping[str, Any]) -> bool:
    return document["nik"] == "x"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (where("nik") == "x", [_terms((1, "x"))]),
        (Query()["nik"] == 5, [_terms((1, 5))]),
        (where("state").one_of(["a", "b"]), [_terms((2, "a"), (2, "b"))]),
        (where("state").one_of([]), [_terms()]),
        ((where("nik") == "x") | (where("state") == "a"), [_terms((1, "x"), (2, "a"))]),
        ((where("nik") == "x") & (where("note") == "a"), [_terms((1, "x"))]),
        (((where("nik") == "x") & (where("note") > 1)) | (where("note") == "a"), []),
        (where("note") == "x", []),
        (where("nik") != "x", []),
        (~(where("nik") == "x"), []),
        (where("nik")["deep"] == "x", []),
        (where("nik") == None, []),  # noqa: E711 - a query, not a comparison
        (where("state").one_of(["a", None]), []),
        (where("nik") == [1], []),
        (where("nik") == 2**53, []),
        (where("nik").exists(), []),
        (where("nik").test(_is_x), []),
        (_by_hand, []),
    ],
)
def test_plan(query, expected):
    """Equality and membership on declared fields, through and/or; everything else reads all."""
    assert clauses(query, FIELDS) == expected


def test_conjunction_gives_both_sides_and_the_lighter_is_chosen():
    """Either side alone holds every match; the index tells which is shorter."""
    found = clauses((where("nik") == "x") & (where("state") == "a"), FIELDS)
    assert sorted(map(len, found)) == [1, 1]
    weights = {_terms((1, "x")): 1, _terms((2, "a")): 900}
    assert narrowest(found, weights.__getitem__) == _terms((1, "x"))
    assert narrowest([], weights.__getitem__) is None


@pytest.mark.parametrize("value", [None, [], {}, float("inf"), float("nan"), 2**53, -(2**53)])
def test_values_that_no_index_holds(value):
    """What has no exact and unique place in an index is left to reading."""
    assert index_value(value) is None
