"""A batch that cannot be read: other copies of its laptop wait, until an administrator decides."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.verification import examine
from shared_schema.enrolment import DeviceRevoked
from sync_server import release, verification
from sync_server.accounts import Role
from sync_server.keys import Keys, generate
from sync_server.rebuilding import rebuild
from sync_server.store.queries import devices, quarantine
from sync_server.store.queries.quarantine import Kept
from tests.support.copied_laptop import Straight, copied, names
from tests.support.laptop import register
from tests.support.office_pages import inside, log_of, post, staffed, web_of
from tests.support.offices import Bench

SHARED = [f"Bersama {at}" for at in range(3)]


@pytest.fixture
def blind(bench: Bench) -> Bench:
    """Give the office as it is without the key that batches are sealed to."""
    keys = bench.office.keys
    without = Keys(signing=keys.signing, sealing=generate().sealing)
    return replace(bench, office=replace(bench.office, keys=without))


@pytest.fixture
def copies(bench: Bench, blind: Bench, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Copy a laptop; what the first copy sends cannot be read, and the second has the same."""
    with copied(bench, tmp_path, SHARED) as (first, second):
        first.changes_a_batch = second.changes_a_batch = 10
        register(first, ["Di sini"])
        register(second, ["Di sana"])
        synchronise(first, Straight(blind))
        yield first, second


def waiting(bench: Bench, cause: quarantine.Cause) -> list[Kept]:
    """Return what waits in quarantine for a reason."""
    with bench.office.store.read() as connection:
        found = quarantine.everything(connection)
    return [one for one in found if one.decision is None and one.cause is cause]


def held(bench: Bench) -> Kept:
    """Return the one batch that cannot be read."""
    (found,) = waiting(bench, quarantine.Cause.HELD)
    return found


def test_a_batch_that_can_be_read_later_is_taken_up_and_nobody_doubled(
    bench: Bench, blind: Bench, copies: tuple[App, App]
) -> None:
    """The key is found again: trying the batch again is all it takes."""
    first, second = copies
    kept = held(bench)
    assert release.trouble_of(blind.office, kept) == "BATCH_UNREADABLE"
    with pytest.raises(release.QuarantineUnreadable):
        release.accept(blind.office, kept.id)
    assert synchronise(second, Straight(blind)).healed == ()
    assert second.journal.counts()["waiting"] == len(SHARED) + 1
    assert release.accept(bench.office, kept.id) == len(SHARED) + 1
    for one in (second, first, second):
        synchronise(one, Straight(bench))
        assert examine(one).faults == ()
    assert names(bench) == sorted([*SHARED, "Di sini", "Di sana"])
    assert rebuild(bench.office).reopened == 0
    verification.verify_all(bench.office)


def test_a_rebuild_takes_it_up_as_well(bench: Bench, copies: tuple[App, App]) -> None:
    """As after an update of the program; nothing waits in quarantine then."""
    assert rebuild(bench.office).reopened == 1
    assert waiting(bench, quarantine.Cause.HELD) == []
    synchronise(copies[1], Straight(bench))
    assert names(bench) == sorted([*SHARED, "Di sini", "Di sana"])


def test_a_batch_that_was_given_up_keeps_no_copy_waiting(
    bench: Bench, copies: tuple[App, App]
) -> None:
    """The other copy writes all it has; nobody reads the batch any more, so nobody is doubled."""
    _, second = copies
    release.discard(bench.office, held(bench).id)
    (healed,) = synchronise(second, Straight(bench)).healed
    assert healed.changes == len(SHARED) + 1
    assert second.journal.counts()["waiting"] == 0
    assert examine(second).faults == ()
    assert rebuild(bench.office).reopened == 0
    assert names(bench) == sorted([*SHARED, "Di sana"])
    verification.verify_all(bench.office)


def test_a_revoked_laptops_copy_is_taken_over_once_the_batch_is_given_up(
    bench: Bench, copies: tuple[App, App]
) -> None:
    """Before, what it brings may be the very same."""
    first, second = copies
    kept = held(bench)
    with bench.office.store.write() as connection:
        devices.revoke(connection, first.device_keys.device, bench.clock[0])
    second.changes_a_batch = 2
    with pytest.raises(DeviceRevoked):
        synchronise(second, Straight(bench))
    aside = waiting(bench, quarantine.Cause.REVOKED)
    with pytest.raises(release.QuarantineUnreadable):
        release.accept(bench.office, aside[0].id)
    release.discard(bench.office, kept.id)
    release.accept(bench.office, aside[0].id)
    assert names(bench) == sorted([*SHARED, "Di sana"])


def test_what_an_earlier_program_held_waits_in_quarantine_after_a_rebuild(
    bench: Bench, blind: Bench, copies: tuple[App, App]
) -> None:
    """It kept such a batch in its chain only."""
    with bench.office.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM quarantine")
    rebuild(blind.office)
    assert held(bench).count == len(SHARED) + 1
    verification.verify_all(blind.office)


def test_the_page_lets_everybody_try_and_an_administrator_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why the batch cannot be read; giving up is written down."""
    bench = staffed(tmp_path, monkeypatch)
    app, device = web_of(bench), bench.device()
    stranger = X25519PrivateKey.generate().public_key()
    bench.exchange(device, device.batch(device.people(2), recipient=stranger))
    browser, administrator = inside(app), inside(app, Role.ADMINISTRATOR)
    page = browser.get("/devices").text
    assert "BATCH_UNREADABLE" in page
    assert 'value="discard"' not in page
    path, asked = "/devices/quarantine/1", {"page": "/"}
    assert post(browser, path, **asked, decision="accept").status_code == 400
    assert post(browser, path, **asked, decision="discard").status_code == 403
    assert 'value="discard"' in administrator.get("/devices").text
    assert post(administrator, path, **asked, decision="discard").status_code == 303
    assert "BATCH_UNREADABLE" not in browser.get("/devices").text
    assert "quarantine-discard" in log_of(bench)
