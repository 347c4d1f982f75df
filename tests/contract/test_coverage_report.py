"""The coverage report over a real store: clusters count once, figures stand beside ours."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from shared_schema.i18n import translator
from shared_schema.links import Verdict
from sync_server import ingest, reconcile
from sync_server.campaigns import AreaOutside, CampaignInvalid, add_campaign
from sync_server.ingest import Edit
from sync_server.register_rows import resident_id
from sync_server.reports.coverage_layout import coverage_text, write_coverage_csv
from sync_server.reports.coverage_report import (
    CampaignUnknown,
    CoverageReport,
    Question,
    RegionNotHere,
    coverage_document,
    coverage_report,
)
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person

USER = "user:penyelia"
ON = date(2016, 9, 1)
DRIVE = {
    "name": "Jemput bola 2016",
    "area": "53.15",
    "policy": {"eligible_on": "2016-05-01", "deadline": "2016-09-30"},
}
FIGURES = {
    "wajib_ktp": "164.199",
    "sudah_rekam": "136.488",
    "sudah_cetak": "121.860",
    "belum_cetak": "14.28",
    "belum_rekam_persen": "16",
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def register(bench: Bench, nik: str, **values: Any) -> str:
    """Put a resident into the register; give the id."""
    record = resident_id({"nik": nik}, "")
    born = {"birth_date": "1970-05-17", "birth_date_precision": "day"}
    known = person("Warga Contoh", nik=nik) | born | values
    with bench.office.store.write() as connection:
        ingest.write_own(connection, [Edit(record=record, type="person", values=known)], USER)
    return str(record)


def ask(bench: Bench, **question: Any) -> CoverageReport:
    """Ask for the report as of 1 September 2016."""
    with bench.office.store.read() as connection:
        return coverage_report(connection, Question(on=ON, **question))


def row(bench: Bench, region: str, **question: Any) -> dict[str, int]:
    """Give the counts of a region that are not zero."""
    count = ask(bench, **question).counts[region]
    return {name: value for name, value in count.as_dict().items() if value}


def deliver(bench: Bench, device: RawDevice, values: dict[str, Any], kind: str = "person") -> str:
    """Let a device write one record; give its id."""
    change = device.change(values, type=kind)
    assert bench.exchange(device, device.batch([change])).errors == []
    return str(change.record)


def test_a_person_registered_twice_counts_once_when_that_is_decided(bench: Bench) -> None:
    """Two records are two residents until a verdict; then status and visit belong to one."""
    known = register(bench, "5315051705700001", central_status="UNREGISTERED")
    device = bench.device()
    again = deliver(bench, device, person("Warga Tjontoh", birth_date="1970-01-01"))
    deliver(bench, device, {"person": again, "outcome": "recorded"}, "visit")
    assert row(bench, "53.15.05") == {"wajib": 2, "recorded_field": 1, "not_recorded": 1}
    with bench.office.store.write() as connection:
        reconcile.decide_pair(connection, (known, again), Verdict.SAME, "wajah sama", USER)
    assert row(bench, "53.15.05") == {"wajib": 1, "recorded_field": 1}
    assert row(bench, "53.15.05.2001") == row(bench, "53.15")


def test_void_and_incomplete_records_are_counted_apart(bench: Bench) -> None:
    """Neither is a resident; the report says how many there are."""
    device = bench.device()
    deliver(bench, device, person("Warga Contoh"))
    deliver(bench, device, person("Salah Ketik") | {"_void": {"reason": "salah"}})
    deliver(bench, device, {"name": "Tanpa Desa", "sex": "L"})
    report = ask(bench)
    assert report.counts["53.15"].wajib == 1
    assert (report.left_out.void, report.left_out.incomplete) == (1, 1)


def test_residents_of_other_regions_are_told_apart(bench: Bench) -> None:
    """A village elsewhere adds to no total, and the report says so; a region unknown is refused."""
    device = bench.device()
    deliver(bench, device, person("Warga Contoh"))
    deliver(bench, device, person("Warga Pindahan", village="53.71.01.1001"))
    report = ask(bench)
    assert (report.counts["53.15"].wajib, report.left_out.elsewhere) == (1, 1)
    with pytest.raises(RegionNotHere):
        ask(bench, region="53.15.99")


def test_a_claim_of_another_recording_is_not_a_recording(bench: Bench) -> None:
    """Only what our own team recorded counts as recorded in the field."""
    device = bench.device()
    someone = deliver(bench, device, person("Warga Contoh"))
    deliver(bench, device, {"person": someone, "outcome": "already_recorded"}, "visit")
    assert row(bench, "53.15") == {"wajib": 1, "not_recorded": 1}


def test_the_newest_campaign_that_covers_the_region_sets_the_policy(bench: Bench) -> None:
    """Another area's drive, an older one and the standing rule give way; one may be named."""
    assert ask(bench).rule.campaign is None
    older, _ = add_campaign(bench.office, DRIVE | {"starts_on": "2015-01-01"}, USER, "id")
    elsewhere = {"name": "Kecamatan", "area": "53.15.05", "starts_on": "2017-01-01"}
    local, _ = add_campaign(bench.office, elsewhere, USER, "id")
    newer = {"name": "Lanjutan", "area": "53.15", "starts_on": "2016-01-01"}
    newest, _ = add_campaign(bench.office, newer, USER, "id")
    assert ask(bench).rule.campaign == str(newest)
    assert ask(bench, region="53.15.05").rule.campaign == str(local)
    named = ask(bench, campaign=str(local))
    assert (named.region, named.rule.name) == ("53.15.05", "Kecamatan")
    assert ask(bench, campaign=str(older)).rule.policy.eligible_on == date(2016, 5, 1)
    with pytest.raises(CampaignUnknown):
        ask(bench, campaign=register(bench, "5315051705700001"))


