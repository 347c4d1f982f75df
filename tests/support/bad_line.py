"""A line to an office or a relay that cuts, doubles and swaps what goes over it; no socket."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from field_client.sync.errors import LineCut
from shared_schema.frames import Frame, FrameReader, SectionIncomplete, read_frames
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

    ``sent``: how many of our frames arrive, and how many bytes of the next where the office hears
    us at once; None for all. ``heard``: the same of the office's that reach us. ``twice``: the
    request arrives a second time, as a proxy may do. ``swapped``: which frame of the reply changes
    places with the one behind it. ``at_once``: the office answers while we still send.
    """

    sent: Cut = None
    heard: Cut = None
    twice: bool = False
    swapped: int | None = None
    at_once: bool = False


FINE = Weather()


@dataclass(slots=True)
class BadLine:
    """The client's transport, in some weather.

    ``later``: what becomes of the exchanges behind a cut, one after the other, and then it is fine;
    None where the weather holds.
    """

    peer: Peer
    weather: Weather = FINE
    later: list[Weather] | None = None

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on what gets through, then cut the line. Raises LineCut."""
        try:
            yield from self._exchange(outgoing)
        except LineCut:
            if self.later is not None:
                self.weather = self.later.pop(0) if self.later else FINE
            raise

    def _exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
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
        frames: list[Frame] = []
        with suppress(SectionIncomplete):  # who keeps requests back passes on whole frames
            frames.extend(self._arriving(outgoing))
        if self.weather.twice:
            self.peer.answer(frames)
        yield from self._heard(iter(self._swapped(self.peer.answer(frames))))

    def _arriving(self, outgoing: Iterable[bytes]) -> Iterator[Frame]:
        """Give our frames as they arrive. Raises SectionIncomplete where one is cut."""
        whole, more = self.weather.sent or (None, 0)
        for data in outgoing:
            for frame in read_frames(data):
                if whole == 0:
                    _hear_part(frame.to_bytes()[:-1][:more])
                    return
                whole = whole and whole - 1
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


def _hear_part(data: bytes) -> None:
    """Take the bytes of a frame that is cut, as the office does. Raises SectionIncomplete."""
    reader = FrameReader()
    assert list(reader.feed(data)) == []
    reader.finish()
