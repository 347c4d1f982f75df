"""What a sync shows on the way: changes and bytes that are through, on the way, left."""

from field_client.commands.outcomes import seconds_left, standing
from field_client.sync.outcome import Outcome

HALF = Outcome(
    changes=120,
    confirmed_bytes=4_000,
    on_way_bytes=1_500,
    waiting_changes=240,
    waiting_bytes=8_000,
)


def test_what_is_through_and_what_is_not() -> None:
    """In records and in bytes, with the seconds left at the pace so far."""
    assert standing(HALF, 10, str) == (
        "At the office: 120 of 360 changes, 4000 of 12000 bytes; on the way: 1500 bytes;"
        " about 20 s left"
    )


def test_before_the_first_receipt_no_time_is_promised() -> None:
    """Nothing to reckon from."""
    assert seconds_left(Outcome(waiting_changes=9, waiting_bytes=900), 5) is None
    assert seconds_left(Outcome(changes=9, confirmed_bytes=900), 5) is None


def test_where_nothing_waits_what_comes_is_shown() -> None:
    """A pull alone."""
    said = standing(Outcome(items=40, bytes_received=9_000), 3, str)
    assert said == "from the office: 40 items, 9000 bytes"
