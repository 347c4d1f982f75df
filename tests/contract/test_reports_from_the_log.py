"""Every report equals sums that the tests make of the change log by themselves."""

import contextlib
import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from shared_schema.errors import InputError
from shared_schema.links import Verdict
from sync_server import (
    ingest,
    possible_duplicates,
    proposal,
    queue,
    rebuilding,
    reconcile,
    suket,
    tallies,
)
from sync_server.campaigns import add_campaign
from sync_server.ingest import Edit
from sync_server.quality import Visit, questions
from sync_server.reports import print_report
from sync_server.reports.campaign_report import CampaignReport, campaign_report
from sync_server.reports.outage_report import outage_document, outage_report
from sync_server.reports.overview_report import overview
from sync_server.reports.recap_report import recap
from sync_server.reports.stock_report import stock_report
from sync_server.reports.unconfirmed_report import Wanted, unconfirmed_report
from sync_server.store.queries import records
from sync_server.store.queries import tallies as sums
from tests.support import ledger
from tests.support.ledger import Ledger, Seen
from tests.support.offices import Bench, found_office
from tests.support.raw_device import NOW_MS, RawDevice, person

USER = "user:penyelia"
TODAY = date(2023, 11, 15)
HERE, THERE = "53.15.05", "53.15.06"
VILLAGES = (f"{HERE}.2001", f"{HERE}.2002", f"{THERE}.2001")
OUTCOMES = ("recorded", "recorded", "not_at_home", "revisit", "refused", "moved", "deceased")
REASONS = ("", "", "equipment_broken", "too_far")
STATUSES = ("", "", "UNREGISTERED", "SENT_FOR_ENROLLMENT", "PRINT_READY_RECORD", "CARD_ISSUED")
OUTAGES = ("broken", "restored", "unknown", "in_repair")
KINDS = ("requested", "granted", "received", "used", "spoiled", "adjusted")
DAYS, PEOPLE, VISITS, MOVES = 20, 90, 12, 40
_DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Give an office after three weeks: residents, visits, the ministry's list, verdicts."""
    found, chance = found_office(Path(tmp_path_factory.mktemp("log"))), random.Random(2016)
    device = found.device((HERE, THERE))
    device.hlc = (NOW_MS - (DAYS + 1) * _DAY_MS) << 16
    people = [device.change(_person(chance, at)) for at in range(PEOPLE)]
    _send(found, device, people)
    for day in range(DAYS):
        device.hlc = (NOW_MS - (DAYS - day) * _DAY_MS) << 16
        _send(found, device, [_visit(chance, device, chance.choice(people)) for _ in range(VISITS)])
    rows = [{"component": "server", "office": f"53.15.{at:02}", "started_precision": "unknown",
             "status": chance.choice(OUTAGES), "people_displaced": at}
            for at in range(1, 9)]  # fmt: skip
    _send(found, device, [device.change(row, type="outage") for row in rows])
    for each in [_moved(chance) for _ in range(MOVES)]:
        _send(found, device, [device.change(each, type="stock_movement")])
    listed = [
        Edit(record=one.record, type="person", values=values)
        for one in people
        if (values := _listed(chance))
    ]
    with found.office.store.write() as connection:
        ingest.write_own(connection, listed, USER, wall_ms=NOW_MS)
        for at in range(0, 10, 2):
            ends = (str(people[at].record), str(people[at + 1].record))
            reconcile.decide_pair(connection, ends, Verdict.SAME, "satu orang", USER)
        ends = (str(people[20].record), str(people[21].record))
        reconcile.decide_pair(connection, ends, Verdict.DIFFERENT, "dua orang", USER)
    _issue_letters(found, [one.record for one in people])
    return found


def _moved(chance: random.Random) -> dict[str, Any]:
    """Draw a movement of blank cards; nobody counts them anew."""
    day = TODAY - timedelta(days=chance.randint(0, 40))
    kind = chance.choice(KINDS)
    return {"office": chance.choice((HERE, THERE, "53.15")), "kind": kind,
            "quantity": chance.randint(1, 400), "date": day.isoformat()}  # fmt: skip


def _issue_letters(bench: Bench, people: list[UUID]) -> None:
    """Let everybody who can have a letter have one, and revoke every third."""
    tallies.finish(bench.office)
    for one in people:
        with contextlib.suppress(InputError), bench.office.store.write() as connection:
            suket.issue(bench.office, connection, one, USER)
    with bench.office.store.write() as connection:
        for entry in suket.register(connection, TODAY)[::3]:
            suket.revoke(bench.office, connection, entry.number, "salah cetak", USER)


def _send(bench: Bench, device: RawDevice, changes: list[Any]) -> None:
    assert bench.exchange(device, device.batch(changes)).errors == []


