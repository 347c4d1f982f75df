"""`sync --via`: leaving what waits with a relay, and taking along what the office answered."""

from typing import Any

from field_client.commands.errors import HeldNotAll
from field_client.commands.locking import Connect
from field_client.commands.outcomes import Progress, sync_document
from field_client.commands.unlocking import PACKAGE, leave_prepared, report_warnings
from field_client.commands.watching import Tell
from field_client.opened import App
from field_client.sync.errors import ClockOff
from field_client.sync.photos_out import counts
from field_client.sync.relayed import Left, synchronise_via
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
    if left.refused:
        report(HeldNotAll(reason=", ".join(sorted(set(left.refused)))), PACKAGE, level="warning")


def _tell(app: App, left: Left, tell: Tell) -> None:
    document = {
        **sync_document(left.outcome, waiting=app.journal.counts()["waiting"], photos=counts(app)),
        "relay": left.relay,
        "relay_heard": iso_time(left.heard_ms),
        "held_batches": left.batches,
        "held_changes": left.changes,
        "held": len(app.journal.held()),
        "replies": left.replies,
        "not_held": list(left.refused),
    }
    report_warnings(app)
    tell(document, lambda: _summary(document))


def _summary(document: dict[str, Any]) -> str:
    texts = text(PACKAGE)
    lines = [texts("This laptop is enrolled now.")] if document["enrolled"] else []
    if document["relay"] is not None:
        heard = document["relay_heard"]
        last = local_time(heard, None) if heard else texts("none yet")
        said = texts(
            "Left with the relay {relay}: {held_changes} changes in {held_batches} batches. The"
            " relay last heard the office: {last}."
        )
        lines.append(said.format(**document, last=last))
    said = texts(
        "Received by the office: {sent_changes} changes in {received} batches. New from the"
        " office: {pulled}. Still waiting: {waiting}."
    )
    return "\n".join([*lines, said.format(**document)])
