"""Who can open this laptop's store: a key slot for each operator around one random root.

    passphrase --Argon2id--> key that wraps the operator's private key        (slots)
    operator's private key --HPKE--> root                                     (slots)
    root --HKDF--> keys of the store; and opens the ring                      (ring)
    ring: identity, earlier roots, who belongs with which role and public key
    identity --HKDF--> the device's signing and sealing keys

The root is sealed to public keys, so it can be replaced without anybody's passphrase: removing
an operator draws a new root at once and seals it to those who remain. The store is re-encrypted
under it when that is safe (`rekey`); until then the ring keeps the earlier roots as well. The
identity never changes. Adding an operator or changing a passphrase touches the slot file only.

    slots.json, slots.copy.json   the slot file and its copy (`slotfile`); mode 0600
    "recovery"   {"device", "public", "sealed", "checksum"}: the root sealed to the regency's
                 recovery key in this device's name (`shared_schema.recovery`); null before one came
    wiped.json   the tombstone: `wipe` destroyed the keys and what they open

Limits. Only an administrator adds, removes and resets others: that is this program's rule, not
cryptography's, since every operator can open the root. A removed operator who kept a copy of the
slot file opens the copies of the store made before the re-key, not the store after it. Changing
a passphrase draws no new root: whoever knows the old passphrase and has an old slot file is shut
out by removing the operator and adding them anew.
"""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from field_client.vault import durable, ring, slotfile, slots
from field_client.vault.errors import (
    KeysReplaced,
    LastAdministrator,
    OperatorExists,
    OperatorUnknown,
    RecoveryNotAsked,
    RecoveryOutdated,
    RecoveryUnavailable,
    SlotDamaged,
    VaultExists,
    VaultIO,
    VaultNewer,
)
from field_client.vault.lock import locked
from field_client.vault.ring import Ring
from field_client.vault.roster import (
    SIGNING,
    VaultKeys,
    find,
    keys_of,
    member_of,
    name_of,
    open_with,
    read_slots,
    replace_slot,
    require_administrator,
    store,
)
from field_client.vault.slotfile import SLOT_COPY, SLOT_FILE, SLOT_LOCK, SlotFile
from field_client.vault.slots import ADMINISTRATOR, OPERATOR, Cost, Slot
from field_client.vault.wiping import ATTACHMENTS, STORE_FILE, TOMBSTONE, require_not_wiped, wipe
from shared_schema.recovery import Request, open_for_slot

__all__ = [
    "ADMINISTRATOR",
    "ATTACHMENTS",
    "OPERATOR",
    "SIGNING",
    "SLOT_COPY",
    "SLOT_FILE",
    "SLOT_LOCK",
    "STORE_FILE",
    "TOMBSTONE",
    "VaultKeys",
    "require_not_wiped",
    "wipe",
]


def create_slots(
    home: Path,
    operator: str,
    passphrase: str,
    *,
    calibrate: bool = True,
    prepare: Callable[[VaultKeys], None] | None = None,
) -> VaultKeys:
    """Draw root and identity and write the slot of the first operator, an administrator.

    ``prepare`` is called with the keys before the slot file exists: what it makes durable is
    there whenever the slot file is. Raises VaultExists, PassphraseWeak, DeviceWiped.
    ``calibrate=False`` pins the Argon2id cost to its floor.
    """
    slots.require_strength(passphrase)
    durable.make_private_folder(home)
    with locked(home / SLOT_LOCK):
        require_not_wiped(home)
        if slotfile.exists(home):
            raise VaultExists(home=home)
        slot = slots.make(operator, ADMINISTRATOR, passphrase, _cost(calibrate=calibrate))
        member, root = member_of(slot), secrets.token_bytes(slots.ROOT_BYTES)
        opened = Ring(identity=secrets.token_bytes(slots.ROOT_BYTES), members=(member,))
        keys = keys_of(member, root, opened)
        if prepare is not None:
            prepare(keys)
        empty = SlotFile(generation=0, ring={}, entries=())
        store(home, empty, root, opened, [slot])
    return keys


def has_slots(home: Path) -> bool:
    """Whether somebody can unlock here: there is a slot file, or the copy of one."""
    return slotfile.exists(home)


