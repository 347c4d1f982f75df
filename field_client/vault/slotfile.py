"""The slot file and its second copy: damage to one of them costs nobody their access.

    {"version": 2, "generation": n, "ring": {...}, "slots": [...], "recovery": {...} | null,
     "checksum": SHA-256 of the canonical encoding of everything else}

``ring`` is described in `ring`, a slot in `slots`, the recovery in `keys`; each bears a checksum of
its own. Checksums are no protection: they tell damage from a wrong passphrase.

Every change raises the generation and writes ``slots.json`` whole and durably, then
``slots.copy.json``. At any moment at least one whole copy is there, of the newest generation or
the one before. The whole copy of the highest generation counts, and the other is mended from it
before anything else is done. Where neither is whole, what is sound is taken from both.

A damaged copy that is newer than the whole one counts all the same while its ring and somebody's
slot are sound: its ring vouches for who belongs, the older copy may still name whom it removed. Of
the older copy only slots with the key pairs of damaged ones are taken, which open if the root is
the same, and else as soon as the next change seals it to them.
"""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from field_client.vault import durable, slots
from field_client.vault.errors import SlotDamaged, VaultNewer
from field_client.vault.lock import locked
from field_client.vault.slots import Slot
from shared_schema.errors import StorageError

SLOT_FILE = "slots.json"
SLOT_COPY = "slots.copy.json"
SLOT_LOCK = "slots.lock"
VERSION = 2
_STALE = 8  # generations that a copy may lie behind


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFile:
    """What the slot file holds; a damaged slot stands there as the raw JSON it is.

    Damage to one slot must neither lock the others out nor be lost when the file is rewritten.
    """

    generation: int
    ring: dict[str, Any] = field(repr=False)
    entries: tuple[Slot | Any, ...]
    recovery: dict[str, Any] | None = None

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The undamaged slots, in the order their operators were added."""
        return tuple(entry for entry in self.entries if isinstance(entry, Slot))

    @property
    def is_damaged(self) -> bool:
        """Whether a slot of somebody is damaged."""
        return len(self.slots) < len(self.entries)


def paths(home: Path) -> tuple[Path, Path]:
    """Return both copies' paths, in the order they are written."""
    return home / SLOT_FILE, home / SLOT_COPY


def exists(home: Path) -> bool:
    """Whether there is a slot file, in whatever state."""
    return any(path.exists() for path in paths(home))


def read(home: Path) -> SlotFile:
    """Return what counts, mending a copy that is damaged, missing or older.

    A mending that fails (a full disk) hinders nobody; the next reading tries again. Raises
    SlotDamaged, VaultNewer. Call it without the lock; within, call `load`.
    """
    found = load(home)
    with contextlib.suppress(StorageError):
        if not _is_mended(home, found):
            with locked(home / SLOT_LOCK):
                found = load(home)
                if not _is_mended(home, found):
                    _write(home, _encode(found))
    return found


def load(home: Path) -> SlotFile:
    """Return what counts of both copies and change nothing.

    Raises SlotDamaged, VaultNewer, VaultIO where no copy can be read.
    """
    bodies = [body for body in map(_body, paths(home)) if body is not None]
    whole = [body for body in bodies if slots.is_sound(body)]
    if any(body["version"] > VERSION for body in whole):
        raise VaultNewer(file=home / SLOT_FILE)
    if not whole:
        return _salvaged(home, bodies)
    best = max(whole, key=_generation)
    newer = [body for body in bodies if _is_newer(body, best["generation"])]
    return _salvaged(home, newer, best["slots"]) if newer else _parsed(best)


def check(home: Path) -> list[str]:
    """Return what is wrong: a copy that is not what counts, a slot that is damaged in both."""
    found = load(home)
    content = _encode(found)
    odd = [path.name for path in paths(home) if not path.exists() or _content(path) != content]
    spoilt = [at for at, entry in enumerate(found.entries, 1) if not isinstance(entry, Slot)]
    return [*odd, *(f"{SLOT_FILE}: {at}" for at in spoilt)]


def store(home: Path, content: SlotFile) -> None:
    """Make ``content`` what counts: durable when this returns. Hold the lock."""
    _write(home, _encode(content))


