"""Progress on standard error: one line that is overwritten, or a plain one now and then."""

import sys
import time
from types import TracebackType
from typing import Self

import click

LINE_EVERY_S = 2.0
REDRAW_EVERY_S = 0.1


class ProgressLine:
    """A line that says where something long stands; use ``with`` to leave it in the end."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said_s = time.monotonic()
        self._open = False

    def show(self, line: str, *, step: bool = False) -> None:
        """Show how it stands; most of what comes quickly is left out, on a screen never a step."""
        now_s = time.monotonic()
        pause_s = REDRAW_EVERY_S if self._terminal else LINE_EVERY_S
        if now_s - self._said_s < pause_s and not (step and self._terminal):
            return
        self._said_s = now_s
        if self._terminal:
            click.echo(f"\r\033[K{line}", nl=False, err=True)
            self._open = True
        else:
            click.echo(line, err=True)

    def end(self) -> None:
        """Leave the line that is overwritten."""
        if self._open:
            self._open = False
            click.echo(err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.end()


class PercentLine(ProgressLine):
    """A progress line that shows a share of the whole; ``template`` has a place {percent}."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self._template = template

    def __call__(self, share: float) -> None:
        """Show a share from 0 to 1."""
        self.show(self._template.format(percent=int(100 * share)))
