"""The two reports of 2016, loaded as an example: what a careful reader makes of them."""

from datetime import date
from pathlib import Path

import pytest

from sync_server import example
from sync_server.noting import NoteInvalid, note
from sync_server.outages import Span, age
from sync_server.reports.outage_report import OutageReport, outage_document, outage_report
from sync_server.reports.outage_words import disagreement_texts, since_text, warnings
from sync_server.reports.published import RegionFinding, figures, findings
from sync_server.reports.stock_report import stock_report
from tests.support.offices import Bench, found_office

USER = "user:penyelia"
ON = date(2016, 10, 13)
LAMA, LIMA, RAJA, OEBOBO = "53.71.06", "53.71.03", "53.71.05", "53.71.04"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Give an office with the example."""
    found = found_office(Path(tmp_path_factory.mktemp("contoh")))
    with found.office.store.write() as connection:
        assert example.load(found.office, connection, USER) == 24
        assert example.load(found.office, connection, USER) == 0, "again adds nothing"
    return found


@pytest.fixture(scope="module")
def report(bench: Bench) -> OutageReport:
    """Give the outages as of the day of the second report."""
    with bench.office.store.read() as connection:
        return outage_report(connection, ON)


def said(bench: Bench, region: str) -> dict[str, RegionFinding]:
    """Give what the figures of a region say, by code."""
    with bench.office.store.read() as connection:
        found = findings(figures(connection, region, {}), None)
    return {one.finding.code: one for one in found}


def test_manggarai_barat_balances_where_its_figures_do_not(bench: Bench) -> None:
    """27,711 and 16.88 percent, 14,628, 956 a day from 1 September, 12,000 cards short by 2,628."""
    told = {code: one.finding.text.en for code, one in said(bench, "53.15").items()}
    assert "27,711 not recorded = 16.88 percent (published 16)" in told["NOT_RECORDED_SHARE"]
    assert "14,628 recorded but not printed (published 14.28)" in told["NOT_PRINTED"]
    assert "proposed 14,628" in told["FIGURE_MALFORMED"]
    assert "956 recordings a day over 29 days" in told["PACE_NEEDED"]
    assert "12,000 blank cards cover 82 percent of the 14,628" in told["BLANKS_SHORT"]
    assert "short 2,628" in told["BLANKS_SHORT"]
    assert "74.21 percent printed; 42,339 without a card" in told["WITHOUT_CARD"]


def test_kupang_was_granted_less_than_a_third(bench: Bench) -> None:
    """6,000 of 20,000 to 25,000: 24 to 30 percent; the stock page says it too."""
    assert "24 to 30 percent" in said(bench, "53.71")["BLANKS_GRANTED"].finding.text.en
    with bench.office.store.read() as connection:
        stock = stock_report(connection, ON)
    assert {one.published.raw for one in stock.published} >= {"maksimal 6.000", "12 ribu"}
    assert "BLANKS_GRANTED" in {one.finding.code for one in stock.said}


def test_kupangs_redirect_leads_to_a_district_that_is_itself_down(report: OutageReport) -> None:
    """Both broken districts send people to Kota Raja and Oebobo; only Oebobo can take them."""
    by_target = {(one.source, one.target): one for one in report.redirects}
    assert set(by_target) == {(a, b) for a in (LIMA, RAJA) for b in (RAJA, OEBOBO)}
    assert by_target[LIMA, RAJA].down
    assert by_target[RAJA, RAJA].to_itself
    assert not by_target[LIMA, OEBOBO].warned
    assert warnings(report, by_target[LIMA, RAJA], "id") == ["Kota Raja sendiri dilaporkan rusak."]


def test_the_disagreement_about_kota_raja_is_shown(report: OutageReport) -> None:
    """Broken by the headline, unknown by its own head of district; the others agree."""
    disagreeing = {one.area: dict(disagreement_texts(one, "id")) for one in report.outages}
    assert {area for area, told in disagreeing.items() if told} == {RAJA}
    assert disagreeing[RAJA]["Status"] == (
        "Camat Kota Raja, 13 Oktober 2016: Status belum diketahui; "
        "Pos Kupang, judul berita, 13 Oktober 2016: Rusak"
    )


def test_kota_lama_is_broken_since_2014_after_three_failed_visits(report: OutageReport) -> None:
    """The year is all that is known, so its age is a span."""
    (lama,) = [one for one in report.outages if one.area == LAMA]
    assert [one.values["result"] for one in lama.attempts] == ["failed"] * 3
    assert (since_text(lama, "id"), age(lama, ON)) == ("2014", Span(least=652, most=1016))
    (lima,) = [one for one in report.outages if one.area == LIMA]
    assert since_text(lima, "id") == "Januari 2016"
    document = outage_document(report)
    assert (document["open"], document["balanced"]) == (5, True)


def test_the_example_is_taken_out_and_can_come_back(tmp_path: Path) -> None:
    """Nothing of it is counted any more; the records stay, void."""
    bench = found_office(tmp_path)
    with bench.office.store.write() as connection:
        example.load(bench.office, connection, USER)
        assert example.is_loaded(connection)
        assert example.remove(bench.office, connection, USER) == 24
        assert not example.is_loaded(connection)
        assert outage_report(connection, ON).outages == ()
        assert example.load(bench.office, connection, USER) == 24
        assert len(outage_report(connection, ON).outages) == 5


def test_what_is_noted_at_the_office_is_checked_like_anything_else(tmp_path: Path) -> None:
    """The same movement twice is one; one that cannot be is refused in words."""
    bench = found_office(tmp_path)
    moved = {"office": "53.15", "kind": "received", "quantity": 500, "date": "2016-09-01"}
    with bench.office.store.write() as connection:
        for _ in range(2):
            note(bench.office, connection, "stock_movement", moved, USER, "id")
        assert stock_report(connection, ON).total.received == 500
        wrong = moved | {"quantity": -5}
        with pytest.raises(NoteInvalid, match="negatif"):
            note(bench.office, connection, "stock_movement", wrong, USER, "id")
