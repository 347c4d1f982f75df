"""One system call of a program fails, the n-th of its kind, and only that one.

strace counts each process's calls by itself and lets the K-th fail. A child of the nursery that is
to fail at its n-th call first makes K - n calls that do nothing; so one strace serves every n, and
every call, as no child comes to the K-th of a call without that.
"""

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.support.nursery import Nursery

NOTHING = 1 << 20
WARM_UP_CALLS = 500
EMPTY_CALLS: dict[str, Callable[[], object]] = {
    "pwrite64": lambda: os.pwrite(NOTHING, b"", 0),
    "write": lambda: os.write(NOTHING, b""),
    "fsync": lambda: os.fsync(NOTHING),
    "fdatasync": lambda: os.fdatasync(NOTHING),
    "ftruncate": lambda: os.ftruncate(NOTHING, 0),
    "rename": lambda: os.rename("", ""),  # noqa: PTH104 - it is the call that counts
    "unlink": lambda: os.unlink(""),  # noqa: PTH108 - the same
}
_WATCH = ("strace", "-f", "--seccomp-bpf", "-qq")


def failing(error: str, last: Mapping[str, int]) -> Nursery:
    """Return a nursery whose children may fail with ``error`` at any call up to its ``last``.

    The nursery's own calls, while it warms up, are fewer than those that come before.
    """
    which = [
        f"inject={call}:error={error}:when={number + WARM_UP_CALLS}"
        for call, number in last.items()
    ]
    inject = [word for one in which for word in ("-e", one)]
    return Nursery(*_WATCH, "-o", os.devnull, "-e", f"trace={','.join(last)}", *inject)


def empty_before(number: int, last: int) -> int:
    """Return how many calls that do nothing let the ``number``-th one after them fail."""
    return last + WARM_UP_CALLS - number


def make_empty(call: str, times: int) -> None:
    """Make a call that does nothing, ``times`` times."""
    for _ in range(times):
        with contextlib.suppress(OSError):
            EMPTY_CALLS[call]()


@contextlib.contextmanager
def counting(log: Path) -> Iterator[Nursery]:
    """Give a nursery whose children's calls are written to ``log``, whole when the block ends."""
    with Nursery(*_WATCH, "-o", str(log), "-e", f"trace={','.join(EMPTY_CALLS)}") as nursery:
        yield nursery


def calls_of(log: Path, child: int) -> Counter[str]:
    """Return how often a child made each call, in its own thread."""
    lines = re.findall(rf"^{child} +(\w+)\(", log.read_text(), re.MULTILINE)
    return Counter(lines)
