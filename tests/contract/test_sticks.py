"""Several devices on one stick: what is spoilt for one is no reason not to answer the next."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from shared_schema.custody import Receipt, Status
from shared_schema.errors import JemputError
from shared_schema.frames import Frame, FrameReader, Kind, read_frames
from shared_schema.messages import read_server_frame
from sync_server.exchange import converse, open_next
from sync_server.inbound import Inbound
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import Answer, RawDevice

_END_BYTES = 25


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office with an empty log."""
    return found_office(tmp_path)


class Stick:
    """Sections end to end, and what the office says to each device."""

    def __init__(self, bench: Bench, *sections: bytes) -> None:
        self.troubles: list[JemputError] = []
        inbound = Inbound(FrameReader().feed(b"".join(sections)), all_here=True)
        opening = open_next(bench.office, inbound, self.troubles)
        self.said = list(converse(bench.office, inbound, opening, self.troubles))

    def to(self, device: RawDevice) -> Answer:
        """Open what is meant for a device, in however many sections."""
        answer = Answer()
        for frame in self.said:
            try:
                _, content = read_server_frame(frame, device.id, device.server_public)
            except JemputError:
                continue
            answer.frames.append((frame.kind, content))
        return answer

    def receipts(self, device: RawDevice) -> list[Receipt]:
        """Give the receipts for a device."""
        return self.to(device).receipts

    @property
    def codes(self) -> list[str]:
        """Give the codes of what went wrong."""
        return [trouble.code for trouble in self.troubles]


def section(device: RawDevice, count: int = 1) -> bytes:
    """Seal some people into a section."""
    return device.section(device.batch(device.people(count)))


def unreadable(body: bytes) -> bytes:
    """Put nonsense of the same length in the place of a section's hello."""
    hello, *rest = read_frames(body)
    spoilt = Frame(Kind.HELLO, bytes(len(hello.body)))
    return b"".join(frame.to_bytes() for frame in (spoilt, *rest))


def test_a_section_without_a_readable_hello_is_passed_over(bench: Bench) -> None:
    """The first, one in the middle, the last: all others are answered, and the trouble is told."""
    devices = [bench.device() for _ in range(4)]
    for at in range(4):
        sections = [section(device) for device in devices]
        sections[at] = unreadable(sections[at])
        stick = Stick(bench, *sections)
        assert stick.codes == ["MESSAGE_INVALID"]
        answered = [[one.status for one in stick.receipts(device)] for device in devices]
        expected = [[Status.ACCEPTED if not gap else Status.GAP] for gap in _behind(devices, at)]
        expected[at] = []
        assert answered == expected


def _behind(devices: list[RawDevice], at: int) -> list[bool]:
    """Tell which devices have lost a batch in an earlier round: what follows it is a gap."""
    return [number < at for number in range(len(devices))]


def test_a_section_whose_end_is_missing_does_not_swallow_the_next(bench: Bench) -> None:
    """Copied up to the end of a frame: what came counts, and the next device is heard."""
    one, other = bench.device(), bench.device()
    stick = Stick(bench, section(one)[:-_END_BYTES], section(other))
    assert stick.codes == ["SECTION_INCOMPLETE"]
    assert stick.to(one).errors == ["SECTION_INCOMPLETE"]
    assert [len(stick.receipts(device)) for device in (one, other)] == [1, 1]
    assert len(stick.to(other).objects(Kind.DONE)) == 1


def test_strangers_and_other_offices_devices_are_no_obstacle(bench: Bench, tmp_path: Path) -> None:
    """Each is refused by name; the devices around them are answered."""
    (tmp_path / "other").mkdir()
    foreign = found_office(tmp_path / "other")
    ours = bench.device()
    stranger = RawDevice.of(code_of(bench.office))
    sections = [section(stranger), section(foreign.device()), section(ours)]
    hello = stranger.hello().to_bytes()
    stick = Stick(bench, *sections, hello, hello, section(ours))
    assert "DEVICE_UNKNOWN" in stick.codes
    assert [one.sequence for one in stick.receipts(ours)] == [1, 2]


def test_nothing_readable_at_all_is_said_and_nobody_answered(bench: Bench) -> None:
    """Without a hello there is nobody to answer."""
    stick = Stick(bench, unreadable(section(bench.device())))
    assert (stick.codes, stick.said) == (["MESSAGE_INVALID"], [])
    assert Stick(bench, b"").said == []


def test_a_stick_with_many_sections_is_answered(bench: Bench) -> None:
    """As many as the teams of a regency hand in; each gets its receipt."""
    device = bench.device()
    quiet = device.hello(pull=False)
    batches = [device.batch(device.people(1)) for _ in range(30)]
    sections = [device.section(batch, hello=quiet) for batch in batches]
    assert [one.sequence for one in Stick(bench, *sections).receipts(device)] == [*range(1, 31)]


@pytest.mark.parametrize("spoilt", [False, True])
def test_batches_of_a_stick_are_answered_as_if_one_by_one(
    bench: Bench, tmp_path: Path, *, spoilt: bool
) -> None:
    """In one commit where all are in order; a forged one among them harms no other."""
    device = bench.device()
    sealed = [device.batch(device.people(2)) for _ in range(5)]
    odd = [sealed[2][:-1] + bytes([sealed[2][-1] ^ 1]), b"no batch", sealed[0]] if spoilt else []
    body = device.section(*sealed[:3], *odd, *sealed[3:])
    (tmp_path / "other").mkdir()
    other = bench.copy(tmp_path / "other")
    commits: list[Connection] = []
    event.listen(bench.office.store.engine, "commit", commits.append)
    together = Stick(bench, body)
    waited = Inbound(FrameReader().feed(body))
    troubles: list[JemputError] = []
    alone = list(
        converse(other.office, waited, open_next(other.office, waited, troubles), troubles)
    )
    receipts = together.receipts(device)
    assert [one.status for one in receipts] == [Status.ACCEPTED] * (6 if spoilt else 5)
    assert receipts[-1].sequence == 10
    assert together.codes == (["BATCH_FORGED", "BATCH_VERSION_UNKNOWN"] if spoilt else [])
    kinds = (Kind.RECEIPT, Kind.ERROR)
    said = [[one for one in frames if one.kind in kinds] for frames in (together.said, alone)]
    assert said[0] == said[1]
    assert bench.projections() == other.projections()
    writing = sum(one.get_execution_options().get("writes", False) for one in commits)
    assert writing == (6 if spoilt else 1)
