"""The frames of a body: bounded, one of them put back, the rest of a section passed over."""

import pytest

from shared_schema.frames import FRAME_LIMIT_BYTES, Frame, FrameInvalid, FrameReader, Kind
from sync_server.inbound import FRAMES_FREE, SECTIONS_LIMIT, Inbound

HELLO, BATCH, END = Frame(Kind.HELLO, b"h"), Frame(Kind.BATCH, bytes(300)), Frame(Kind.END, b"e")


def test_a_frame_that_is_put_back_comes_again() -> None:
    """Whoever looked ahead leaves it to the next."""
    inbound = Inbound(iter([HELLO, BATCH]))
    first = next(inbound)
    inbound.put_back(first)
    assert list(inbound) == [HELLO, BATCH]


@pytest.mark.parametrize(
    ("frames", "left"),
    [
        ([BATCH, END, HELLO, BATCH], [HELLO, BATCH]),
        ([BATCH, HELLO, BATCH], [HELLO, BATCH]),
        ([BATCH, BATCH], []),
        ([], []),
    ],
)
def test_the_rest_of_a_section_is_passed_over(frames: list[Frame], left: list[Frame]) -> None:
    """Up to behind its end, or to the hello that comes where an end is missing."""
    inbound = Inbound(iter(frames))
    inbound.pass_over()
    assert list(inbound) == left


def test_tiny_frames_are_bounded_and_great_ones_are_not() -> None:
    """A thousand are free; beyond that they are as long as real ones on average."""
    tiny = Inbound(Frame(99, b"") for _ in range(10**6))
    with pytest.raises(FrameInvalid, match="small frames"):
        list(tiny)
    assert list(tiny) == []
    real = (Frame(Kind.BATCH, bytes(206)) for _ in range(20 * FRAMES_FREE))
    assert len(list(Inbound(real))) == 20 * FRAMES_FREE


def test_sections_are_bounded() -> None:
    """Each hello costs a signature and a look into the database."""
    hellos = (Frame(Kind.HELLO, bytes(500)) for _ in range(SECTIONS_LIMIT + 1))
    with pytest.raises(FrameInvalid, match="sections"):
        list(Inbound(hellos))


@pytest.mark.parametrize(
    ("kind", "size"),
    [(Kind.HELLO, 128 << 10), (Kind.ENROL, 4 << 10), (Kind.END, 20), (33, FRAME_LIMIT_BYTES)],
)
def test_a_length_over_the_limit_of_its_kind_is_refused_unread(kind: int, size: int) -> None:
    """The head is enough: nothing is collected for what is too long."""
    assert list(FrameReader().feed(bytes([kind]) + size.to_bytes(4))) == []
    with pytest.raises(FrameInvalid):
        list(FrameReader().feed(bytes([kind]) + (size + 1).to_bytes(4)))
    with pytest.raises(FrameInvalid):
        Frame(kind, bytes(size + 1)).to_bytes()


def test_what_lies_there_is_taken_together_up_to_another_kind() -> None:
    """At most so many; the frame behind them comes next, and nothing is waited for."""
    inbound = Inbound(iter([BATCH, BATCH, BATCH, END]), all_here=True)
    assert inbound.at_hand(Kind.BATCH, 2) == [BATCH, BATCH]
    assert inbound.at_hand(Kind.BATCH, 2) == [BATCH]
    assert list(inbound) == [END]
    assert Inbound(iter([BATCH])).at_hand(Kind.BATCH, 2) == []


def test_an_error_behind_what_lies_there_waits_for_its_turn() -> None:
    """Whoever is before it is answered first."""
    cut = FrameReader()
    data = BATCH.to_bytes() * 2 + bytes([Kind.END]) + (999).to_bytes(4)
    inbound = Inbound(cut.feed(data), all_here=True)
    assert inbound.at_hand(Kind.BATCH, 9) == [BATCH, BATCH]
    with pytest.raises(FrameInvalid):
        next(inbound)
    assert next(inbound, None) is None
