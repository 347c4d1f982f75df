"""What the vault's root seals in the slot file: the identity, earlier roots, and who belongs.

Whoever can write the slot file but not open it could put another public key into a slot, and
have the next root sealed to it. The ring is therefore what counts: it names the slots that
belong, with their public keys and roles, and the regency's recovery key, under the root.

    ring   {"nonce", "sealed", "checksum"}: ChaCha20-Poly1305 under HKDF(root, "ring") of canonical
           {"identity", "previous": [roots], "members": [[slot, operator, role, public]],
           "recovery": public key or null}; every value in hexadecimal
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_client.vault.slots import NONCE_BYTES, checked
from shared_schema import canonical

LABEL = b"jemput/vault-ring/2"
PURPOSE = "ring"
DERIVE_LABEL = b"jemput/vault/2/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An operator who belongs: the slot, its role and the public key roots are sealed to."""

    slot: str
    operator: str
    role: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the root keeps; ``previous`` are the roots the store may still be encrypted under."""

    identity: bytes = field(repr=False)
    previous: tuple[bytes, ...] = field(default=(), repr=False)
    members: tuple[Member, ...]
    recovery: bytes | None = None

    def of_slot(self, slot: str) -> Member | None:
        """Return who owns ``slot``, None where it does not belong."""
        return next((member for member in self.members if member.slot == slot), None)

    def of_operator(self, operator: str) -> Member | None:
        """Return the member called ``operator``."""
        return next((member for member in self.members if member.operator == operator), None)


def derive(secret: bytes, label: bytes, purpose: str, length: int) -> bytes:
    """Return ``length`` bytes of HKDF-SHA256 (RFC 5869) from ``secret`` for a purpose."""
    hkdf = HKDF(algorithm=SHA256(), length=length, salt=None, info=label + purpose.encode())
    return hkdf.derive(secret)


def seal_ring(ring: Ring, root: bytes) -> dict[str, Any]:
    """Return the ring's JSON object under ``root``."""
    members = [[m.slot, m.operator, m.role, m.public.hex()] for m in ring.members]
    content = canonical.encode(
        {
            "identity": ring.identity.hex(),
            "previous": [root.hex() for root in ring.previous],
            "members": members,
            "recovery": ring.recovery.hex() if ring.recovery else None,
        }
    )
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(root).encrypt(nonce, content, LABEL)
    return checked({"nonce": nonce.hex(), "sealed": sealed.hex()})


def open_ring(body: Any, root: bytes) -> Ring | None:
    """Open a sound ring; None where ``root`` is not the one it is sealed under."""
    nonce, sealed = bytes.fromhex(body["nonce"]), bytes.fromhex(body["sealed"])
    try:
        content = canonical.decode(_cipher(root).decrypt(nonce, sealed, LABEL))
    except InvalidTag:
        return None
    return Ring(
        identity=bytes.fromhex(content["identity"]),
        previous=tuple(map(bytes.fromhex, content["previous"])),
        members=tuple(
            Member(slot=slot, operator=operator, role=role, public=bytes.fromhex(public))
            for slot, operator, role, public in content["members"]
        ),
        recovery=bytes.fromhex(content["recovery"]) if content["recovery"] else None,
    )


def _cipher(root: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(root, DERIVE_LABEL, PURPOSE, 32))
