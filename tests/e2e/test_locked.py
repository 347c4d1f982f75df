"""A locked laptop syncs: real processes, a real office, no passphrase anywhere near the sync."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenes import Laptop, Office, people, regency

LOCKED = {"draft": 0, "waiting": 0, "received": 7, "attention": 0}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve a regency."""
    with regency(tmp_path) as found:
        yield found


@pytest.fixture
def device(office: Office) -> Laptop:
    """Set up a laptop with seven residents that wait."""
    made = office.laptop("laptop")
    made.add("person", people(3, 7))
    return made


def test_what_was_sealed_goes_without_a_passphrase(office: Office, device: Laptop) -> None:
    """`lock`, then `sync --locked`; the next unlock knows what the office has."""
    early = device.attempt("sync", "--locked", passphrase="")
    assert early.error_code == "NOTHING_PREPARED"
    assert device.run("lock") == {"sealed_waiting": 7}
    done = device.attempt("sync", "--locked", "--json", passphrase="").check()
    said = done.json
    assert (said["locked"], said["sent_changes"], said["enrolled"]) == (True, 7, True)
    assert (said["waiting"], said["sealed_waiting"]) == (None, 0)
    assert office.stats()["persons"] == 7
    assert device.status() == LOCKED
    again = device.run("sync")
    assert (again["sent_batches"], again["waiting"]) == (0, 0)


def test_a_sync_that_can_ask_nobody_does_what_it_can_and_says_so(
    office: Office, device: Laptop
) -> None:
    """No terminal, no passphrase: the sealed goes, the rest waits, and nothing claims otherwise."""
    refused = device.attempt("sync", passphrase="")
    assert (refused.returncode, refused.error_code) == (4, "PASSPHRASE_MISSING")
    device.sync()
    device.add("person", people(4, 2))
    device.run("lock")
    device.add("person", people(5, 3))
    done = device.attempt("sync", "--lang", "en", passphrase="").check()
    assert "warning [SYNC_LOCKED]" in done.stderr
    assert "still locked" in done.stdout
    assert "Sealed and still waiting: 0." in done.stdout
    assert office.stats()["persons"] == 9
    assert device.status() == {"draft": 0, "waiting": 3, "received": 9, "attention": 0}


def test_a_whole_batch_is_sealed_by_the_command_that_fills_it(
    office: Office, device: Laptop
) -> None:
    """A long day without `lock` leaves less than one batch behind."""
    device.sync()
    device.add("person", people(6, 57))
    said = device.attempt("sync", "--locked", "--json", passphrase="").check().json
    assert said["sent_changes"] == 50
    assert device.status() == {"draft": 0, "waiting": 7, "received": 57, "attention": 0}
    assert office.stats()["persons"] == 57


def test_without_a_line_everything_sealed_stays(device: Laptop, office: Office) -> None:
    """The same error as ever, and the same bytes the next time."""
    device.run("lock")
    office.process.terminate()
    failed = device.attempt("sync", "--locked", passphrase="")
    assert failed.error_code == "SERVER_UNREACHABLE"
    office.process.start()
    said = device.attempt("sync", "--locked", "--json", passphrase="").check().json
    assert said["sent_changes"] == 7
    assert device.status() == LOCKED
