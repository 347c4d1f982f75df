"""The size of batches follows what lines have carried between cuts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.line_memory import (
    LEAST_CHANGES,
    MOST_CHANGES,
    USUAL_CHANGES,
    batch_changes,
    note_line,
)
from field_client.vault.spool import Spool, create_spool, open_spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Open a new spool."""
    create_spool(tmp_path)
    with open_spool(tmp_path) as opened:
        yield opened


def test_a_laptop_that_knows_no_line_yet_takes_the_usual(spool: Spool) -> None:
    """And one whose first lines were short but whole."""
    assert batch_changes(spool) == USUAL_CHANGES
    note_line(spool, 1_000, cut=False)
    assert batch_changes(spool) == USUAL_CHANGES


def test_frequent_cuts_make_batches_small(spool: Spool) -> None:
    """The less a line carries, the smaller; never so small that the envelope is most of it."""
    sizes = []
    for carried in (50_000, 10_000, 2_000, 500, 0, 0, 0, 0, 0):
        note_line(spool, carried, cut=True)
        sizes.append(batch_changes(spool))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == MOST_CHANGES
    assert sizes[-1] == LEAST_CHANGES


def test_good_lines_make_them_large_again(spool: Spool) -> None:
    """One long line weighs more than the cuts before."""
    for _ in range(5):
        note_line(spool, 300, cut=True)
    small = batch_changes(spool)
    note_line(spool, 20_000, cut=False)
    note_line(spool, 20_000, cut=False)
    assert small < 15 < USUAL_CHANGES < batch_changes(spool) <= MOST_CHANGES


def test_what_cannot_be_read_is_as_good_as_nothing(spool: Spool) -> None:
    """A spoilt note costs bytes, never a sync."""
    for spoilt in (b"", b"[]", b'{"mean":"x"}', b'{"mean":{},"run":1}'):
        spool.set_setting("line", spoilt)
        assert batch_changes(spool) == USUAL_CHANGES
