"""Forks of many changes: each answer is as long as its own batch, and all of them tell it all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut
from field_client.verification import examine
from shared_schema.custody import Status
from shared_schema.envelope import GENESIS
from tests.support.copied_laptop import Straight, copied, names
from tests.support.laptop import register
from tests.support.offices import Bench

SHARED, OURS, THEIRS = 37, 5, 9


@pytest.fixture
def copies(bench: Bench, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Copy a laptop that has changes which it has never sealed; both copies go on."""
    with copied(bench, tmp_path, [f"Bersama {at:02}" for at in range(SHARED)]) as (first, second):
        first.changes_a_batch, second.changes_a_batch = 10, 7
        register(first, [f"Di sini {at}" for at in range(OURS)])
        register(second, [f"Di sana {at}" for at in range(THEIRS)])
        yield first, second


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
