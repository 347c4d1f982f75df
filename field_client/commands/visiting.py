"""`sync --via`: leaving what waits with a relay, and taking along what the office answered."""

from pathlib import Path
from typing import Any

from field_client.commands.errors import HeldNotAll
from field_client.commands.locking import Connect, sealed_document, sealed_summary
from field_client.commands.outcomes import Progress, sync_document
from field_client.commands.unlocking import PACKAGE, leave_prepared, report_warnings
from field_client.commands.watching import Tell
from field_client.opened import App
from field_client.sync.departure import load_departure
from field_client.sync.errors import ClockOff
from field_client.sync.photos_out import counts
from field_client.sync.relayed import Left, synchronise_via
from field_client.sync.relayed_locked import leave_locked
from field_client.vault.spool import Spool
from shared_schema.console import report, text
from shared_schema.display import iso_time, local_time


def visit(app: App, connect: Connect, tell: Tell) -> None:
    """Sync once by a relay, and tell what it amounted to."""
    shown = Progress()
    try:
        left = synchronise_via(app, connect(), shown)
    except ClockOff:
        shown.end()
        _tell(app, Left(outcome=shown.last), tell)
        raise
    finally:
        shown.end()
        leave_prepared(app)
    _tell(app, left, tell)


def visit_locked(home: Path, spool: Spool, connect: Connect, tell: Tell) -> None:
    """Sync once by a relay from the spool alone, and tell what it amounted to."""
    shown = Progress()
    try:
        left = leave_locked(home, spool, load_departure(spool), connect(), shown)
    finally:
        shown.end()
    document = {**sealed_document(left.outcome, spool), **_visit(left)}
    tell(document, lambda: "\n".join([*_left(document), sealed_summary(document, text(PACKAGE))]))
    _complain(left)


def _tell(app: App, left: Left, tell: Tell) -> None:
    waiting = app.journal.counts()["waiting"]
    document = {
        **sync_document(left.outcome, waiting=waiting, photos=counts(app)),
        **_visit(left),
        "held": len(app.journal.held()),
    }
    report_warnings(app)
    tell(document, lambda: _summary(document))
    _complain(left)


def _complain(left: Left) -> None:
    if left.refused:
        report(HeldNotAll(reason=", ".join(sorted(set(left.refused)))), PACKAGE, level="warning")


def _visit(left: Left) -> dict[str, Any]:
    return {
        "relay": left.relay,
        "relay_heard": iso_time(left.heard_ms),
        "held_batches": left.batches,
        "held_changes": left.changes,
        "held_photos": left.photos,
        "replies": left.replies,
        "not_held": list(left.refused),
    }


def _summary(document: dict[str, Any]) -> str:
    texts = text(PACKAGE)
    lines = [texts("This laptop is enrolled now.")] if document["enrolled"] else []
    said = texts(
        "Received by the office: {sent_changes} changes in {received} batches. New from the"
        " office: {pulled}. Still waiting: {waiting}."
    )
    return "\n".join([*lines, *_left(document), said.format(**document)])


def _left(document: dict[str, Any]) -> list[str]:
    """Say what lies at a relay, where it was one."""
    texts, lines = text(PACKAGE), []
    if document["relay"] is not None and document["held_batches"]:
        heard = document["relay_heard"]
        last = local_time(heard, None) if heard else texts("none yet")
        said = texts(
            "Left with the relay {relay}: {held_changes} changes in {held_batches} batches. The"
            " relay last heard the office: {last}."
        )
        lines.append(said.format(**document, last=last))
    if document["held_photos"]:
        lines.append(texts("Photos left there: {held_photos}.").format(**document))
    return lines
