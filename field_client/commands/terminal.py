"""Reading typed lines so that Ctrl-C is never lost.

A signal that comes in the instant between the question and the reading system call would only
be seen after the next key. Waiting on a descriptor that the signal itself makes readable closes
that gap (the self-pipe trick); Windows has no such wait and reads plainly.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def ask_line(question: str) -> str:
    """Return the line typed after ``question``.

    Raises KeyboardInterrupt, and EOFError where no more input comes.
    """
    click.echo(f"{question}: ", nl=False, err=True)
    if sys.stdin.isatty() and os.name != "nt":
        with _rung_by_signals() as bell:
            select.select([sys.stdin, bell], [], [])
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


@contextmanager
def _rung_by_signals() -> Iterator[socket.socket]:
    """Give a socket that becomes readable when a signal comes."""
    bell, rope = socket.socketpair()
    with bell, rope:
        rope.setblocking(False)  # noqa: FBT003 - the socket's own signature
        before = signal.set_wakeup_fd(rope.fileno(), warn_on_full_buffer=False)
        try:
            yield bell
        finally:
            signal.set_wakeup_fd(before)
