"""Outages: what was said of each, whether it stands, since when, and where people are sent."""

from datetime import date
from fractions import Fraction
from typing import Any

from shared_schema.regions import RegionTable
from sync_server.outages import (
    Outage,
    Part,
    Report,
    Span,
    Standing,
    age,
    disagreements,
    gather,
    restored_on,
    standing,
    time_to_repair,
)
from sync_server.redirects import redirects, region_called
from sync_server.timeline import timeline

ON = date(2016, 10, 13)
CITY = RegionTable.from_rows(
    [("53.71", "KOTA KUPANG"), ("53.71.03", "Kelapa Lima"), ("53.71.04", "Oebobo"),
     ("53.71.05", "Kota Raja"), ("53.71.06", "Kota Lama")]
)  # fmt: skip


def report(record: str = "a", area: str = "53.71.05", on: date = ON, **values: Any) -> Report:
    """Give a report of a recording set."""
    known = {"component": "recording_set", "started_precision": "unknown", **values}
    return Report(record=record, values=known, area=area, told_on=on, by="Operator 1")


def said(by: str, status: str, on: str = "2016-10-13", outage: str = "a", **more: Any) -> Part:
    """Give a statement."""
    values = {"told_by": by, "told_on": on, "status": status, **more}
    return Part(record=f"s-{by}-{on}", outage=outage, values=values)


def tried(result: str, on: str | None = None, by: str = "teknisi") -> Part:
    """Give a repair attempt."""
    day = {"date": on} if on else {}
    return Part(record=f"r-{result}-{on}", outage="a", values={"by": by, "result": result, **day})


def one(*parts: Part, **values: Any) -> Outage:
    """Give one outage with what was said and tried."""
    statements = [part for part in parts if "told_by" in part.values]
    attempts = [part for part in parts if "result" in part.values]
    (found,) = gather([report(**values)], statements, attempts, {})
    return found


def test_statements_that_disagree_stand_side_by_side() -> None:
    """Kota Raja: broken by the headline, unknown by its own head of district; it counts as down."""
    found = one(said("Camat Kota Raja", "unknown"), said("Pos Kupang", "broken"))
    ((field, words),) = disagreements(found).items()
    assert field == "status"
    assert {word.by: word.said["status"] for word in words} == {
        "Camat Kota Raja": "unknown",
        "Pos Kupang": "broken",
    }
    assert standing(found) is Standing.DOWN


def test_broken_and_awaiting_repair_mean_the_same_and_one_mouth_does_not_contradict_itself() -> (
    None
):
    """Steps of one outage are no disagreement; the last word of a mouth counts."""
    assert not disagreements(one(said("Camat", "broken"), said("Teknisi", "awaiting_repair")))
    changed = one(
        said("Camat", "broken", "2016-10-01"), said("camat ", "unknown"), status="unknown"
    )
    assert not disagreements(changed)
    assert standing(changed) is Standing.UNKNOWN


def test_an_outage_is_over_when_nobody_says_later_that_it_is_not() -> None:
    """Older words are past; a word of the same day or later keeps it open."""
    over = one(
        said("Camat", "broken", "2016-10-13"),
        said("Teknisi", "restored", "2016-10-20"),
        status="broken",
    )
    assert (standing(over), restored_on(over)) == (Standing.RESTORED, date(2016, 10, 20))
    for day in ("2016-10-20", "2016-10-21"):
        again = one(said("Camat", "broken", day), said("Teknisi", "restored", "2016-10-20"))
        assert standing(again) is Standing.DOWN
        assert "status" in disagreements(again)


def test_a_repair_that_succeeded_restores_and_failed_ones_do_not() -> None:
    """Kota Lama: three visits of mechanics, all failed."""
    failed = [tried("failed", f"2016-0{month}-01") for month in (3, 5, 8)]
    broken = one(*failed, status="broken", started="2014-01-01", started_precision="year")
    assert standing(broken) is Standing.DOWN
    assert [event.result for event in timeline(broken) if event.kind == "repair"] == ["failed"] * 3
    assert timeline(broken)[0].kind == "began"
    assert standing(one(*failed, tried("succeeded", "2016-10-14"), status="broken")) is (
        Standing.RESTORED
    )