def _person(chance: random.Random, at: int) -> dict[str, Any]:
    first, last = chance.sample(("Agnes", "Bruno", "Carla", "Dius", "Elisa", "Fabian", "Gita"), 2)
    born = date(1950, 1, 1) + timedelta(days=chance.randint(0, 27_000))
    roughly = {"birth_date": f"{born.year}-01-01", "birth_date_precision": "year"}
    exactly = {"birth_date": born.isoformat(), "birth_date_precision": "day"}
    return person(
        f"{first} {last} Uji {at}",
        chance.choice(VILLAGES),
        sex=chance.choice("LP"),
        marital_status=chance.choice((1, 1, 2)),
        nik=f"53150541078{at // 3:05}",
    ) | (exactly if at % 4 else roughly)


def _visit(chance: random.Random, device: RawDevice, who: Any) -> Any:
    device.hlc += chance.randint(20, 300) * 1_000 << 16
    outcome, reason = chance.choice(OUTCOMES), chance.choice(REASONS)
    said = {"person": str(who.record), "outcome": outcome}
    if outcome != "recorded" and reason:
        said["reason"] = reason
    return device.change(said, type="visit", operator=f"Petugas {chance.randint(1, 3)}")


def _listed(chance: random.Random) -> dict[str, Any]:
    status, day = chance.choice(STATUSES), chance.randint(1, 28)
    urgent = {"urgent_reason": "health"} if chance.random() < 0.2 else {}
    known = {"recorded_on": f"2023-09-{day:02}"} if status == "PRINT_READY_RECORD" else {}
    return {"central_status": status, **known, **urgent} if status else {}


def everywhere(_area: str | None) -> bool:
    """See everything."""
    return True


def here(area: str | None) -> bool:
    """See one district."""
    return (area or "").startswith(HERE)


@pytest.fixture(scope="module", params=["as it came", "rebuilt"])
def told(bench: Bench, request: pytest.FixtureRequest) -> tuple[Bench, Ledger]:
    """Give the office, as it took everything in and once rebuilt, and what its log adds up to."""
    if request.param == "rebuilt":
        rebuilding.rebuild(bench.office)
    tallies.finish(bench.office)
    with bench.office.store.read() as connection:
        return bench, ledger.read(connection)


def _read(told: tuple[Bench, Ledger]) -> Any:
    return told[0].office.store.read()


def test_coverage(told: tuple[Bench, Ledger]) -> None:
    """Every heading of every region, for all and for one district, counted anew and as kept."""
    with _read(told) as connection:
        whole = overview(connection, TODAY, everywhere)
    tallies.keep(told[0].office, whole.sums)
    with _read(told) as connection:
        again, part = (overview(connection, TODAY, covers) for covers in (everywhere, here))
    assert (again.counts, again.sums.fresh) == (whole.counts, {})
    for found, regions in ((whole, ("53.15", HERE, THERE, *VILLAGES)), (part, (HERE, VILLAGES[1]))):
        for region in regions:
            counted, own = found.counts[region].as_dict(), told[1].headings(region)
            names = ("printed", "not_printed", "recorded_field", "not_recorded",
                     "unknown_eligibility", "not_wajib")  # fmt: skip
            assert {name: counted[name] for name in names} == {name: own[name] for name in names}
            assert counted["wajib"] == sum(own[name] for name in names[:4])
    assert part.counts["53.15"].as_dict() == part.counts[HERE].as_dict()
    assert (whole.partial, part.partial) == (set(), {"53.15"})


@pytest.mark.parametrize("back", [0, 3, 9])
def test_the_recap_of_a_day(told: tuple[Bench, Ledger], back: int) -> None:
    """Visits by outcome, who was first recorded then, and the ministry's statuses."""
    day, own = TODAY - timedelta(days=back), told[1]
    with _read(told) as connection:
        found = recap(connection, day, None, everywhere)
    assert found.uneven == []
    for part in (found.total, *found.parts):
        due = [one for one in own.within(part.region) if one.is_due]
        assert part.outcomes == Counter(v.outcome for v in own.on(day, part.region))
        assert part.today == sum(one.recordings[:1] != [] and one.recordings[0].day == day
                                 for one in due)  # fmt: skip
        assert part.statuses == Counter(one.status for one in due)


