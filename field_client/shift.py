"""Who has opened the pages, and until when: a shift and its pauses, as a state machine.

    LOCKED --passphrase--> OPEN --five idle minutes--> PIN (if one was set, else LOCKED)
    PIN --the right digits--> OPEN        PIN --five wrong ones--> LOCKED
    any --twelve hours, or an explicit end--> LOCKED

Pure: times are seconds of a clock that only rises and also counts while the laptop sleeps, so
that neither a wrong date nor a closed lid keeps anything open.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Self

IDLE_S = 300.0
SHIFT_S = 12 * 3600.0
TRIES = 5
PIN_DIGITS = 6
_FEWEST_DIFFERENT = 3


class State(StrEnum):
    """How far the store is open to the pages."""

    LOCKED = "locked"
    OPEN = "open"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A moment of a shift; each method returns the next one.

    ``began_s``: when the passphrase was given. ``used_s``: when somebody last did something.
    ``tries``: wrong PINs that are still allowed.
    """

    state: State = State.LOCKED
    operator: str = ""
    began_s: float = 0.0
    used_s: float = 0.0
    has_pin: bool = False
    tries: int = TRIES

    def begin(self, operator: str, now_s: float) -> Self:
        """Open with the passphrase: a new shift, without a PIN."""
        return type(self)(state=State.OPEN, operator=operator, began_s=now_s, used_s=now_s)

    def use(self, now_s: float) -> Self:
        """Note that somebody is at work."""
        return replace(self, used_s=now_s) if self.state is State.OPEN else self

    def with_pin(self) -> Self:
        """Note that a PIN was set."""
        return replace(self, has_pin=True, tries=TRIES)

    def pause(self) -> Self:
        """Lock until the PIN; for good where there is none."""
        if self.state is State.OPEN and self.has_pin:
            return replace(self, state=State.PIN)
        return self.end()

    def end(self) -> Self:
        """Lock for good: the next one to open gives the passphrase."""
        return type(self)()

    def after(self, now_s: float) -> Self:
        """Return what has become of the shift by time alone."""
        if self.state is State.LOCKED:
            return self
        if now_s - self.began_s >= SHIFT_S:
            return self.end()
        idle = self.state is State.OPEN and now_s - self.used_s >= IDLE_S
        return self.pause() if idle else self

    def resume(self, now_s: float) -> Self:
        """Open with the right PIN."""
        return replace(self, state=State.OPEN, used_s=now_s, tries=TRIES)

    def miss(self) -> Self:
        """Note a wrong PIN; after the last one allowed the shift ends."""
        left = replace(self, tries=self.tries - 1)
        return left if left.tries > 0 else self.end()


def is_weak_pin(digits: str) -> bool:
    """Return whether a PIN is no six digits, or one of those that everybody tries first.

    Those are steps of one kind (111111, 123456, 975310), two digits only (121122), and a part
    that repeats (123123).
    """
    if len(digits) != PIN_DIGITS or not (digits.isascii() and digits.isdigit()):
        return True
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    half = PIN_DIGITS // 2
    return len(steps) == 1 or len(set(digits)) < _FEWEST_DIFFERENT or digits[:half] == digits[half:]
