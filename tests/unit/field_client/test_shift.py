"""The shift of the pages: what time, PINs and people make of it."""

import pytest

from field_client.shift import IDLE_S, SHIFT_S, TRIES, Shift, State, is_weak_pin

OPENED = Shift().begin("petugas", 1000.0)


def test_a_shift_begins_with_the_passphrase_and_without_a_pin() -> None:
    """Nobody inherits the PIN of the one before."""
    assert (OPENED.state, OPENED.operator, OPENED.has_pin) == (State.OPEN, "petugas", False)
    assert OPENED.with_pin().begin("lain", 1001.0).has_pin is False


@pytest.mark.parametrize(("has_pin", "then"), [(False, State.LOCKED), (True, State.PIN)])
def test_five_idle_minutes_close_it(has_pin: bool, then: State) -> None:
    """To the PIN where there is one; every use counts anew."""
    shift = OPENED.with_pin() if has_pin else OPENED
    assert shift.after(1000.0 + IDLE_S - 1).state is State.OPEN
    assert shift.after(1000.0 + IDLE_S).state is then
    used = shift.use(1000.0 + IDLE_S - 1)
    assert used.after(1000.0 + 2 * IDLE_S - 2).state is State.OPEN
    assert used.after(1000.0 + 2 * IDLE_S).state is then


def test_a_shift_ends_however_busy_it_is() -> None:
    """After twelve hours the passphrase is asked for again, from a pause as well."""
    end_s = 1000.0 + SHIFT_S
    busy = OPENED.with_pin().use(end_s - 1)
    assert busy.after(end_s - 1).state is State.OPEN
    assert busy.after(end_s) == Shift()
    assert OPENED.with_pin().pause().after(end_s) == Shift()


def test_a_pause_lasts_as_long_as_the_shift() -> None:
    """Coming back from a long lunch still takes the PIN only."""
    paused = OPENED.with_pin().pause()
    assert paused.after(1000.0 + SHIFT_S / 2).state is State.PIN
    assert paused.use(5000.0) is paused
    back = paused.resume(5000.0)
    assert (back.state, back.used_s, back.began_s) == (State.OPEN, 5000.0, 1000.0)


def test_the_fifth_wrong_pin_ends_the_shift() -> None:
    """A right one in between gives all tries back."""
    paused = OPENED.with_pin().pause()
    for left in range(TRIES - 1, 0, -1):
        paused = paused.miss()
        assert (paused.state, paused.tries) == (State.PIN, left)
    assert paused.miss() == Shift()
    assert paused.resume(2000.0).pause().tries == TRIES


def test_without_a_pin_a_pause_is_the_end() -> None:
    """Nothing of the shift is left."""
    assert OPENED.pause() == Shift()
    assert OPENED.with_pin().end() == Shift()
    assert Shift().after(10**9) == Shift()


@pytest.mark.parametrize(
    "digits",
    ["000000", "777777", "123456", "234567", "654321", "135791", "890123", "121212", "112211",
     "123123", "12345", "1234567", "12 456", "abcdef", "١٢٣٤٧٦", ""],
)  # fmt: skip
def test_what_everybody_tries_first_is_weak(digits: str) -> None:
    """Rows, repetitions, two digits, and what is no PIN at all."""
    assert is_weak_pin(digits)


@pytest.mark.parametrize("digits", ["271828", "314159", "170894", "902457"])
def test_other_pins_are_taken(digits: str) -> None:
    """No more rules than that: people must find one they remember."""
    assert not is_weak_pin(digits)
