"""`sync`, `export`, `import`: bringing what waits to the office, by a line or on a stick."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from field_client.commands.errors import BranchMoved, DetailsNotResent
from field_client.commands.locking import stays_locked, sync_locked
from field_client.commands.outcomes import Progress, sync_document
from field_client.commands.unlocking import PACKAGE, leave_prepared, report_warnings, unlocked
from field_client.config import load_config
from field_client.opened import App
from field_client.sync.departure import load_departure
from field_client.sync.engine import Outcome, synchronise
from field_client.sync.errors import ClockOff
from field_client.sync.transport_file import read_reply, write_export
from field_client.sync.transport_http import HttpTransport
from field_client.sync.watch import stopped_by_signals
from field_client.sync.watch import watch as keep_trying
from field_client.vault.keys import require_not_wiped
from field_client.vault.spool import open_spool
from shared_schema.console import emit, output_options, report, text
from shared_schema.errors import JemputError


@click.command
@click.option("--watch", is_flag=True, help="Go on, and try again whenever a line appears.")
@click.option(
    "--locked",
    is_flag=True,
    help="Ask for no passphrase: send what was sealed at the last lock or sync.",
)
@output_options
def sync(*, watch: bool, locked: bool) -> None:
    """Send what waits to the office and fetch what is new there.

    A line that breaks loses nothing: what was confirmed stays confirmed, the rest waits.

    Where nobody can be asked for a passphrase, what is sealed is sent all the same, and what the
    office answers counts from the next unlock on.
    """
    with _attempts(locked=locked or stays_locked()) as attempt:
        if not watch:
            attempt()
            return
        with stopped_by_signals() as stopped:
            keep_trying(attempt, stopped, _complain)


@contextlib.contextmanager
def _attempts(*, locked: bool) -> Iterator[Callable[[], None]]:
    """Give what syncs once: by the spool alone, or on the store that stays open for it."""
    if not locked:
        with unlocked() as app:
            yield lambda: _sync(app)
        return
    home = load_config().home
    require_not_wiped(home)
    with open_spool(home) as spool:
        load_departure(spool)
        yield lambda: sync_locked(home, spool)


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def export_file(file: Path) -> None:
    """Write what a sync would send to FILE, for a stick; the office answers it with a file."""
    with unlocked() as app:
        outcome = write_export(app, file)
        leave_prepared(app)
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
        finally:
            leave_prepared(app)
        _emit(app, outcome)


def _sync(app: App) -> None:
    shown = Progress()
    try:
        outcome = synchronise(app, HttpTransport(url=app.device.url), shown)
    except ClockOff:
        shown.end()
        _emit(app, shown.last)
        raise
    finally:
        shown.end()
        leave_prepared(app)
    _emit(app, outcome)


def _emit(app: App, outcome: Outcome) -> None:
    document = sync_document(outcome, waiting=app.journal.counts()["waiting"])
    report_warnings(app)
    for healed in outcome.healed:
        report(BranchMoved(changes=healed.changes), PACKAGE, level="warning")
        if healed.unsent:
            named = " ".join(map(str, healed.unsent))
            unsent = DetailsNotResent(count=len(healed.unsent), records=named)
            report(unsent, PACKAGE, level="warning")
    emit(document, lambda: _summary(document, text(PACKAGE)))


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
