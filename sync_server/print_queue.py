"""The print queue: who gets the cards that there are. Pure arithmetic.

Urgent reasons come first, then the oldest recording; among equals the record's id decides, so that
the queue is the same whenever it is made. A card can be printed once the ministry says that it is
ready: the others are counted beside, so that the parts make up all who wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

READY = frozenset({"PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING"})
# Every order below this one is that of somebody with an urgent reason.
URGENT_BELOW = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One resident who is print-ready. `recorded_on` empty where no day is known.

    `turn`: from 1, among all who are ready.
    """

    record: str
    turn: int
    urgent: str
    recorded_on: str
    name: str
    village: str
    nik: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many wait. `cards`: blank cards left, None where nobody counted them.

    `ready` can be printed, `urgent` of them have an urgent reason; `not_ready` wait beside them.
    `reached`: of an area, how many of its ready and of its urgent get a card when all the office's
    residents have their turn; None for the queue of everybody.
    """

    ready: int
    urgent: int
    not_ready: int
    cards: int | None
    reached: tuple[int, int] | None = None

    @property
    def total(self) -> int:
        """How many are recorded and have no card."""
        return self.ready + self.not_ready

    @property
    def covered(self) -> int:
        """How many of those who are ready get a card."""
        return self.reached[0] if self.reached else min(max(self.cards or 0, 0), self.ready)

    @property
    def short(self) -> int:
        """How many cards are missing for those who are ready."""
        return self.ready - self.covered

    @property
    def urgent_short(self) -> int:
        """How many of those with an urgent reason get no card."""
        served = self.reached[1] if self.reached else min(self.covered, self.urgent)
        return self.urgent - served


def order_of(values: Mapping[str, Any]) -> str | None:
    """Return text that sorts as cards are printed, None for whom none can be printed yet.

    Who has no day of recording comes behind those who have.
    """
    if values.get("central_status") not in READY:
        return None
    recorded_on = values.get("recorded_on") or ""
    return f"{not values.get('urgent_reason'):d}{not recorded_on:d}{recorded_on}"
