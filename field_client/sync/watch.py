"""`sync --watch`: tries again and again, seldom while there is no line, soon when one appears.

After a failure the wait doubles, up to five minutes, and is drawn at random between half and
all of it, so that the laptops of a regency do not all come at once when its line returns.
"""

import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from shared_schema.errors import AccessError, JemputError

INTERVAL_S = 60.0
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
LOOK_S = 5.0
_NOWHERE = ("192.0.2.1", 9)


def wait_after(failures: int, share: float) -> float:
    """Return the seconds to wait after ``failures`` in a row; ``share`` is drawn from 0 to 1."""
    if not failures:
        return INTERVAL_S
    doubled = FIRST_WAIT_S * 2.0 ** min(failures - 1, 16)
    return min(doubled, LONGEST_WAIT_S) * (0.5 + share / 2)


def has_route() -> bool:
    """Tell whether this laptop has any way out; nothing is sent (RFC 5737 address, UDP)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NOWHERE)
        except OSError:
            return False
    return True


def watch(
    attempt: Callable[[], None],
    stopped: Callable[[float], bool],
    report: Callable[[JemputError], None],
    *,
    routed: Callable[[], bool] = has_route,
    draw: Callable[[], float] = random.random,
) -> None:
    """Call ``attempt`` until ``stopped(seconds)``, which waits, says so.

    Errors are given to ``report`` and tried again; an AccessError (revoked, unknown) is raised.
    """
    failures = 0
    while True:
        try:
            attempt()
            failures = 0
        except AccessError:
            raise
        except JemputError as error:
            failures += 1
            report(error)
        if _wait(wait_after(failures, draw()), stopped, routed):
            return


def _wait(wait_s: float, stopped: Callable[[float], bool], routed: Callable[[], bool]) -> bool:
    """Wait, but no longer than until a line appears; return whether to stop."""
    had_line = routed()
    while wait_s > 0:
        if stopped(min(wait_s, LOOK_S)):
            return True
        wait_s -= LOOK_S
        if routed() and not had_line:
            return False
    return stopped(0)


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[float], bool]]:
    """Give a waiting function that returns True once SIGINT or SIGTERM has come."""
    event = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        event.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield event.wait
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
