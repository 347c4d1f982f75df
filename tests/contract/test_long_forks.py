"""Forks of many changes: each answer is as long as its own batch, and all of them tell it all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut
from field_client.verification import examine
from shared_schema.custody import Status
from shared_schema.envelope import GENESIS
from shared_schema.frames import FrameReader
from sync_server.exchange import converse, open_section
from tests.support.laptop import clone, laptop, register, reopen, still
from tests.support.offices import Bench, code_of, found_office

SHARED, OURS, THEIRS = 37, 5, 9


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office whose clock stands where the laptops' do."""
    made = found_office(tmp_path)
    made.clock[0] = still().wall_ms
    return made


@dataclass(slots=True)
class Straight:
    """A line of no length to an office in this process; cut after so many frames of a reply.

    ``sent``: how many frames of a request arrive.
    """

    bench: Bench
    frames: int | None = None
    sent: int | None = None

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send everything and yield the reply."""
        sent = islice(FrameReader().feed(b"".join(outgoing)), self.sent)
        said = converse(self.bench.office, sent, open_section(self.bench.office, sent), [])
        for frame in islice(said, self.frames):
            yield frame.to_bytes()
        if self.frames is not None:
            raise LineCut


@pytest.fixture
def copies(bench: Bench, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Copy a laptop that has changes which it has never sealed; both copies go on."""
    first = laptop(tmp_path / "a", code_of(bench.office), still)
    synchronise(first, Straight(bench))
    register(first, [f"Bersama {at:02}" for at in range(SHARED)])
    first.close()
    first = reopen(first.home, first.keys, clocks=still)
    second = clone(first, tmp_path / "b", clocks=still)
    with first, second:
        first.changes_a_batch, second.changes_a_batch = 10, 7
        register(first, [f"Di sini {at}" for at in range(OURS)])
        register(second, [f"Di sana {at}" for at in range(THEIRS)])
        yield first, second


def names(bench: Bench) -> list[str]:
    """Give the names of everybody at the office, sorted."""
    with bench.office.store.read() as connection:
        found = connection.exec_driver_sql("SELECT body FROM changes WHERE type = 'person'")
        return sorted(
            row.body.split('"name":{')[1].split('"value":"')[1].split('"')[0] for row in found
        )


EVERYBODY = sorted(
    [f"Bersama {at:02}" for at in range(SHARED)]
    + [f"Di sini {at}" for at in range(OURS)]
    + [f"Di sana {at}" for at in range(THEIRS)]
)


def test_what_both_copies_sealed_apart_is_there_once(bench: Bench, copies: tuple[App, App]) -> None:
    """The digests of several receipts together say where the copies parted."""
    first, second = copies
    synchronise(first, Straight(bench))
    (healed,) = synchronise(second, Straight(bench)).healed
    assert healed.changes == THEIRS
    assert names(bench) == EVERYBODY
    assert second.journal.counts()["waiting"] == 0


def test_what_one_copy_had_sent_in_part_is_there_once(
    bench: Bench, copies: tuple[App, App]
) -> None:
    """The rest follows the part that is there, from whichever copy; the other finds it."""
    first, second = copies
    second.changes_a_batch = first.changes_a_batch
    with pytest.raises(LineCut):
        synchronise(first, Straight(bench, frames=4, sent=3))
    (moved,) = synchronise(second, Straight(bench)).healed
    assert moved.changes == 0
    (healed,) = synchronise(first, Straight(bench)).healed
    assert healed.changes == OURS
    assert names(bench) == EVERYBODY
    assert first.journal.counts()["waiting"] == second.journal.counts()["waiting"] == 0
    assert examine(first).faults == examine(second).faults == ()


@pytest.mark.parametrize("frames", [1, 2, 4, 7])
def test_a_line_cut_among_fork_receipts_doubles_nobody(
    bench: Bench, copies: tuple[App, App], frames: int
) -> None:
    """Healing waits until it is known what the office has; the next line brings it."""
    first, second = copies
    synchronise(first, Straight(bench))
    with pytest.raises(LineCut):
        synchronise(second, Straight(bench, frames=frames))
    for one in (second, first, second):
        synchronise(one, Straight(bench))
        assert one.journal.counts()["waiting"] == 0
    assert names(bench) == EVERYBODY


def test_an_answer_to_a_fork_is_as_long_as_its_batch(bench: Bench) -> None:
    """However much the office's chain holds behind it."""
    device = bench.device()
    for _ in range(2):
        bench.exchange(device, device.batch(device.people(200)))
    device.sequence, device.numbers, device.previous = 0, 0, GENESIS
    forked = [device.batch(device.people(50)) for _ in range(3)]
    receipts = bench.exchange(device, *forked).receipts
    assert [one.status for one in receipts] == [Status.FORK] * 3
    found = [sorted(one.digests or ()) for one in receipts]
    assert found == [[*range(at, at + 50)] for at in (1, 51, 101)]
