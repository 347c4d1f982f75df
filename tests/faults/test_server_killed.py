"""The server is killed at any moment, also after the commit and before the receipt.

The device sends again what has no receipt; in the end each change is there once.
"""

import http.client
import random
import threading
from pathlib import Path

import pytest

from shared_schema.custody import Status
from sync_server import counting, verification
from tests.support.offices import code_of, office_in
from tests.support.processes import ServerProcess, init_server
from tests.support.raw_device import RawDevice

BATCHES, SIZE, KILLS = 24, 10, 4


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a server's home."""
    made = tmp_path_factory.mktemp("office") / "home"
    init_server(made)
    return made


def test_killed_again_and_again_nothing_is_lost_or_doubled(home: Path) -> None:
    """SIGKILL at random moments of an exchange; the same bytes are sent until all are received."""
    chance = random.Random(20161017)
    running = ServerProcess(home=home, forked=True)
    device = RawDevice.of(code_of(office_in(home), url=running.url))
    sealed = [device.batch(device.people(SIZE)) for _ in range(BATCHES)]
    received: set[int] = set()
    for kills_left in range(KILLS, -1, -1):
        running.start()
        if kills_left and running.process is not None:
            wait_s = chance.uniform(0.01, 0.25)
            threading.Timer(wait_s, running.process.kill).start()
        received |= exchange(device, sealed)
        running.kill()
    assert received == set(range(1, BATCHES * SIZE + 1, SIZE))
    office = office_in(home)
    with office.store.read() as connection:
        counts = counting.counts(connection)
    assert (counts["persons"], counts["batches"]) == (BATCHES * SIZE, BATCHES)
    assert verification.verify_all(office).changes == BATCHES * SIZE


def exchange(device: RawDevice, sealed: list[bytes]) -> set[int]:
    """Send everything; give the first numbers of the batches that were acknowledged."""
    device.cursor = ""
    try:
        answer = device.post(device.section(device.enrol(), *sealed))
    except (OSError, http.client.HTTPException):
        return set()
    assert all(receipt.status is Status.ACCEPTED for receipt in answer.receipts)
    return {receipt.first for receipt in answer.receipts}
