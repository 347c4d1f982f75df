"""What a sync shows on the way and says at its end, whether the laptop is unlocked or not."""

from typing import Any

from field_client.commands.progress import ProgressLine
from field_client.commands.unlocking import PACKAGE
from field_client.healing import Healed
from field_client.sync.engine import Outcome
from shared_schema.console import text


class Progress(ProgressLine):
    """Where an exchange stands, on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.last = Outcome()

    def __call__(self, outcome: Outcome) -> None:
        """Show where the exchange stands."""
        self.last = outcome
        line = text(PACKAGE)(
            "sent {sent} batches, {bytes_sent} bytes; received {changes} changes, {items} from the"
            " office, {bytes_received} bytes"
        )
        self.show(
            line.format(
                sent=outcome.sent,
                bytes_sent=outcome.bytes_sent,
                changes=outcome.changes,
                items=outcome.items,
                bytes_received=outcome.bytes_received,
            )
        )


def sync_document(outcome: Outcome, *, waiting: int | None) -> dict[str, Any]:
    """Return what exchanges amounted to; ``received`` counts receipts, ``pulled`` page items.

    ``waiting``: None where it is not known, the vault being locked.
    """
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
        "unsent": [str(record) for record in healed.unsent],
    }
