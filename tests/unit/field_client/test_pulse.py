"""The window and the stalls of a connection, on a simulated 2G line and on what Linux tells."""

import struct
from dataclasses import dataclass

import pytest

from field_client.sync.lookout import Lookout
from field_client.sync.pulse import LEAST_BYTES, Flow, Pulse, read_info

RATE_BYTES_S = 6_000.0
RTT_S = 0.8


@dataclass
class Modem:
    """A line of a given rate and round trip, whose queue takes whatever it is given."""

    rate: float = RATE_BYTES_S
    rtt_s: float = RTT_S
    now_s: float = 0.0
    given: float = 0.0
    arrived: float = 0.0
    up: bool = True
    _ack_s: float = 0.0

    def pass_time(self, seconds: float) -> None:
        """Carry what lies in the queue, if the line is up."""
        self.now_s += seconds
        if self.up and self.given > self.arrived and self.now_s > self.rtt_s:
            self.arrived = min(self.given, self.arrived + self.rate * seconds)
            self._ack_s = self.now_s

    def feel(self) -> Pulse:
        """Tell what a system would."""
        held = int(self.given - self.arrived)
        return Pulse(
            held=held,
            in_flight=-(-held // 1448),
            arrived=int(self.arrived),
            silent_s=self.now_s - self._ack_s,
            rtt_s=self.rtt_s + held / self.rate,
            least_rtt_s=self.rtt_s,
        )


def run(modem: Modem, flow: Flow, seconds: float) -> float:
    """Give the line all that the window lets through; return the most that stood in it."""
    most, until_s = 0.0, modem.now_s + seconds
    while modem.now_s < until_s:
        modem.pass_time(0.05)
        flow.look()
        modem.given += flow.room
        most = max(most, modem.given - modem.arrived)
    return most


def test_a_slow_line_is_kept_busy_and_its_modem_empty() -> None:
    """No byte of the rate is lost, and no more than two seconds' worth stands in the queue."""
    modem = Modem()
    most = run(modem, Flow(modem.feel, lambda: modem.now_s), 30)
    assert modem.arrived >= (30 - 2 * RTT_S) * RATE_BYTES_S
    assert most <= 2 * RATE_BYTES_S


def test_a_faster_line_is_found_out() -> None:
    """The window grows with what arrives, half of it each round trip."""
    modem = Modem(rate=200_000, rtt_s=0.3)
    run(modem, Flow(modem.feel, lambda: modem.now_s), 5)
    before = modem.arrived
    run(modem, Flow(modem.feel, lambda: modem.now_s), 5)
    assert before > 300_000
    assert modem.arrived - before >= 0.5 * 5 * 200_000


@pytest.mark.parametrize("flow_feels", [lambda: None, Modem(rtt_s=0.001).feel])
def test_near_or_blind_nothing_is_held_back(flow_feels) -> None:
    """In the office's own network, and where the system tells nothing."""
    flow = Flow(flow_feels, lambda: 0.0)
    flow.look()
    assert flow.room > 1 << 20


def test_a_whole_packet_always_fits_the_window() -> None:
    """Also where packets are as large as on loopback, and a busy machine makes it look far."""
    pulse = Pulse(
        held=0, in_flight=0, arrived=0, silent_s=0, rtt_s=1, least_rtt_s=1, packet_bytes=65_483
    )
    flow = Flow(lambda: pulse, lambda: 0.0)
    flow.look()
    assert 0 < flow.packet_bytes <= flow.room


def test_a_gap_is_noticed_within_seconds_and_movement_ends_it() -> None:
    """What is under way and not acknowledged tells; a line that only rests is not suspected."""
    modem = Modem()
    flow = Flow(modem.feel, lambda: modem.now_s)
    run(modem, flow, 10)
    assert flow.quiet_s < flow.stall_s
    modem.up = False
    run(modem, flow, 5)
    assert (flow.under_way, flow.quiet_s >= flow.stall_s) == (True, True)
    modem.up = True
    run(modem, flow, 0.2)
    assert flow.quiet_s < flow.stall_s


def test_what_begins_after_a_rest_is_not_taken_for_a_stall() -> None:
    """The wait is counted from when something was sent."""
    modem = Modem()
    flow = Flow(modem.feel, lambda: modem.now_s)
    modem.pass_time(60)
    flow.look()
    modem.given = 1448
    modem.up = False
    flow.look()
    assert flow.quiet_s < 0.1


def test_linux_is_understood() -> None:
    """The fields of struct tcp_info, one that arrived behind a gap counted as arrived."""
    info = bytearray(160)
    struct.pack_into("I", info, 16, 1448)
    struct.pack_into("4I", info, 24, 10, 3, 2, 1)
    struct.pack_into("I", info, 56, 250)
    struct.pack_into("I", info, 68, 900_000)
    struct.pack_into("Q", info, 120, 50_000)
    struct.pack_into("2I", info, 144, 700, 800_000)
    pulse = read_info(bytes(info))
    assert pulse == Pulse(
        held=700 + 6 * 1448,
        in_flight=10,
        arrived=50_000 + 3 * 1448,
        packet_bytes=1420,
        silent_s=0.25,
        rtt_s=0.9,
        least_rtt_s=0.8,
    )
    assert pulse.held > LEAST_BYTES


class Found:
    """A connection that was opened."""

    closed = False

    def close(self) -> None:
        """End it."""
        self.closed = True


class Opening:
    """Tries that succeed after some time."""

    def __init__(self, modem: Modem, after_s: float) -> None:
        self._modem, self._begun_s, self._after_s = modem, modem.now_s, after_s
        self.line, self.ended = Found(), False

    @property
    def since_s(self) -> float:
        """How long it has been tried."""
        return self._modem.now_s - self._begun_s

    def proceed(self):
        """Return the connection once it is there."""
        return self.line if self.since_s >= self._after_s else None

    def close(self) -> None:
        """Give up."""
        self.ended = True


def watched(modem: Modem, after_s: float) -> tuple[Flow, Lookout, list[Opening]]:
    """Return a connection's flow, what looks out on it, and the tries that it has begun."""
    begun: list[Opening] = []

    def begin() -> Opening:
        begun.append(Opening(modem, after_s))
        return begun[-1]

    flow = Flow(modem.feel, lambda: modem.now_s)
    return flow, Lookout(flow, begin), begun  # type: ignore[arg-type]


def look_on(modem: Modem, flow: Flow, lookout: Lookout, seconds: float) -> Found | None:
    """Let time pass until another line is to be used."""
    until_s = modem.now_s + seconds
    while modem.now_s < until_s:
        modem.pass_time(0.05)
        flow.look()
        other = lookout.other(flow.quiet_s)
        if other is not None:
            return other  # type: ignore[return-value]
    return None


def test_another_line_is_used_where_the_present_one_stands_still() -> None:
    """As soon as it is open."""
    modem = Modem()
    flow, lookout, begun = watched(modem, 1.0)
    run(modem, flow, 5)
    modem.up = False
    assert look_on(modem, flow, lookout, 10) is begun[0].line
    assert not begun[0].line.closed


def test_the_present_line_is_kept_where_it_moves_first() -> None:
    """The tries end; nothing is sent twice."""
    modem = Modem()
    flow, lookout, begun = watched(modem, 5.0)
    run(modem, flow, 5)
    modem.up = False
    assert look_on(modem, flow, lookout, 5) is None
    modem.up = True
    assert look_on(modem, flow, lookout, 5) is None
    assert begun[0].ended


def test_an_office_that_takes_its_time_is_waited_for() -> None:
    """A line that opens at once shows that there was no gap; it is asked ever less often."""
    modem = Modem()
    flow, lookout, begun = watched(modem, RTT_S)
    run(modem, flow, 5)
    modem.pass_time(20)
    flow.look()
    flow.moved()
    assert look_on(modem, flow, lookout, 100) is None
    assert 3 <= len(begun) <= 6
    assert all(one.line.closed for one in begun)


def test_a_slow_opening_shows_that_the_answer_was_lost_too() -> None:
    """Nothing of ours is on its way, but there was a gap: the answer is asked for again."""
    modem = Modem()
    flow, lookout, begun = watched(modem, 4.0)
    run(modem, flow, 5)
    modem.pass_time(20)
    flow.look()
    flow.moved()
    assert look_on(modem, flow, lookout, 20) is begun[0].line
