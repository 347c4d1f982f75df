"""Who this laptop is: its keys, what it was enrolled with, and what the server told it since.

The private keys follow from the vault's identity and are never stored. A copy of the folder is
therefore the same device, told apart only by the branch it draws.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from field_client.tables import Tables
from field_client.vault.keys import SIGNING, VaultKeys
from shared_schema.enrolment import EnrolmentCode, parse_code
from shared_schema.identity import Identity
from shared_schema.ids import device_id

_DEVICE = "device"
SEALING = "device sealing"


class DeviceKeys(Identity):
    """The device's keys, which follow from the vault's identity."""

    __slots__ = ()

    @classmethod
    def derive(cls, keys: VaultKeys) -> "DeviceKeys":
        """Return the keys that follow from the vault's identity."""
        return cls(
            signing=Ed25519PrivateKey.from_private_bytes(keys.derive_identity(SIGNING)),
            sealing=X25519PrivateKey.from_private_bytes(keys.derive_identity(SEALING)),
        )

    @property
    def device(self) -> bytes:
        """The device's id."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What the vault keeps of the enrolment.

    ``code``: the code's text, until the server has answered it (``enrolled``). ``url``: where to
    sync, empty where only files travel. ``scope``: dotted region codes this device receives.
    ``until_ms``: when the scope ends, None for never. ``fingerprint``: of the copy of the store.
    """

    code: str = field(repr=False)
    url: str
    signing: str
    sealing: str
    enrolled: bool = False
    label: str = ""
    scope: tuple[str, ...] = ()
    until_ms: int | None = None
    region: str = ""
    name: str = ""
    timezone: str = ""
    fingerprint: str = ""

    @property
    def server_signing(self) -> Ed25519PublicKey:
        """The key that the server's messages bear."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.signing))

    @property
    def server_sealing(self) -> X25519PublicKey:
        """The key that batches are sealed to."""
        return X25519PublicKey.from_public_bytes(bytes.fromhex(self.sealing))

    @property
    def server(self) -> bytes:
        """The server's id."""
        return device_id(bytes.fromhex(self.signing))

    @property
    def enrolment(self) -> EnrolmentCode | None:
        """The code that has not been answered yet, None once enrolled."""
        return None if self.enrolled else parse_code(self.code)


def device_of(code_text: str, fingerprint: str) -> Device:
    """Return a device that is about to enrol by a code. Raises EnrolCodeInvalid."""
    code = parse_code(code_text)
    return Device(
        code=code_text,
        url=code.url,
        signing=code.signing.hex(),
        sealing=code.sealing.hex(),
        fingerprint=fingerprint,
    )


def load_device(tables: Tables) -> Device | None:
    """Return the device this vault belongs to; None where its creation was cut short."""
    content: Mapping[str, Any] = tables.read_meta(_DEVICE)
    return Device(**{**content, "scope": tuple(content["scope"])}) if content else None


def save_device(tables: Tables, device: Device) -> None:
    """Keep the device."""
    tables.write_meta(_DEVICE, {**asdict(device), "scope": list(device.scope)})
