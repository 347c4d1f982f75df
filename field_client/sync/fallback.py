"""How much one request may hold: all of it on an open line, less where a proxy stands between.

Our server answers while it is still being sent to. Some proxies pass a request on only once it is
whole, and refuse long ones. Then nothing is heard while we send; a request that is cut brings
nothing at all. So a stream that hears nothing for a while is ended where it stands, and what is
left goes in requests of their own: each as good as two before it, half after a failure. What was
learnt holds until the program ends. An answer that comes while we still send ends the caution.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from field_client.sync.errors import LineCut, ProxyRefused
from shared_schema.errors import JemputError

SILENCE_S = 5.0
FIRST_BYTES = 16 << 10
LEAST_BYTES = 2 << 10
MOST_BYTES = 768 << 10
STREAM_BYTES = 32 << 20
SILENT_CUTS = 2
WINS_TO_GROW_AGAIN = 4


class Whole(tuple[bytes, ...]):
    """The pieces of a request that is sent with its length, for proxies that know no chunks."""

    __slots__ = ()


@dataclass(slots=True, kw_only=True)
class Pace:
    """What one run of the program knows of the way to the server.

    ``clock``: seconds that only rise. ``whole``: a proxy wants to be told a request's length.
    """

    clock: Callable[[], float] = time.monotonic
    whole: bool = False
    _limit_bytes: int | None = None
    _most_bytes: int = MOST_BYTES
    _refused: bool = False
    _halved: bool = False
    _wins: int = 0
    _silent_cuts: int = 0
    _begun_s: float = 0.0
    _sent_bytes: int = 0
    _sending: bool = False
    _given: bool = False
    _heard: bool = False

    @property
    def separate(self) -> bool:
        """Whether requests are kept short at present."""
        return self._limit_bytes is not None

    def request(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        """Say that a request of ``pieces`` begins; return them in the form that the way bears."""
        self._begun_s, self._sent_bytes = self.clock(), 0
        self._sending, self._given, self._heard = True, False, False
        return Whole(pieces) if self.whole else pieces

    def is_full(self, sent_bytes: int, next_bytes: int) -> bool:
        """Return whether the request, ``sent_bytes`` so far, ends before the next piece.

        Each holds one piece at least. What goes into a file ends at the limit of a request only.
        """
        self._sent_bytes = sent_bytes
        if not self._sending:
            return sent_bytes + next_bytes > STREAM_BYTES
        given, self._given = self._given, True
        return given and self._is_full(sent_bytes, sent_bytes + next_bytes)

    def _is_full(self, sent_bytes: int, then_bytes: int) -> bool:
        silent = not self._heard and self.clock() - self._begun_s > SILENCE_S
        if silent and self._limit_bytes is None and not self.whole:
            self._limit_bytes = min(max(sent_bytes, FIRST_BYTES), self._most_bytes)
            return True
        return then_bytes > (STREAM_BYTES if self._limit_bytes is None else self._limit_bytes)

    def all_given(self, sent_bytes: int) -> None:
        """Say that the request has no more to give."""
        self._sent_bytes, self._sending = sent_bytes, False

    def heard(self) -> None:
        """Say that something of the answer came."""
        self._heard, self._silent_cuts = True, 0
        if self._sending and not self._refused:
            self._limit_bytes = None

    def succeeded(self) -> None:
        """Say that the answer is whole."""
        if self._limit_bytes is None:
            return
        self._wins += 1
        if not self._halved or self._wins >= WINS_TO_GROW_AGAIN:
            self._limit_bytes = min(2 * self._limit_bytes, self._most_bytes)
            self._wins = 0

    def failed(self, error: JemputError) -> bool:
        """Say that the request failed; return whether a smaller one may fare better."""
        self._wins = 0
        if isinstance(error, ProxyRefused):
            return self._shrink_refused()
        if not isinstance(error, LineCut):
            return False
        if self._limit_bytes is not None:
            self._shrink()
        elif not self._heard:
            self._silent_cuts += 1
            if self._silent_cuts >= SILENT_CUTS:
                self._limit_bytes = FIRST_BYTES
        return False

    def _shrink_refused(self) -> bool:
        """Stay below half of what was refused, and give lengths; nothing helps the smallest."""
        if self.whole and self._most_bytes == LEAST_BYTES:
            return False
        self._refused, self.whole = True, True
        self._most_bytes = max(min(self._sent_bytes, self._most_bytes) // 2, LEAST_BYTES)
        self._limit_bytes = min(FIRST_BYTES, self._most_bytes)
        return True

    def _shrink(self) -> None:
        self._halved = True
        if self._limit_bytes is not None:
            self._limit_bytes = max(self._limit_bytes // 2, LEAST_BYTES)
