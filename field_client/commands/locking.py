"""`lock`, and the sync of a laptop that stays locked: what is sealed can leave without a key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from field_client.commands.outcomes import Progress, not_through, photo_lines, sync_document
from field_client.commands.unlocking import PACKAGE, in_terminal, unlocked
from field_client.commands.watching import Tell
from field_client.config import load_config
from field_client.sync.departure import depart, is_prepared, load_departure
from field_client.sync.engine import Transport
from field_client.sync.errors import SyncLocked
from field_client.sync.locked import still_sealed, synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.sync.patience import Patience
from field_client.sync.photos_out import still_waiting
from field_client.vault.keys import require_not_wiped
from field_client.vault.spool import Spool, open_spool
from shared_schema.console import emit, output_options, report, text
from shared_schema.errors import NetworkError

# What each attempt has anew: the server's address is asked for again, and no line is kept.
Begin = Callable[[], Patience]
Connect = Callable[[], Transport]


@click.command
@output_options
def lock() -> None:
    """Seal what waits, so that `sync --locked` can send it while nobody is here to unlock."""
    with unlocked() as app:
        depart(app)
        document = {"sealed_waiting": left_sealed(app.spool)}
    said = text(PACKAGE)("Sealed and ready to be sent without a passphrase: {sealed_waiting}.")
    emit(document, lambda: said.format(**document))


def stays_locked() -> bool:
    """Return whether a sync must do without the vault, and say so: nobody can be asked."""
    config = load_config()
    if config.passphrase or in_terminal():
        return False
    require_not_wiped(config.home)
    with open_spool(config.home) as spool:
        prepared = is_prepared(spool)
    if prepared:
        report(SyncLocked(), PACKAGE, level="warning")
    return prepared


def left_sealed(spool: Spool) -> int:
    """Return how many sealed changes the office has not confirmed."""
    return still_sealed(spool, load_departure(spool))


def sync_locked(home: Path, spool: Spool, connect: Connect, begin: Begin, tell: Tell) -> None:
    """Sync once, from the spool alone, and tell what it amounted to."""
    departure = load_departure(spool)
    shown = Progress()
    try:
        outcome = synchronise_locked(home, spool, departure, connect(), shown, begin())
    except NetworkError:
        shown.end()
        if shown.last.bytes_sent:
            broken_off = sealed_document(shown.last, spool)
            tell(broken_off, lambda: not_through(broken_off, text(PACKAGE)))
        raise
    finally:
        shown.end()
    document = sealed_document(outcome, spool)
    tell(document, lambda: sealed_summary(document, text(PACKAGE)))


def sealed_document(outcome: Outcome, spool: Spool) -> dict[str, Any]:
    """Return what a locked sync amounted to."""
    photos = dict(zip(("waiting", "waiting_bytes"), still_waiting(spool), strict=True))
    told = sync_document(outcome, waiting=None, photos=photos)
    return {**told, "locked": True, "sealed_waiting": left_sealed(spool)}


def sealed_summary(document: dict[str, Any], texts: Callable[[str], str]) -> str:
    """Say what a locked sync amounted to."""
    said = texts(
        "The laptop is still locked. Received by the office: {sent_changes} changes in {received}"
        " batches. Sealed and still waiting: {sealed_waiting}. What was saved after the last lock"
        " is not among them; it goes when you have unlocked."
    ).format(**document)
    return "\n".join([said, *photo_lines(document["photos"], texts)])
