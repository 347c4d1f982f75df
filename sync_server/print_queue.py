"""The print queue: who gets the cards that there are. Pure arithmetic.

Urgent reasons come first, then the oldest recording; among equals the record's id decides, so that
the queue is the same whenever it is made. A card can be printed once the ministry says that it is
ready: the others are counted beside, so that the parts make up all who wait.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

READY = frozenset({"PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One resident who is recorded and has no card. `recorded_on` empty where no day is known."""

    record: str
    status: str
    urgent: str
    recorded_on: str
    name: str
    village: str
    nik: str = field(default="", repr=False)

    @property
    def rank(self) -> tuple[bool, bool, str, str]:
        """The order in which cards are printed; who has no day comes behind those who have."""
        return not self.urgent, not self.recorded_on, self.recorded_on, self.record


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Those who wait, in order. `cards`: blank cards left, None where nobody counted them."""

    ready: Sequence[Waiting]
    not_ready: int
    cards: int | None

    @property
    def total(self) -> int:
        """How many are recorded and have no card."""
        return len(self.ready) + self.not_ready

    @property
    def covered(self) -> int:
        """How many of those who are ready get a card."""
        return min(max(self.cards or 0, 0), len(self.ready))

    @property
    def short(self) -> int:
        """How many cards are missing for those who are ready."""
        return len(self.ready) - self.covered

    @property
    def urgent(self) -> int:
        """How many of those who are ready have an urgent reason."""
        return sum(bool(one.urgent) for one in self.ready)

    @property
    def urgent_short(self) -> int:
        """How many of those with an urgent reason get no card."""
        return max(self.urgent - self.covered, 0)


def queue(waiting: Iterable[Waiting], cards: int | None, others: int = 0) -> Queue:
    """Return the queue for the cards there are; `others` wait too and are known not to be ready."""
    known = list(waiting)
    ready = sorted((one for one in known if one.status in READY), key=lambda one: one.rank)
    return Queue(ready=ready, not_ready=others + len(known) - len(ready), cards=cards)
