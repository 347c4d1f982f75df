"""Sync of a locked laptop: sent and kept without a key, judged again at the next unlock."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from field_client.entries import Standing
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.sync.departure import depart, load_departure
from field_client.sync.engine import synchronise
from field_client.sync.errors import DeviceRevokedWaiting, LineCut, NothingPrepared
from field_client.sync.locked import still_sealed, synchronise_locked
from field_client.sync.outcome import Outcome
from field_client.vault.connection import StoreConnection, Values
from field_client.vault.errors import DiskFull
from field_client.vault.keys import STORE_FILE, VaultKeys
from field_client.vault.spool import Spool, open_spool
from shared_schema.envelope import parse
from shared_schema.messages import MessageForged
from tests.support.laptop import clone, laptop, names_of, register, reopen, seen, still, write
from tests.support.memory_server import MemoryServer


@dataclass
class Locked:
    """A laptop of which only the folder is at hand, and for the unlock its keys."""

    home: Path
    keys: VaultKeys

    def sync(self, server: Any) -> Outcome:
        """Sync without a key."""
        with open_spool(self.home) as spool:
            return synchronise_locked(self.home, spool, load_departure(spool), server)

    def sealed(self) -> int:
        """Count the sealed changes that were not confirmed."""
        with open_spool(self.home) as spool:
            return still_sealed(spool, load_departure(spool))

    def heard(self) -> int:
        """Count the replies that wait for the unlock."""
        with open_spool(self.home) as spool:
            return len(spool.heard.sections())

    def unlock(self) -> App:
        """Open the store."""
        return reopen(self.home, self.keys, clocks=still)


@pytest.fixture
def server() -> MemoryServer:
    """Return a regency's server."""
    return MemoryServer()


@pytest.fixture
def app(tmp_path: Path, server: MemoryServer) -> Iterator[App]:
    """Open a laptop that has not enrolled yet."""
    with laptop(tmp_path / "a", server.code()) as opened:
        yield opened


def lock(app: App) -> Locked:
    """Seal, prepare and close."""
    depart(app)
    app.close()
    return Locked(home=app.home, keys=app.keys)


def counts(app: App) -> tuple[int, int]:
    """Count waiting and received records."""
    counted = app.journal.counts()
    return counted["waiting"], counted["received"]


def test_what_was_sealed_is_sent_without_a_key_and_counts_at_the_unlock(
    app: App, server: MemoryServer
) -> None:
    """Enrolment, batches and receipts; a second run has nothing to send."""
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    locked = lock(app)
    assert locked.sealed() == 9
    outcome = locked.sync(server)
    assert (outcome.enrolled, outcome.sent, outcome.received, outcome.changes) == (True, 3, 3, 9)
    assert locked.sealed() == 0
    assert len(server.log) == 9
    again = locked.sync(server)
    assert (again.sent, again.enrolled) == (0, False)
    with locked.unlock() as opened:
        assert counts(opened) == (0, 9)
        assert opened.device.enrolment is None
        assert opened.device.name == "Kabupaten Contoh"
        assert opened.warnings == []
        assert opened.journal.last_receipt() is not None
    assert locked.heard() == 0


def test_a_locked_laptop_seals_with_the_codec_the_office_was_last_heard_to_read(
    app: App, server: MemoryServer
) -> None:
    """What a locked sync hears of codecs counts from the next unlock on, like all else it hears."""
    codecs = []
    locked = lock(app)
    for _ in range(3):
        with locked.unlock() as opened:
            register(opened, ["Warga Contoh"])
            depart(opened)
            stream = opened.journal.branches.current().to_bytes()
            codecs = [parse(one.body).header.codec for one in opened.spool.batches(stream)]
        locked.sync(server)
    assert codecs == [1, 2, 2]
    assert len(server.log) == 3


def test_without_a_departure_nothing_is_sent(app: App) -> None:
    """A laptop that was never locked this way says so."""
    register(app, ["Warga Contoh"])
    app.close()
    with open_spool(app.home) as spool, pytest.raises(NothingPrepared):
        load_departure(spool)


def test_what_was_saved_after_the_lock_waits_for_the_unlock(app: App, server: MemoryServer) -> None:
    """Only sealed changes leave; the rest is neither sent nor counted as received."""
    register(app, ["Warga Contoh 1"])
    locked = lock(app)
    with locked.unlock() as opened:
        register(opened, ["Warga Contoh 2"])
    locked.sync(server)
    assert names_of(server) == ["Warga Contoh 1"]
    with locked.unlock() as opened:
        assert counts(opened) == (1, 1)
        synchronise(opened, server)
        assert counts(opened) == (0, 2)