def test_who_is_recorded_in_the_field_only(told: tuple[Bench, Ledger]) -> None:
    """Each by the last visit that recorded them, the oldest first; by team and age as well."""
    own = [one for one in told[1].residents
           if one.recordings and one.status not in ledger.RECORDED | ledger.PRINTED]  # fmt: skip
    with _read(told) as connection:
        found = unconfirmed_report(connection, TODAY)
        narrowed = unconfirmed_report(connection, TODAY, Wanted(areas=(HERE,), older_than=8), 3)
    in_turn = sorted((one.recordings[-1].day, one.root) for one in own)
    assert [(one.recorded_on, one.record) for one in found.people] == in_turn
    teams = Counter(one.recordings[-1].operator for one in own)
    document = found.as_dict()
    assert {one["team"]: one["count"] for one in document["by_team"]} == teams
    assert document["count"] == sum(one["count"] for one in document["by_age"]) == len(own)
    old = [one for one in own if here(one.values["village"])
           and (TODAY - one.recordings[-1].day).days >= 8]  # fmt: skip
    assert (narrowed.count, len(narrowed.people)) == (len(old), min(len(old), 3))


def test_the_print_queue(told: tuple[Bench, Ledger]) -> None:
    """Urgent first, then the oldest recording, then the id; page by page it is the same."""
    ready = [one for one in told[1].residents if one.status == "PRINT_READY_RECORD"]
    ready.sort(key=lambda one: ("urgent_reason" not in one.values,
                                one.values["recorded_on"], one.root))  # fmt: skip
    with _read(told) as connection:
        found = print_report.wanted(connection, TODAY, everywhere)
        rows = list(print_report.rows(connection, found))
        paged = [one.record for first in range(1, len(rows) + 1, 4)
                 for one in found.part(connection, first, 4)]  # fmt: skip
        local = print_report.wanted(connection, TODAY, here)
        mine = [one.record for one in local.part(connection, 1, 99)]
    waiting = sum(one.status == "SENT_FOR_ENROLLMENT" for one in told[1].residents)
    assert [row[2] for row in rows] == paged == [one.root for one in ready]
    assert (found.count.ready, found.count.not_ready) == (len(ready), waiting)
    assert found.count.urgent == sum("urgent_reason" in one.values for one in ready)
    assert mine == [one.root for one in ready if here(one.values["village"])]


def test_the_blank_cards(told: tuple[Bench, Ledger]) -> None:
    """Each office's movements by kind up to the day, what is left of them, and all offices'."""
    for day in (TODAY, TODAY - timedelta(days=10)):
        with _read(told) as connection:
            whole, part = (stock_report(connection, day, covers) for covers in (everywhere, here))
        own = told[1].cards(day)
        assert {one.office for one in whole.offices} == set(own)
        for one in whole.offices:
            counted, kinds = one.balance.as_dict(), own[one.office]
            assert {kind: counted[kind] for kind in KINDS} == {kind: kinds[kind] for kind in KINDS}
            assert one.balance.remaining == ledger.left(kinds)
        assert whole.balanced
        assert whole.total.remaining == sum(map(ledger.left, own.values()))
        assert [one.office for one in part.offices] == [HERE]


def test_the_interim_letters(told: tuple[Bench, Ledger]) -> None:
    """Whoever is recorded and has no card holds one, unless it was revoked; no number twice."""
    with _read(told) as connection:
        found = suket.register(connection, TODAY)
        mine = suket.register(connection, TODAY, here)
    own = told[1].letters
    held = {one.person for one in found if one.state is suket.State.HOLDS}
    revoked = {one.person for one in found if one.state is suket.State.REVOKED}
    assert len(found) == len({one.number for one in found}) == len(own) > 0
    assert held == {one.person for one in own if not one.void}
    assert revoked == {one.person for one in own if one.void} != set()
    assert {one.root for one in own} == {
        one.root
        for one in told[1].residents
        if one.status not in ledger.PRINTED and (one.status in ledger.RECORDED or one.recordings)
    }
    assert {one.person for one in mine} == {one.person for one in own if here(one.village)}


def test_the_questions_of_quality(told: tuple[Bench, Ledger]) -> None:
    """Visits, days, and those within a minute of another house."""
    with _read(told) as connection:
        rows = sums.visits_since(connection, tallies.day_number(TODAY - timedelta(days=6)))
        found = {one.operator: one for one in questions(map(Visit._make, rows), nobodys)}
    for operator, each in found.items():
        made = sorted((v for v in told[1].visits if v.operator == operator
                       and (TODAY - v.day).days < 7), key=lambda one: one.at)  # fmt: skip
        close = sum(_hurried(*pair) for pair in pairwise(made))
        assert (each.visits, each.hurried) == (len(made), close)
        assert each.days == len({v.day for v in made})
    assert sum(one.hurried for one in found.values()) > 0


def nobodys(_people: Iterable[str]) -> dict[str, str]:
    """Give nobody a house."""
    return {}


def _hurried(before: Seen, after: Seen) -> bool:
    same_day, same_house = before.day == after.day, before.person == after.person
    return same_day and not same_house and (after.at - before.at).total_seconds() < 60


