"""Real sections, replayed in any order, many at once on a stick: every change is there once."""

import random
import threading
from collections.abc import Iterator

import pytest

from shared_schema.custody import Status
from shared_schema.errors import JemputError
from shared_schema.frames import Frame, FrameReader, Kind
from sync_server.exchange import converse, open_next
from sync_server.inbound import Inbound
from tests.support.effort import Effort, in_both, quick_folder, report
from tests.support.mutations import seed_of
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

REPLAYS = Effort("test_replays.py::test_replays_double_nothing", ci=2040, soak=102_000)
_DEVICES = 8
_A_STICK = 510
_PEOPLE = 2
_BATCHES = 8
_BATCHES_A_SECTION = 5


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Open an office whose flushes cost nothing."""
    with quick_folder() as folder:
        made = found_office(folder)
        yield made
        made.office.store.close()


def told(bench: Bench, body: bytes) -> list[Frame]:
    """Answer the sections of a stick."""
    troubles: list[JemputError] = []
    inbound = Inbound(FrameReader().feed(body))
    opening = open_next(bench.office, inbound, troubles)
    said = list(converse(bench.office, inbound, opening, troubles))
    assert troubles == []
    return said


def sections(device: RawDevice) -> list[bytes]:
    """Record what a device sends in a few days: each section holds what had no receipt yet."""
    batches = [device.batch(device.people(_PEOPLE), codec=at % 2 + 1) for at in range(_BATCHES)]
    parts = (batches[:2], batches[:5], batches[1:7], batches[4:], batches)
    return [device.section(*part, hello=device.hello(pull=False)) for part in parts]


@in_both
def test_replays_double_nothing(bench: Bench, scale: str) -> None:
    """Each section many times, late ones first, on great sticks and from two lines at once.

    Five batches a section: ten thousand batches in CI.
    """
    seed = seed_of(scale)
    chance, tries = random.Random(seed), REPLAYS.tries(scale)
    report(seed=seed, tries=tries)
    recorded = [section for _ in range(_DEVICES) for section in sections(bench.device())]
    receipts: list[int] = []

    def replay(chance: random.Random, count: int) -> None:
        for _ in range(0, count, _A_STICK):
            said = told(bench, b"".join(chance.choices(recorded, k=_A_STICK)))
            assert sum(frame.kind == Kind.DONE for frame in said) == _A_STICK
            receipts.append(sum(frame.kind == Kind.RECEIPT for frame in said))

    beside = threading.Thread(target=replay, args=(random.Random(seed + 1), tries // 4))
    beside.start()
    replay(chance, tries - tries // 4)
    beside.join()
    report(batches=sum(receipts))
    assert sum(receipts) > tries * (_BATCHES_A_SECTION - 0.2)
    with bench.office.store.read() as connection:
        held = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT stream || ':' || sequence), count(DISTINCT record)"
            " FROM changes"
        ).one()
        assert tuple(held) == (_DEVICES * _BATCHES * _PEOPLE,) * 3
        sealed = connection.exec_driver_sql("SELECT count(*) FROM batches").scalar()
        assert sealed == _DEVICES * _BATCHES
        assert connection.exec_driver_sql("SELECT count(*) FROM quarantine").scalar() == 0


def test_the_receipts_of_replays_are_those_given_first(bench: Bench) -> None:
    """Byte for byte, so that a device may lose any of them."""
    device = bench.device()
    body = device.section(*(device.batch(device.people(2)) for _ in range(3)))
    first, again = ([f for f in told(bench, body) if f.kind == Kind.RECEIPT] for _ in range(2))
    assert first == again
    assert [one.status for one in device.read(told(bench, body)).receipts] == [Status.ACCEPTED] * 3
