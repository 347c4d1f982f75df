"""What a team needs for the next day comes to it, resumes at the page, and costs what changed."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut
from shared_schema.frames import FrameReader, Kind
from shared_schema.ids import derived_id
from shared_schema.links import link_id
from sync_server import pull
from sync_server.exchange import converse, open_section
from sync_server.ingest import Edit, write_own
from tests.support.effort import Effort, in_both, report
from tests.support.laptop import laptop
from tests.support.offices import Bench, code_of
from tests.support.raw_device import RawDevice, person

ROSTER = Effort("test_next_day.py::test_an_edit_costs_what_changed", ci=700, soak=10_000)
HERE, ALSO_HERE, THERE = "53.15.05.2001", "53.15.05.2002", "53.15.06.2001"
OUTAGE = {"component": "fingerprint_scanner", "started_precision": "unknown"}
TOLD = {"told_on": "2016-09-01"}


def write(bench: Bench, written: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Write records (name, type, values) as the office's own."""
    edits = [
        Edit(record=derived_id("test", name.encode()), type=rtype, values=values)
        for name, rtype, values in written
    ]
    with bench.office.store.write() as connection:
        write_own(connection, edits, "user:penyelia")


def of(name: str) -> str:
    """Return the id of a record by its name."""
    return str(derived_id("test", name.encode()))


def test_a_team_is_sent_what_it_needs_and_nothing_else(bench: Bench) -> None:
    """Roster of its villages, campaigns, outages and what was said of them, verdicts."""
    a, b, far = of("a"), of("b"), of("far")
    needed = [
        ("a", "person", person("Warga A", HERE)),
        ("b", "person", person("Warga B", ALSO_HERE)),
        ("drive", "campaign", {"name": "Jemput bola", "area": "53.15"}),
        ("own drive", "campaign", {"name": "Desa", "area": HERE}),
        ("reader", "outage", {**OUTAGE, "place": "53.15.05"}),
        ("server", "outage", {**OUTAGE, "office": "53.15"}),
        ("in words", "outage", {**OUTAGE, "place": "beberapa kecamatan, tidak disebut"}),
        (
            "said",
            "outage_statement",
            {"outage": of("in words"), "told_by": "Kepala Bidang", **TOLD},
        ),
        ("tried", "repair_attempt", {"outage": of("reader"), "by": "teknisi", "result": "failed"}),
        ("review", "review", {"record": a, "state": "accepted"}),
    ]
    others = [
        ("far", "person", person("Warga C", THERE)),
        ("farther", "person", person("Warga D", THERE)),
        ("other drive", "campaign", {"name": "Lain", "area": "53.15.06"}),
        ("other reader", "outage", {**OUTAGE, "place": "53.15.06"}),
        (
            "other said",
            "outage_statement",
            {"outage": of("other reader"), "told_by": "Camat", **TOLD},
        ),
    ]
    write(bench, needed + others)
    verdicts = [(of("a"), of("b")), (b, far), (far, of("farther"))]
    with bench.office.store.write() as connection:
        for ends in verdicts:
            one, other = sorted(ends)
            values = {"a": one, "b": other, "verdict": "same"}
            edit = Edit(record=_link(one, other), type="link", values=values)
            write_own(connection, [edit], "user:penyelia")
    device = RawDevice.of(code_of(bench.office, (HERE, ALSO_HERE)))
    answer = bench.exchange(device, device.enrol())
    expected = {of(name) for name, *_ in needed} | {str(_link(*one)) for one in verdicts[:2]}
    assert set(answer.states) == expected


def test_an_outage_whose_place_becomes_known_elsewhere_leaves(bench: Bench) -> None:
    """Until then it is everybody's; afterwards theirs whom it concerns."""
    device, other = bench.device((HERE,)), bench.device((THERE,))
    write(bench, [("in words", "outage", {**OUTAGE, "place": "belum jelas"})])
    assert set(bench.exchange(device).states) == {of("in words")}
    assert set(bench.exchange(other).states) == {of("in words")}
    write(bench, [("in words", "outage", {"place": "53.15.06"})])
    assert bench.exchange(device).items == [{"kind": "leave", "record": of("in words")}]
    assert set(bench.exchange(other).states) == {of("in words")}


@in_both
def test_an_edit_costs_what_changed(bench: Bench, scale: str) -> None:
    """One edit in a great roster: a page with that record alone, whatever the roster's size."""
    count = ROSTER.tries(scale)
    people = [(str(at), "person", person(f"Warga Contoh {at}", HERE)) for at in range(count)]
    write(bench, people)
    device = RawDevice.of(code_of(bench.office))
    whole = sum(len(frame.body) for frame in bench.answer(device.section(device.enrol())))
    answer = bench.exchange(device)
    assert len(answer.states) == count
    nothing = sum(len(frame.body) for frame in bench.answer(device.section()))
    write(bench, [("7", "person", {"phone": "081234567890"})])
    said = bench.answer(device.section())
    one = sum(len(frame.body) for frame in said)
    assert set(device.read(said).states) == {of("7")}
    report(records=count, first_bytes=whole, nothing_bytes=nothing, one_edit_bytes=one)
    assert one - nothing < 1000
    assert nothing < 1500


@dataclass(slots=True)
class Breaking:
    """A line of no length to an office in this process that breaks after so many bytes."""

    bench: Bench
    bytes_left: int
    heard_bytes: int = 0

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send everything; yield the reply in small pieces."""
        sent = FrameReader().feed(b"".join(outgoing))
        said = converse(self.bench.office, sent, open_section(self.bench.office, sent), [])
        for frame in said:
            data = frame.to_bytes()
            for at in range(0, len(data), 100):
                piece = data[at : at + min(100, self.bytes_left)]
                self.bytes_left -= len(piece)
                self.heard_bytes += len(piece)
                yield piece
                if self.bytes_left <= 0:
                    raise LineCut


def test_a_first_download_that_is_cut_resumes_at_the_page(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often and wherever: what a page brought is kept, at most one comes again a cut."""
    monkeypatch.setattr(pull, "PAGE_ITEMS", 10)
    write(bench, [(str(at), "person", person(f"Warga Contoh {at}", HERE)) for at in range(300)])
    chance = random.Random(20261123)
    with laptop(tmp_path / "a", code_of(bench.office)) as app:
        whole = _pages(bench)
        heard_bytes, cuts = 0, 0
        while True:
            line = Breaking(bench, bytes_left=chance.randrange(2500, 5000) if cuts else 7000)
            try:
                synchronise(app, line)
                break
            except LineCut:
                cuts += 1
            finally:
                heard_bytes += line.heard_bytes
        assert cuts > 2
        assert _roster(app) == 300
        again = heard_bytes - sum(whole)
        report(cuts=cuts, pages=len(whole), bytes_twice_a_cut=again // cuts)
        assert again < cuts * (max(whole) + 1500)


def _pages(bench: Bench) -> list[int]:
    """Return the sizes of the pages of a first download."""
    device = RawDevice.of(code_of(bench.office))
    said = bench.answer(device.section(device.enrol()))
    return [len(frame.body) for frame in said if frame.kind == Kind.PAGE]


def _roster(app: App) -> int:
    return sum(1 for _ in app.tables.records)


def _link(a: str, b: str) -> UUID:
    return link_id(UUID(a), UUID(b))
