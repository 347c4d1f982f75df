"""How long a request may be: all of it, or as much as the way to the server was seen to bear."""

import random
from dataclasses import dataclass, field

import pytest

from field_client.sync.errors import LineCut, ProxyRefused
from field_client.sync.fallback import (
    FIRST_BYTES,
    LEAST_BYTES,
    MOST_BYTES,
    SILENCE_S,
    STREAM_BYTES,
    Pace,
)

BATCH_BYTES = 1900


@dataclass
class Way:
    """A way to the server: what it passes on, and how fast; its clock moves as it carries."""

    bytes_s: float = 6000
    buffers: bool = False
    limit_bytes: int = STREAM_BYTES
    wants_length: bool = False
    resets: bool = False
    up_s: float = 1e9
    down_s: float = 0.0
    now_s: float = 0.0
    requests: list[int] = field(default_factory=list)
    carried_bytes: int = 0

    def clock(self) -> float:
        """Read the clock."""
        return self.now_s

    def is_up(self) -> bool:
        """Whether the line is up at this moment."""
        return self.now_s % (self.up_s + self.down_s) < self.up_s

    def request(self, pace: Pace, waiting: int) -> int:
        """Send a request as the engine does; return how many batches were confirmed."""
        pace.request([])
        sent, batches = 150, 0
        while batches < waiting and not pace.is_full(sent, BATCH_BYTES):
            self.now_s += BATCH_BYTES / self.bytes_s
            sent, batches = sent + BATCH_BYTES, batches + 1
            self.carried_bytes += BATCH_BYTES
            if not self.is_up():
                self.now_s += self.down_s
                pace.failed(LineCut())
                return 0 if self.buffers else batches - 1
            if not self.buffers:
                pace.heard()
            if sent > self.limit_bytes:
                break
        pace.all_given(sent)
        self.requests.append(sent)
        if sent > self.limit_bytes and self.resets:
            pace.failed(LineCut())
            return 0
        if sent > self.limit_bytes or (self.wants_length and not pace.whole):
            if not pace.failed(ProxyRefused(reason=413)):
                raise ProxyRefused(reason=413)
            return 0
        self.now_s += 1
        pace.heard()
        pace.succeeded()
        return batches

    def send(self, pace: Pace, batches: int, patience: int = 500) -> None:
        """Send until all is confirmed."""
        while batches:
            batches -= self.request(pace, batches)
            patience -= 1
            assert patience


def test_an_open_line_takes_everything_in_one_request() -> None:
    """A thousand registrations, one request, and no caution."""
    way = Way()
    pace = Pace(clock=way.clock)
    way.send(pace, 20)
    assert len(way.requests) == 1
    assert not pace.separate


def test_silence_while_sending_ends_the_stream_and_requests_double() -> None:
    """Behind a proxy that buffers: the first ends after five seconds, the next are longer."""
    way = Way(buffers=True)
    way.send(Pace(clock=way.clock), 400)
    first = SILENCE_S * way.bytes_s
    assert first < way.requests[0] < first + 2 * BATCH_BYTES
    assert all(size <= way.requests[0] << at for at, size in enumerate(way.requests))
    assert way.requests[2] > 3 * first
    assert max(way.requests) <= MOST_BYTES


def test_a_request_that_is_too_long_begins_small_and_stays_below() -> None:
    """413 by a proxy that lets only 64 KiB pass; what it refused is not tried again and again."""
    way = Way(bytes_s=1e6, buffers=True, limit_bytes=64 << 10)
    way.send(Pace(clock=way.clock), 300)
    refused = [size for size in way.requests if size > way.limit_bytes]
    assert way.requests[1] <= FIRST_BYTES
    assert len(refused) <= 2


def test_a_proxy_that_hangs_up_without_a_word_is_found_out() -> None:
    """Two cuts with nothing heard, then short requests, which pass."""
    way = Way(bytes_s=1e6, buffers=True, limit_bytes=64 << 10, resets=True)
    way.send(Pace(clock=way.clock), 300)
    refused = [size for size in way.requests if size > way.limit_bytes]
    assert way.requests[2] <= FIRST_BYTES
    assert len(refused) <= len(way.requests) // 3


def test_an_open_line_after_a_refusal_stays_cautious() -> None:
    """A proxy that streams may still count: an early answer does not lift its limit."""
    way = Way(bytes_s=1e6, limit_bytes=64 << 10)
    way.send(Pace(clock=way.clock), 300)
    assert len([size for size in way.requests if size > way.limit_bytes]) <= 2


def test_a_proxy_that_wants_lengths_gets_them() -> None:
    """411 at the first request; everything goes once lengths are given."""
    way = Way(wants_length=True)
    pace = Pace(clock=way.clock)
    way.send(pace, 3)
    assert pace.whole


def test_a_proxy_that_refuses_everything_is_named() -> None:
    """After a bounded number of requests."""
    way = Way(limit_bytes=100)
    with pytest.raises(ProxyRefused):
        way.send(Pace(clock=way.clock), 3)
    assert len(way.requests) < 12


@pytest.mark.parametrize(("up_s", "down_s"), [(8, 4), (20, 4), (6, 6)])
def test_everything_gets_through_a_buffering_proxy_on_a_line_that_is_cut(
    up_s: float, down_s: float
) -> None:
    """Nothing of a cut request counts there, so requests become as short as the line is up."""
    way = Way(buffers=True, up_s=up_s, down_s=down_s)
    way.send(Pace(clock=way.clock), 200)
    assert way.carried_bytes < 200 * BATCH_BYTES * 4


def test_cuts_on_an_open_line_do_not_end_the_stream() -> None:
    """Where answers come while we send, a cut says nothing of proxies."""
    way = Way(up_s=4, down_s=2)
    pace = Pace(clock=way.clock)
    way.send(pace, 100)
    assert not pace.separate


def test_an_answer_while_sending_ends_the_caution() -> None:
    """Two cuts before the first answer look like a proxy; the next answer shows there is none."""
    way = Way()
    pace = Pace(clock=way.clock)
    for _ in range(2):
        pace.request([])
        pace.failed(LineCut())
    assert pace.separate
    way.request(pace, 3)
    assert not pace.separate


def test_a_request_always_holds_something() -> None:
    """Whatever happened, the limit never falls below the least, nor rises above the most."""
    chance = random.Random(4)
    pace = Pace(clock=lambda: chance.random() * 1000)
    for _ in range(2000):
        pace.request([])
        assert not pace.is_full(1 << 20, 1 << 20)
        pace.is_full(chance.randrange(1 << 20), 2000)
        chance.choice([pace.heard, pace.succeeded, lambda: None])()
        if chance.random() < 0.5:
            pace.failed(chance.choice([LineCut(), ProxyRefused(reason=413)]))
        assert pace.is_full(MOST_BYTES, 1) or not pace.separate
        assert not pace.separate or LEAST_BYTES <= (pace._limit_bytes or 0) <= MOST_BYTES
