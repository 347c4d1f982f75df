"""Answers wait for one another only while there is more to answer."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from sync_server.api.cork import END_BYTES, HOLD_S, Cork

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "TCP_CORK"), reason="cannot run here: the system holds nothing back"
)


@dataclass
class Line:
    """A connection on which something comes when ``come`` is called."""

    reading: int
    writing: int
    now_s: float = 0.0
    set: list[int] = field(default_factory=list)

    def fileno(self) -> int:
        """Name what is read from."""
        return self.reading

    def setsockopt(self, _level: int, _option: int, value: int) -> None:
        """Note whether answers are held back."""
        self.set.append(value)

    def come(self) -> None:
        """Have something to read."""
        os.write(self.writing, b"x")


@pytest.fixture
def line() -> Iterator[Line]:
    """Open a line on which nothing has come."""
    reading, writing = os.pipe()
    yield Line(reading, writing)
    os.close(reading)
    os.close(writing)


def cork(line: Line, *, buffered: int) -> Cork:
    """Hold back on a line whose time is its own."""
    return Cork(line, lambda: buffered, lambda: line.now_s)  # type: ignore[arg-type]


def test_answers_leave_before_the_office_waits(line: Line) -> None:
    """Nothing more is at hand: what was said goes, what follows is held back again."""
    cork(line, buffered=0).before_read()
    assert line.set == [1, 0, 1]


@pytest.mark.parametrize("buffered", [1, END_BYTES])
def test_the_last_receipt_waits_for_the_end(line: Line, buffered: int) -> None:
    """However long it took: what is at hand is answered at once, and so is what just came."""
    last = cork(line, buffered=buffered)
    line.now_s = 60
    last.before_read()
    line.come()
    cork(line, buffered=0).before_read()
    assert line.set == [1, 1]


def test_answers_do_not_wait_long_for_a_batch(line: Line) -> None:
    """Those of a moment go together, however much there is to read."""
    slow = cork(line, buffered=END_BYTES + 1)
    slow.before_read()
    assert line.set == [1]
    line.now_s = HOLD_S
    slow.before_read()
    assert line.set == [1, 0, 1]


def test_at_the_end_nothing_is_held_back(line: Line) -> None:
    """The line's farewell is a packet of its own."""
    cork(line, buffered=9_999).release()
    assert line.set == [1, 0]
