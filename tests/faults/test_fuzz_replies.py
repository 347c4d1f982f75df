"""Mutations of the office's replies: a device acts on what the office has signed, or on nothing."""

import random
from collections.abc import Iterator

import pytest

from field_client.sync.session import Effect, Session
from shared_schema.errors import CustodyError
from shared_schema.messages import Page, open_page, seal_page
from tests.support.effort import Effort, in_both, quick_folder, report
from tests.support.mutations import damaged, seed_of
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice

REPLIES = Effort("test_fuzz_replies.py::test_nothing_mutated_is_acted_on", ci=1500, soak=300_000)
PAGES = Effort("test_fuzz_replies.py::test_no_mutated_page_opens", ci=500, soak=100_000)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Open an office whose flushes cost nothing."""
    with quick_folder() as folder:
        made = found_office(folder)
        yield made
        made.office.store.close()


def effects(device: RawDevice, reply: bytes, chance: random.Random) -> list[Effect]:
    """Give what a device would do, up to the first error, however the bytes are cut."""
    session = Session(
        device=device.id, server=device.server_public, sealing=device.sealing, known_epoch=0
    )
    found: list[Effect] = []
    try:
        while reply:
            size = chance.choice((1, 7, 100, 5000))
            found += session.feed(reply[:size])
            reply = reply[size:]
        session.finish()
    except CustodyError:
        pass
    return found


@in_both
def test_nothing_mutated_is_acted_on(bench: Bench, scale: str) -> None:
    """Receipts, errors and pages count as they were signed; every failure has a name."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), REPLIES.tries(scale)
    report(seed=seed, tries=tries)
    device, other = bench.device(), bench.device()
    bench.exchange(other, other.batch(other.people(5)))
    spoilt = device.section(device.batch(device.people(2)), device.batch(device.people(1))[:-1])
    foreign = b"".join(frame.to_bytes() for frame in bench.answer(other.section()))
    reply = b"".join(frame.to_bytes() for frame in bench.answer(spoilt))
    true = effects(device, reply, chance)
    assert {type(one).__name__ for one in true} >= {"Welcomed", "Receipted", "Refused", "Paged"}
    for _ in range(tries):
        for effect in effects(device, damaged(chance, reply, [foreign]), chance):
            assert effect in true


@in_both
def test_no_mutated_page_opens(bench: Bench, scale: str) -> None:
    """A page is opened as it was sealed, for whom it was sealed, between its own cursors."""
    seed = seed_of(scale)
    chance, tries = random.Random(seed), PAGES.tries(scale)
    report(seed=seed, tries=tries)
    device = bench.device()
    page = Page(previous="1:1:0:l:0:", next="1:1:0:l:9:", items=[{"kind": "reset"}] * 30)
    content = seal_page(page, device.id, device.sealing.public_key())
    for _ in range(tries):
        mutated = damaged(chance, content)
        if mutated != content:
            with pytest.raises(CustodyError):
                open_page(mutated, device.id, device.sealing)
    assert open_page(content, device.id, device.sealing) == page