def test_pages_come_once_and_are_opened_at_the_unlock(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """A locked laptop stores what others wrote as the sealed pages they came in."""
    synchronise(app, server)
    with laptop(tmp_path / "b", server.code()) as other:
        (record,) = register(other, ["Warga Lain"])
        synchronise(other, server)
        locked = lock(app)
        assert locked.sync(server).pages == 1
        assert locked.sync(server).pages == 0
        assert b"Warga Lain" not in (locked.home / "spool.db").read_bytes()
        with locked.unlock() as opened:
            assert seen(opened, record).state is Standing.ROSTER
            write(other, record, phone="0812")
            synchronise(other, server)
            synchronise(opened, server)
            assert seen(opened, record).values["phone"] == "0812"


def test_what_cannot_be_laid_in_hinders_nobody(
    app: App, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the store opens all the same, to be read and backed up; nothing is lost."""
    register(app, ["Warga Contoh"])
    locked = lock(app)
    locked.sync(server)
    run = StoreConnection.run

    def full(store: StoreConnection, sql: str, values: Values = ()) -> int:
        if (sql, store.path.name) == ("COMMIT", STORE_FILE):
            raise DiskFull(file=STORE_FILE)
        return run(store, sql, values)

    with monkeypatch.context() as patched:
        patched.setattr(StoreConnection, "run", full)
        with locked.unlock() as opened:
            assert [type(warning) for warning in opened.warnings] == [DiskFull]
            assert counts(opened) == (1, 0)
    with locked.unlock() as opened:
        assert (counts(opened), opened.warnings) == ((0, 1), [])


def test_an_answer_that_says_nothing_leaves_nothing_behind(app: App, server: MemoryServer) -> None:
    """Asking each minute for a night must not fill the disk."""
    synchronise(app, server)
    locked = lock(app)
    for _ in range(3):
        locked.sync(server)
    assert locked.heard() == 0


class OnePiece:
    """A line that yields the whole answer as one piece of bytes, and then nothing."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server

    def exchange(self, outgoing: Any) -> Iterator[bytes]:
        """Answer at once."""
        yield b"".join(self.server.exchange(outgoing))
        yield b""


@pytest.mark.parametrize("in_one_piece", [False, True])
def test_a_full_store_of_answers_takes_receipts_and_no_more_pages(
    app: App,
    server: MemoryServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    in_one_piece: bool,
) -> None:
    """What was confirmed is never lost by the limit, nor sent again; the pages come later."""
    synchronise(app, server)
    with laptop(tmp_path / "b", server.code()) as other:
        (record,) = register(other, ["Warga Lain"])
        synchronise(other, server)
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    locked = lock(app)
    monkeypatch.setattr("field_client.sync.locked.HEARD_LIMIT_BYTES", 1)
    outcome = locked.sync(OnePiece(server) if in_one_piece else server)
    assert (outcome.sent, outcome.received, outcome.pages, locked.sealed()) == (3, 3, 0, 0)
    assert locked.sync(server).sent == 0
    with locked.unlock() as opened:
        assert (counts(opened), opened.warnings) == ((0, 9), [])
        synchronise(opened, server)
        assert seen(opened, record).values["name"] == "Warga Lain"


class Cut:
    """A line that yields so many bytes of the answer and ends."""

    def __init__(self, server: MemoryServer, size: int) -> None:
        self.server = server
        self.size = size

    def exchange(self, outgoing: Any) -> Iterator[bytes]:
        """Answer, but not to the end."""
        yield b"".join(self.server.exchange(outgoing))[: self.size]


@pytest.mark.parametrize("size", [0, 1, 400, 700, 1000, 1300, 2000])
def test_a_cut_line_keeps_what_was_confirmed(app: App, server: MemoryServer, size: int) -> None:
    """Receipts that came through count; the rest is sent byte for byte the next time."""
    register(app, [f"Warga Contoh {at}" for at in range(9)])
    locked = lock(app)
    with pytest.raises(LineCut):
        locked.sync(Cut(server, size))
    left = locked.sealed()
    with locked.unlock() as opened:
        assert counts(opened) == (left, 9 - left)
    locked.sync(server)
    with locked.unlock() as opened:
        assert counts(opened) == (0, 9)
    assert len(server.log) == 9


def test_a_stranger_is_not_believed(app: App, server: MemoryServer) -> None:
    """A receipt under another key is refused at once, and nothing of it is kept."""
    register(app, ["Warga Contoh"])
    locked = lock(app)
    with pytest.raises(MessageForged):
        locked.sync(MemoryServer())
    assert (locked.sealed(), locked.heard()) == (1, 0)


def test_a_departure_that_was_tampered_with_makes_nothing_received(
    app: App, server: MemoryServer
) -> None:
    """Whoever rewrites the spool's file can fool a locked laptop, but not an unlocked one."""
    synchronise(app, server)
    register(app, ["Warga Contoh"])
    locked = lock(app)
    stranger = MemoryServer(sealing=server.sealing, devices=dict(server.devices))
    with open_spool(locked.home) as spool:
        tampered = _with_key(spool, server, stranger)
        synchronise_locked(locked.home, spool, load_departure(spool), stranger)
        spool.set_setting("departure", tampered)
    with locked.unlock() as opened:
        assert [warning.code for warning in opened.warnings] == ["HEARD_REFUSED"]
        assert counts(opened) == (1, 0)
        synchronise(opened, server)
        assert counts(opened) == (0, 1)
    assert names_of(server) == ["Warga Contoh"]


def _with_key(spool: Spool, server: MemoryServer, stranger: MemoryServer) -> bytes:
    """Put the stranger's key for the server's into a departure; return what was there."""
    before = spool.get_setting("departure")
    assert before is not None
    ours, theirs = (
        one.signing.public_key().public_bytes_raw().hex().encode() for one in (server, stranger)
    )
    spool.set_setting("departure", before.replace(ours, theirs))
    return before


def test_a_damaged_answer_is_dropped_and_asked_for_again(app: App, server: MemoryServer) -> None:
    """A flipped bit in what was heard keeps nobody from opening the store."""
    register(app, ["Warga Contoh"])
    locked = lock(app)
    locked.sync(server)
    with open_spool(locked.home) as spool, spool.transaction():
        spool._store.rows("UPDATE heard SET body = CAST(x'00' || substr(body, 2) AS BLOB)")
    with locked.unlock() as opened:
        assert [warning.code for warning in opened.warnings] == ["HEARD_REFUSED"]
        assert counts(opened) == (1, 0)
        synchronise(opened, server)
        assert counts(opened) == (0, 1)
    assert len(server.log) == 1


def test_a_copy_that_was_second_is_healed_at_the_unlock(
    app: App, server: MemoryServer, tmp_path: Path
) -> None:
    """A fork is only stored while locked, and nothing more of that stream is sent until then."""
    synchronise(app, server)
    app.close()
    original, copied = reopen(app.home, app.keys, clocks=still), clone(app, tmp_path / "b")
    with original:
        register(original, ["Warga Contoh 1"])
        synchronise(original, server)
    register(copied, [f"Warga Contoh {at}" for at in range(2, 8)])
    locked = lock(copied)
    outcome = locked.sync(server)
    assert (outcome.sent, outcome.received, locked.sealed()) == (2, 0, 6)
    assert locked.sync(server).sent == 0
    with locked.unlock() as opened:
        synchronise(opened, server)
        assert counts(opened) == (0, 6)
    assert names_of(server) == [f"Warga Contoh {at}" for at in range(1, 8)]


def test_a_restored_server_gets_at_the_unlock_what_it_lacks(app: App, server: MemoryServer) -> None:
    """A gap is not decided without the vault."""
    backup = server.saved()
    register(app, ["Warga Contoh 1"])
    synchronise(app, server)
    restored = backup.restored()
    restored.devices = dict(server.devices)
    register(app, ["Warga Contoh 2"])
    locked = lock(app)
    assert locked.sync(restored).received == 0
    assert locked.sync(restored).sent == 0
    with locked.unlock() as opened:
        assert counts(opened) == (2, 0)
        synchronise(opened, restored)
        assert counts(opened) == (0, 2)
    assert names_of(restored) == ["Warga Contoh 1", "Warga Contoh 2"]


def test_a_revoked_laptop_hands_over_what_is_sealed_and_is_wiped_at_the_next_sync(
    app: App, server: MemoryServer
) -> None:
    """Without the vault nobody knows that all is handed over, so nothing is wiped."""
    synchronise(app, server)
    server.revoked.add(app.device_keys.device)
    register(app, ["Warga Contoh"])
    locked = lock(app)
    with pytest.raises(DeviceRevokedWaiting):
        locked.sync(server)
    assert sum(batch.header.count for batch in server.quarantine) == 1
    with locked.unlock() as opened:
        assert counts(opened) == (1, 0)


def test_a_whole_batch_is_sealed_and_a_rest_waits(app: App) -> None:
    """Records added one by one do not become batches of one."""
    register(app, [f"Warga Contoh {at}" for at in range(3)])
    assert seal_waiting(app, whole=True) == 0
    register(app, [f"Warga Contoh {at}" for at in range(3, 9)])
    assert seal_waiting(app, whole=True) == 2
    assert seal_waiting(app) == 1