def unlock(home: Path, operator: str, passphrase: str) -> VaultKeys:
    """Open ``operator``'s slot.

    Raises PassphraseWrong, OperatorUnknown, SlotDamaged, VaultMissing, VaultNewer, DeviceWiped.
    """
    content = read_slots(home)
    slot = find(home, content, operator)
    root = slots.open_root(slot, slots.open_private(slot, passphrase))
    opened = ring.open_ring(content.ring, root) if root else None
    if root is None or opened is None:
        raise SlotDamaged(file=home / SLOT_FILE)
    member = opened.of_slot(slot.slot)
    if member is None or member.public != slot.public:
        raise OperatorUnknown(operator=operator)
    return keys_of(member, root, opened)


def require_current(home: Path, keys: VaultKeys) -> None:
    """Raise KeysReplaced where a sound slot file is under another root than ``keys``."""
    with contextlib.suppress(SlotDamaged, VaultNewer, VaultIO):
        content = slotfile.load(home)
        if ring.open_ring(content.ring, keys.root) is None:
            raise KeysReplaced


def find_slot(home: Path, operator: str) -> Slot:
    """Return ``operator``'s slot, undamaged but not opened; raises as `unlock` does."""
    return find(home, read_slots(home), operator)


def operators(home: Path) -> list[tuple[str, str]]:
    """Return names and roles in the order they were added; no passphrase is needed."""
    return [(slot.operator, slot.role) for slot in read_slots(home).slots if slot.sealed]


def list_operators(home: Path) -> list[str]:
    """Return the operators' names in the order they were added; no passphrase is needed."""
    return [name for name, _ in operators(home)]


def check_administrator(home: Path, keys: VaultKeys) -> None:
    """Raise NotAdministrator or KeysReplaced, before anybody is asked for a passphrase."""
    with locked(home / SLOT_LOCK):
        require_administrator(open_with(home, keys)[1], keys)


def check_member(home: Path, keys: VaultKeys) -> VaultKeys:
    """Return keys unlocked earlier as they are now.

    Raises KeysReplaced where the root or the operator's own key pair is another one since,
    OperatorUnknown where the slot is gone.
    """
    with locked(home / SLOT_LOCK):
        _, opened = open_with(home, keys)
    member = opened.of_slot(keys.slot)
    if member is None:
        raise OperatorUnknown(operator=keys.operator)
    if member.public != keys.public:
        raise KeysReplaced
    return keys_of(member, keys.root, opened)


def add_operator(
    home: Path,
    keys: VaultKeys,
    operator: str,
    passphrase: str,
    *,
    role: str = OPERATOR,
    calibrate: bool = True,
) -> None:
    """Give ``operator`` a slot; ``keys`` are an administrator's.

    Raises NotAdministrator, OperatorExists, PassphraseWeak, KeysReplaced.
    """
    slot = slots.make(operator, role, passphrase, _cost(calibrate=calibrate))
    with locked(home / SLOT_LOCK):
        content, opened = open_with(home, keys)
        require_administrator(opened, keys)
        if opened.of_operator(operator):
            raise OperatorExists(operator=operator)
        members = (*opened.members, member_of(slot))
        store(home, content, keys.root, replace(opened, members=members), [*content.entries, slot])


def remove_operator(home: Path, keys: VaultKeys, operator: str) -> VaultKeys:
    """Destroy ``operator``'s slot and draw a new root, sealed to those who remain.

    The keys returned open the store until `rekey` has re-encrypted it, and afterwards. Raises
    NotAdministrator, OperatorUnknown, LastAdministrator, KeysReplaced.
    """
    with locked(home / SLOT_LOCK):
        content, opened = open_with(home, keys)
        require_administrator(opened, keys)
        gone = opened.of_operator(operator)
        if gone is None:
            raise OperatorUnknown(operator=operator)
        members = tuple(member for member in opened.members if member is not gone)
        if all(member.role != ADMINISTRATOR for member in members):
            raise LastAdministrator(operator=operator)
        rotated = replace(opened, members=members, previous=(keys.root, *opened.previous))
        kept = [entry for entry in content.entries if name_of(entry) != operator]
        root = secrets.token_bytes(slots.ROOT_BYTES)
        store(home, content, root, rotated, kept)
    return replace(keys, root=root, previous=rotated.previous)


