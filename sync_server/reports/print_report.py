"""The print queue out of the store: the tallies hold its order, the records who is in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from sync_server.print_queue import READY, URGENT_BELOW, Queue, Waiting
from sync_server.reports.residents import shown_of
from sync_server.reports.stock_report import stock_report
from sync_server.store.driver import ask, listed

COLUMNS = ("place", "card", "record", "name", "nik", "village", "urgent_reason", "recorded_on")
Covers = Callable[[str | None], bool]
_AT_ONCE = 1_000
_COUNTED = (
    "SELECT village, count(*), total(print_order < ?) FROM tally_people"
    " INDEXED BY ix_tally_people_print_order_root_village"
    " WHERE print_order IS NOT NULL GROUP BY village"
)
_NOT_READY = (
    "SELECT village, count(*) FROM tally_people INDEXED BY ix_tally_people_village_status"
    " WHERE complete AND central = 1 AND status NOT IN (SELECT value FROM json_each(?))"
    " GROUP BY village"
)
_IN_TURN = (
    "SELECT root, village FROM tally_people INDEXED BY ix_tally_people_print_order_root_village"
    " WHERE print_order IS NOT NULL AND village IN (SELECT value FROM json_each(?))"
    " ORDER BY print_order, root LIMIT ? OFFSET ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintQueue:
    """The queue of an area: how many wait, and the villages in which those live who are ready."""

    count: Queue
    villages: tuple[str, ...]

    def part(self, connection: Connection, first: int, most: int) -> list[Waiting]:
        """Return those whose turn is from `first` on, at most so many."""
        rows = ask(connection, _IN_TURN, listed(self.villages), most, first - 1)
        values = shown_of(connection, [root for root, _ in rows])
        return [_waiting(root, village, values.get(root, {})) for root, village in rows]


def wanted(connection: Connection, on: date, covers: Covers) -> PrintQueue:
    """Return the queue of an area for the cards that the office has on a day.

    Out of tallies that are brought up to date.
    """
    stock = stock_report(connection, on)
    ready = [row for row in ask(connection, _COUNTED, URGENT_BELOW) if covers(row[0])]
    others = ask(connection, _NOT_READY, listed(sorted(READY)))
    return PrintQueue(
        count=Queue(
            ready=sum(count for _, count, _ in ready),
            urgent=sum(int(urgent) for _, _, urgent in ready),
            not_ready=sum(count for village, count in others if covers(village)),
            cards=stock.total.remaining if stock.offices else None,
        ),
        villages=tuple(village for village, _, _ in ready),
    )


def _waiting(root: str, village: str, values: dict[str, Any]) -> Waiting:
    return Waiting(
        record=root,
        urgent=values.get("urgent_reason") or "",
        recorded_on=values.get("recorded_on") or "",
        name=values.get("name") or "",
        village=village,
        nik=values.get("nik") or "",
    )


def rows(connection: Connection, found: PrintQueue) -> Iterator[list[Any]]:
    """Yield the queue as a table with full NIKs, under COLUMNS, in the order of printing."""
    for first in range(1, found.count.ready + 1, _AT_ONCE):
        for at, one in enumerate(found.part(connection, first, _AT_ONCE), first):
            card = at <= found.count.covered
            said = [one.record, one.name, one.nik, one.village, one.urgent, one.recorded_on]
            yield [at, card, *said]
