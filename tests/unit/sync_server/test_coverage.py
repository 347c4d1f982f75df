"""Who is counted where, and that the counts always add up."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_schema.central import CENTRAL_MEANING
from shared_schema.changes import VOID, Stamp
from shared_schema.eligibility import Policy
from shared_schema.fold import FieldState, Head, RecordState
from shared_schema.ids import Stream
from shared_schema.records.person import CENTRAL_STATUS
from sync_server.coverage import (
    STANDING_RULE,
    Count,
    Resident,
    cluster_values,
    count_regions,
    count_resident,
    imbalances,
    is_complete,
)

ON = date(2016, 9, 1)
VILLAGES = ("53.15.05.2001", "53.15.05.2002", "53.15.08.2001", "53.71.01.1001")
ADULT = {"birth_date": "1980-03-04", "birth_date_precision": "day", "village": VILLAGES[0]}


def count(policy: Policy = STANDING_RULE, *, field: bool = False, **values: Any) -> dict[str, int]:
    """Count one resident; give the headings that are not zero."""
    resident = Resident(values=ADULT | values, field_recorded=field)
    return {k: v for k, v in count_resident(resident, policy, ON).as_dict().items() if v}


def test_every_status_of_the_ministry_has_a_meaning() -> None:
    """A status added to the code list needs a line in the table."""
    assert set(CENTRAL_MEANING) == set(CENTRAL_STATUS.labels)


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"central_status": "CARD_ISSUED"}, True, {"recorded_ministry", "printed"}),
        ({"central_status": "BIO_CAPTURED"}, True, {"recorded_ministry", "not_printed"}),
        ({"central_status": "UNREGISTERED"}, True, {"recorded_field"}),
        ({"central_status": "ENROLL_FAILURE_AT_CENTRAL"}, False, {"not_recorded"}),
        ({}, True, {"recorded_field"}),
        ({}, False, {"not_recorded"}),
        ({"recorded_on": "2015-02-03"}, False, {"recorded_ministry", "not_printed"}),
        ({"printed_on": "2015-02-03"}, False, {"recorded_ministry", "printed"}),
    ],
)
def test_the_ministry_comes_before_the_field(values, field: bool, expected: set[str]) -> None:
    """A recording in the field counts only where the ministry's list has none."""
    assert count(field=field, **values) == dict.fromkeys({"wajib", *expected}, 1)


def test_the_young_count_when_married_and_the_undated_are_unknown() -> None:
    """Under 17 and single is not wajib; a birth year across the line is not guessed at."""
    assert count(birth_date="2000-03-04") == {"not_wajib": 1}
    assert count(birth_date="2000-03-04", marital_status=2) == {"wajib": 1, "not_recorded": 1}
    assert count(birth_date="1999-01-01", birth_date_precision="year") == {"unknown_eligibility": 1}


def test_the_policy_of_a_drive_counts_age_on_its_own_day() -> None:
    """Seventeen on 1 May is in, seventeen the day after is not, whatever the day of asking."""
    drive = Policy(min_age=17, married_count=True, eligible_on=date(2016, 5, 1))
    assert "wajib" in count(drive, birth_date="1999-05-01")
    assert "not_wajib" in count(drive, birth_date="1999-05-02")


def record(number: int, hlc: int, **values: Any) -> RecordState:
    """Give a record of which every field was written at `hlc`."""
    stamp = Stamp(hlc, Stream(b"device-1", b"br-1"))
    fields = {n: FieldState(heads=(Head.of(stamp, value),)) for n, value in values.items()}
    return RecordState(record=UUID(int=number), type="person", fields=fields)


def test_a_cluster_shows_the_latest_of_each_field() -> None:
    """What one record lacks comes from the other; a date keeps the precision given with it."""
    register = record(1, 1, name="Maria", central_status="CARD_ISSUED", birth_date="1970-05-17")
    field = record(
        2, 5, name="Maria J", birth_date="1970-01-01", birth_date_precision="year", nik=None
    )
    shown = {
        "name": "Maria J",
        "central_status": "CARD_ISSUED",
        "birth_date": "1970-01-01",
        "birth_date_precision": "year",
    }
    assert cluster_values([register, field]) == shown
    assert cluster_values([field, register]) == shown
    later = record(3, 9, birth_date="1971-02-03")
    assert "birth_date_precision" not in cluster_values([register, field, later])


def test_void_records_show_nothing() -> None:
    """A record declared void no longer speaks for its cluster."""
    void = record(1, 9, name="Salah", **{VOID: {"reason": "salah"}})
    assert cluster_values([void, record(2, 1, name="Benar")]) == {"name": "Benar"}
    assert cluster_values([void]) == {}
    assert not is_complete({})


@st.composite
def residents(draw: st.DrawFn) -> Resident:
    """Draw a resident with any status, age and precision."""
    values = {
        "village": draw(st.sampled_from(VILLAGES)),
        "birth_date": f"{draw(st.integers(1990, 2010))}-01-01",
        "birth_date_precision": draw(st.sampled_from(["day", "year", "estimated", "unknown"])),
        "marital_status": draw(st.sampled_from([1, 2, None])),
        "central_status": draw(st.sampled_from([*CENTRAL_MEANING, None, "NEW_STATUS"])),
    }
    return Resident(values=values, field_recorded=draw(st.booleans()))


@given(st.lists(residents(), max_size=30))
def test_the_counts_balance_for_anybody(people: list[Resident]) -> None:
    """Everybody falls under exactly one heading, in the village, the district and the regency."""
    counts = count_regions(people, STANDING_RULE, ON, always=["53.15", "53.15.05"])
    assert imbalances(counts) == ()
    regencies = [counts[code] for code in counts if code.count(".") == 1]
    total = sum(regencies, Count())
    assert total.wajib + total.not_wajib + total.unknown_eligibility == len(people)


def test_an_imbalance_is_said_with_its_region_and_heading() -> None:
    """A whole that is not its parts, and a region that is not its districts, are named."""
    wrong = {
        "53.15": Count(wajib=3, not_recorded=3),
        "53.15.05": Count(wajib=2, recorded_ministry=1, printed=0, not_recorded=0),
    }
    found = imbalances(wrong)
    assert ("53.15.05", "wajib") in found
    assert ("53.15.05", "recorded_ministry") in found
    assert ("53.15", "wajib") in found
    assert ("53.15", "printed") not in found


def test_regions_without_anybody_may_be_asked_for() -> None:
    """A district that nobody has visited shows as zeros, not as a gap."""
    assert count_regions([], STANDING_RULE, ON, always=["53.15.08"]) == {"53.15.08": Count()}
