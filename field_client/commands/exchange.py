"""`sync`, `export`, `import`: bringing what waits to the office, by a line or on a stick."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from field_client.commands.errors import BranchMoved
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.healing import Healed
from field_client.opened import App
from field_client.sync.engine import Outcome, synchronise
from field_client.sync.errors import ClockOff
from field_client.sync.transport_file import read_reply, write_export
from field_client.sync.transport_http import HttpTransport
from field_client.sync.watch import stopped_by_signals
from field_client.sync.watch import watch as keep_trying
from shared_schema.console import emit, output_options, report, text
from shared_schema.errors import JemputError

_LINE_EVERY_S = 2.0


@click.command
@click.option("--watch", is_flag=True, help="Go on, and try again whenever a line appears.")
@output_options
def sync(*, watch: bool) -> None:
    """Send what waits to the office and fetch what is new there.

    A line that breaks loses nothing: what was confirmed stays confirmed, the rest waits.
    """
    with unlocked() as app:
        if not watch:
            _sync(app)
            return
        with stopped_by_signals() as stopped:
            keep_trying(lambda: _sync(app), stopped, _complain)


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def export_file(file: Path) -> None:
    """Write what a sync would send to FILE, for a stick; the office answers it with a file."""
    with unlocked() as app:
        outcome = write_export(app, file)
    document = {
        "file": str(file),
        "batches": outcome.sent,
        "bytes": outcome.bytes_sent,
    }
    said = text(PACKAGE)("Written to {file}: {batches} sealed batches, {bytes} bytes.")
    emit(document, lambda: said.format(**document))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def import_file(file: Path) -> None:
    """Take in the office's answer in FILE; taking it in twice changes nothing."""
    with unlocked() as app:
        try:
            outcome = read_reply(app, file)
        except ClockOff:
            _emit(app, Outcome())
            raise
        _emit(app, outcome)


def _sync(app: App) -> None:
    shown = _Progress()
    try:
        outcome = synchronise(app, HttpTransport(url=app.device.url), shown)
    except ClockOff:
        shown.end()
        _emit(app, shown.last)
        raise
    finally:
        shown.end()
    _emit(app, outcome)


def _emit(app: App, outcome: Outcome) -> None:
    document = sync_document(outcome, waiting=app.journal.counts()["waiting"])
    for healed in outcome.healed:
        report(BranchMoved(changes=healed.changes), PACKAGE, level="warning")
    emit(document, lambda: _summary(document, text(PACKAGE)))


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


def _summary(document: dict[str, Any], texts: Callable[[str], str]) -> str:
    lines = [texts("This laptop is enrolled now.")] if document["enrolled"] else []
    lines.append(
        texts(
            "Received by the office: {sent_changes} changes in {received} batches. New from the"
            " office: {pulled}. Still waiting: {waiting}."
        ).format(**document)
    )
    return "\n".join(lines)


def _complain(error: JemputError) -> None:
    report(error, PACKAGE, level="warning")


class _Progress:
    """Progress on standard error: one line that is overwritten, or a plain line now and then."""

    def __init__(self) -> None:
        self.last = Outcome()
        self._terminal = sys.stderr.isatty()
        self._said_s = time.monotonic()
        self._open = False

    def __call__(self, outcome: Outcome) -> None:
        """Show where the exchange stands."""
        self.last = outcome
        line = text(PACKAGE)(
            "sent {sent} batches, {bytes_sent} bytes; received {changes} changes, {items} from the"
            " office, {bytes_received} bytes"
        ).format(
            sent=outcome.sent,
            bytes_sent=outcome.bytes_sent,
            changes=outcome.changes,
            items=outcome.items,
            bytes_received=outcome.bytes_received,
        )
        if self._terminal:
            click.echo(f"\r\033[K{line}", nl=False, err=True)
            self._open = True
        elif time.monotonic() - self._said_s > _LINE_EVERY_S:
            self._said_s = time.monotonic()
            click.echo(line, err=True)

    def end(self) -> None:
        """Leave the line that is overwritten."""
        if self._open:
            self._open = False
            click.echo(err=True)
