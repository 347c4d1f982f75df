"""Who was recorded in the field and is not known at the centre: by age, team and kit."""

from datetime import date, timedelta
from typing import Any

from sync_server.unconfirmed import Group, Recording, by, by_age, unconfirmed

ON = date(2016, 9, 1)


def recording(days: int, team: str = "Tim 1", kit: str = "Laptop 1", **values: Any) -> Recording:
    """Give a recording of so many days ago."""
    day = ON - timedelta(days=days)
    return Recording(
        record=f"{days:03}", visit="-", values=values, recorded_on=day, team=team, kit=kit
    )


def test_only_the_ministrys_own_word_confirms_a_recording() -> None:
    """A failed enrolment does not; dates count where there is no status. The oldest is first."""
    found = [
        recording(1),
        recording(2, central_status="BIO_CAPTURED"),
        recording(3, central_status="ENROLL_FAILURE_AT_CENTRAL"),
        recording(4, recorded_on="2016-08-30"),
    ]
    assert [one.days(ON) for one in unconfirmed(found)] == [3, 1]


def test_every_recording_is_in_one_span_of_age() -> None:
    """Also one that a laptop dated into the future; the spans add up."""
    found = [recording(days) for days in (-2, 0, 7, 8, 30, 31, 90, 91, 400)]
    spans = by_age(found, ON)
    assert spans == [(0, 7, 3), (8, 30, 2), (31, 90, 2), (91, None, 2)]


def test_teams_and_kits_are_listed_with_their_oldest() -> None:
    """The largest group first, equal ones by name."""
    found = [recording(5, "Tim 2"), recording(9, "Tim 1"), recording(7, "Tim 2", "Laptop 2")]
    assert by(found, lambda one: one.team, ON) == [
        Group(name="Tim 2", count=2, oldest_days=7),
        Group(name="Tim 1", count=1, oldest_days=9),
    ]
    assert [one.name for one in by(found, lambda one: one.kit, ON)] == ["Laptop 1", "Laptop 2"]