def _write(home: Path, content: bytes) -> None:
    """Write both copies; once the first is there the change has happened, whatever comes after.

    A second copy that cannot be written is removed, so that it never brings back what was changed.
    """
    first, second = paths(home)
    durable.write_file(first, content)
    try:
        durable.write_file(second, content)
    except StorageError:
        with contextlib.suppress(StorageError):
            durable.remove_files(second)


def _is_mended(home: Path, found: SlotFile) -> bool:
    content = _encode(found)
    return all(path.exists() and _content(path) == content for path in paths(home))


def _encode(content: SlotFile) -> bytes:
    body = {
        "version": VERSION,
        "generation": content.generation,
        "ring": content.ring,
        "slots": [
            slots.to_json(entry) if isinstance(entry, Slot) else entry for entry in content.entries
        ],
        "recovery": content.recovery,
    }
    return json.dumps(slots.checked(body), indent=1, ensure_ascii=False).encode()


def _content(path: Path) -> bytes:
    with durable.translated(path):
        return path.read_bytes()


def _body(path: Path) -> dict[str, Any] | None:
    """Read one copy as far as it can be read."""
    with contextlib.suppress(StorageError, ValueError, RecursionError):
        body = json.loads(_content(path))
        if isinstance(body, dict) and isinstance(body.get("slots"), list):
            return body
    return None


def _parsed(body: dict[str, Any]) -> SlotFile:
    return SlotFile(
        generation=body["generation"],
        ring=body["ring"],
        entries=tuple(slots.from_json(entry) or entry for entry in body["slots"]),
        recovery=body["recovery"] if slots.is_sound(body["recovery"]) else None,
    )


def _is_newer(body: dict[str, Any], generation: int) -> bool:
    """Whether a copy is of a generation after this one and, though damaged, opens for somebody.

    Where it is whole under this generation or one before, the number itself is what is damaged.
    """
    earlier = range(max(generation - _STALE, 1), generation + 1)
    return (
        _generation(body) > generation
        and slots.is_sound(body.get("ring"))
        and any(slot.sealed for slot in filter(None, map(slots.from_json, body["slots"])))
        and not any(slots.is_sound({**body, "generation": each}) for each in earlier)
    )


def _salvaged(home: Path, bodies: list[dict[str, Any]], older: Iterable[Any] = ()) -> SlotFile:
    """Put together what is sound of copies of which none is whole; ``older``: slots to fill in."""
    generation = max(map(_generation, bodies), default=1)
    newest = [body for body in bodies if _generation(body) == generation]
    rings = [body["ring"] for body in newest if slots.is_sound(body.get("ring"))]
    lists = [body["slots"] for body in newest]
    if not rings or len(set(map(len, lists))) > 1:
        for path in filter(Path.exists, paths(home)):
            _content(path)
        raise SlotDamaged(file=home / SLOT_FILE)
    recoveries = [body["recovery"] for body in newest if slots.is_sound(body.get("recovery"))]
    return SlotFile(
        generation=generation,
        ring=rings[0],
        entries=tuple(_filled(_sound(*of), older) for of in zip(*lists, strict=True)),
        recovery=recoveries[0] if recoveries else None,
    )


def _sound(*entries: Any) -> Slot | Any:
    """Return the first undamaged of the copies' versions of one slot, else the first as it is."""
    return next(filter(None, map(slots.from_json, entries)), entries[0])


def _filled(entry: Slot | Any, older: Iterable[Any]) -> Slot | Any:
    """Return for a damaged slot an older one with the same key pair, else the slot as it is."""
    if isinstance(entry, Slot) or not isinstance(entry, dict):
        return entry
    for slot in filter(None, map(slots.from_json, older)):
        if slot.public.hex() == entry.get("public") or slot.wrapped.hex() == entry.get("wrapped"):
            return slot
    return entry


def _generation(body: dict[str, Any]) -> int:
    """Return a generation that may be damaged; a wild one would forbid every later change."""
    value = body.get("generation")
    return value if isinstance(value, int) and 0 < value < 2**32 else 1
