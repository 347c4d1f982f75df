"""A line to an office or a relay that cuts, doubles and swaps what goes over it; no socket."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from field_client.sync.errors import LineCut
from shared_schema.frames import Frame, FrameReader
from tests.support.fuses import OfficeDown
from tests.support.regency import Unheard

Cut = tuple[int, int] | None


class Peer(Protocol):
    """Whoever is at the other end. ``old``: its program must not be mixed with ours."""

    @property
    def old(self) -> bool: ...  # noqa: D102
    def converse(self, frames: Iterator[Frame]) -> Iterator[Frame]: ...  # noqa: D102
    def answer(self, frames: list[Frame]) -> list[Frame]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What becomes of one exchange.

    ``sent``: how many of our frames arrive, None for all. ``heard``: how many of the office's
    reach us, and how many bytes of the next. ``twice``: the request arrives a second time, as a
    proxy may do. ``swapped``: which frame of the reply changes places with the one behind it.
    ``at_once``: the office answers while we still send.
    """

    sent: int | None = None
    heard: Cut = None
    twice: bool = False
    swapped: int | None = None
    at_once: bool = False


FINE = Weather()


@dataclass(slots=True)
class BadLine:
    """The client's transport, in some weather."""

    peer: Peer
    weather: Weather = FINE

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on what gets through, then cut the line. Raises LineCut."""
        try:
            yield from self._reply(outgoing)
        except (Unheard, OfficeDown) as error:
            raise LineCut from error
        if self.weather.sent is not None:
            raise LineCut

    def _reply(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        if self.weather.at_once and not self.peer.old:
            yield from self._heard(self.peer.converse(self._arriving(outgoing)))
            return
        frames = list(self._arriving(outgoing))
        if self.weather.twice:
            self.peer.answer(frames)
        yield from self._heard(iter(self._swapped(self.peer.answer(frames))))

    def _arriving(self, outgoing: Iterable[bytes]) -> Iterator[Frame]:
        left, reader = self.weather.sent, FrameReader()
        for data in outgoing:
            for frame in reader.feed(data):
                if left == 0:
                    return
                left = left and left - 1
                yield frame

    def _swapped(self, reply: list[Frame]) -> list[Frame]:
        at = self.weather.swapped
        if at is None or len(reply) < 2:
            return reply
        at %= len(reply) - 1
        return [*reply[:at], reply[at + 1], reply[at], *reply[at + 2 :]]

    def _heard(self, reply: Iterator[Frame]) -> Iterator[bytes]:
        whole, more = self.weather.heard or (None, 0)
        for frame in reply:
            data = frame.to_bytes()
            if whole == 0:
                yield data[: min(more, len(data) - 1)]
                raise LineCut
            whole = whole and whole - 1
            yield data
