"""Reading and rewriting the slot file with an unlocked root: what every change of keys shares."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_client.vault import ring, slotfile, slots
from field_client.vault.errors import (
    KeysReplaced,
    NotAdministrator,
    OperatorUnknown,
    SlotDamaged,
    VaultMissing,
)
from field_client.vault.ring import DERIVE_LABEL, Member, Ring
from field_client.vault.slotfile import SLOT_FILE, SlotFile
from field_client.vault.slots import ADMINISTRATOR, Slot
from field_client.vault.wiping import STORE_FILE, require_not_wiped
from shared_schema.ids import device_id
from shared_schema.recovery import seal_root

IDENTITY_LABEL = b"jemput/identity/1/"
SIGNING = "device signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKeys:
    """What an operator unlocked. Keep it in memory only and drop it to lock.

    ``root``: the store's, replaced when an operator is removed. ``identity``: never replaced.
    ``previous``: roots under which the store may still be encrypted. ``public``: the operator's
    key, another one after the passphrase was changed or reset.
    """

    operator: str
    slot: str
    role: str
    public: bytes
    root: bytes = field(repr=False)
    identity: bytes = field(repr=False)
    previous: tuple[bytes, ...] = field(default=(), repr=False)

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """Return the store's key of ``purpose``; another one after an operator was removed."""
        return ring.derive(self.root, DERIVE_LABEL, purpose, length)

    def derive_identity(self, purpose: str, length: int = 32) -> bytes:
        """Return the device's key of ``purpose``, the same for as long as the device lives."""
        return ring.derive(self.identity, IDENTITY_LABEL, purpose, length)

    def under_each_root(self) -> tuple["VaultKeys", ...]:
        """Return these keys for the present root and for each one before it, newest first."""
        return tuple(replace(self, root=root, previous=()) for root in (self.root, *self.previous))

    @property
    def device(self) -> bytes:
        """The device's id, which follows from its signing key."""
        return _device(self.identity)


def member_of(slot: Slot) -> Member:
    """Return the slot as the ring names it."""
    return Member(slot=slot.slot, operator=slot.operator, role=slot.role, public=slot.public)


def keys_of(member: Member, root: bytes, opened: Ring) -> VaultKeys:
    """Return what a member's passphrase unlocks."""
    return VaultKeys(
        operator=member.operator,
        slot=member.slot,
        role=member.role,
        public=member.public,
        root=root,
        identity=opened.identity,
        previous=opened.previous,
    )


def name_of(entry: Slot | Any) -> str | None:
    """Return whose slot it is, None where it is damaged."""
    return entry.operator if isinstance(entry, Slot) else None


def read_slots(home: Path) -> SlotFile:
    """Return the slot file as it counts now; raises VaultMissing, SlotDamaged, VaultNewer."""
    require_not_wiped(home)
    if slotfile.exists(home):
        return slotfile.read(home)
    if (home / STORE_FILE).exists():
        raise SlotDamaged(file=home / SLOT_FILE)
    raise VaultMissing(home=home)


def find(home: Path, content: SlotFile, operator: str) -> Slot:
    """Return ``operator``'s slot. Raises OperatorUnknown, SlotDamaged (it may be a damaged one)."""
    for slot in content.slots:
        if slot.operator == operator and slot.sealed:
            return slot
    if content.is_damaged:
        raise SlotDamaged(file=home / SLOT_FILE)
    raise OperatorUnknown(operator=operator)


def open_with(home: Path, keys: VaultKeys) -> tuple[SlotFile, Ring]:
    """Open the slot file as it is now with keys unlocked earlier; hold the lock.

    Raises KeysReplaced where the root is another one since.
    """
    require_not_wiped(home)
    content = slotfile.load(home)
    opened = ring.open_ring(content.ring, keys.root)
    if opened is None:
        raise KeysReplaced
    return content, opened


def require_administrator(opened: Ring, keys: VaultKeys) -> None:
    """Raise NotAdministrator, by what the ring says now."""
    member = opened.of_slot(keys.slot)
    if member is None or member.role != ADMINISTRATOR:
        raise NotAdministrator(operator=keys.operator)


def replace_slot(home: Path, content: SlotFile, root: bytes, opened: Ring, slot: Slot) -> None:
    """Let ``slot`` be its operator's only one; the operator keeps the role."""
    members = tuple(
        replace(member_of(slot), role=member.role) if member.operator == slot.operator else member
        for member in opened.members
    )
    others = [slot if name_of(entry) == slot.operator else entry for entry in content.entries]
    present = others if slot in others else [*others, slot]
    unique = [entry for at, entry in enumerate(present) if entry not in present[:at]]
    store(home, content, root, replace(opened, members=members), unique)


def store(
    home: Path, old: SlotFile, root: bytes, opened: Ring, present: Iterable[Slot | Any]
) -> None:
    """Write the next generation, the root sealed to the keys the ring vouches for and no others.

    Damaged slots stay until each member has a sound one.
    """
    members = {member.public: member for member in opened.members}
    entries = [
        slots.with_root(entry, members[entry.public].role, root)
        if isinstance(entry, Slot) and entry.public in members
        else entry
        for entry in present
    ]
    if members.keys() <= {entry.public for entry in entries if isinstance(entry, Slot)}:
        entries = [entry for entry in entries if isinstance(entry, Slot)]
    content = SlotFile(
        generation=old.generation + 1,
        ring=ring.seal_ring(opened, root),
        entries=tuple(entries),
        recovery=_recovery(opened, root),
    )
    slotfile.store(home, content)


def _recovery(opened: Ring, root: bytes) -> dict[str, Any] | None:
    if opened.recovery is None:
        return None
    device = _device(opened.identity)
    return slots.checked(
        {
            "device": device.hex(),
            "public": opened.recovery.hex(),
            "sealed": seal_root(root, device, opened.recovery).hex(),
        }
    )


def _device(identity: bytes) -> bytes:
    seed = ring.derive(identity, IDENTITY_LABEL, SIGNING, 32)
    signing = Ed25519PrivateKey.from_private_bytes(seed)
    return device_id(signing.public_key().public_bytes_raw())
