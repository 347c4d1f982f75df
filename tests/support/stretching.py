"""Passphrases stretched at less cost, for tests alone; never in a program.

`remember` is for all tests: Argon2id as ever, but each key is computed once in a run, for all of
its processes; to that end they draw one salt and do not measure the machine. `as_ever` undoes it.
`quick` is for tests that unlock thousands of times: what is tried there is what becomes of files,
not how hard a guess is. A test that stretches so must have every store made and opened so.
"""

import atexit
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from field_client.vault import slots
from field_client.vault.slots import Cost
from sync_server import accounts, setup

SHARED = "JEMPUT_TESTS_STRETCHED"
_NAME_BYTES = _KEY_BYTES = 32
_PAIR = _NAME_BYTES + _KEY_BYTES
_SEAMS: tuple[tuple[Any, str], ...] = (
    (slots, "Argon2id"),
    (setup, "Argon2id"),
    (accounts, "Argon2id"),
    (slots, "new_salt"),
    (setup, "new_salt"),
    (slots, "calibrated"),
)
_TRUE = [getattr(module, name) for module, name in _SEAMS]


def quick(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Return a key that follows from passphrase and salt."""
    return hashlib.sha256(salt + passphrase.encode()).digest()


def quick_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this test stretch quickly."""
    monkeypatch.setattr(slots, "stretch", quick)


def quick_for_good() -> None:
    """Let this process stretch quickly: for programs that a test starts."""
    slots.stretch = quick


class Remembered:
    """Argon2id; what any process of this run has computed is read from the file they share."""

    known: ClassVar[dict[bytes, bytes]] = {}
    shared: ClassVar[Path]

    def __init__(self, **asked: Any) -> None:
        self._asked = asked

    def derive(self, material: bytes) -> bytes:
        """Return the key that Argon2id makes."""
        asked = repr((material, sorted(self._asked.items())))
        name = hashlib.sha256(asked.encode()).digest()
        if name not in self.known:
            self._read()
        if name not in self.known:
            self.known[name] = key = Argon2id(**self._asked).derive(material)
            with self.shared.open("ab", buffering=0) as kept:
                kept.write(name + key)
        return self.known[name]

    def verify(self, material: bytes, expected: bytes) -> None:
        """Raise InvalidKey where the key is another one."""
        if self.derive(material) != expected:
            raise InvalidKey

    def _read(self) -> None:
        kept = self.shared.read_bytes()
        for at in range(0, len(kept), _PAIR):
            self.known[kept[at : at + _NAME_BYTES]] = kept[at + _NAME_BYTES : at + _PAIR]


def remember() -> None:
    """Compute each key once in this process, and all that it starts and tells of the file."""
    if SHARED not in os.environ:
        number, name = tempfile.mkstemp(prefix="jemput-stretched-")
        os.close(number)
        os.environ[SHARED] = name
        atexit.register(_remove, name, os.getpid())
    Remembered.shared = Path(os.environ[SHARED])
    salt = hashlib.sha256(os.environ[SHARED].encode()).digest()[: slots.SALT_BYTES]
    instead = [Remembered] * 3 + [lambda: salt] * 2 + [lambda: slots.FLOOR]
    for (module, name), other in zip(_SEAMS, instead, strict=True):
        setattr(module, name, other)


def told() -> dict[str, str]:
    """Return what a program's environment must hold to share in what is remembered."""
    return {SHARED: os.environ[SHARED]} if SHARED in os.environ else {}


def as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this test draw salts, compute keys and measure the machine, as the programs do."""
    for (module, name), true in zip(_SEAMS, _TRUE, strict=True):
        monkeypatch.setattr(module, name, true)


def _remove(name: str, owner: int) -> None:
    if os.getpid() == owner:
        Path(name).unlink(missing_ok=True)
