"""How exchanges and copies are shown: progress on standard error, and what it amounted to.

Progress is one line that is overwritten, or a plain line now and then where there is no terminal.
"""

import sys
import time
from types import TracebackType
from typing import Any, Self

import click

from field_client.commands.unlocking import PACKAGE
from field_client.healing import Healed
from field_client.sync.engine import Outcome
from shared_schema.console import text

LINE_EVERY_S = 2.0
REDRAW_EVERY_S = 0.1


class ProgressLine:
    """A line that says where something long stands; use ``with`` to leave it in the end."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said_s = time.monotonic()
        self._open = False

    def show(self, line: str) -> None:
        """Show how it stands; most of what comes quickly is left out."""
        now_s = time.monotonic()
        if now_s - self._said_s < (REDRAW_EVERY_S if self._terminal else LINE_EVERY_S):
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


class Progress(ProgressLine):
    """The progress of an exchange; ``last`` is where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.last = Outcome()

    def __call__(self, outcome: Outcome) -> None:
        """Show where the exchange stands."""
        self.last = outcome
        self.show(
            text(PACKAGE)(
                "sent {sent} batches, {bytes_sent} bytes; received {changes} changes, {items} from"
                " the office, {bytes_received} bytes"
            ).format(
                sent=outcome.sent,
                bytes_sent=outcome.bytes_sent,
                changes=outcome.changes,
                items=outcome.items,
                bytes_received=outcome.bytes_received,
            )
        )


def sync_document(outcome: Outcome, *, waiting: int) -> dict[str, Any]:
    """Return what exchanges amounted to; ``received`` counts receipts, ``pulled`` page items."""
    return {
        "sent_batches": outcome.sent,
        "sent_changes": outcome.changes,
        "received": outcome.received,
        "pulled": outcome.items,
        "bytes_sent": outcome.bytes_sent,
        "bytes_received": outcome.bytes_received,
        "enrolled": outcome.enrolled,
        "waiting": waiting,
        "healed": [_healed(each) for each in outcome.healed],
    }


def _healed(healed: Healed) -> dict[str, Any]:
    return {
        "from": healed.old.hex(),
        "to": healed.new.hex(),
        "changes": healed.changes,
        "records": {str(old): str(new) for old, new in healed.records.items()},
    }
