"""How long one sync goes on over cuts: at once after one that brought something, then at pauses.

An office that has no place just now is asked again at pauses too, none shorter than it says. It
gives up when nothing has come for a while, and at once where nothing has ever come: then there
is no line to speak of, and the user should know.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from field_client.sync.errors import LineCut, OfficeBusy, ProxyRefused, ServerUnreachable
from field_client.sync.fallback import Pace
from shared_schema.errors import NetworkError

PATIENCE_S = 60.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_SILENT_CUTS = 2
PASSING = (LineCut, ServerUnreachable, ProxyRefused, OfficeBusy)


def is_cut(error: NetworkError) -> bool:
    """Return whether the line is to blame; an office without a place says nothing of the line."""
    return not isinstance(error, OfficeBusy)


@dataclass(slots=True, kw_only=True)
class Patience:
    """``seconds``: how long without a byte from the office; 0 gives up at the first cut.

    ``pace``: what is known of the way; one for the whole run of the program.
    """

    seconds: float = 0.0
    pace: Pace = field(default_factory=Pace)
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random
    _heard_s: float | None = None
    _fresh: bool = False
    _fruitless: int = 0

    def heard(self) -> None:
        """Note that something came."""
        self._heard_s, self._fresh = self.now(), True
        self.pace.heard()

    def again(self, error: NetworkError) -> bool:
        """Return whether another line is to be tried after ``error``; pauses before it says yes.

        A cut that ``moved``, another line being open already, is worth as long again.
        """
        if self.pace.failed(error):
            return True
        if not isinstance(error, LineCut | ServerUnreachable | OfficeBusy) or not self.seconds:
            return False
        if isinstance(error, OfficeBusy):
            self._met()
        self._fruitless = 0 if self._fresh else self._fruitless + 1
        self._fresh = False
        if self._heard_s is None:
            if isinstance(error, ServerUnreachable) or self._fruitless > _SILENT_CUTS:
                return False
        elif self._over(self._heard_s, error):
            return False
        if self._fruitless:
            doubled_s = _FIRST_PAUSE_S * 2.0 ** min(self._fruitless - 1, 8)
            pause_s = min(doubled_s, _LONGEST_PAUSE_S) * (0.5 + self.draw() / 2)
            self.sleep(pause_s + _asked_s(error))
        return True

    def _met(self) -> None:
        """Note that somebody is there, who has brought nothing."""
        self._fresh = False
        if self._heard_s is None:
            self._heard_s = self.now()

    def _over(self, heard_s: float, error: NetworkError) -> bool:
        """Return whether it has lasted long enough, or would before the office is free."""
        seconds = self.seconds * (1 + bool(error.details.get("moved")))
        return self.now() - heard_s + _asked_s(error) >= seconds


def _asked_s(error: NetworkError) -> float:
    """Return how long the office asks to be left alone."""
    return float(error.details.get("pause_s", 0))
