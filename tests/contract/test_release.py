"""Quarantine: what copies of a revoked laptop bring is taken over once, and belongs together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from shared_schema.changes import Change
from sync_server import release
from sync_server.store.queries import devices, log, quarantine
from tests.support.offices import Bench, found_office
from tests.support.raw_device import RawDevice, person


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Open an office."""
    return found_office(tmp_path)


def send(bench: Bench, device: RawDevice, *batches: Sequence[Change]) -> None:
    """Let one copy of a laptop send batches."""
    copy = replace(device)
    bench.exchange(copy, *map(copy.batch, batches))


def revoke(bench: Bench, device: RawDevice) -> None:
    """Revoke a laptop, and with it every copy of it."""
    with bench.office.store.write() as connection:
        devices.revoke(connection, device.id, bench.clock[0])


def accept_everything(bench: Bench) -> int:
    """Accept what waits in quarantine, in order; return how many changes were new."""
    with bench.office.store.read() as connection:
        waiting = [one.id for one in quarantine.everything(connection) if one.decision is None]
    taken = 0
    for number in waiting:
        with bench.office.store.read() as connection:
            kept = quarantine.get(connection, number)
        if kept and kept.decision is None:
            taken += release.accept(bench.office, number)
    return taken


def copies(bench: Bench) -> tuple[RawDevice, list[Change], list[Change]]:
    """Revoke a laptop that was copied; one copy registers A, the others B.

    The others note a visit to B as well.
    """
    device = bench.device()
    revoke(bench, device)
    first = replace(device).change(person("Warga Contoh A"))
    twin = replace(device, hlc=device.hlc + (1 << 20))
    second = twin.change(person("Warga Contoh B"))
    seen = twin.change({"person": str(second.record), "outcome": "recorded"}, type="visit")
    return device, [first], [second, seen]


def content(bench: Bench) -> list[tuple[str, str]]:
    """Return each record in the log by its type: a person's name, a visit's host's name."""
    with bench.office.store.read() as connection:
        changes = [entry.change for entry in log.after(connection)]
    names = {
        str(one.record): str(one.writes["name"].value) for one in changes if one.type != "visit"
    }
    hosts = [str(one.writes["person"].value) for one in changes if one.type == "visit"]
    return sorted(
        [("person", name) for name in names.values()] + [("visit", names[host]) for host in hosts]
    )


EVERYTHING = [
    ("person", "Warga Contoh A"),
    ("person", "Warga Contoh B"),
    ("visit", "Warga Contoh B"),
]


def test_two_copies_with_the_same_people_are_taken_over_once(bench: Bench) -> None:
    """However each of them has cut its batches."""
    device, first, second = copies(bench)
    send(bench, device, first)
    send(bench, device, second)
    send(bench, device, second[:1], second[1:])
    assert accept_everything(bench) == 3
    assert content(bench) == EVERYTHING


def test_what_comes_later_belongs_to_whom_was_taken_over_before(bench: Bench) -> None:
    """A visit in a later batch leads to the person in the one that was accepted already."""
    device, first, second = copies(bench)
    send(bench, device, first)
    copy = replace(device)
    batches = copy.batch(second[:1]), copy.batch(second[1:])
    bench.exchange(copy, batches[0])
    assert accept_everything(bench) == 2
    bench.exchange(copy, batches[1])
    assert accept_everything(bench) == 1
    assert content(bench) == EVERYTHING


def test_copies_that_part_later_keep_what_is_theirs(bench: Bench) -> None:
    """What they share is written once, and each one's rest under ids of its own."""
    device, first, second = copies(bench)
    after = replace(device, sequence=2, numbers=1, hlc=second[-1].hlc)
    third = after.change(person("Warga Contoh C"))
    assert third.record == second[-1].record
    send(bench, device, first)
    send(bench, device, second)
    send(bench, device, [second[0], third])
    assert accept_everything(bench) == 4
    assert content(bench) == [*EVERYTHING[:2], ("person", "Warga Contoh C"), EVERYTHING[2]]


