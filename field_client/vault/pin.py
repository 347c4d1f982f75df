"""The keys of a paused shift: wrapped in memory by six digits, never written anywhere.

The digits go through Argon2id (RFC 9106, the floor cost of a passphrase) with a salt that is
random for each PIN, to a key that seals the vault's keys with ChaCha20-Poly1305. It keeps a
passer-by out for five guesses; whoever can read this program's memory can try all million PINs: one
processor core takes three days (0.25 s each), and many cores hours. A core dump or swap file is
such memory. A shift that has ended leaves nothing.
"""

import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from field_client.errors import PinWeak
from field_client.shift import is_weak_pin
from field_client.vault import slots
from field_client.vault.roster import VaultKeys
from shared_schema.canonical import decode, encode

_LABEL = b"jemput/shift-pin/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a PIN makes while the store is open: the key that will wrap the vault's keys."""

    salt: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """The vault's keys while it is closed; nothing but the PIN opens them."""

    salt: bytes
    nonce: bytes
    sealed: bytes = field(repr=False)


def set_pin(digits: str) -> Pin:
    """Return what wraps keys by these digits. Raises PinWeak."""
    if is_weak_pin(digits):
        raise PinWeak
    salt = secrets.token_bytes(slots.SALT_BYTES)
    return Pin(salt=salt, key=slots.stretch(digits, salt, slots.FLOOR))


def is_right(pin: Pin, digits: str) -> bool:
    """Tell whether these are the digits, at the price of a guess."""
    return hmac.compare_digest(pin.key, slots.stretch(digits, pin.salt, slots.FLOOR))


def wrap(pin: Pin, keys: VaultKeys) -> Wrapped:
    """Return the keys wrapped; the caller drops ``pin`` and ``keys``."""
    nonce = secrets.token_bytes(slots.NONCE_BYTES)
    content = encode(
        {
            "operator": keys.operator,
            "slot": keys.slot,
            "role": keys.role,
            "public": keys.public.hex(),
            "root": keys.root.hex(),
            "identity": keys.identity.hex(),
            "previous": [root.hex() for root in keys.previous],
        }
    )
    sealed = ChaCha20Poly1305(pin.key).encrypt(nonce, content, _LABEL)
    return Wrapped(salt=pin.salt, nonce=nonce, sealed=sealed)


def unwrap(wrapped: Wrapped, digits: str) -> tuple[Pin, VaultKeys] | None:
    """Return the keys, and the PIN for the next pause; None where the digits are wrong."""
    pin = Pin(salt=wrapped.salt, key=slots.stretch(digits, wrapped.salt, slots.FLOOR))
    try:
        content = decode(ChaCha20Poly1305(pin.key).decrypt(wrapped.nonce, wrapped.sealed, _LABEL))
    except InvalidTag:
        return None
    return pin, VaultKeys(
        operator=content["operator"],
        slot=content["slot"],
        role=content["role"],
        public=bytes.fromhex(content["public"]),
        root=bytes.fromhex(content["root"]),
        identity=bytes.fromhex(content["identity"]),
        previous=tuple(map(bytes.fromhex, content["previous"])),
    )
