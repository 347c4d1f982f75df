"""The key slot of one operator: a key pair of their own, and the vault's root sealed to it.

The passphrase (NFKC) goes through Argon2id (RFC 9106) to a key that wraps the operator's X25519
private key with ChaCha20-Poly1305 (RFC 8439); operator, slot, public key and cost parameters are
its associated data, so that no slot can be passed off as another's or made cheaper to guess. The
root is sealed to the public key by HPKE (`shared_schema.recovery`): another root can be sealed to
it while its owner is away. A slot without a sealed root waits for a recovery. Beside it all stands
a plain SHA-256 over the same fields: it protects nothing, it only tells a damaged slot from a
wrong passphrase.

    slot   {"slot", "operator", "role", "memory_kib", "iterations", "lanes", "salt", "nonce",
            "wrapped": private key, "public", "sealed": root or null, "checksum": SHA-256 of the
            canonical encoding of everything else}; bytes in hexadecimal
"""

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from field_client.vault.errors import PassphraseWeak, PassphraseWrong
from shared_schema import canonical
from shared_schema.recovery import open_for_slot, seal_for_slot

ROOT_BYTES = 32
SALT_BYTES = 16
SLOT_ID_BYTES = 8
NONCE_BYTES = 12
MINIMUM_CHARACTERS = 8
ADMINISTRATOR = "administrator"
OPERATOR = "operator"
ROLES = (ADMINISTRATOR, OPERATOR)
LABEL = "jemput/vault-slot/2"

FLOOR_KIB = 64 * 1024
FLOOR_ITERATIONS = 3
LANES = 4
CEILING_KIB = 256 * 1024
CEILING_ITERATIONS = 12
TARGET_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one guess costs: memory in KiB, passes over it, lanes."""

    memory_kib: int = FLOOR_KIB
    iterations: int = FLOOR_ITERATIONS
    lanes: int = LANES


FLOOR = Cost()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One operator's slot, as it stands in the slot file; ``sealed`` is None in a waiting one.

    ``role`` here is for the list only: what counts is what the ring says of the slot.
    """

    slot: str
    operator: str
    role: str
    cost: Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes = field(repr=False)
    public: bytes
    sealed: bytes | None = field(default=None, repr=False)


def make(
    operator: str, role: str, passphrase: str, cost: Cost, *, slot_id: str | None = None
) -> Slot:
    """Draw a key pair for ``operator`` and wrap it by the passphrase; nothing is sealed to it yet.

    ``slot_id``: of the slot it stands for. Raises PassphraseWeak.
    """
    require_strength(passphrase)
    private = X25519PrivateKey.generate()
    slot = Slot(
        slot=slot_id or secrets.token_hex(SLOT_ID_BYTES),
        operator=operator,
        role=role,
        cost=cost,
        salt=new_salt(),
        nonce=secrets.token_bytes(NONCE_BYTES),
        wrapped=b"",
        public=private.public_key().public_bytes_raw(),
    )
    key = ChaCha20Poly1305(stretch(passphrase, slot.salt, cost))
    wrapped = key.encrypt(slot.nonce, private.private_bytes_raw(), _bound(slot))
    return replace(slot, wrapped=wrapped)


def new_salt() -> bytes:
    """Draw what makes equal passphrases into different keys."""
    return secrets.token_bytes(SALT_BYTES)


def open_private(slot: Slot, passphrase: str) -> X25519PrivateKey:
    """Return the slot's private key; raises PassphraseWrong. Its checksum has been verified."""
    key = ChaCha20Poly1305(stretch(passphrase, slot.salt, slot.cost))
    try:
        private = key.decrypt(slot.nonce, slot.wrapped, _bound(slot))
    except InvalidTag as error:
        raise PassphraseWrong(operator=slot.operator) from error
    return X25519PrivateKey.from_private_bytes(private)


def with_root(slot: Slot, role: str, root: bytes) -> Slot:
    """Return the slot with ``root`` sealed to its key, for which the caller vouches."""
    return replace(slot, role=role, sealed=seal_for_slot(root, slot.public))


