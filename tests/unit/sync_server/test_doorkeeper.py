"""Strangers leave in time, devices move bytes, and a device's dead lines make room for its next."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sync_server.api import doorkeeper
from sync_server.api.doorkeeper import Doorkeeper, Visit

DEVICE, OTHER = b"device-1", b"device-2"


class Door:
    """A doorkeeper whose clock the test moves, and the callers' ends of its lines."""

    def __init__(self, stack: ExitStack) -> None:
        self.now_s = 1000.0
        self.keeper = Doorkeeper(3, clock=lambda: self.now_s)
        self.callers: dict[Visit, socket.socket] = {}
        self._stack = stack

    def come(self, device: bytes | None = None) -> Visit:
        """Let somebody come in."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            self._stack.enter_context(end)
        visit = self._stack.enter_context(self.keeper.visit(ours))
        theirs.setblocking(False)
        self.callers[visit] = theirs
        if device is not None:
            assert self.keeper.admit(visit, device)
        return visit

    def is_open(self, visit: Visit) -> bool:
        """Tell whether the caller has not been hung up on."""
        try:
            return self.callers[visit].recv(1) != b""
        except BlockingIOError:
            return True

    def pass_time(self, seconds: float, waiting: int = 0) -> None:
        """Let time pass, looking each second."""
        for _ in range(int(seconds)):
            self.now_s += 1
            self.keeper.look(waiting)


@pytest.fixture
def door() -> Iterator[Door]:
    """Open a door with three places."""
    with ExitStack() as stack:
        yield Door(stack)


def test_a_stranger_has_a_bounded_time_in_all(door: Door) -> None:
    """However steadily the bytes drip."""
    stranger, device = door.come(), door.come(DEVICE)
    for _ in range(6):
        assert door.is_open(stranger)
        stranger.moved(1000)
        device.moved(1000)
        door.pass_time(10)
    door.pass_time(1)
    assert not door.is_open(stranger)
    assert door.is_open(device)


def test_strangers_make_room_while_others_wait(door: Door) -> None:
    """The oldest first, as many as wait; one who has only just come is left his time."""
    first, second, third = door.come(), door.come(), door.come()
    door.pass_time(doorkeeper.PRESSED_S + 1, waiting=0)
    late = door.come()
    door.pass_time(1, waiting=2)
    assert [door.is_open(one) for one in (first, second, third, late)] == [False, False, True, True]


def test_a_device_on_a_slow_line_stays_one_that_says_nothing_does_not(door: Door) -> None:
    """An outage of twenty seconds on a line of 2G is no reason to leave, two silent minutes are."""
    slow, silent = door.come(DEVICE), door.come(OTHER)
    for _ in range(12):
        slow.moved(5000)
        door.pass_time(20)
    assert door.is_open(slow)
    assert not door.is_open(silent)


def test_a_device_that_drips_gives_way_to_those_who_wait(door: Door) -> None:
    """What is enough while nobody waits is too little then."""
    dripping = door.come(DEVICE)
    for waiting in (0, 1):
        assert door.is_open(dripping)
        for _ in range(12):
            dripping.moved(doorkeeper.PERIOD_BYTES // 10)
            door.pass_time(10, waiting)
    assert not door.is_open(dripping)


def test_a_devices_dead_lines_make_room_for_its_next(door: Door) -> None:
    """A line that breaks off without a word leaves its visit behind; the newest ones count."""
    roomy = Doorkeeper(18)
    door.keeper = roomy
    visits = [door.come(DEVICE) for _ in range(doorkeeper.VISITS_A_DEVICE + 2)]
    other = door.come(OTHER)
    assert [door.is_open(one) for one in visits] == [False, False, True, True, True, True]
    assert door.is_open(other)


def test_there_are_only_so_many_places(door: Door) -> None:
    """Strangers take none; who leaves makes room."""
    strangers = [door.come() for _ in range(5)]
    with ExitStack() as stack:
        for number in range(3):
            visit = stack.enter_context(door.keeper.visit(None))
            assert door.keeper.admit(visit, bytes([number]))
        assert not door.keeper.admit(strangers[0], DEVICE)
    assert door.keeper.admit(strangers[0], DEVICE)
