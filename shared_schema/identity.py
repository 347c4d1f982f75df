"""Who a device or a server is: one key pair to sign, one to open what is sealed to it."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared_schema.ids import device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The two private keys of a party: Ed25519 for signing, X25519 for opening."""

    signing: Ed25519PrivateKey = field(repr=False)
    sealing: X25519PrivateKey = field(repr=False)

    @property
    def id(self) -> bytes:
        """The 8 bytes by which the party is named; they follow from its signing key."""
        return device_id(self.signing_public)

    @property
    def signing_public(self) -> bytes:
        """The raw public key by which its messages are checked."""
        return self.signing.public_key().public_bytes_raw()

    @property
    def sealing_public(self) -> bytes:
        """The raw public key to which messages for it are sealed."""
        return self.sealing.public_key().public_bytes_raw()
