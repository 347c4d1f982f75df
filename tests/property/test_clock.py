"""The clock only rises, whatever the laptop's clock does."""

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.clock import (
    COUNTER_BITS,
    DAY_MS,
    HLC_LIMIT,
    Clock,
    Evidence,
    wall_of,
)

walls = st.integers(-(2**40), 2**44)
events = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), walls),
        st.tuples(st.just("learn"), st.integers(0, HLC_LIMIT - 1)),
    ),
    max_size=30,
)


@given(events, walls)
def test_every_tick_is_above_everything_known_before(history, best):
    """Monotonic under clocks that jump back ten years and strangers' stamps."""
    clock = Clock()
    for kind, value in history:
        before = clock.reading
        clock = clock.tick(value) if kind == "tick" else clock.learn(value, best)
        assert clock.reading > before if kind == "tick" else clock.reading >= before


@given(st.integers(0, 2**44), st.integers(0, 2**44))
def test_a_stamp_more_than_a_day_ahead_does_not_drag_us(remote_wall, best):
    """One laptop ten years ahead must not push the whole regency there."""
    remote = remote_wall << COUNTER_BITS
    moved = Clock().learn(remote, best).reading
    assert moved == (remote if remote_wall <= best + DAY_MS else 0)


@given(st.integers(0, 2**44))
def test_a_tick_follows_wall_time_when_it_can(wall):
    """Without history the reading is the wall time itself."""
    assert wall_of(Clock().tick(wall).reading) == wall or wall == 0


def test_many_events_in_one_millisecond_borrow_from_the_next():
    """The counter runs over into the milliseconds instead of standing still."""
    clock = Clock((5 << COUNTER_BITS) + (1 << COUNTER_BITS) - 1)
    assert wall_of(clock.tick(5).reading) == 6


def test_the_best_known_time_prefers_the_satellite():
    """Then the later of server and wall: a laptop whose battery died starts in the past."""
    assert Evidence(wall_ms=1, server_ms=9).best_ms() == 9
    assert Evidence(wall_ms=10, server_ms=9).best_ms() == 10
    assert Evidence(wall_ms=10, server_ms=9, gps_ms=3).best_ms() == 3