def open_root(slot: Slot, private: X25519PrivateKey) -> bytes | None:
    """Return the root that was sealed to the slot; None where there is none or it does not open."""
    return open_for_slot(slot.sealed or b"", private)


def require_strength(passphrase: str) -> None:
    """Raise PassphraseWeak for fewer than eight characters; rules about kinds help nobody."""
    if len(_normal(passphrase).strip()) < MINIMUM_CHARACTERS:
        raise PassphraseWeak(minimum=MINIMUM_CHARACTERS)


def calibrated() -> Cost:
    """Measure this machine and return the cost of about half a second, never below the floor.

    Memory grows first (to 256 MiB at most: field laptops have 4 GiB), then the passes. The
    estimate aims low so that the slowest unlock stays near a second.
    """
    started = time.perf_counter()
    stretch("calibration", bytes(SALT_BYTES), FLOOR)
    room = TARGET_S / max(time.perf_counter() - started, 0.001)
    memory_kib = FLOOR_KIB
    while room >= 2 and memory_kib < CEILING_KIB:
        memory_kib, room = memory_kib * 2, room / 2
    iterations = min(CEILING_ITERATIONS, max(FLOOR_ITERATIONS, int(FLOOR_ITERATIONS * room)))
    return Cost(memory_kib=memory_kib, iterations=iterations)


def to_json(slot: Slot) -> dict[str, Any]:
    """Return the slot's JSON object, checksum included."""
    return checked(
        {
            "slot": slot.slot,
            "operator": slot.operator,
            "role": slot.role,
            "memory_kib": slot.cost.memory_kib,
            "iterations": slot.cost.iterations,
            "lanes": slot.cost.lanes,
            "salt": slot.salt.hex(),
            "nonce": slot.nonce.hex(),
            "wrapped": slot.wrapped.hex(),
            "public": slot.public.hex(),
            "sealed": slot.sealed.hex() if slot.sealed else None,
        }
    )


def from_json(body: Any) -> Slot | None:
    """Read a slot's JSON object; None where it is damaged (form, range or checksum)."""
    if not is_sound(body):
        return None
    try:
        cost = Cost(
            memory_kib=body["memory_kib"], iterations=body["iterations"], lanes=body["lanes"]
        )
        slot = Slot(
            slot=body["slot"],
            operator=body["operator"],
            role=body["role"],
            cost=cost,
            salt=bytes.fromhex(body["salt"]),
            nonce=bytes.fromhex(body["nonce"]),
            wrapped=bytes.fromhex(body["wrapped"]),
            public=bytes.fromhex(body["public"]),
            sealed=bytes.fromhex(body["sealed"]) if body["sealed"] else None,
        )
    except (KeyError, TypeError, ValueError):
        return None
    return slot if _is_affordable(cost) and slot.role in ROLES else None


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with the checksum of all its other fields."""
    return {**body, "checksum": _checksum(body)}


def is_sound(body: Any) -> bool:
    """Whether ``body`` is an object that bears the checksum of all its other fields."""
    if not isinstance(body, Mapping):
        return False
    fields = {key: value for key, value in body.items() if key != "checksum"}
    try:
        return bool(_checksum(fields) == body.get("checksum"))
    except canonical.NotCanonical:
        return False


def _is_affordable(cost: Cost) -> bool:
    """Refuse parameters that would hang a laptop or that no version of this program wrote."""
    return (
        FLOOR_KIB <= cost.memory_kib <= CEILING_KIB
        and FLOOR_ITERATIONS <= cost.iterations <= CEILING_ITERATIONS
        and 1 <= cost.lanes <= LANES
    )


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)


def stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Return the 32-byte key that a passphrase makes with a salt, at this cost."""
    argon = Argon2id(
        salt=salt,
        length=ROOT_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return argon.derive(_normal(passphrase).encode("utf-8", "surrogatepass"))


def _bound(slot: Slot) -> bytes:
    """Return the associated data: what the wrapped private key is inseparable from."""
    cost = slot.cost
    return canonical.encode(
        [
            LABEL,
            slot.slot,
            slot.operator,
            slot.public.hex(),
            cost.memory_kib,
            cost.iterations,
            cost.lanes,
        ],
    )


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical.encode(dict(body))).hexdigest()
