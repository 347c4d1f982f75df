"""The print queue out of the store: the tallies say who waits, the records why and since when."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from sync_server.coverage import cluster_values
from sync_server.people import members_of
from sync_server.print_queue import READY, Queue, Waiting, queue
from sync_server.reports.stock_report import stock_report
from sync_server.store.driver import ask, listed
from sync_server.store.queries import records

COLUMNS = ("place", "card", "record", "name", "nik", "village", "urgent_reason", "recorded_on")
Covers = Callable[[str | None], bool]
# central 1: recorded by the ministry's list, not printed. A cluster's own row may lack what another
# of its records says, so those are read whole.
_WAITING = (
    "SELECT t.root, t.village, t.status, json_extract(r.shown, '$.urgent_reason'),"
    " json_extract(r.shown, '$.recorded_on'), json_extract(r.shown, '$.name'),"
    " json_extract(r.shown, '$.nik'), c.root"
    " FROM tally_people t JOIN records r ON r.record = t.root"
    " LEFT JOIN clusters c ON c.record = t.root"
    " WHERE t.complete AND t.central = 1 AND t.status IN (SELECT value FROM json_each(?))"
)
_NOT_READY = (
    "SELECT village, count(*) FROM tally_people WHERE complete AND central = 1"
    " AND status NOT IN (SELECT value FROM json_each(?)) GROUP BY village"
)


def wanted(connection: Connection, on: date, covers: Covers) -> Queue:
    """Return the queue of an area for the cards that the office has on a day."""
    stock = stock_report(connection, on)
    return print_queue(connection, stock.total.remaining if stock.offices else None, covers)


def print_queue(connection: Connection, cards: int | None, covers: Covers) -> Queue:
    """Return the queue of an area, from tallies that are brought up to date."""
    others = ask(connection, _NOT_READY, listed(sorted(READY)))
    not_ready = sum(count for village, count in others if covers(village))
    ready = [one for one in _waiting(connection) if covers(one.village)]
    return queue(ready, cards, not_ready)


def _waiting(connection: Connection) -> Iterator[Waiting]:
    rows = ask(connection, _WAITING, listed(sorted(READY)))
    for root, village, status, urgent, recorded_on, name, nik, together in rows:
        one = Waiting(
            record=root,
            status=status,
            urgent=urgent or "",
            recorded_on=recorded_on or "",
            name=name or "",
            village=village,
            nik=nik or "",
        )
        yield _whole(connection, one) if together else one


def _whole(connection: Connection, one: Waiting) -> Waiting:
    together = records.many(connection, members_of(connection, UUID(one.record)))
    values = cluster_values(each.state for each in together.values())
    return replace(
        one,
        urgent=values.get("urgent_reason") or "",
        recorded_on=values.get("recorded_on") or "",
        name=values.get("name") or "",
        nik=values.get("nik") or "",
    )


def rows(found: Queue) -> Iterator[list[Any]]:
    """Yield the queue as a table with full NIKs, under COLUMNS, in the order of printing."""
    for at, one in enumerate(found.ready, 1):
        card = at <= found.covered
        yield [at, card, one.record, one.name, one.nik, one.village, one.urgent, one.recorded_on]
