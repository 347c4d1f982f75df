"""Cursors: opaque to devices, and never believed when they do not fit."""

import pytest

from sync_server.pull import Cursor, key_taken, parse_cursor

SNAPSHOT = Cursor(epoch=1, scope_version=2, kind="s", position=30, after="0192")
LOG = Cursor(epoch=1, scope_version=2, kind="l", position=30)
KEYED = Cursor(epoch=1, scope_version=2, key=3, kind="l", position=30)


@pytest.mark.parametrize("cursor", [SNAPSHOT, LOG, KEYED])
def test_a_cursor_is_read_back(cursor: Cursor) -> None:
    """What a device returns is what it was given."""
    assert parse_cursor(cursor.text()) == cursor


@pytest.mark.parametrize(
    "text",
    [
        *("", "1:2:l:30:", "1:2:0:l:30", "1:2:0:x:30:", "1:2:0:l:x:", "1:2:x:l:30:"),
        *("01:2:0:l:30:", "1:2:0:l:30::", " 1:2:0:l:30:"),
    ],
)
def test_anything_else_is_no_cursor(text: str) -> None:
    """A snapshot begins anew instead of a guess."""
    assert parse_cursor(text) is None
    assert key_taken(text) == 0


def test_a_half_sent_position_is_not_seen_yet() -> None:
    """Changes at the position of a cut page count as not yet sent."""
    assert LOG.seen == 30
    assert Cursor(epoch=1, scope_version=1, kind="l", position=30, after="a").seen == 29


def test_a_cursor_says_which_recovery_key_was_taken() -> None:
    """Zero stands for none."""
    assert [key_taken(one.text()) for one in (SNAPSHOT, LOG, KEYED)] == [0, 0, 3]
