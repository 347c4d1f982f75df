"""The store as the pages hold it: opened for a shift, lent to one request after another, locked.

What waits is sealed into the spool before the vault closes, so that a locked laptop still syncs.
A request that is under way keeps the store open until it has answered; none begins on one that
is about to close. The keys are held by the open store only, and while it is paused by `Wrapped`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from field_client.app import open_unlocked
from field_client.errors import PinForgotten, PinWrong, StoreLocked
from field_client.opened import App
from field_client.shift import Shift, State
from field_client.sync.departure import depart
from field_client.sync.locked import take_in
from field_client.sync.watch import uptime_s
from field_client.vault import pin
from field_client.vault.keys import check_member, unlock
from field_client.vault.roster import VaultKeys
from shared_schema.errors import AccessError, JemputError, StorageError

LOOK_S = 1.0


@dataclass(slots=True, kw_only=True)
class Desk:
    """One store and its shift, for all threads.

    ``trouble``: why the last sealing failed; it holds on to nothing. ``ended``: why the last shift
    was ended, where that was nobody's wish here, until the next one begins. ``updated``: while a
    store is opened, what share of it has been brought up to this program, or, ``anew``, encrypted
    under another root, since an operator was removed.
    """

    home: Path
    clock: Callable[[], float] = uptime_s
    trouble: JemputError | None = None
    ended: AccessError | None = None
    updated: float | None = None
    anew: bool = False
    _shift: Shift = field(default_factory=Shift)
    _app: App | None = None
    _pin: pin.Pin | None = field(default=None, repr=False)
    _wrapped: pin.Wrapped | None = field(default=None, repr=False)
    _users: int = 0
    _seen: int = -1
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _changing: threading.RLock = field(default_factory=threading.RLock)
    _laying: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shift(self) -> Shift:
        """What the shift is now, whether or not its idle store has been closed yet."""
        with self._turn:
            return self._shift.after(self.clock())

    @property
    def closing(self) -> bool:
        """Whether somebody has said that the store shall close; idle minutes say nothing."""
        with self._turn:
            return self._shift.state is not State.OPEN

    def is_over(self, operator: str) -> bool:
        """Tell whether this operator's shift has ended; never while somebody opens or closes it."""
        if not self._changing.acquire(blocking=False):
            return False
        try:
            shift = self.shift
            return shift.state is State.LOCKED or shift.operator != operator
        finally:
            self._changing.release()

    @contextmanager
    def use(self) -> Iterator[App]:
        """Lend the open store to one request; it counts as use. Raises StoreLocked."""
        self.look()
        with self._lent(self._note_use) as app:
            self._catch_up(app)
            yield app

    @contextmanager
    def borrow(self) -> Iterator[App]:
        """Lend the open store to work in the background, which is no use of it.

        Be brief: whoever locks waits for it. Raises StoreLocked.
        """
        with self._lent(lambda: None) as app:
            yield app

    @contextmanager
    def _lent(self, note: Callable[[], None]) -> Iterator[App]:
        with self._turn:
            if self.shift.state is not State.OPEN or self._app is None:
                raise StoreLocked
            note()
            self._users += 1
            app = self._app
        try:
            yield app
        finally:
            with self._turn:
                self._users -= 1
                note()
                self._turn.notify_all()

    def _note_use(self) -> None:
        self._shift = self._shift.use(self.clock())

    def lay_in(self) -> None:
        """Lay in what a locked sync has stored, where the store is open. Raises StoreLocked."""
        with self.borrow() as app, self._laying:
            take_in(app)
            self._seen = app.spool.change_number()

    def _catch_up(self, app: App) -> None:
        """Lay in what a locked sync has stored; a trouble stops nobody, nor does who does it."""
        if not self._laying.acquire(blocking=False):
            return
        try:
            with suppress(StorageError):
                number = app.spool.change_number()
                if number != self._seen:
                    take_in(app)
                    self._seen = app.spool.change_number()
        finally:
            self._laying.release()

    # Opening

    def unlock(self, operator: str, passphrase: str) -> None:
        """Begin a shift; one that is open is sealed and closed first. Raises as `unlock` does."""
        with self._changing:
            self.updated = 0.0
            try:
                keys = unlock(self.home, operator, passphrase)
                self._close_for(Shift())
                self._open(keys, Shift().begin(keys.operator, self.clock()))
            finally:
                self.updated, self.anew = None, False

    def resume(self, digits: str) -> None:
        """Go on with a paused shift. Raises PinWrong, PinForgotten, and what opening raises."""
        with self._changing:
            self.look()
            if self._shift.state is State.OPEN:
                self._recognise(digits)
                return
            wrapped = self._wrapped
            if self._shift.state is not State.PIN or wrapped is None:
                raise PinForgotten
            opened = pin.unwrap(wrapped, digits)
            if opened is None:
                self._miss()
            else:
                self._open_again(*opened)

    def _recognise(self, digits: str) -> None:
        """Judge the PIN of who comes back to a store that phones have kept open."""
        if self._pin is None:
            raise PinForgotten
        if not pin.is_right(self._pin, digits):
            self._miss()
        with self._turn:
            self._shift = self._shift.resume(self.clock())

    def _miss(self) -> None:
        with self._turn:
            following = self._shift.miss()
            if following.state is not State.LOCKED:
                self._shift = following
                raise PinWrong(tries=following.tries)
        self._close_for(following)
        raise PinForgotten

    def _open_again(self, digits: pin.Pin, keys: VaultKeys) -> None:
        """Open with keys from before the pause, unless they no longer belong to this store."""
        try:
            current = check_member(self.home, keys)
        except AccessError as error:
            self._close_for(Shift())
            raise PinForgotten from error
        self._open(current, self._shift.resume(self.clock()))
        self._pin, self._wrapped = digits, None

    def _open(self, keys: VaultKeys, following: Shift) -> None:
        app = open_unlocked(self.home, keys, progress=self._note_rekey, updating=self._note_update)
        with self._turn:
            self._app, self._shift, self._seen = app, following.use(self.clock()), -1
            self.ended = None

    def _note_rekey(self, share: float) -> None:
        self.updated, self.anew = share, True

    def _note_update(self, share: float) -> None:
        self.updated, self.anew = share, False

    def set_pin(self, digits: str) -> None:
        """Let six digits open the store again after a pause. Raises PinWeak, StoreLocked."""
        with self._changing:
            made = pin.set_pin(digits)
            with self._turn:
                if self.shift.state is not State.OPEN:
                    raise StoreLocked
                self._pin, self._shift = made, self._shift.with_pin().use(self.clock())

    # Closing

    def pause(self) -> None:
        """Lock now, until the PIN where there is one."""
        with self._changing:
            self._close_for(self._shift.pause())

    def end(self) -> None:
        """End the shift: what waits is sealed, the store closed, the keys and the PIN dropped."""
        with self._changing:
            self._close_for(self._shift.end())

    def look(self) -> None:
        """Close what nobody uses any more, and what its operator may not use any more.

        Returns at once while somebody opens or closes it.
        """
        if not self._changing.acquire(blocking=False):
            return
        try:
            self._shut_out()
            following = self._shift.after(self.clock())
            if following != self._shift and not self._users:
                self._close_for(following)
        finally:
            self._changing.release()

    def _shut_out(self) -> None:
        """End the shift of who was removed or has another passphrase; a trouble ends nothing.

        The root is another one after any removal, and the store is encrypted under it only when
        nobody has it open: who remains unlocks anew as well.
        """
        if self._app is None:
            return
        try:
            with suppress(StorageError):
                check_member(self.home, self._app.keys)
        except AccessError as error:
            self._close_for(Shift())
            self.ended = error.with_traceback(None)

    def watch(self, stopped: threading.Event) -> None:
        """Close in time what nobody uses, until ``stopped``; then end the shift."""
        while not stopped.wait(LOOK_S):
            self.look()
        self.end()

    def _close_for(self, following: Shift) -> None:
        """Let no request begin, wait for those under way, seal, and close."""
        with self._turn:
            self._shift = following
            self._turn.wait_for(lambda: not self._users)
            app, self._app = self._app, None
        made, self._pin = self._pin, None
        if following.state is State.LOCKED:
            self._wrapped = None
        elif app is not None and made is not None:
            self._wrapped = pin.wrap(made, app.keys)
        if app is not None and not app.closed:
            self._seal_and_close(app)

    def _seal_and_close(self, app: App) -> None:
        self.trouble = None
        try:
            with app:
                depart(app)
        except JemputError as error:
            self.trouble = error.with_traceback(None)
            error.__cause__ = error.__context__ = None
