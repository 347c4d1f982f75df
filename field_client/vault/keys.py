"""Who can open this laptop's store: one key slot for each operator around one random root.

Every key of the device comes from the root by HKDF-SHA256 (RFC 5869) with a purpose, so that
adding an operator or changing a passphrase touches the slot file only and never the data.
``slots.json`` is replaced as a whole and durably; `wipe` destroys it and leaves a tombstone.

A removed operator who copied both the slot file and the store before can still open that copy:
removal takes away the slot, it does not change the root.
"""

import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_client.vault import durable, slots
from field_client.vault.errors import (
    DeviceWiped,
    LastOperator,
    OperatorExists,
    OperatorUnknown,
    SlotDamaged,
    VaultExists,
    VaultMissing,
    VaultNewer,
)
from field_client.vault.lock import locked
from field_client.vault.slots import Cost, Slot

SLOT_FILE = "slots.json"
SLOT_LOCK = "slots.lock"
TOMBSTONE = "wiped.json"
STORE_FILE = "vault.db"
VERSION = 1
DERIVE_LABEL = b"jemput/vault/1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKeys:
    """The unlocked root and who unlocked it. Keep it in memory only and drop it to lock."""

    operator: str
    slot: str
    root: bytes = field(repr=False)

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """Return the key of ``purpose``, ``length`` bytes; the same root gives the same key."""
        hkdf = HKDF(
            algorithm=SHA256(), length=length, salt=None, info=DERIVE_LABEL + purpose.encode()
        )
        return hkdf.derive(self.root)


def create_slots(
    home: Path,
    operator: str,
    passphrase: str,
    *,
    calibrate: bool = True,
    prepare: Callable[[VaultKeys], None] | None = None,
) -> VaultKeys:
    """Draw a new root and write the first operator's slot.

    ``prepare`` is called with the keys before the slot file exists: what it makes durable is
    there whenever the slot file is. Raises VaultExists, PassphraseWeak, DeviceWiped.
    ``calibrate=False`` pins the Argon2id cost to its floor.
    """
    slots.require_strength(passphrase)
    durable.make_private_folder(home)
    with locked(home / SLOT_LOCK):
        require_not_wiped(home)
        if (home / SLOT_FILE).exists():
            raise VaultExists(home=home)
        root = secrets.token_bytes(slots.ROOT_BYTES)
        slot = slots.wrap(operator, passphrase, root, _cost(calibrate=calibrate))
        keys = VaultKeys(operator=operator, slot=slot.slot, root=root)
        if prepare is not None:
            prepare(keys)
        _write(home, [slot])
    return keys


def unlock(home: Path, operator: str, passphrase: str) -> VaultKeys:
    """Open ``operator``'s slot.

    Raises PassphraseWrong, OperatorUnknown, SlotDamaged, VaultMissing, VaultNewer, DeviceWiped.
    """
    slot = find_slot(home, operator)
    return VaultKeys(operator=operator, slot=slot.slot, root=slots.unwrap(slot, passphrase))


def find_slot(home: Path, operator: str) -> Slot:
    """Return ``operator``'s slot, undamaged but not opened; raises as `unlock` does."""
    return _find(home, _read(home), operator)


def list_operators(home: Path) -> list[str]:
    """Return the operators' names in the order they were added; no passphrase is needed."""
    return [slot.operator for slot in _read(home) if isinstance(slot, Slot)]


def add_operator(
    home: Path, keys: VaultKeys, operator: str, passphrase: str, *, calibrate: bool = True
) -> None:
    """Give ``operator`` a slot; ``keys`` come from an operator who is already in.

    Raises OperatorExists, PassphraseWeak.
    """
    slots.require_strength(passphrase)
    slot = slots.wrap(operator, passphrase, keys.root, _cost(calibrate=calibrate))
    with locked(home / SLOT_LOCK):
        present = _read(home)
        if any(isinstance(other, Slot) and other.operator == operator for other in present):
            raise OperatorExists(operator=operator)
        _write(home, [*present, slot])


