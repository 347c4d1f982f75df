"""What exchanges with the office amounted to, as far as they have come."""

from collections.abc import Callable
from dataclasses import dataclass

from field_client.healing import Healed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What exchanges amounted to. ``sent``, ``received``: batches sent, receipts taken.

    ``changes``: how many changes the receipts newly cover. ``photos``: how many are complete now,
    ``photo_bytes``: how much more of photos the office has; ``photo_waiting_bytes``: what is left.
    ``confirmed_bytes``: of batches. ``on_way_bytes``: of batches given to the line and not
    confirmed. ``waiting_changes``, ``waiting_bytes``: sealed and not confirmed, on its way or not.
    ``cuts``: how often another line had to be opened.
    """

    sent: int = 0
    received: int = 0
    changes: int = 0
    photos: int = 0
    photo_bytes: int = 0
    photo_waiting_bytes: int = 0
    pages: int = 0
    items: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    confirmed_bytes: int = 0
    on_way_bytes: int = 0
    waiting_changes: int = 0
    waiting_bytes: int = 0
    cuts: int = 0
    enrolled: bool = False
    healed: tuple[Healed, ...] = ()


Progress = Callable[[Outcome], None]


def silent(_outcome: Outcome) -> None:
    """Show no progress."""


def reached_bytes(outcome: Outcome) -> int:
    """Return how much has come to the office, of batches and of photos, to tell if it grows."""
    return outcome.confirmed_bytes + outcome.photo_bytes