def test_a_campaign_added_again_is_brought_up_to_date(bench: Bench) -> None:
    """The deadline moved: one campaign, its policy the later one; what is wrong is refused."""
    first, _ = add_campaign(bench.office, DRIVE, USER, "id")
    moved = DRIVE | {"policy": {"eligible_on": "2016-05-01", "deadline": "2017-06-30"}}
    second, kept = add_campaign(bench.office, moved, USER, "id")
    assert first == second
    assert kept["policy"]["deadline"] == "2017-06-30"
    assert ask(bench).rule.policy.deadline == date(2017, 6, 30)
    with pytest.raises(CampaignInvalid):
        add_campaign(bench.office, DRIVE | {"area": "Ruteng"}, USER, "id")
    with pytest.raises(AreaOutside):
        add_campaign(bench.office, DRIVE | {"area": "53.71"}, USER, "id")


def publish(bench: Bench) -> None:
    """Let a device enter the figures of 1 September 2016, one of them twice and once otherwise."""
    device = bench.device(scope=("53.15",))
    for measure, raw in [*FIGURES.items(), ("wajib_ktp", "164.199"), ("sudah_rekam", "136.000")]:
        figure = {"region": "53.15", "measure": measure, "raw": raw, "as_of": "2016-09-01"}
        deliver(bench, device, figure, "figure")


def test_published_figures_stand_beside_ours_with_their_arithmetic(bench: Bench) -> None:
    """27,711 and 16.88 percent, 14,628 proposed for "14.28", 956 a day to the deadline."""
    register(bench, "5315051705700001", central_status="CARD_ISSUED")
    register(bench, "5315051705700002")
    add_campaign(bench.office, DRIVE, USER, "id")
    publish(bench)
    document = coverage_document(ask(bench), "id")
    assert document["balanced"] is True
    found = {one["code"]: one for one in document["findings"]}
    share = found["NOT_RECORDED_SHARE"]
    assert (share["published"], share["computed"], share["region"]) == ("16", 16.88, "53.15")
    assert (found["FIGURE_MALFORMED"]["proposed"], found["NOT_PRINTED"]["computed"]) == (
        14628,
        14628,
    )
    assert found["PACE_NEEDED"]["computed"] == 956
    assert found["SOURCES_DISAGREE"]["published"] == "136.000"
    ours = {one["measure"]: (one["value"], one["ours"]) for one in document["figures"]}
    assert ours["wajib_ktp"] == (164199, 2)
    assert ours["belum_rekam_persen"] == (16, 50)
    assert ours["belum_cetak"] == (None, 0)


def test_the_page_is_aligned_and_in_either_language(bench: Bench) -> None:
    """Indonesian numbers and words by default, English ones on request; no line is ragged."""
    register(bench, "5315051705700001", central_status="CARD_ISSUED")
    publish(bench)
    report = ask(bench)
    page = coverage_text(report, "id", translator("sync_server", "id"))
    assert "27.711 belum rekam = 16,88 persen" in page
    english = coverage_text(report, "en", translator("sync_server", "en"))
    assert "27,711 not recorded = 16.88 percent" in english
    rows = [line for line in english.splitlines() if line.lstrip().startswith("53.15.05")]
    assert len(rows) == 2
    assert len({line[-60:].find("1") for line in rows}) == 1
    assert "Every total is the sum of its parts." in english


def test_the_table_for_a_spreadsheet_has_plain_numbers(bench: Bench) -> None:
    """One line a region under the keys of the document."""
    register(bench, "5315051705700001")
    target = StringIO()
    write_coverage_csv(ask(bench), target)
    header, first, *_ = target.getvalue().splitlines()
    assert header.startswith("region,name,level,wajib,recorded_ministry,recorded_field")
    assert first.startswith("53.15,KABUPATEN MANGGARAI BARAT,regency,1,0,0,1")