def remove_operator(home: Path, operator: str) -> None:
    """Destroy ``operator``'s slot. Raises OperatorUnknown, LastOperator."""
    with locked(home / SLOT_LOCK):
        present = _read(home)
        gone = _find(home, present, operator)
        if sum(isinstance(slot, Slot) for slot in present) == 1:
            raise LastOperator(operator=operator)
        _write(home, [slot for slot in present if slot is not gone])


def change_passphrase(
    home: Path, keys: VaultKeys, operator: str, passphrase: str, *, calibrate: bool = True
) -> None:
    """Wrap the root anew for ``operator``; the old passphrase no longer opens this slot file.

    ``keys`` come from the operator's own slot or, to reset a forgotten passphrase, from another's.
    Raises OperatorUnknown, PassphraseWeak.
    """
    slots.require_strength(passphrase)
    slot = slots.wrap(operator, passphrase, keys.root, _cost(calibrate=calibrate))
    with locked(home / SLOT_LOCK):
        present = _read(home)
        old = _find(home, present, operator)
        _write(home, [slot if other is old else other for other in present])


def wipe(home: Path) -> None:
    """Destroy every slot for good, and with them all that the store holds (revocation).

    The tombstone is durable first: a wipe that was cut short is finished by whoever comes next.
    Flash memory may keep old blocks of the slot file; the passphrase still stands before those.
    The sealed spool stays, since nobody on this laptop can open it.
    """
    with locked(home / SLOT_LOCK):
        durable.write_file(home / TOMBSTONE, json.dumps({"version": VERSION}).encode())
        _destroy(home)


def require_not_wiped(home: Path) -> None:
    """Raise DeviceWiped where a tombstone stands, finishing the wipe it announces."""
    if (home / TOMBSTONE).exists():
        _destroy(home)
        raise DeviceWiped(home=home)


def _destroy(home: Path) -> None:
    path = home / SLOT_FILE
    if path.exists():
        with durable.translated(path), path.open("r+b") as file:
            file.write(os.urandom(max(path.stat().st_size, 1)))
            file.flush()
            os.fsync(file.fileno())
    store = [home / (STORE_FILE + end) for end in ("", durable.NEW_SUFFIX, "-wal", "-shm")]
    durable.remove_files(path, path.with_name(SLOT_FILE + durable.NEW_SUFFIX), *store)


def _cost(*, calibrate: bool) -> Cost:
    return slots.calibrated() if calibrate else slots.FLOOR


def _find(home: Path, present: Sequence[Slot | object], operator: str) -> Slot:
    for slot in present:
        if isinstance(slot, Slot) and slot.operator == operator:
            return slot
    if all(isinstance(slot, Slot) for slot in present):
        raise OperatorUnknown(operator=operator)
    raise SlotDamaged(file=home / SLOT_FILE)


def _read(home: Path) -> list[Slot | object]:
    """Return the slots in their order; a damaged one stays as the raw JSON it is.

    Damage to one slot must neither lock the others out nor be lost when the file is rewritten.
    """
    require_not_wiped(home)
    path = home / SLOT_FILE
    if not path.exists():
        raise SlotDamaged(file=path) if (home / STORE_FILE).exists() else VaultMissing(home=home)
    with durable.translated(path):
        content = path.read_bytes()
    try:
        body = json.loads(content)
        version, raw = body["version"], body["slots"]
    except (ValueError, TypeError, KeyError) as error:
        raise SlotDamaged(file=path) from error
    if not isinstance(version, int) or not isinstance(raw, list) or not raw:
        raise SlotDamaged(file=path)
    if version != VERSION:
        raise VaultNewer(file=path)
    return [slots.from_json(slot) or slot for slot in raw]


def _write(home: Path, present: Sequence[Slot | object]) -> None:
    raw = [slots.to_json(slot) if isinstance(slot, Slot) else slot for slot in present]
    content = json.dumps({"version": VERSION, "slots": raw}, indent=1, ensure_ascii=False)
    durable.write_file(home / SLOT_FILE, content.encode())