def test_age_is_a_span_where_the_beginning_is_known_roughly() -> None:
    """2014 is some day of 2014; without a beginning it is at least as old as its first report."""
    year = one(started="2014-01-01", started_precision="year")
    assert age(year, ON) == Span(least=652, most=1016)
    month = one(started="2016-01-01", started_precision="month")
    assert age(month, ON) == Span(least=256, most=286)
    assert age(one(on=date(2016, 10, 3)), ON) == Span(least=10, most=None)


def test_reports_that_a_verdict_put_together_are_one_outage() -> None:
    """The largest count of displaced people is taken, not the sum; each report stays."""
    reports = [report("a", people_displaced=40), report("b", people_displaced=50)]
    (found,) = gather(reports, [said("Camat", "broken", outage="b")], [], {"a": "a", "b": "a"})
    assert (found.most("people_displaced"), len(found.reports)) == (50, 2)
    assert len(found.statements) == 1


def test_the_mean_time_to_repair_keeps_its_bounds_and_says_what_it_leaves_out() -> None:
    """From a known day 10 days, from a month 1 to 31; without a beginning none."""
    ended = said("Teknisi", "restored", "2016-02-01")
    outages = [
        one(ended, started="2016-01-22", started_precision="day", on=date(2016, 1, 22)),
        one(ended, started="2016-01-01", started_precision="month", on=date(2016, 1, 31)),
        one(ended, on=date(2016, 1, 22)),
        one(status="broken"),
    ]
    found = time_to_repair(outages)
    assert (found.counted, found.left_out) == (2, 1)
    assert (found.least, found.most) == (Fraction(11, 2), Fraction(41, 2))


def test_a_redirect_to_a_district_that_is_itself_down_is_flagged() -> None:
    """Kupang: Kelapa Lima sends to Kota Raja, which is reported broken, and to Oebobo."""
    raja = gather([report("raja")], [said("Pos Kupang", "broken", outage="raja")], [], {})
    lima = one(area="53.71.03", redirect_to=["Kota Raja", "53.71.04"], people_displaced=30)
    bad, good = redirects([*raja, lima], CITY)
    assert (bad.target, bad.down, bad.warned) == ("53.71.05", ("raja",), True)
    assert (good.target, good.down, good.warned) == ("53.71.04", (), False)
    unclear = redirects([one(status="unknown"), lima], CITY)[0]
    assert (unclear.down, unclear.unclear, unclear.warned) == ((), ("a",), True)


def test_too_many_people_sent_to_one_place_are_flagged_and_so_is_sending_to_oneself() -> None:
    """Two districts send 300 people each to Oebobo; one set serves 450 a day."""
    senders = [
        Outage(id=f"{at}", reports=(report(f"{at}", area, redirect_to=["Oebobo"],
               people_displaced=300),))
        for at, area in enumerate(("53.71.05", "53.71.03"))
    ]  # fmt: skip
    for found in redirects(senders, CITY):
        assert (found.senders, found.displaced, found.overloaded) == (2, 600, True)
    (own,) = redirects([one(redirect_to=["Kecamatan Kota Raja"])], CITY)
    assert own.to_itself


def test_a_printer_does_not_stop_recording() -> None:
    """A redirect to where only cards cannot be printed is fine."""
    printer = gather([report("p", "53.71.04", component="printer")], [], [], {})
    (found,) = redirects([*printer, one(redirect_to=["Oebobo"])], CITY)
    assert not found.warned
    assert printer[0].stops_printing


def test_districts_are_found_by_code_and_by_name_as_people_write_it() -> None:
    """Words that name no district, or several, find none."""
    words = ("53.71.05", "kota raja", "Kantor Kecamatan Kota Raja", "Kantor Camat Kota Raja")
    assert {region_called(one, CITY) for one in words} == {"53.71.05"}
    assert region_called("beberapa kecamatan, tidak disebut", CITY) is None
    assert region_called("", CITY) is None
