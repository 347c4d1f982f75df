"""Who must hold a card: by cutoff date, age, marriage, and what is known of the birth."""

from datetime import date

import pytest

from shared_schema.eligibility import Policy, birth_span, has_age, must_hold_card, policy_known_on
from shared_schema.examples import example_policies

DRIVE = example_policies()["drive-2016"][0]
STANDING = example_policies()["standing"][0]


def test_the_drive_of_2016_is_data() -> None:
    """Cutoff and deadline come from the file."""
    assert DRIVE.eligible_on == date(2016, 5, 1)
    assert DRIVE.deadline == date(2016, 9, 30)
    assert (DRIVE.min_age, DRIVE.married_count) == (17, True)


@pytest.mark.parametrize(
    ("birth_date", "precision", "status", "expected"),
    [
        ("1999-05-01", "day", 1, True),
        ("1999-05-02", "day", 1, False),
        ("1999-05-02", "day", 2, True),
        ("2003-01-01", "day", 4, True),
        ("1999-05-02", None, None, False),
        ("1999-04-01", "month", 1, True),
        ("1999-05-01", "month", 1, None),
        ("1999-06-01", "month", 1, False),
        ("1998-01-01", "year", 1, True),
        ("1999-01-01", "year", 1, None),
        ("2000-01-01", "year", 1, False),
        ("1999-01-01", "estimated", 1, None),
        ("1950-01-01", "unknown", 1, None),
        ("1950-01-01", "unknown", 3, True),
        (None, None, 1, None),
    ],
)
def test_age_on_the_cutoff_date_or_marriage(birth_date, precision, status, expected) -> None:
    """What a vague birth date leaves open stays open."""
    assert must_hold_card(birth_date, precision, status, DRIVE) is expected


def test_marriage_counts_only_where_the_policy_says_so() -> None:
    """The rule is the policy's."""
    policy = Policy(min_age=17, married_count=False, eligible_on=date(2016, 5, 1))
    assert must_hold_card("2003-01-01", "day", 2, policy) is False


def test_the_standing_rule_counts_on_the_day_asked() -> None:
    """Without a day there is no answer."""
    assert must_hold_card("1999-05-02", "day", 1, STANDING, on=date(2016, 5, 2)) is True
    assert must_hold_card("1999-05-02", "day", 1, STANDING, on=date(2016, 5, 1)) is False
    with pytest.raises(ValueError, match="day that counts"):
        must_hold_card("1999-05-02", "day", 1, STANDING)


def test_the_version_announced_last_holds() -> None:
    """A deadline that moved is another version, not an overwritten one."""
    first = Policy.from_json({"deadline": "2016-09-30"})
    moved = Policy.from_json({"deadline": "2017-03-31", "announced_on": "2016-09-20"})
    assert policy_known_on([moved, first], date(2016, 9, 19)) == first
    assert policy_known_on([moved, first], date(2016, 9, 20)) == moved
    assert policy_known_on([moved], date(2016, 9, 19)) is None


def test_birthdays_on_leap_days() -> None:
    """Of age on 1 March where the year has no 29 February."""
    assert not has_age(date(2000, 2, 29), 17, date(2017, 2, 28))
    assert has_age(date(2000, 2, 29), 17, date(2017, 3, 1))


def test_a_span_covers_the_whole_month() -> None:
    """December and February included."""
    assert birth_span("1999-12-01", "month") == (date(1999, 12, 1), date(1999, 12, 31))
    assert birth_span("2000-02-01", "month") == (date(2000, 2, 1), date(2000, 2, 29))
