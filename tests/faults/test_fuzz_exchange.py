"""Mutations of valid batches and sections: nothing mutated is accepted, nothing stops the office.

What is meant to be refused by its signature is mutated as bytes; what a device with a good
signature could send, on purpose or by a mistake, is mutated within and sealed again.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from shared_schema.custody import Status
from shared_schema.errors import JemputError
from shared_schema.frames import Frame, FrameReader, Kind, read_frames
from shared_schema.wire import encode_payload
from shared_schema.wire.compression import compress, decompress
from sync_server import rebuilding
from sync_server.exchange import converse, open_next
from sync_server.inbound import Inbound
from sync_server.store.queries import batches, devices, log, quarantine
from tests.support.effort import Effort, in_both, quick_folder, report
from tests.support.mutations import damaged, distorted, seed_of
from tests.support.offices import Bench, code_of, found_office
from tests.support.raw_device import RawDevice, person

BATCHES = Effort("test_fuzz_exchange.py::test_no_mutated_batch_is_accepted", ci=1500, soak=500_000)
SECTIONS = Effort("test_fuzz_exchange.py::test_no_mutated_section_does_harm", ci=250, soak=100_000)
ENROLMENTS = Effort("test_fuzz_exchange.py::test_no_mutated_enrolment_lets_in", ci=300, soak=50_000)
PAYLOADS = Effort("test_fuzz_exchange.py::test_whatever_is_sealed_is_survived", ci=150, soak=50_000)
_AT_ONCE = 100


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Open an office whose flushes cost nothing."""
    with quick_folder() as folder:
        made = found_office(folder)
        yield made
        made.office.store.close()


def told(bench: Bench, body: bytes) -> list[Frame]:
    """Answer a body as it comes off a stick."""
    troubles: list[JemputError] = []
    inbound = Inbound(FrameReader().feed(body))
    return list(
        converse(bench.office, inbound, open_next(bench.office, inbound, troubles), troubles)
    )


def kept(bench: Bench) -> tuple[int, ...]:
    """Count what the office holds."""
    with bench.office.store.read() as connection:
        counters = (batches.count, log.count, quarantine.count_waiting, devices.count_active)
        return tuple(count(connection) for count in counters)


def sealed(device: RawDevice, count: int) -> list[bytes]:
    """Seal batches of both codecs."""
    return [device.batch(device.people(at % 4 + 1), codec=at % 2 + 1) for at in range(count)]


@in_both
def test_no_mutated_batch_is_accepted(bench: Bench, scale: str) -> None:
    """Bits, bytes, ranges, parts of another batch: each is refused by a name, and nothing kept."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), BATCHES.tries(scale)
    report(seed=seed, tries=tries)
    device, other = bench.device(), bench.device()
    made, foreign = sealed(device, 6), sealed(other, 2)
    assert bench.exchange(device, *made[:3]).errors == []
    before = kept(bench)
    for _ in range(0, tries, _AT_ONCE):
        mutated = [damaged(chance, chance.choice(made), made + foreign) for _ in range(_AT_ONCE)]
        mutated = [one for one in mutated if one not in made]
        quiet = device.hello(pull=False)
        answer = device.read(told(bench, device.section(*mutated, hello=quiet)))
        assert answer.receipts == []
        assert len(answer.errors) == len(mutated)
        assert all(code.startswith("BATCH_") for code in answer.errors)
    assert kept(bench) == before
    assert [one.status for one in bench.exchange(device, *made).receipts] == [Status.ACCEPTED] * 6


@in_both
def test_no_mutated_section_does_harm(bench: Bench, scale: str) -> None:
    """Wherever it is damaged; batches that came whole were there before, and stay once."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), SECTIONS.tries(scale)
    report(seed=seed, tries=tries)
    device = bench.device()
    body = device.section(*sealed(device, 3), hello=device.hello(pull=False))
    told(bench, body)
    before = kept(bench)
    for _ in range(tries):
        for frame in told(bench, damaged(chance, body)):
            assert frame.kind > Kind.RELAY
    assert kept(bench) == before
    assert told(bench, body)[-1].kind == Kind.DONE


@in_both
def test_no_mutated_enrolment_lets_in(bench: Bench, scale: str) -> None:
    """Hello and code are used whole or not at all; the code still works afterwards."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), ENROLMENTS.tries(scale)
    report(seed=seed, tries=tries)
    device, other = (RawDevice.of(code_of(bench.office)) for _ in range(2))
    opening = device.hello().to_bytes() + device.enrol().to_bytes()
    foreign = other.hello().to_bytes() + other.enrol().to_bytes()
    before = kept(bench)
    for _ in range(tries):
        mutated = damaged(chance, opening, [foreign])
        if not mutated.startswith((opening, foreign)):
            told(bench, mutated)
    assert kept(bench) == before
    for one in (device, other):
        assert bench.exchange(one, one.enrol()).errors == []


@in_both
def test_whatever_is_sealed_is_survived(bench: Bench, scale: str) -> None:
    """A good signature around nonsense: taken or held, told to others, and rebuilt the same."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), PAYLOADS.tries(scale)
    report(seed=seed, tries=tries)
    device, reader = bench.device(("53.15",)), bench.device(("53.15",))
    for at in range(tries):
        codec = at % 2 + 1
        changes = writings(chance, device)
        payload = nonsense(chance, codec, encode_payload(codec, changes))
        batch = device.batch(changes, codec=codec, payload=payload)
        answer = bench.exchange(device, batch)
        assert answer.errors == []
        assert answer.receipts[0].status in {Status.ACCEPTED, Status.HELD}
        if at % 50 == 0:
            assert bench.exchange(reader).errors == []
    assert bench.exchange(reader).errors == []
    before = bench.projections()
    rebuilding.rebuild(bench.office)
    assert bench.projections() == before


def writings(chance: random.Random, device: RawDevice) -> list[Any]:
    """Write a few changes of several types, one of them an edit."""
    one = device.change(person(f"Warga Contoh {device.numbers}", nik="5315055705800001"))
    record = one.record
    rest: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"rt": "004"}, {"record": record, "replaces": [one.stamp]}),
        ({"person": str(record), "outcome": "recorded"}, {"type": "visit"}),
        ({"_void": {"reason": "salah"}, "note": "x"}, {"record": record}),
    ]
    return [one, *(device.change(values, **more) for values, more in rest[: chance.randrange(4)])]


def nonsense(chance: random.Random, codec: int, payload: bytes) -> bytes:
    """Put nonsense into a payload: as JSON where it is JSON, as bytes, or packed bytes."""
    if chance.random() < 0.1:
        return damaged(chance, payload)
    if codec == 2:
        return compress(damaged(chance, decompress(payload)), b"")
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(payload)
    if chance.random() < 0.1:
        plain = damaged(chance, plain)
    else:
        plain = json.dumps(
            distorted(chance, json.loads(plain), chance.choice((0.05, 0.3)))
        ).encode()
    return zstandard.ZstdCompressor(level=1).compress(plain)


def test_the_generator_repeats_itself() -> None:
    """A printed seed is worth something only where it leads to the same bytes."""
    data = Path(__file__).read_bytes()
    first, again = ([damaged(random.Random(at), data) for at in range(50)] for _ in range(2))
    assert first == again
    assert all(one != data for one in first[:10]) or len(set(first)) > 40
    assert read_frames(Frame(99, data).to_bytes())[0].body == data
