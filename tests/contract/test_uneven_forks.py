"""Two copies of one laptop whose batches end at different changes: everybody is there once.

What one copy sent in part ends within a batch of the other, in whichever order, and wherever the
line was cut before.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import LineCut
from field_client.verification import examine
from tests.support.copied_laptop import Straight, copied, names
from tests.support.laptop import register
from tests.support.offices import Bench

SHARED, OURS, THEIRS = 13, 3, 4
EVERYBODY = sorted(
    [f"Bersama {at:02}" for at in range(SHARED)]
    + [f"Di sini {at}" for at in range(OURS)]
    + [f"Di sana {at}" for at in range(THEIRS)]
)
SIZES = ((3, 5), (5, 3), (6, 20))


@pytest.fixture
def copies(bench: Bench, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Copy a laptop that has changes which it has never sealed; both copies go on."""
    with copied(bench, tmp_path, [f"Bersama {at:02}" for at in range(SHARED)]) as (first, second):
        register(first, [f"Di sini {at}" for at in range(OURS)])
        register(second, [f"Di sana {at}" for at in range(THEIRS)])
        yield first, second


def settle(bench: Bench, *apps: App) -> None:
    """Let each sync over good lines, and once more each; then nothing waits and all is sound."""
    for one in (*apps, *apps):
        synchronise(one, Straight(bench))
    assert names(bench) == EVERYBODY
    for one in apps:
        assert one.journal.counts()["waiting"] == 0
        assert examine(one).faults == ()


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("sent", [4])
def test_what_one_copy_sent_in_part_ends_within_a_batch_of_the_other(
    bench: Bench, copies: tuple[App, App], sizes: tuple[int, int], sent: int
) -> None:
    """``sent``: frames that arrive; the other copy goes on from there, then the first again."""
    first, second = copies
    first.changes_a_batch, second.changes_a_batch = sizes
    with pytest.raises(LineCut):
        synchronise(first, Straight(bench, frames=4, sent=sent))
    settle(bench, second, first)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("heard", [2])
def test_both_are_cut_in_turns(
    bench: Bench, copies: tuple[App, App], sizes: tuple[int, int], heard: int
) -> None:
    """Neither hears all of what became of what it sent."""
    first, second = copies
    first.changes_a_batch, second.changes_a_batch = sizes
    for one, sent in ((first, 3), (second, 4), (first, 4)):
        with suppress(LineCut):
            synchronise(one, Straight(bench, frames=heard, sent=sent))
    settle(bench, second, first)
