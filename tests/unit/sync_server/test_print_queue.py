"""The print queue: urgent reasons first, then the oldest recording, as far as the cards go."""

from typing import Any

from sync_server.print_queue import URGENT_BELOW, Queue, order_of


def order(recorded_on: str = "", urgent: str = "", status: str = "PRINT_READY_RECORD") -> Any:
    """Give the order of one who waits."""
    said = {"recorded_on": recorded_on, "urgent_reason": urgent, "central_status": status}
    return order_of({name: value for name, value in said.items() if value})


def test_twelve_thousand_cards_for_all_who_wait_in_manggarai_barat() -> None:
    """14,628 wait: 2,628 cards are short, and every urgent one is served."""
    found = Queue(ready=14_628, urgent=293, not_ready=0, cards=12_000)
    assert (found.total, found.covered, found.short) == (14_628, 12_000, 2_628)
    assert found.urgent_short == 0


def test_the_urgent_come_first_then_the_oldest_then_those_without_a_day() -> None:
    """Who is not ready has no place in the order."""
    in_turn = [
        order("2016-03-05", "travel"),
        order("2016-09-05", "school"),
        order("", "benefit"),
        order("2016-01-01"),
        order("2016-09-01", status="SENT_FOR_CARD_PRINTING"),
        order(),
    ]
    assert sorted(in_turn) == in_turn
    assert [one < URGENT_BELOW for one in in_turn] == [True] * 3 + [False] * 3
    assert order("2016-01-01", "health", "SENT_FOR_ENROLLMENT") is None


def test_without_cards_or_a_count_of_them_nobody_gets_one() -> None:
    """Less than nothing is nothing too."""
    for cards in (None, 0, -30):
        found = Queue(ready=1, urgent=1, not_ready=1, cards=cards)
        assert (found.covered, found.short, found.urgent_short) == (0, 1, 1)
