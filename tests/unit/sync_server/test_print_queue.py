"""The print queue: urgent reasons first, then the oldest recording, as far as the cards go."""

import random
from datetime import date, timedelta

from sync_server.print_queue import Waiting, queue


def waiting(
    at: int, urgent: str = "", recorded_on: str = "", status: str = "PRINT_READY_RECORD"
) -> Waiting:
    """Give one who waits."""
    return Waiting(
        record=f"{at:05}",
        status=status,
        urgent=urgent,
        recorded_on=recorded_on,
        name="",
        village="",
    )


def test_twelve_thousand_cards_for_all_who_wait_in_manggarai_barat() -> None:
    """14,628 wait: 2,628 cards are short, every urgent one is served, then the oldest."""
    first = date(2015, 1, 1)
    known = [
        waiting(
            at,
            "health" if at % 50 == 0 else "",
            (first + timedelta(days=at % 600)).isoformat(),
        )
        for at in range(14_628)
    ]
    random.Random(2016).shuffle(known)
    found = queue(known, 12_000)
    assert (found.total, found.covered, found.short) == (14_628, 12_000, 2_628)
    assert (found.urgent, found.urgent_short) == (293, 0)
    served, left = found.ready[:12_000], found.ready[12_000:]
    assert all(one.urgent for one in served[:293])
    assert not any(one.urgent for one in left)
    latest = max(one.recorded_on for one in served if not one.urgent)
    assert all(one.recorded_on >= latest for one in left)


def test_the_urgent_come_first_then_the_oldest_then_those_without_a_day() -> None:
    """Who is not ready takes no card and is counted beside."""
    known = [
        waiting(1, recorded_on="2016-09-01"),
        waiting(2),
        waiting(3, recorded_on="2016-01-01"),
        waiting(4, "school", "2016-09-05"),
        waiting(5, "travel", "2016-03-05"),
        waiting(6, "health", "2016-01-01", status="SENT_FOR_ENROLLMENT"),
    ]
    found = queue(known, 1)
    assert [one.record for one in found.ready] == ["00005", "00004", "00003", "00001", "00002"]
    assert (found.not_ready, found.total, found.urgent_short) == (1, 6, 1)


def test_without_cards_or_a_count_of_them_nobody_gets_one() -> None:
    """Less than nothing is nothing too."""
    for cards in (None, 0, -30):
        found = queue([waiting(1)], cards)
        assert (found.covered, found.short) == (0, 1)
