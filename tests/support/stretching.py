"""Passphrases stretched at no cost, where a test unlocks thousands of times; never in a program.

What is tried there is what becomes of files, not how hard a guess is. A test that stretches so
must have every store made and opened so.
"""

import hashlib

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
