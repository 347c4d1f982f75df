"""A relay in a temporary folder, with an office behind it: the real store of both, no process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared_schema.errors import JemputError, NetworkError
from shared_schema.frames import Frame, FrameReader, Kind, read_frames
from shared_schema.relaying import Ended, Heard, Listener
from sync_server import keys
from sync_server.enrol import Invitation, invite
from sync_server.relay.errors import UpstreamCut
from sync_server.relay.forwarding import Passed
from sync_server.relay.holding import converse, open_section
from sync_server.relay.pacing import pass_on_all
from sync_server.relay.relay import Limits, Relay
from sync_server.relay.settling import settle_in
from sync_server.relay.store import open_relay_store
from tests.support.offices import Bench
from tests.support.raw_device import NOW_MS, Answer, RawDevice

ROOM_BYTES = 1 << 40
ADDRESS = "http://127.0.0.1:9"


@dataclass(slots=True, kw_only=True)
class Wire:
    """The way to an office: whole, or cut after so many of our frames or of its answers.

    ``swapped``: which of its answers changes places with the one behind it.
    """

    bench: Bench
    up: bool = True
    sent: int = 1 << 30
    heard: int = 1 << 30
    swapped: int | None = None
    bytes_sent: int = 0
    kinds: list[int] = field(default_factory=list)

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on what gets through, then cut the line."""
        if not self.up:
            raise UpstreamCut
        frames: list[Frame] = []
        reader = FrameReader()
        for piece in outgoing:
            frames += reader.feed(piece)
            self.bytes_sent += len(piece)
        self.kinds += [frame.kind for frame in frames[: self.sent]]
        body = b"".join(frame.to_bytes() for frame in frames[: self.sent])
        answer = list(self.bench.answer(body))
        if self.swapped is not None:
            answer[self.swapped : self.swapped + 2] = answer[self.swapped : self.swapped + 2][::-1]
        for count, frame in enumerate(answer):
            if count >= self.heard:
                raise UpstreamCut
            yield frame.to_bytes()


@dataclass(slots=True, kw_only=True)
class Visit:
    """What a relay answered to one device."""

    heard: list[Heard] = field(default_factory=list)
    replies: list[list[Frame]] = field(default_factory=list)

    def of(self, kind: type) -> list:
        """Give what was heard of a kind."""
        return [one for one in self.heard if isinstance(one, kind)]


@dataclass(slots=True, kw_only=True)
class RelayBench:
    """A relay that an office has enrolled, and the wire between them."""

    folder: Path
    relay: Relay
    wire: Wire

    def pass_on(self) -> Passed:
        """Pass on what is due."""
        return pass_on_all(self.relay, self.wire)

    def try_to_pass_on(self) -> JemputError | None:
        """Pass on what gets through."""
        try:
            self.pass_on()
        except NetworkError as error:
            return error
        return None

    def answer(self, body: bytes) -> list[Frame]:
        """Answer a body."""
        frames = iter(read_frames(body))
        return list(converse(self.relay, frames, open_section(self.relay, frames), []))

    def visit(self, device: RawDevice, *frames: Frame | bytes) -> Visit:
        """Let a device come by with a section."""
        return heard_by(device, self.answer(device.section(*frames)))

    def reopened(self) -> "RelayBench":
        """Start the relay again on what its disk holds."""
        self.relay.store.close()
        relay = relay_in(self.folder, self.relay.keys, self.wire.bench, self.relay.limits)
        return RelayBench(folder=self.folder, relay=relay, wire=self.wire)


def heard_by(device: RawDevice, frames: list[Frame]) -> Visit:
    """Check and take apart what a relay answered."""
    listener = Listener(device=device.id, office=device.server_public)
    visit = Visit()
    while frames and frames[0].kind == Kind.HELD:
        heard = listener.hear(frames.pop(0))
        if heard is not None:
            visit.heard.append(heard)
    ended = visit.heard[-1]
    assert isinstance(ended, Ended)
    for count in ended.replies:
        visit.replies.append(frames[:count])
        del frames[:count]
    assert frames == []
    return visit


def read_replies(device: RawDevice, visit: Visit) -> list[Answer]:
    """Let a device read the office's replies that a relay handed over."""
    return [device.read(reply) for reply in visit.replies]


def relay_code(bench: Bench, until_ms: int | None = None) -> str:
    """Make a code for a relay, as `device enrol --relay` does."""
    invitation = Invitation(
        label="Kecamatan Contoh", scope=("53.15.05",), url=ADDRESS, valid_ms=1 << 40,
        until_ms=until_ms, relay=True,
    )  # fmt: skip
    return invite(bench.office, invitation)


def relay_in(folder: Path, loaded: keys.Keys, bench: Bench, limits: Limits | None = None) -> Relay:
    """Open the relay in a folder; its clock is the office's."""
    return Relay(
        store=open_relay_store(folder), keys=loaded, now_ms=lambda: bench.clock[0],
        free=lambda: ROOM_BYTES, limits=limits or Limits(),
    )  # fmt: skip


def found_relay(
    folder: Path, bench: Bench, limits: Limits | None = None, *, until_ms: int | None = None
) -> RelayBench:
    """Make a relay and let the office enrol it."""
    made = RelayBench(
        folder=folder,
        relay=relay_in(folder, keys.generate(), bench, limits),
        wire=Wire(bench=bench),
    )
    settle_in(made.relay, relay_code(bench, until_ms), "")
    made.pass_on()
    return made


__all__ = ["NOW_MS", "RelayBench", "Visit", "found_relay", "heard_by", "read_replies"]
