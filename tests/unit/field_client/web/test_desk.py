"""The store behind the pages: lent, paused, sealed, and closed under nobody's hands."""

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from field_client.errors import PinForgotten, PinWeak, PinWrong, StoreLocked
from field_client.opened import App
from field_client.shift import IDLE_S, SHIFT_S, State
from field_client.sync.departure import load_departure
from field_client.sync.locked import still_sealed, synchronise_locked
from field_client.sync.watch import uptime_s
from field_client.vault import keys, presence, slotfile
from field_client.vault.connection import StoreConnection
from field_client.vault.errors import DiskFull, KeysReplaced, PassphraseWrong, VaultIO
from field_client.vault.roster import VaultKeys
from field_client.vault.spool import open_spool
from field_client.web import desk as desks
from field_client.web.desk import Desk
from tests.support.laptop import OPERATOR, PASSPHRASE, reopen
from tests.support.memory_server import MemoryServer
from tests.unit.field_client.web.conftest import PIN, Clock

SECOND, THEIRS = "kedua", "rahasia-kedua-dua"


def wait_idle(desk: Desk, clock: Clock) -> None:
    """Leave the desk alone for five minutes."""
    clock.now_s += IDLE_S
    desk.look()


def sealed(home: Path) -> int:
    """Count what is sealed and waits."""
    with open_spool(home) as spool:
        return still_sealed(spool, load_departure(spool))


def test_a_locked_desk_lends_nothing(desk: Desk) -> None:
    """Not before the passphrase, and not after a wrong one."""
    with pytest.raises(StoreLocked), desk.use():
        pass
    with pytest.raises(PassphraseWrong):
        desk.unlock(OPERATOR, "salah-sekali-ini")
    assert desk.shift.state is State.LOCKED


def test_what_waits_is_sealed_before_the_store_closes(desk: Desk, clock: Clock) -> None:
    """After five idle minutes, so that a locked laptop still syncs."""
    desk.unlock(OPERATOR, PASSPHRASE)
    with desk.use() as app:
        assert app.journal.counts()["waiting"] == 2
    wait_idle(desk, clock)
    assert desk.shift.state is State.LOCKED
    assert sealed(desk.home) == 2
    assert desk.trouble is None


def test_each_use_counts_anew(desk: Desk, clock: Clock) -> None:
    """Nobody is locked out while at work."""
    desk.unlock(OPERATOR, PASSPHRASE)
    for _ in range(3):
        clock.now_s += IDLE_S - 1
        desk.look()
        with desk.use():
            pass
    assert desk.shift.state is State.OPEN


def test_the_pin_opens_after_a_pause_and_is_gone_after_five_wrong_ones(
    desk: Desk, clock: Clock
) -> None:
    """Then only the passphrase helps, also against the right digits."""
    desk.unlock(OPERATOR, PASSPHRASE)
    with pytest.raises(PinWeak):
        desk.set_pin("123456")
    desk.set_pin(PIN)
    for _ in range(2):
        wait_idle(desk, clock)
        assert desk.shift.state is State.PIN
        desk.resume(PIN)
        with desk.use() as app:
            assert app.journal.counts()["waiting"] == 2
    desk.pause()
    for left in (4, 3, 2, 1):
        with pytest.raises(PinWrong) as error:
            desk.resume("999999")
        assert error.value.details == {"tries": left}
    for digits in ("999999", PIN):
        with pytest.raises(PinForgotten):
            desk.resume(digits)
    assert desk.shift.state is State.LOCKED
    desk.unlock(OPERATOR, PASSPHRASE)


def test_a_shift_ends_after_twelve_hours_from_a_pause_as_well(desk: Desk, clock: Clock) -> None:
    """The PIN of the morning does not open the evening."""
    desk.unlock(OPERATOR, PASSPHRASE)
    desk.set_pin(PIN)
    desk.pause()
    clock.now_s += SHIFT_S
    with pytest.raises(PinForgotten):
        desk.resume(PIN)
    assert desk.shift.state is State.LOCKED