def change_passphrase(
    home: Path, keys: VaultKeys, operator: str, passphrase: str, *, calibrate: bool = True
) -> None:
    """Give ``operator`` a new slot; the old passphrase no longer opens this slot file.

    ``keys`` are the operator's own or, to reset what was forgotten or damaged, an
    administrator's. Raises OperatorUnknown, NotAdministrator, PassphraseWeak, KeysReplaced.
    """
    with locked(home / SLOT_LOCK):
        content, opened = open_with(home, keys)
        old = opened.of_operator(operator)
        if old is None:
            raise OperatorUnknown(operator=operator)
        if old.slot != keys.slot:
            require_administrator(opened, keys)
        cost = _cost(calibrate=calibrate)
        slot = slots.make(operator, old.role, passphrase, cost, slot_id=old.slot)
        replace_slot(home, content, keys.root, opened, slot)


def forget_previous(home: Path, keys: VaultKeys) -> VaultKeys:
    """Drop the earlier roots: the store is encrypted under the present one."""
    with locked(home / SLOT_LOCK):
        content, opened = open_with(home, keys)
        store(home, content, keys.root, replace(opened, previous=()), content.entries)
    return replace(keys, previous=())


def set_recovery(home: Path, keys: VaultKeys, public: bytes) -> None:
    """Seal the root to the regency's recovery key too; repeating it changes nothing.

    Raises KeysReplaced.
    """
    with locked(home / SLOT_LOCK):
        content, opened = open_with(home, keys)
        if opened.recovery != public or content.recovery is None:
            store(home, content, keys.root, replace(opened, recovery=public), content.entries)


def begin_recovery(
    home: Path, operator: str, passphrase: str, *, calibrate: bool = True
) -> Request:
    """Add a waiting slot for ``operator``, who has forgotten the passphrase and chose this one.

    The old slot stays until `finish_recovery`. Begun again, an earlier request is void. Raises
    OperatorUnknown, PassphraseWeak, RecoveryUnavailable.
    """
    read_slots(home)
    with locked(home / SLOT_LOCK):
        content = slotfile.load(home)
        if content.recovery is None:
            raise RecoveryUnavailable
        role, slot_id = _place(content, operator)
        cost = _cost(calibrate=calibrate)
        slot = slots.make(operator, role, passphrase, cost, slot_id=slot_id)
        kept = [entry for entry in content.entries if not _waits(entry, operator)]
        raised = content.generation + 1
        slotfile.store(home, replace(content, generation=raised, entries=(*kept, slot)))
    return Request(
        device=bytes.fromhex(content.recovery["device"]),
        operator=operator,
        slot=slot.public,
        recovery=bytes.fromhex(content.recovery["public"]),
        sealed=bytes.fromhex(content.recovery["sealed"]),
    )


def finish_recovery(home: Path, operator: str, passphrase: str, sealed_root: bytes) -> VaultKeys:
    """Turn the waiting slot into ``operator``'s slot; the forgotten one is gone.

    ``passphrase`` is the one given to `begin_recovery`; ``sealed_root`` what the office sealed to
    the waiting slot's key. Nothing is changed unless it opens the slot file. Raises
    RecoveryNotAsked, PassphraseWrong, RecoveryOutdated.
    """
    waiting = [slot for slot in read_slots(home).slots if _waits(slot, operator)]
    if not waiting:
        raise RecoveryNotAsked(operator=operator)
    root = open_for_slot(sealed_root, slots.open_private(waiting[0], passphrase))
    if root is None:
        raise RecoveryOutdated
    with locked(home / SLOT_LOCK):
        content = slotfile.load(home)
        opened = ring.open_ring(content.ring, root)
        if opened is None or opened.of_operator(operator) is None:
            raise RecoveryOutdated
        replace_slot(home, content, root, opened, waiting[0])
    return unlock(home, operator, passphrase)


def _place(content: SlotFile, operator: str) -> tuple[str, str | None]:
    """Return role and slot of an operator; only the name is known where it may be a damaged one."""
    for slot in content.slots:
        if slot.operator == operator and slot.sealed:
            return slot.role, slot.slot
    if content.is_damaged:
        return OPERATOR, None
    raise OperatorUnknown(operator=operator)


def _waits(entry: Slot | Any, operator: str) -> bool:
    return name_of(entry) == operator and entry.sealed is None


def _cost(*, calibrate: bool) -> Cost:
    return slots.calibrated() if calibrate else slots.FLOOR
