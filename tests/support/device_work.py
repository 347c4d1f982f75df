"""Work on a whole device, step by step: an officer's day, an administrator's day with the keys."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from field_client.app import create_device, open_unlocked
from field_client.entries import Edit
from field_client.errors import VaultCopied
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.rekeying import finish_removals
from field_client.vault import keys as key_slots
from field_client.vault.errors import KeysReplaced, OperatorUnknown, PassphraseWrong
from field_client.vault.keys import VaultKeys
from field_client.verification import examine
from tests.support.scenes import far_code
from tests.support.vault_work import OPERATOR, PASSPHRASE, State

REGISTERED = 12


@dataclass(slots=True, kw_only=True)
class Day:
    """What an officer does: people registered and corrected, drafts, batches sealed."""

    home: Path
    keys: VaultKeys
    app: App | None = None

    @staticmethod
    def prepare(home: Path) -> VaultKeys:
        """Set up a device whose office exists nowhere."""
        with create_device(home, far_code(), OPERATOR, PASSPHRASE, calibrate=False) as app:
            return app.keys

    @staticmethod
    def words(count: int) -> list[str]:
        """Return a day's work, the same each time."""
        found: list[str] = []
        for number in range(count):
            found.append(f"{number:03d} registered {number}")
            if number % 3 == 2:
                found.append(f"{number:03d} corrected {number - 1}")
            if number % 4 == 3:
                found.append(f"{number:03d} sealed")
            if number % 9 == 8:
                found.append(f"{number:03d} reopened")
        return found

    @staticmethod
    def after(state: State, word: str) -> State:
        """Return the sorted (name, rt) of all people."""
        people = dict(state or ())
        _, kind, *rest = word.split() or ("", "")
        if kind == "registered":
            people[f"Warga Contoh {rest[0]}"] = "001"
        elif kind == "corrected" and f"Warga Contoh {rest[0]}" in people:
            people[f"Warga Contoh {rest[0]}"] = "002"
        return tuple(sorted(people.items()))

    def act(self, word: str) -> None:
        """Do what a word says."""
        _, kind, *rest = word.split()
        app = self._opened()
        if kind == "registered":
            register(app, f"Warga Contoh {rest[0]}")
        elif kind == "corrected":
            for record in _named(app, f"Warga Contoh {rest[0]}"):
                values = {"rt": "002"}
                app.journal.write([Edit(record=record, type="person", version=1, values=values)])
        elif kind == "sealed":
            seal_waiting(app)
        else:
            self.close()

    def _opened(self) -> App:
        if self.app is None:
            self.app = open_unlocked(self.home, self.keys)
        return self.app

    def close(self) -> None:
        """Close the store."""
        app, self.app = self.app, None
        if app is not None:
            app.close()

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> State:
        """Read every person, verify the whole device, seal what waits and save one more."""
        assert keys is not None
        with open_unlocked(home, keys) as app:
            people = [(one.values["name"], one.values["rt"]) for one in app.journal.entries()]
            assert len(people) == len(set(people)), "doubled"
            register(app, "Warga Contoh Terakhir")
            seal_waiting(app)
            faults = examine(app).faults
            assert faults == (), faults
        return tuple(sorted(people))


def register(app: App, name: str) -> None:
    """Register a person by name, one change in one commit."""
    size = sum(name.encode()) * 7 % 1500
    values = {"name": name, "sex": "L", "rt": "001", "note": "x" * size}
    with app.journal.transaction():
        record = app.journal.new_record()
        app.journal.write([Edit(record=record, type="person", version=1, values=values)])


def _named(app: App, name: str) -> list[Any]:
    return [one.id for one in app.journal.entries() if one.values["name"] == name]


# Key slots


@dataclass(slots=True, kw_only=True)
class Slots:
    """Operators added and removed, a passphrase changed, the store encrypted anew."""

    home: Path
    keys: VaultKeys

    @staticmethod
    def prepare(home: Path) -> VaultKeys:
        """Set up a device with some people on it."""
        keys = Day.prepare(home)
        with open_unlocked(home, keys) as app, app.journal.transaction():
            for number in range(REGISTERED):
                register(app, f"Warga Contoh {number}")
        return keys

    @staticmethod
    def words(count: int) -> list[str]:
        """Return an administrator's day."""
        found: list[str] = []
        for number in range(count):
            found.append(f"added petugas-{number} sandi-pertama-{number}")
            found.append(f"changed {OPERATOR} {_passphrase(number)}")
            found.append(f"removed petugas-{number}")
            found.append(f"rekeyed {number}")
        return found

    @staticmethod
    def after(state: State, word: str) -> State:
        """Return operator -> passphrase."""
        reached = dict(state or {OPERATOR: PASSPHRASE})
        kind, *rest = word.split() or ("",)
        if kind in ("added", "changed"):
            reached[rest[0]] = rest[1]
        elif kind == "removed":
            reached.pop(rest[0], None)
        return reached

    def act(self, word: str) -> None:
        """Do what a word says, unlocking anew where a root was drawn that was not told."""
        try:
            self._act(*word.split())
        except KeysReplaced:
            self.keys = any_unlock(self.home)
            self._act(*word.split())

    def _act(self, kind: str, name: str, passphrase: str = "") -> None:
        if kind == "added":
            key_slots.add_operator(self.home, self.keys, name, passphrase, calibrate=False)
        elif kind == "changed":
            key_slots.change_passphrase(self.home, self.keys, name, passphrase, calibrate=False)
        elif kind == "removed":
            with contextlib.suppress(OperatorUnknown):
                self.keys = key_slots.remove_operator(self.home, self.keys, name)
        else:
            self.keys, trouble = finish_removals(self.home, self.keys)
            if trouble:
                raise trouble

    def close(self) -> None:
        """Nothing stays open."""

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> State:
        """Let every operator unlock with each passphrase they may have, and read everything."""
        reached = {}
        for operator in key_slots.list_operators(home):
            number = operator.rpartition("-")[2]
            mine = f"sandi-pertama-{number}"
            for passphrase in (*OWN, mine) if operator == OPERATOR else (mine,):
                with contextlib.suppress(PassphraseWrong):
                    unlocked = key_slots.unlock(home, operator, passphrase)
                    assert operator not in reached, "two passphrases open one slot"
                    reached[operator] = passphrase
        assert keys is not None
        assert unlocked.identity == keys.identity
        with open_unlocked(home, any_unlock(home)) as app:
            assert app.warnings == [] or isinstance(app.warnings[0], VaultCopied)
            assert len(list(app.journal.entries())) == REGISTERED
            faults = examine(app).faults
            assert faults == (), faults
        assert any_unlock(home).previous == (), "still under an earlier root"
        return reached


def _passphrase(number: int) -> str:
    return f"sandi-berikut-{number}"


OWN = (PASSPHRASE, *map(_passphrase, range(10)))


def any_unlock(home: Path) -> VaultKeys:
    """Unlock as the administrator with whichever passphrase is right."""
    for passphrase in OWN:
        with contextlib.suppress(PassphraseWrong):
            return key_slots.unlock(home, OPERATOR, passphrase)
    raise AssertionError("no passphrase opens the administrator's slot")
