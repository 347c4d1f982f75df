"""Exchanges against a server in memory: what is sent, what is kept, what the user is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.app import create_device
from field_client.entries import Standing
from field_client.errors import NotEnrolled
from field_client.opened import App
from field_client.sync.engine import synchronise
from field_client.sync.errors import ClockOff, DeviceRevokedWaiting, LineCut, ServerFailed
from field_client.sync.transport_file import read_reply, write_export
from field_client.vault.errors import DeviceWiped, VaultExists
from field_client.vault.keys import unlock
from shared_schema.clock import DAY_MS, Evidence
from shared_schema.enrolment import DeviceRevoked
from tests.support.laptop import (
    OPERATOR,
    PASSPHRASE,
    clone,
    laptop,
    names_of,
    register,
    reopen,
    seen,
    write,
)
from tests.support.memory_server import NOW_MS, MemoryServer


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop that has not enrolled yet."""
    with laptop(tmp_path / "a", server.code()) as opened:
        yield opened


def test_the_first_sync_enrols_and_sends(app: App, server: MemoryServer) -> None:
    """What was registered before the enrolment was answered goes in the same exchange."""
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    outcome = synchronise(app, server)
    assert (outcome.enrolled, outcome.sent, outcome.changes) == (True, 3, 9)
    assert app.journal.counts() == {"draft": 0, "waiting": 0, "received": 9, "attention": 0}
    assert app.device.scope == ("53.15.05",)
    assert app.device.enrolment is None
    regions, receipt = app.journal.regions(), app.journal.last_receipt()
    assert regions is not None
    assert regions.name("53.15.05") == "Komodo"
    assert receipt is not None
    assert receipt["sequence"] == 9
    assert len(server.log) == 9


def test_a_second_sync_sends_no_batch(app: App, server: MemoryServer) -> None:
    """Nothing to say is said in a hello and an end."""
    register(app, ["Warga Contoh 1"])
    synchronise(app, server)
    again = synchronise(app, server)
    assert (again.sent, again.received, again.enrolled) == (0, 0, False)
    assert server.batches_seen == 1


def test_a_batch_is_sealed_once(app: App, server: MemoryServer, tmp_path: Path) -> None:
    """The bytes that leave by file are the bytes that leave by line."""
    register(app, ["Warga Contoh 1"])
    for name in ("satu", "dua"):
        write_export(app, tmp_path / name)
    bodies = [batch.body for batch in app.spool.batches(app.journal.branches.current().to_bytes())]
    for name in ("satu", "dua"):
        assert bodies[0] in (tmp_path / name).read_bytes()
    assert len(bodies) == 1


def test_a_remark_asks_for_attention_until_it_is_mended(app: App, server: MemoryServer) -> None:
    """An own change accepted without a remark settles the record."""
    (record,) = register(app, ["Warga Contoh 1"])
    write(app, record, religion="?")
    server.remarks = {"religion": "CODE_UNKNOWN"}
    synchronise(app, server)
    entry = seen(app, record)
    assert entry.state is Standing.ATTENTION
    assert [(remark.code, remark.field) for remark in entry.remarks] == [
        ("CODE_UNKNOWN", "religion")
    ]
    server.remarks = {}
    write(app, record, religion=None)
    assert seen(app, record).state is Standing.WAITING, "mended, and not at the office yet"
    synchronise(app, server)
    assert seen(app, record).state is Standing.RECEIVED
    assert seen(app, record).remarks == ()


