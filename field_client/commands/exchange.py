"""`sync`, `export`, `import`: bringing what waits to the office, by a line or on a stick."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from field_client.commands.errors import BranchMoved, DetailsNotResent
from field_client.commands.locking import Begin, Connect, left_sealed, stays_locked, sync_locked
from field_client.commands.outcomes import Progress, not_through, photo_lines, sync_document
from field_client.commands.unlocking import PACKAGE, leave_prepared, report_warnings, unlocked
from field_client.commands.visiting import visit, visit_locked
from field_client.commands.watching import Tell, Watching, unconfirmed
from field_client.config import load_config
from field_client.opened import App
from field_client.sync.departure import load_departure
from field_client.sync.engine import synchronise
from field_client.sync.errors import ClockOff, RelayAnswered
from field_client.sync.fallback import Pace
from field_client.sync.outcome import Outcome
from field_client.sync.patience import PATIENCE_S, Patience
from field_client.sync.photos_out import counts
from field_client.sync.transport_file import read_reply, write_export
from field_client.sync.transport_http import HttpTransport
from field_client.sync.trust import Trust
from field_client.vault.keys import require_not_wiped
from field_client.vault.spool import Spool, open_spool
from shared_schema.console import emit, output_options, report, text
from shared_schema.errors import NetworkError


@click.command
@click.option("--watch", is_flag=True, help="Go on, and try again whenever a line appears.")
@click.option(
    "--locked",
    is_flag=True,
    help="Ask for no passphrase: send what was sealed at the last lock or sync.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=PATIENCE_S,
    metavar="SECONDS",
    show_default=True,
    help="After a cut, go on until nothing has come for so long; 0 ends at the first cut.",
)
@click.option("--via", metavar="URL", default="", help="Leave it with the relay at URL.")
@output_options
def sync(*, watch: bool, locked: bool, patience: float, via: str) -> None:
    """Send what waits to the office and fetch what is new there.

    A line that breaks loses nothing: what was confirmed stays confirmed, and the sync goes on from
    there as soon as there is a line again. What does not get through waits.

    Where nobody can be asked for a passphrase, what is sealed is sent all the same, and what the
    office answers counts from the next unlock on.

    A relay at a district office keeps what waits until its own line to the office is up, and hands
    over what the office has answered; until then it waits here too, and is shown as held.
    """
    begin = partial(Patience, seconds=patience, pace=Pace())
    closed = locked or stays_locked()
    going = _by_relay(via, closed) if via else _attempts(closed, begin)
    with going as watching:
        if watch:
            watching.run()
        else:
            watching.attempt(emit)


@contextlib.contextmanager
def _by_relay(url: str, locked: bool) -> Iterator[Watching]:  # noqa: FBT001 - one caller
    """Give what syncs once by a relay: by the spool alone, or on the store that stays open."""
    if locked:
        with _spool() as (home, spool):
            trust = Trust(pinned=load_departure(spool).server, relays=True)
            connect = partial(HttpTransport, url=url, trust=trust)
            attempt = partial(visit_locked, home, spool, connect)
            left = partial(left_sealed, spool)
            yield Watching(attempt=attempt, url=url, left=left, locked=True)
        return
    with unlocked() as app:
        trust = Trust(pinned=bytes.fromhex(app.device.signing), relays=True)
        connect = partial(HttpTransport, url=url, trust=trust)
        attempt = partial(visit, app, connect)
        yield _on_the_store(app, attempt, url)


@contextlib.contextmanager
def _attempts(locked: bool, begin: Begin) -> Iterator[Watching]:  # noqa: FBT001 - one caller
    """Give what syncs once: by the spool alone, or on the store that stays open for it."""
    if not locked:
        with unlocked() as app:
            device = app.device
            trust = Trust(pinned=bytes.fromhex(device.signing))
            connect = partial(HttpTransport, url=device.url, trust=trust)
            whoever = _Whoever(partial(_sync, app, connect, begin), partial(visit, app, connect))
            yield _on_the_store(app, whoever, device.url)
        return
    with _spool() as (home, spool):
        departure = load_departure(spool)
        trust = Trust(pinned=departure.server)
        connect = partial(HttpTransport, url=departure.url, trust=trust)
        direct = partial(sync_locked, home, spool, connect, begin)
        attempt = _Whoever(direct, partial(visit_locked, home, spool, connect))
        left = partial(left_sealed, spool)
        yield Watching(attempt=attempt, url=departure.url, left=left, locked=True)


@dataclass(slots=True)
class _Whoever:
    """Syncs once with whoever is at the address of the code: the office, or a relay before it.

    Once a relay has answered, the run goes on as with `--via`, where the office may answer too.
    """

    direct: Callable[[Tell], None]
    by_relay: Callable[[Tell], None]
    is_relay: bool = False

    def __call__(self, tell: Tell) -> None:
        if not self.is_relay:
            try:
                self.direct(tell)
            except RelayAnswered:
                self.is_relay = True
        if self.is_relay:
            self.by_relay(tell)


def _on_the_store(app: App, attempt: Callable[[Tell], None], url: str) -> Watching:
    photos, left = partial(_waiting_photos, app), partial(unconfirmed, app)
    return Watching(attempt=attempt, url=url, left=left, locked=False, photos=photos)


@contextlib.contextmanager
def _spool() -> Iterator[tuple[Path, Spool]]:
    """Give the home and its spool, without any passphrase."""
    home = load_config().home
    require_not_wiped(home)
    with open_spool(home) as spool:
        yield home, spool


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


def _sync(app: App, connect: Connect, begin: Begin, tell: Tell) -> None:
    shown = Progress()
    try:
        outcome = synchronise(app, connect(), shown, begin())
    except ClockOff:
        shown.end()
        _emit(app, shown.last, tell)
        raise
    except NetworkError:
        shown.end()
        if shown.last.bytes_sent:
            document = _document(app, shown.last)
            tell(document, lambda: not_through(document, text(PACKAGE)))
        raise
    finally:
        shown.end()
        leave_prepared(app)
    _emit(app, outcome, tell)


def _emit(app: App, outcome: Outcome, tell: Tell = emit) -> None:
    document = _document(app, outcome)
    report_warnings(app)
    for healed in outcome.healed:
        report(BranchMoved(changes=healed.changes), PACKAGE, level="warning")
        if healed.unsent:
            named = " ".join(map(str, healed.unsent))
            unsent = DetailsNotResent(count=len(healed.unsent), records=named)
            report(unsent, PACKAGE, level="warning")
    tell(document, lambda: _summary(document, text(PACKAGE)))


def _waiting_photos(app: App) -> int:
    return counts(app)["waiting"]


def _document(app: App, outcome: Outcome) -> dict[str, Any]:
    waiting = app.journal.counts()["waiting"]
    return sync_document(outcome, waiting=waiting, photos=counts(app))


def _summary(document: dict[str, Any], texts: Callable[[str], str]) -> str:
    lines = [texts("This laptop is enrolled now.")] if document["enrolled"] else []
    lines.append(
        texts(
            "Received by the office: {sent_changes} changes in {received} batches. New from the"
            " office: {pulled}. Still waiting: {waiting}."
        ).format(**document)
    )
    lines += photo_lines(document["photos"], texts)
    return "\n".join(lines)
