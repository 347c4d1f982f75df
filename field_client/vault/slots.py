"""The key slot of one operator: the vault's root, wrapped by a key made from a passphrase.

The passphrase (NFKC) goes through Argon2id (RFC 9106) to a key that seals the root with
ChaCha20-Poly1305 (RFC 8439); operator, slot and cost parameters are its associated data, so that
no slot can be passed off as another's or made cheaper to guess. Beside it stands a plain SHA-256
over the same fields: it protects nothing, it only tells a damaged slot from a wrong passphrase.
"""

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from field_client.vault.errors import PassphraseWeak, PassphraseWrong
from shared_schema import canonical

ROOT_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
MINIMUM_CHARACTERS = 8
LABEL = "jemput/vault-slot/1"

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
    """One operator's wrapped root, as it stands in the slot file."""

    slot: str
    operator: str
    cost: Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes = field(repr=False)


def wrap(operator: str, passphrase: str, root: bytes, cost: Cost) -> Slot:
    """Wrap ``root`` for ``operator`` in a new slot with its own salt and nonce."""
    salt = secrets.token_bytes(SALT_BYTES)
    nonce = secrets.token_bytes(NONCE_BYTES)
    slot = secrets.token_hex(8)
    key = _stretch(passphrase, salt, cost)
    wrapped = ChaCha20Poly1305(key).encrypt(nonce, root, _bound(slot, operator, cost))
    return Slot(slot=slot, operator=operator, cost=cost, salt=salt, nonce=nonce, wrapped=wrapped)


def unwrap(slot: Slot, passphrase: str) -> bytes:
    """Return the root; raises PassphraseWrong. The slot's checksum must have been verified."""
    key = _stretch(passphrase, slot.salt, slot.cost)
    bound = _bound(slot.slot, slot.operator, slot.cost)
    try:
        return ChaCha20Poly1305(key).decrypt(slot.nonce, slot.wrapped, bound)
    except InvalidTag as error:
        raise PassphraseWrong(operator=slot.operator) from error


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
    _stretch("calibration", bytes(SALT_BYTES), FLOOR)
    room = TARGET_S / max(time.perf_counter() - started, 0.001)
    memory_kib = FLOOR_KIB
    while room >= 2 and memory_kib < CEILING_KIB:
        memory_kib, room = memory_kib * 2, room / 2
    iterations = min(CEILING_ITERATIONS, max(FLOOR_ITERATIONS, int(FLOOR_ITERATIONS * room)))
    return Cost(memory_kib=memory_kib, iterations=iterations)


def to_json(slot: Slot) -> dict[str, Any]:
    """Return the slot's JSON object, checksum included."""
    body: dict[str, Any] = {
        "slot": slot.slot,
        "operator": slot.operator,
        "memory_kib": slot.cost.memory_kib,
        "iterations": slot.cost.iterations,
        "lanes": slot.cost.lanes,
        "salt": slot.salt.hex(),
        "nonce": slot.nonce.hex(),
        "wrapped": slot.wrapped.hex(),
    }
    return {**body, "checksum": _checksum(body)}


def from_json(body: Any) -> Slot | None:
    """Read a slot's JSON object; None where it is damaged (form, range or checksum)."""
    if not isinstance(body, Mapping):
        return None
    fields = {key: value for key, value in body.items() if key != "checksum"}
    try:
        if _checksum(fields) != body["checksum"]:
            return None
        slot = Slot(
            slot=fields["slot"],
            operator=fields["operator"],
            cost=Cost(
                memory_kib=fields["memory_kib"],
                iterations=fields["iterations"],
                lanes=fields["lanes"],
            ),
            salt=bytes.fromhex(fields["salt"]),
            nonce=bytes.fromhex(fields["nonce"]),
            wrapped=bytes.fromhex(fields["wrapped"]),
        )
    except (KeyError, TypeError, ValueError, canonical.NotCanonical):
        return None
    return slot if _is_affordable(slot.cost) else None


def _is_affordable(cost: Cost) -> bool:
    """Refuse parameters that would hang a laptop or that no version of this program wrote."""
    return (
        FLOOR_KIB <= cost.memory_kib <= CEILING_KIB
        and FLOOR_ITERATIONS <= cost.iterations <= CEILING_ITERATIONS
        and 1 <= cost.lanes <= LANES
    )


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    argon = Argon2id(
        salt=salt,
        length=ROOT_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return argon.derive(_normal(passphrase).encode("utf-8", "surrogatepass"))


def _bound(slot: str, operator: str, cost: Cost) -> bytes:
    """Return the associated data: what the wrapped root is inseparable from."""
    return canonical.encode(
        [LABEL, slot, operator, cost.memory_kib, cost.iterations, cost.lanes],
    )


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical.encode(dict(body))).hexdigest()
