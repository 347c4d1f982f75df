"""Passphrases stretched at less cost, for tests alone; never in a program.

`quick` is for tests that unlock thousands of times: what is tried there is what becomes of files,
not how hard a guess is. A test that stretches so must have every store made and opened so.
`remember` changes no key: what was stretched once is remembered, by all that is forked from here.
"""

import atexit
import hashlib
import tempfile

import pytest

from field_client.vault import slots
from field_client.vault.slots import Cost


def quick(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Return a key that follows from passphrase and salt."""
    return hashlib.sha256(salt + passphrase.encode()).digest()


def quick_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this test stretch quickly."""
    monkeypatch.setattr(slots, "stretch", quick)


def quick_for_good() -> None:
    """Let this process stretch quickly: for programs that a test starts."""
    slots.stretch = quick


_DIGEST_BYTES = 32
_MEASURED = "calibration"


def remember() -> None:
    """Stretch each passphrase once in this process and its forks; what is measured, each time."""
    stretch = slots.stretch
    known = tempfile.TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - as long as the process
    atexit.register(known.close)

    def remembered(passphrase: str, salt: bytes, cost: Cost) -> bytes:
        if passphrase == _MEASURED:
            return stretch(passphrase, salt, cost)
        asked = hashlib.sha256(repr((passphrase, salt, cost)).encode()).digest()
        known.seek(0)
        while pair := known.read(2 * _DIGEST_BYTES):
            if pair.startswith(asked):
                return pair[_DIGEST_BYTES:]
        key = stretch(passphrase, salt, cost)
        known.write(asked + key)
        return key

    slots.stretch = remembered