@pytest.mark.parametrize(("starts", "ends"), [(12, None), (15, 6)])
def test_a_campaign_also_one_that_is_over(
    told: tuple[Bench, Ledger], starts: int, ends: int | None
) -> None:
    """Its visits and reasons, and whom its last visit leaves to be visited again."""
    first = TODAY - timedelta(days=starts)
    last = TODAY - timedelta(days=ends) if ends else None
    plan = {"name": f"Jemput {starts}", "area": "53.15", "starts_on": first.isoformat()}
    plan |= {"ends_on": last.isoformat()} if last else {}
    record, _ = add_campaign(told[0].office, plan, USER, "id")
    with _read(told) as connection:
        found = campaign_report(connection, str(record), TODAY, everywhere)
    _same_campaign(found, told[1], first, last or TODAY)


def _same_campaign(found: CampaignReport, own: Ledger, first: date, last: date) -> None:
    visits = [one for one in own.visits if first <= one.day <= last]
    missed = Counter((v.outcome, v.reason) for v in visits if v.outcome != "recorded")
    assert found.reasons == missed
    by_code = {one.code: one for one in found.villages}
    for village in VILLAGES:
        there = [one for one in visits if one.village == village]
        met = [[v for v in one.visits if first <= v.day <= last] for one in own.within(village)
               if one.status not in ledger.RECORDED | ledger.PRINTED]  # fmt: skip
        lasting = [each[-1] for each in met if each]
        broken = sum(v.reason == "equipment_broken" for v in lasting)
        again = sum(v.outcome in ("revisit", "not_at_home") or v.reason == "equipment_broken"
                    for v in lasting)  # fmt: skip
        line = by_code[village]
        assert (line.visits, line.recorded) == (
            len(there), sum(v.outcome == "recorded" for v in there),
        )  # fmt: skip
        assert (line.again, line.displaced) == (again, broken)


def test_the_proposal(told: tuple[Bench, Ledger]) -> None:
    """Two of five verdicts join different NIKs; deaths and moves, what was seen later against."""
    with _read(told) as connection:
        found = proposal.proposal(connection)
        claims = proposal.claims(connection)
        mine = proposal.claims(connection, here)
    own = [one for one in told[1].visits if one.outcome in ("moved", "deceased")]
    counted = Counter(one["claim"] for one in found)
    assert counted == Counter(v.outcome for v in own) + Counter({"duplicate": 2})
    assert [one.source for one in claims] == [one["evidence_id"] for one in found]
    assert len(mine) == sum(here(one["village"]) for one in found)
    later = {v.record: [w.outcome for w in one.visits if w.at > v.at
                        and w.outcome in ("recorded", "refused")]
             for one in told[1].residents for v in one.visits}  # fmt: skip
    for one in found:
        if one["claim"] != "duplicate":
            met = later[one["evidence_id"]]
            assert one["against"] == (met[-1] if met else None)


def test_the_outages(told: tuple[Bench, Ledger]) -> None:
    """How many, how many open, and how many people they sent away."""
    own = told[1].others["outage"]
    with _read(told) as connection:
        document = outage_document(outage_report(connection, TODAY))
    assert document["total"] == len(own)
    assert document["open"] == sum(one["status"] != "restored" for one in own)
    sent_away = sum(one["people_displaced"] for one in own if one["status"] != "restored")
    assert document["people_displaced"] == sent_away


def test_the_queue_holds_every_open_pair_once(told: tuple[Bench, Ledger]) -> None:
    """Cases are those pairs put together, whatever is asked for and page by page."""
    with _read(told) as connection:
        cases, left = queue.open_cases(connection, limit=10_000)
        pairs = {(pair.a, pair.b) for pair in possible_duplicates.open_pairs(connection)}
        assert _walked(connection) == [case.key for case in cases]
        mine, _ = queue.open_cases(connection, limit=10_000, areas=(HERE, VILLAGES[2]))
        theirs, _ = queue.open_cases(connection, limit=10_000, areas=(THERE,))
        areas = records.areas(connection, [str(one) for case in cases for one in case.records])
    assert sorted((pair.a, pair.b) for case in cases for pair in case.pairs) == sorted(pairs)
    assert left == len(cases) == len(mine) > 0
    assert [one.key for one in theirs] == [
        case.key
        for case in cases
        if any((areas[str(one)] or "").startswith(THERE) for one in case.records)
    ]


def _walked(connection: Connection) -> list[str]:
    keys = [""]
    while found := queue.open_cases(connection, after=keys[-1], limit=3)[0]:
        keys += [case.key for case in found]
    return keys[1:]