def all_keys() -> list[VaultKeys]:
    """Find unlocked keys among all objects of this process."""
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, VaultKeys)]


@pytest.fixture
def held() -> Callable[[], bool]:
    """Return what tells whether there are keys that were not there before the test."""
    before = all_keys()
    return lambda: any(all(one is not old for old in before) for one in all_keys())


def test_no_keys_are_left_in_memory_by_a_locked_desk(held: Callable[[], bool], desk: Desk) -> None:
    """Nothing in this process holds them any more: not after an end, not in a pause."""
    desk.unlock(OPERATOR, PASSPHRASE)
    assert held()
    desk.set_pin(PIN)
    desk.pause()
    assert not held()
    desk.resume(PIN)
    assert held()
    desk.end()
    assert not held()


def test_a_request_under_way_keeps_its_store(desk: Desk, clock: Clock) -> None:
    """Time alone does not close it, and an explicit lock waits for it."""
    desk.unlock(OPERATOR, PASSPHRASE)
    with desk.use() as app:
        clock.now_s += 2 * IDLE_S
        desk.look()
        assert app.journal.counts()["waiting"] == 2
        ending = threading.Thread(target=desk.end)
        ending.start()
        ending.join(0.2)
        assert ending.is_alive()
        assert app.journal.counts()["waiting"] == 2
        with pytest.raises(StoreLocked), desk.use():
            pass
    ending.join(20)
    assert not ending.is_alive()
    assert app.closed


@pytest.fixture
def administrator(desk: Desk) -> VaultKeys:
    """Begin the shift of a second operator; return the keys of the one who may end it."""
    unlocked = keys.unlock(desk.home, OPERATOR, PASSPHRASE)
    keys.add_operator(desk.home, unlocked, SECOND, THEIRS, calibrate=False)
    desk.unlock(SECOND, THEIRS)
    desk.set_pin(PIN)
    return unlocked


def remove(home: Path, administrator: VaultKeys) -> None:
    """Remove the second operator, as another program does it."""
    keys.remove_operator(home, administrator, SECOND)


def reset(home: Path, administrator: VaultKeys) -> None:
    """Reset the second operator's passphrase, since somebody else knows it."""
    keys.change_passphrase(home, administrator, SECOND, "rahasia-yang-baru", calibrate=False)


@pytest.mark.parametrize("shut_out", [remove, reset])
def test_a_paused_operator_who_was_shut_out_does_not_come_back_by_pin(
    desk: Desk, administrator: VaultKeys, shut_out: Callable[[Path, VaultKeys], None]
) -> None:
    """Neither removed nor with another passphrase: the keys of before the pause count no more."""
    desk.pause()
    shut_out(desk.home, administrator)
    with pytest.raises(PinForgotten):
        desk.resume(PIN)
    assert desk.shift.state is State.LOCKED
    assert desk._wrapped is None


@pytest.mark.parametrize("shut_out", [remove, reset])
def test_an_operator_who_was_shut_out_reads_no_further(
    desk: Desk, administrator: VaultKeys, shut_out: Callable[[Path, VaultKeys], None]
) -> None:
    """The next request ends the shift, however busy; what waits is sealed, the keys forgotten."""
    with desk.use() as app:
        shut_out(desk.home, administrator)
        assert app.journal.counts()["waiting"] == 2
    with pytest.raises(StoreLocked), desk.use():
        pass
    assert desk.shift.state is State.LOCKED
    assert isinstance(desk.ended, KeysReplaced)
    assert sealed(desk.home) == 2
    assert (desk._pin, desk._wrapped) == (None, None)
    desk.unlock(OPERATOR, PASSPHRASE)
    assert desk.ended is None


def test_the_watch_ends_the_shift_of_who_was_removed(desk: Desk, administrator: VaultKeys) -> None:
    """Nobody need ask for a page; the next opening has the store alone and encrypts it anew."""
    remove(desk.home, administrator)
    desk.look()
    assert desk.shift.state is State.LOCKED
    with presence.alone(desk.home) as is_alone:
        assert is_alone
    desk.unlock(OPERATOR, PASSPHRASE)
    with desk.use() as app:
        assert app.keys.previous == ()