def test_what_came_before_and_after_the_revocation_is_one_branch(bench: Bench) -> None:
    """A copy's fork was set aside while it was in use; what it chained to it belongs to it."""
    device = bench.device()
    send(bench, device, [replace(device).change(person("Warga Contoh A"))])
    twin = replace(device, hlc=device.hlc + (1 << 20))
    host = twin.change(person("Warga Contoh B"))
    seen = twin.change({"person": str(host.record), "outcome": "recorded"}, type="visit")
    copy = replace(device)
    bench.exchange(copy, copy.batch([host]))
    revoke(bench, device)
    bench.exchange(copy, copy.batch([seen]))
    assert accept_everything(bench) == 2
    assert ("visit", "Warga Contoh B") in content(bench)


def corrected(bench: Bench) -> tuple[RawDevice, RawDevice, Change, list[Change]]:
    """Let a laptop register A and be copied; the one corrects A, and the twin does so twice."""
    device = bench.device()
    one = replace(device)
    host = one.change(person("Warga Contoh A"))
    bench.exchange(device, device.batch([host]))
    twin = replace(one, hlc=one.hlc + (1 << 20))
    ours = one.change({"phone": "081"}, record=host.record)
    theirs = [twin.change({"phone": number}, record=host.record) for number in ("082", "083")]
    return device, replace(device), ours, theirs


def phones(bench: Bench) -> list[tuple[str, str]]:
    """Return each phone number in the log, with the record that it is written to."""
    with bench.office.store.read() as connection:
        changes = [entry.change for entry in log.after(connection)]
    return sorted(
        (str(one.writes["phone"].value), str(one.record))
        for one in changes
        if "phone" in one.writes
    )


def test_a_correction_behind_the_fork_stays_with_whom_it_is_about(bench: Bench) -> None:
    """The resident was there before the copies parted: no other record comes of it."""
    device, copy, ours, theirs = corrected(bench)
    bench.exchange(device, device.batch([ours]))
    revoke(bench, device)
    bench.exchange(copy, copy.batch(theirs))
    accept_everything(bench)
    host = str(ours.record)
    assert phones(bench) == [("081", host), ("082", host), ("083", host)]


def test_what_was_taken_over_is_not_taken_in_again(bench: Bench) -> None:
    """A fork came while the laptop was in use; revoked, it sends what it healed in its place."""
    device, copy, _, theirs = corrected(bench)
    more = replace(device, sequence=0, numbers=0)
    again = [more.change(person("Warga Contoh A"))]
    assert again[0].record == theirs[0].record
    bench.exchange(more, more.batch([*again, theirs[0]]))
    revoke(bench, device)
    accept_everything(bench)
    bench.exchange(copy, copy.batch(theirs[:1]), copy.batch(theirs[1:]))
    accept_everything(bench)
    host = str(theirs[0].record)
    assert phones(bench) == [("082", host), ("083", host)]


@pytest.mark.parametrize("shorter_first", [True, False])
def test_copies_whose_first_batch_is_one_part_behind_it(bench: Bench, shorter_first: bool) -> None:
    """One sent the next change alone, the other with what it wrote since: all is taken in once."""
    device = bench.device()
    revoke(bench, device)
    first = replace(device).change(person("Warga Contoh A"))
    copy = replace(device)
    sent = copy.batch([first])
    host = replace(copy, numbers=1, hlc=first.hlc).change(person("Warga Contoh B"))
    seen = replace(copy, sequence=2, numbers=2, hlc=host.hlc).change(
        {"person": str(host.record), "outcome": "recorded"}, type="visit"
    )
    bench.exchange(replace(device), sent)
    parts = [[host], [host, seen]]
    for part in parts if shorter_first else parts[::-1]:
        send(bench, copy, part)
    assert accept_everything(bench) == 3
    assert content(bench) == EVERYTHING