def test_two_laptops_that_contradict_each_other(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Both see the conflict; it is the author's to attend to; a choice closes it everywhere."""
    (record,) = register(app, ["Warga Contoh 1"])
    synchronise(app, server)
    with laptop(tmp_path / "b", server.code()) as other:
        synchronise(other, server)
        assert seen(other, record).state is Standing.ROSTER
        write(app, record, mother_name="Ibu Contoh")
        write(other, record, mother_name="Bunda Contoh")
        for one in (app, other, app):
            synchronise(one, server)
        for one in (app, other):
            assert seen(one, record).conflicts == ("mother_name",)
            assert one.journal.counts()["attention"] == 1
        write(other, record, mother_name="Ibu Contoh")
        for one in (other, app):
            synchronise(one, server)
            assert seen(one, record).conflicts == ()
            assert one.journal.counts()["received"] == 1
        for one in (app, other):
            assert one.journal.state(record) == server.records()[record]
        assert len(app.journal.history(record)) == 3


def test_copies_that_both_go_on(app: App, server: MemoryServer, tmp_path: Path) -> None:
    """The late copy moves to a branch of its own; nobody is lost, doubled or overwritten."""
    (shared,) = register(app, ["Warga Contoh 1"])
    synchronise(app, server)
    app.close()
    original = reopen(app.home, app.keys, clocks=app.clocks)
    copied = clone(original, tmp_path / "b")
    with original, copied:
        (one,) = register(original, ["Warga Contoh 2"])
        (other,) = register(copied, ["Warga Contoh 3"])
        visit = copied.journal.new_record()
        copied.journal.save_draft(visit, "visit", 1, {"person": str(other)})
        copied.journal.remember("baris", other)
        write(copied, shared, phone="0812")
        assert one == other
        assert synchronise(original, server).healed == ()
        (healed,) = synchronise(copied, server).healed
        synchronise(original, server)
        assert names_of(server) == [f"Warga Contoh {at}" for at in (1, 2, 3)]
        assert (healed.changes, list(healed.records)) == (2, [other])
        moved = healed.records[other]
        assert seen(copied, moved).values == {"name": "Warga Contoh 3"}
        assert seen(copied, one).values == {"name": "Warga Contoh 2"}
        assert copied.journal.remembered("baris") == moved
        assert [draft.values["person"] for draft in copied.journal.drafts()] == [str(moved)]
        assert copied.journal.counts() == {
            "draft": 1, "waiting": 0, "received": 2, "attention": 0,
        }  # fmt: skip
        assert seen(original, shared).values["phone"] == "0812"
        assert copied.journal.new_record() not in {one, other, moved, shared}
        assert len(server.forks) == 1


def test_a_renamed_record_is_found_by_its_old_id(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """Notes on paper keep their worth after a fork was healed."""
    synchronise(app, server)
    app.close()
    original = reopen(app.home, app.keys, clocks=app.clocks)
    copied = clone(original, tmp_path / "b")
    with original, copied:
        register(original, ["Warga Contoh 1"])
        _, later = register(copied, ["Warga Contoh 2", "Warga Contoh 3"])
        synchronise(original, server)
        synchronise(copied, server)
        found = copied.journal.resolve(str(later))
        assert found != later
        assert seen(copied, found).values == {"name": "Warga Contoh 3"}


def test_copies_of_a_copy_write_what_they_share_alike(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """What two late copies share, and the first one lacks, is at the server once."""
    synchronise(app, server)
    app.close()
    copied = clone(app, tmp_path / "b")
    register(copied, ["Warga Contoh 1"])
    copied.close()
    with reopen(app.home, app.keys, clocks=app.clocks) as first:
        register(first, ["Warga Contoh 2"])
        synchronise(first, server)
    with (
        clone(copied, tmp_path / "c") as other,
        reopen(copied.home, app.keys, clocks=app.clocks) as second,
    ):
        register(second, ["Warga Contoh 3"])
        register(other, ["Warga Contoh 4"])
        for one in (second, other, second):
            synchronise(one, server)
        assert names_of(server) == [f"Warga Contoh {at}" for at in (1, 2, 3, 4)]
        assert len(list(second.journal.entries())) == 4


def test_an_idle_copy_leaves_the_branch_it_sees_overtaken(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """A head beyond ours is told by WELCOME; the copy goes on elsewhere without a fork."""
    synchronise(app, server)
    app.close()
    original = reopen(app.home, app.keys, clocks=app.clocks)
    copied = clone(original, tmp_path / "b")
    with original, copied:
        register(original, ["Warga Contoh 1"])
        synchronise(original, server)
        (healed,) = synchronise(copied, server).healed
        assert (healed.changes, copied.journal.branches.current()) == (0, healed.new)
        register(copied, ["Warga Contoh 2"])
        synchronise(copied, server)
        assert names_of(server) == ["Warga Contoh 1", "Warga Contoh 2"]
        assert server.forks == []


def test_a_folder_that_was_copied_is_noticed(app: App, tmp_path: Path) -> None:
    """Before anything is written, the copy has drawn a branch and says so."""
    register(app, ["Warga Contoh 1"])
    before = app.journal.branches.current()
    app.close()
    with clone(app, tmp_path / "b", told_apart=True) as copied:
        assert [warning.code for warning in copied.warnings] == ["VAULT_COPIED"]
        assert copied.journal.branches.current() != before
    with reopen(tmp_path / "b", app.keys) as again:
        assert again.warnings == []


def test_what_a_restored_server_lacks_is_sent_again(app: App, server: MemoryServer) -> None:
    """A new epoch with shorter chains turns received back to waiting, and resends."""
    register(app, [f"Warga Contoh {at}" for at in range(4)])
    synchronise(app, server)
    backup = server.saved()
    register(app, ["Warga Contoh 4"])
    synchronise(app, server)
    restored = backup.restored()
    outcome = synchronise(app, restored)
    assert (outcome.sent, outcome.changes) == (1, 1)
    assert names_of(restored) == [f"Warga Contoh {at}" for at in range(5)]
    assert app.journal.counts()["received"] == 5


def test_what_a_backup_holds_leaves_the_spool(app: App, server: MemoryServer) -> None:
    """Sealed bytes are kept until the server says that a backup has them."""
    register(app, ["Warga Contoh 1"])
    stream = app.journal.branches.current().to_bytes()
    synchronise(app, server)
    assert len(list(app.spool.batches(stream))) == 1
    server.durable = True
    register(app, ["Warga Contoh 2"])
    synchronise(app, server)
    assert list(app.spool.batches(stream)) == []


def test_a_revoked_laptop_hands_over_and_is_wiped(app: App, server: MemoryServer) -> None:
    """Everything final goes to quarantine; then no passphrase opens the store again."""
    synchronise(app, server)
    server.revoked.add(app.device_keys.device)
    register(app, [f"Warga Contoh {at}" for at in range(5)])
    with pytest.raises(DeviceRevoked):
        synchronise(app, server)
    assert sum(batch.header.count for batch in server.quarantine) == 5
    with pytest.raises(DeviceWiped):
        unlock(app.home, OPERATOR, PASSPHRASE)


def test_a_revoked_laptop_keeps_what_was_not_confirmed(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """A registration made after the export is not wiped with what the answer covers."""
    synchronise(app, server)
    server.revoked.add(app.device_keys.device)
    register(app, ["Warga Contoh 1"])
    write_export(app, tmp_path / "keluar")
    (tmp_path / "masuk").write_bytes(b"".join(server.answer((tmp_path / "keluar").read_bytes())))
    register(app, ["Warga Contoh 2"])
    with pytest.raises(DeviceRevokedWaiting):
        read_reply(app, tmp_path / "masuk")
    assert app.journal.counts()["waiting"] == 2
    with pytest.raises(DeviceRevoked):
        synchronise(app, server)


@pytest.mark.parametrize("days", [-3650, -2, 2, 3650])
def test_a_clock_that_is_days_off_is_told_after_all_is_stored(
    tmp_path: Path, server: MemoryServer, days: int
) -> None:
    """The sync does its work first."""
    wrong = Evidence(wall_ms=NOW_MS + days * DAY_MS)
    with laptop(tmp_path / "a", server.code(), lambda: wrong) as app:
        register(app, ["Warga Contoh 1"])
        with pytest.raises(ClockOff):
            synchronise(app, server)
        assert app.journal.counts()["received"] == 1
        assert names_of(server) == ["Warga Contoh 1"]


def test_a_clock_that_leaps_within_a_batch_stops_nothing(
    tmp_path: Path, server: MemoryServer
) -> None:
    """Set right after ten years, or wrong by ten: both changes go in one batch."""
    times = [NOW_MS - 3650 * DAY_MS, NOW_MS, NOW_MS + 3650 * DAY_MS, NOW_MS]
    clock = iter([*times, *[NOW_MS] * 99])
    with laptop(tmp_path / "a", server.code(), lambda: Evidence(wall_ms=next(clock))) as app:
        register(app, [f"Warga Contoh {at}" for at in range(4)])
        assert synchronise(app, server).changes == 4
        assert [change.hlc for change in server.log] == sorted(c.hlc for c in server.log)


def test_a_trouble_that_the_server_reports_is_named(app: App, server: MemoryServer) -> None:
    """What was receipted before stays received."""
    register(app, ["Warga Contoh 1"])

    def section(*_: Any) -> Iterator[Any]:
        yield from original(*_)
        yield 70, b'{"code":"DATABASE_FAILED"}'

    original, type_of = server._section, type(server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type_of, "_section", lambda _self, *parts: section(*parts))
        with pytest.raises(ServerFailed, match="DATABASE_FAILED"):
            synchronise(app, server)
    assert app.journal.counts()["received"] == 1


class Cut:
    """A line that yields so many bytes of the answer and ends."""

    def __init__(self, server: MemoryServer, size: int) -> None:
        self.server = server
        self.size = size

    def exchange(self, outgoing: Any) -> Iterator[bytes]:
        """Answer, but not to the end."""
        yield b"".join(self.server.exchange(outgoing))[: self.size]


@pytest.mark.parametrize("size", [0, 1, 400, 700, 1000, 1300])
def test_a_cut_line_keeps_what_was_confirmed(app: App, server: MemoryServer, size: int) -> None:
    """Only the receipts that came through count, and the next sync sends the rest."""
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    with pytest.raises(LineCut):
        synchronise(app, Cut(server, size))
    counts = app.journal.counts()
    assert counts["received"] + counts["waiting"] == 9
    synchronise(app, server)
    assert app.journal.counts()["received"] == 9
    assert len(server.log) == 9


def test_a_new_code_of_the_same_server_enrols_again(app: App, server: MemoryServer) -> None:
    """A laptop that the server has forgotten keeps its records and its keys."""
    register(app, ["Warga Contoh 1"])
    synchronise(app, server)
    app.close()
    create_device(app.home, server.code(), OPERATOR, PASSPHRASE).close()
    with reopen(app.home, app.keys, clocks=app.clocks) as again:
        assert again.device.enrolment is not None
        assert synchronise(again, server).enrolled
        assert again.journal.counts()["received"] == 1
    with pytest.raises(VaultExists):
        create_device(app.home, MemoryServer().code(), OPERATOR, PASSPHRASE)


def test_a_store_without_a_device_is_not_enrolled(app: App) -> None:
    """A creation that was cut short is told, not papered over."""
    app.db.table("meta").remove(doc_ids=["device"])
    app.close()
    with pytest.raises(NotEnrolled):
        reopen(app.home, app.keys)


def test_what_is_saved_during_a_sync_keeps_it_from_no_end(app: App, server: MemoryServer) -> None:
    """An officer who goes on saving never makes a sync fail; the rest waits for the next one."""

    class Busy:
        def exchange(self, outgoing: Any) -> Iterator[bytes]:
            register(app, ["Warga Baru"])
            yield from server.exchange(outgoing)

    register(app, ["Warga Contoh"])
    synchronise(app, Busy())
    counts = app.journal.counts()
    assert counts["received"] >= 1
    assert counts["waiting"] >= 1
    synchronise(app, server)
    assert app.journal.counts()["waiting"] == 0