def test_other_changes_of_the_slots_end_no_shift(desk: Desk, administrator: VaultKeys) -> None:
    """An operator more, another's passphrase, a slot file that cannot be read at the moment."""
    keys.add_operator(desk.home, administrator, "ketiga", THEIRS, calibrate=False)
    keys.change_passphrase(desk.home, administrator, "ketiga", PASSPHRASE, calibrate=False)
    with desk.use():
        pass
    for path in slotfile.paths(desk.home):
        path.write_bytes(b"")
    with desk.use() as app:
        assert app.journal.counts()["waiting"] == 2


def test_no_keys_are_left_by_a_shift_that_was_ended(held: Callable[[], bool], desk: Desk) -> None:
    """Why it ended is remembered, without what was in memory at that moment."""
    unlocked = keys.unlock(desk.home, OPERATOR, PASSPHRASE)
    keys.add_operator(desk.home, unlocked, SECOND, THEIRS, calibrate=False)
    desk.unlock(SECOND, THEIRS)
    remove(desk.home, unlocked)
    del unlocked
    assert held()
    desk.look()
    assert isinstance(desk.ended, KeysReplaced)
    assert not held()


def test_a_full_disk_does_not_keep_the_store_open(
    held: Callable[[], bool], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locking comes first; that nothing could be sealed is told afterwards, holding no keys."""

    def full(app: App) -> int:
        try:
            (app.home / app.keys.operator / "x").read_bytes()
        except OSError as error:
            raise DiskFull from error
        return 0

    desk.unlock(OPERATOR, PASSPHRASE)
    monkeypatch.setattr(desks, "depart", full)
    desk.end()
    assert desk.shift.state is State.LOCKED
    assert isinstance(desk.trouble, DiskFull)
    assert not held()
    monkeypatch.undo()
    desk.unlock(OPERATOR, PASSPHRASE)
    desk.end()
    assert desk.trouble is None


def test_a_store_that_closes_badly_does_not_end_the_watch(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told; who watches lives on, and nobody is counted as having the store open."""
    desk.unlock(OPERATOR, PASSPHRASE)
    close = StoreConnection.close

    def badly(store: StoreConnection) -> None:
        close(store)
        raise VaultIO(file=store.path.name, reason="x")

    with monkeypatch.context() as patched:
        patched.setattr(StoreConnection, "close", badly)
        wait_idle(desk, clock)
    assert isinstance(desk.trouble, VaultIO)
    with presence.alone(desk.home) as is_alone:
        assert is_alone
    desk.unlock(OPERATOR, PASSPHRASE)


def test_what_a_locked_sync_brings_is_seen_by_open_pages(desk: Desk, server: MemoryServer) -> None:
    """The receipts that another program stored are laid in at the next request."""
    desk.unlock(OPERATOR, PASSPHRASE)
    desk.end()
    desk.unlock(OPERATOR, PASSPHRASE)
    with desk.use() as app:
        assert app.journal.counts()["received"] == 0
    with open_spool(desk.home) as spool:
        synchronise_locked(desk.home, spool, load_departure(spool), server)
    with desk.use() as app:
        assert app.journal.counts()["received"] == 2


def test_another_operator_takes_over_with_the_passphrase(desk: Desk) -> None:
    """The shift before is sealed and closed; its PIN is gone."""
    with reopen(desk.home) as app:
        keys.add_operator(desk.home, app.keys, "kedua", "rahasia-kedua-dua", calibrate=False)
    desk.unlock(OPERATOR, PASSPHRASE)
    desk.set_pin(PIN)
    desk.unlock("kedua", "rahasia-kedua-dua")
    assert desk.shift.has_pin is False
    with desk.use() as app:
        assert app.keys.operator == "kedua"
    assert sealed(desk.home) == 2


def test_the_clock_of_a_shift_only_rises() -> None:
    """It is no wall clock: dates that are set change nothing."""
    readings: Iterator[float] = (uptime_s() for _ in range(3))
    first, second, third = readings
    assert 0 < first <= second <= third
