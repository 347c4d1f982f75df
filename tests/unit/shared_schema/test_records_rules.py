"""Rules of the single record types beyond the person."""

import pytest

from tests.support.records import ID, SMALLEST, checked, codes


@pytest.mark.parametrize(
    ("name", "stated", "field", "code"),
    [
        ("outage", {"started_precision": "year"}, "started", "REQUIRED"),
        ("repair_attempt", {"date_precision": "month"}, "date", "REQUIRED"),
        (
            "campaign",
            {"starts_on": "2016-09-02", "ends_on": "2016-09-01"},
            "ends_on",
            "DATE_ORDER",
        ),
        ("campaign", {"policy": {"min_age": 17, "colour": 1}}, "policy", "OBJECT_INVALID"),
        ("campaign", {"policy": {"deadline": "soon"}}, "policy", "DATE_INVALID"),
        (
            "suket",
            {"issued_on": "2016-09-01", "expires_on": "2016-08-01"},
            "expires_on",
            "DATE_ORDER",
        ),
        ("stock_movement", {"quantity": -1}, "quantity", "QUANTITY_NEGATIVE"),
        ("stock_movement", {"quantity": 1.5}, "quantity", "NUMBER_INVALID"),
        ("stock_movement", {"date": "2016-09-02"}, "date", "DATE_IN_FUTURE"),
        ("visit", {"lat": 90.1}, "lat", "NUMBER_INVALID"),
        ("visit", {"lat": float("nan")}, "lat", "NUMBER_INVALID"),
        ("visit", {"person": "Warga Contoh"}, "person", "REFERENCE_INVALID"),
        ("outage", {"redirect_to": 5}, "redirect_to", "LIST_INVALID"),
        ("link", {"b": ID}, "b", "LINK_TO_SELF"),
        ("figure", {"raw": 14.28}, "raw", "TEXT_INVALID"),
    ],
)
def test_rules_of_the_other_types(name: str, stated: dict, field: str, code: str) -> None:
    """Each names the field to correct."""
    assert codes(checked(name, SMALLEST[name] | stated).errors) == [(field, code)]


def test_an_outage_may_begin_vaguely() -> None:
    """Recently, some day in 2014, or nobody knows."""
    for stated in ({"started_precision": "recent"}, {"started": "2014", "started_precision": None}):
        result = checked("outage", {"component": "server"} | stated)
        assert result.errors == ()
    assert result.values["started_precision"] == "year"


def test_a_single_redirect_becomes_a_list() -> None:
    """One text is a list of one."""
    values = checked("outage", SMALLEST["outage"] | {"redirect_to": "Oebobo"}).values
    assert values["redirect_to"] == ["Oebobo"]


def test_more_recorded_than_attended_asks_for_a_reason() -> None:
    """Attended more than invited is usual."""
    result = checked("session", SMALLEST["session"] | {"attended": 5, "recorded": 6, "invited": 2})
    assert codes(result.warnings) == [("recorded", "TALLY_UNLIKELY")]
