"""Recordings a day, as our visits brought them, for the chart beside what is needed a day."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Connection

from sync_server.store.queries import tallies
from sync_server.tallies import day_number

SHOWN_DAYS = 28


def recorded_by_day(
    connection: Connection, upto: date, counted: Callable[[str], bool], days: int = SHOWN_DAYS
) -> list[tuple[date, int]]:
    """Return the visits that recorded somebody on each of the days up to one, none left out."""
    shown = [upto - timedelta(days=back) for back in range(days - 1, -1, -1)]
    found: Counter[int] = Counter()
    first, last = day_number(shown[0]), day_number(upto)
    for day, village, count in tallies.recorded_by_day(connection, first, last):
        if counted(village):
            found[day] += count
    return [(day, found[day_number(day)]) for day in shown]
