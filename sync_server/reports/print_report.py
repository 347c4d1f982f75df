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
_OF_ALL = (
    "SELECT root, village FROM tally_people"
    " INDEXED BY ix_tally_people_print_order_root_village"
    " WHERE print_order IS NOT NULL ORDER BY print_order, root LIMIT ? OFFSET ?"
)
_OF_SOME = (
    "SELECT root, village, turn FROM (SELECT root, village,"
    " row_number() OVER (ORDER BY print_order, root) AS turn"
    " FROM tally_people INDEXED BY ix_tally_people_print_order_root_village"
    " WHERE print_order IS NOT NULL) WHERE village IN (SELECT value FROM json_each(?))"
    " ORDER BY turn LIMIT ? OFFSET ?"
)
_FIRST = (
    "SELECT village, count(*), total(print_order < ?) FROM (SELECT village, print_order"
    " FROM tally_people INDEXED BY ix_tally_people_print_order_root_village"
    " WHERE print_order IS NOT NULL ORDER BY print_order, root LIMIT ?) GROUP BY village"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintQueue:
    """The queue of an area: how many wait, and the villages in which those live who are ready.

    `whole`: the area is all there is. The cards are the whole office's, and so are the turns: an
    area's residents have those that they have among everybody. `last_card`: the last turn with one.
    """

    count: Queue
    villages: tuple[str, ...]
    whole: bool
    last_card: int

    def part(self, connection: Connection, first: int, most: int) -> list[Waiting]:
        """Return the area's residents from the `first` on in turn, at most so many."""
        if self.whole:
            found = ask(connection, _OF_ALL, most, first - 1)
            rows = [(*row, turn) for turn, row in enumerate(found, first)]
        else:
            rows = ask(connection, _OF_SOME, listed(self.villages), most, first - 1)
        values = shown_of(connection, [root for root, _, _ in rows])
        return [_waiting(root, village, turn, values.get(root, {})) for root, village, turn in rows]


def wanted(connection: Connection, on: date, covers: Covers) -> PrintQueue:
    """Return the queue of an area for the cards that the office has on a day.

    Out of tallies that are brought up to date.
    """
    stock = stock_report(connection, on)
    cards = stock.total.remaining if stock.offices else None
    counted = ask(connection, _COUNTED, URGENT_BELOW)
    ready = [row for row in counted if covers(row[0])]
    whole, last_card = len(ready) == len(counted), max(cards or 0, 0)
    others = ask(connection, _NOT_READY, listed(sorted(READY)))
    return PrintQueue(
        count=Queue(
            ready=sum(count for _, count, _ in ready),
            urgent=sum(int(urgent) for _, _, urgent in ready),
            not_ready=sum(count for village, count in others if covers(village)),
            cards=cards,
            reached=None if whole else _reached(connection, last_card, covers),
        ),
        villages=tuple(village for village, _, _ in ready),
        whole=whole,
        last_card=last_card,
    )


def _reached(connection: Connection, last_card: int, covers: Covers) -> tuple[int, int]:
    found = [row for row in ask(connection, _FIRST, URGENT_BELOW, last_card) if covers(row[0])]
    return sum(count for _, count, _ in found), sum(int(urgent) for _, _, urgent in found)


def _waiting(root: str, village: str, turn: int, values: dict[str, Any]) -> Waiting:
    return Waiting(
        record=root,
        turn=turn,
        urgent=values.get("urgent_reason") or "",
        recorded_on=values.get("recorded_on") or "",
        name=values.get("name") or "",
        village=village,
        nik=values.get("nik") or "",
    )


def rows(connection: Connection, found: PrintQueue) -> Iterator[list[Any]]:
    """Yield the queue as a table with full NIKs, under COLUMNS, in the order of printing."""
    for first in range(1, found.count.ready + 1, _AT_ONCE):
        for one in found.part(connection, first, _AT_ONCE):
            said = [one.record, one.name, one.nik, one.village, one.urgent, one.recorded_on]
            yield [one.turn, one.turn <= found.last_card, *said]
