"""Outages and blank cards over a real store: words of several mouths, sums of the change log."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared_schema.links import Verdict
from sync_server import queue, reconcile
from sync_server.people import whole_log
from sync_server.queue import OUTAGE, Filters
from sync_server.reports.outage_report import outage_document, outage_report
from sync_server.reports.stock_report import stock_document, stock_report
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

USER = "user:penyelia"
ON = date(2023, 11, 15)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office."""
    return found_office(tmp_path)


def deliver(bench: Bench, device: RawDevice, kind: str, *rows: dict[str, Any]) -> list[str]:
    """Let a device write records; give their ids."""
    changes = [device.change(values, type=kind) for values in rows]
    assert bench.exchange(device, device.batch(changes)).errors == []
    return [str(change.record) for change in changes]


def outages(bench: Bench, **more: Any) -> dict[str, Any]:
    """Give the report as a document."""
    with bench.office.store.read() as connection:
        return outage_document(outage_report(connection, ON, **more))


def asked(bench: Bench) -> list[set[str]]:
    """Give the cases of outages that ask for a verdict."""
    with bench.office.store.read() as connection:
        cases, _ = queue.open_cases(connection, Filters(kind=OUTAGE))
    return [set(map(str, case.records)) for case in cases]


def test_two_reports_of_one_burnt_set_are_one_outage_after_the_verdict(bench: Bench) -> None:
    """Two laptops' statements and repairs hang on it; undoing the verdict restores two."""
    device, other = bench.device(), bench.device()
    other.hlc += 1 << 16
    burnt: dict[str, Any] = {
        "component": "recording_set",
        "started_precision": "unknown",
        "place": "Camat Komodo",
    }
    rows = [
        burnt | {"office": "53.15.05", "status": "broken", "people_displaced": n} for n in (9, 7)
    ]
    (one,), (two,) = (
        deliver(bench, device, "outage", rows[0]),
        deliver(bench, other, "outage", rows[1]),
    )
    told = {"told_by": "Camat", "told_on": "2023-11-14", "status": "unknown"}
    deliver(bench, other, "outage_statement", told | {"outage": two})
    deliver(bench, device, "repair_attempt", {"outage": one, "by": "teknisi", "result": "failed"})
    apart = outages(bench)
    assert (apart["total"], apart["open"], apart["people_displaced"]) == (2, 2, 16)
    assert asked(bench) == [{one, two}]
    with bench.office.store.write() as connection:
        made = reconcile.decide_pair(connection, (one, two), Verdict.SAME, "alat sama", USER)
    assert asked(bench) == []
    together = outages(bench)
    (found,) = together["outages"]
    assert (together["total"], together["people_displaced"], found["repairs_failed"]) == (1, 9, 1)
    assert sorted(found["reports"]) == sorted([one, two])
    assert found["disagreeing"] == ["status"]
    assert together["balanced"]
    assert outages(bench, covers=lambda area: area == "53.15.06")["total"] == 0
    with bench.office.store.write() as connection:
        reconcile.undo(connection, str(made.decision), USER)
    assert (outages(bench), asked(bench)) == (apart, [{one, two}])


def test_a_place_written_as_a_name_lies_in_its_district(bench: Bench) -> None:
    """Void reports are counted apart."""
    device = bench.device()
    named = {"component": "server", "started_precision": "unknown", "place": "Kecamatan Boleng"}
    deliver(bench, device, "outage", named, named | {"_void": {"reason": "salah"}})
    found = outages(bench)
    assert found["outages"][0]["area_name"] == "Boleng"
    assert found["left_out"] == 1


def test_stock_is_what_the_change_log_adds_up_to(bench: Bench) -> None:
    """Every part of the total, summed in the test from the log alone; the offices' sums agree."""
    device = bench.device()
    rows = [
        {"office": office, "kind": kind, "quantity": n, "date": f"2023-11-{day:02}"}
        for office in ("53.15", "Kecamatan Komodo")
        for kind, n, day in (
            ("requested", 500, 1), ("granted", 300, 2), ("received", 250, 3), ("used", 40, 4),
            ("spoiled", 3, 5), ("used", 20, 6), ("adjusted", -2, 7),
        )
    ]  # fmt: skip
    deliver(bench, device, "stock_movement", *rows)
    with bench.office.store.read() as connection:
        sums: Counter[str] = Counter()
        for change in whole_log(connection):
            if change["type"] == "stock_movement":
                sums[change["values"]["kind"]] += change["values"]["quantity"]
        found = stock_document(stock_report(connection, ON), "id")
        narrowed = stock_report(connection, ON, lambda area: area == "53.15.05")
    total = found["total"]
    assert {kind: total[kind] for kind in sums} == dict(sums)
    assert (
        total["remaining"] == sums["received"] + sums["adjusted"] - sums["used"] - sums["spoiled"]
    )
    assert [one["office"] for one in found["offices"]] == ["53.15", "53.15.05"]
    assert sum(one["remaining"] for one in found["offices"]) == total["remaining"]
    assert (found["balanced"], total["fill_rate_percent"]) == (True, 60.0)
    assert [one.office for one in narrowed.offices] == ["53.15.05"]
