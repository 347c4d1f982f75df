"""Changes bytes and JSON the way a broken line, a bad stick or an ill-meaning device would.

Everything follows from a seed, which each test prints: `FUZZ_SEED=… pytest …` repeats its run.
"""

import os
import random
import secrets
from collections.abc import Sequence
from typing import Any

SEED = "FUZZ_SEED"
_CI_SEED = 20261123
_WORDS = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00", bytes(16))
_LONG = "panjang " * 1300
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 255, 2**24, 2**31, 2**53 - 1, 2**53, 2**64, -(2**53), 10**300,
    0.5, -0.0, 1e-320, 1e308, "", " ", "0", "\x00", "\ud800", "\U0001f600", "a\nb", _LONG,
    "53.15.05.2001", "2024-02-30", "0000-01-01", "9999-12-31", "5315055705800001", "'; DROP TABLE",
    "00000000-0000-8000-8000-000000000000", "0" * 16, "018bcfe568000000." + "0" * 24,
    [], {}, [[]], {"": {}}, {"_void": {"reason": "x"}}, {"reason": ""}, ["person", 1, ["name"]],
)  # fmt: skip


def seed_of(scale: str) -> int:
    """Return the seed of a run: the environment's, the same in each CI, another in each soak."""
    given = os.environ.get(SEED)
    if given is not None:
        return int(given)
    return _CI_SEED if scale == "ci" else secrets.randbits(32)


def damaged(chance: random.Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return ``data`` with one to three things wrong; parts may come from ``others``."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(_DAMAGES)(chance, data, chance.choice([data, *others]))
    return data


def _place(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 2, 4, 8, 16, 80, 300)))


def _flip(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    if not data:
        return b"\x01"
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _put(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, _ = _place(chance, data)
    word = chance.choice(_WORDS)
    return data[:start] + word + data[start + len(word) :]


def _cut(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, end = _place(chance, data)
    return data[:start] + data[end:]


def _end(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _insert(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, end = _place(chance, data)
    return data[:start] + chance.randbytes(end - start) + data[start:]


def _repeat(chance: random.Random, data: bytes, _other: bytes) -> bytes:
    start, end = _place(chance, data)
    return data[:end] + data[start:end] + data[end:]


def _splice(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, end = _place(chance, data)
    return data[:start] + other[start:end] + data[end:]


def _cross(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, _ = _place(chance, data)
    return data[:start] + other[start:]


_DAMAGES = (_flip, _flip, _put, _cut, _end, _insert, _repeat, _splice, _cross)


def distorted(chance: random.Random, value: Any, odds: float = 0.15) -> Any:
    """Return JSON with some of its parts replaced, left out, doubled or exchanged."""
    if chance.random() < odds / 3:
        return chance.choice(_ODD)
    if isinstance(value, dict):
        return _distorted_object(chance, value, odds)
    if isinstance(value, list):
        return _distorted_list(chance, value, odds)
    return chance.choice(_ODD) if chance.random() < odds / 2 else value


def _distorted_object(chance: random.Random, value: dict[str, Any], odds: float) -> dict[str, Any]:
    found = {}
    for name, part in value.items():
        if chance.random() < odds / 4:
            continue
        kept = name if chance.random() > odds / 4 else chance.choice(("", "_void", "name", "\x00"))
        found[kept] = distorted(chance, part, odds)
    return found


def _distorted_list(chance: random.Random, value: list[Any], odds: float) -> list[Any]:
    found = [distorted(chance, part, odds) for part in value]
    if found and chance.random() < odds / 3:
        found.insert(chance.randrange(len(found) + 1), chance.choice(found))
    if found and chance.random() < odds / 3:
        found.pop(chance.randrange(len(found)))
    if chance.random() < odds / 4:
        chance.shuffle(found)
    return found
