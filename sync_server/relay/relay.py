"""One relay, opened: its store, its keys, what it knows of its office, and its limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from shared_schema.clock import DAY_MS
from shared_schema.ids import device_id
from shared_schema.relaying import Certificate, read_certificate
from sync_server.keys import Keys
from sync_server.relay.errors import CodeMissing, RelayUnready
from sync_server.relay.store import facts
from sync_server.store.engine import Store

_VALUE = select(facts.c.value).where(facts.c.key == bindparam("fact"))
_INSERT = insert(facts)
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["key"], set_={"value": _INSERT.excluded.value}
)


class Fact(StrEnum):
    """What is kept of the office. CODE: until the enrolment is answered.

    CURSOR: how far the list of devices was taken. HEARD: when the office last answered (ms).
    TROUBLE: the code of what went wrong last, empty after a success.
    """

    UPSTREAM = "upstream"
    SIGNING = "signing"
    SEALING = "sealing"
    CODE = "code"
    CERTIFICATE = "certificate"
    CURSOR = "cursor"
    HEARD = "heard_ms"
    EPOCH = "epoch"
    REVOKED = "revoked_ms"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many bytes are held: ``device`` of one device, ``photos`` of them in photos.

    ``strangers``: of all devices together that the office has not named. ``total``: of everything.
    ``replies``: for one device. ``free``: must remain on the disk. ``patience_ms``: how long a
    stranger's bytes are kept.
    """

    device: int = 64 << 20
    photos: int = 48 << 20
    strangers: int = 8 << 20
    total: int = 2 << 30
    replies: int = 64 << 20
    free: int = 64 << 20
    patience_ms: int = 30 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What holding and forwarding work with. ``free``: bytes left on the disk.

    ``coming``: the numbers of the replies that are just being received, which nobody drops.
    """

    store: Store
    keys: Keys
    now_ms: Callable[[], int]
    free: Callable[[], int]
    limits: Limits = Limits()
    coming: set[int] = field(default_factory=set)

    def office(self, connection: Connection) -> Ed25519PublicKey:
        """Return the key that the office signs with. Raises CodeMissing."""
        signing = fact(connection, Fact.SIGNING)
        if not signing:
            raise CodeMissing
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(signing))

    def server(self, connection: Connection) -> bytes:
        """Return the id of the office's server. Raises CodeMissing."""
        return device_id(self.office(connection).public_bytes_raw())

    def certificate(self, connection: Connection) -> tuple[bytes, Certificate]:
        """Return the office's word for this relay, signed and read. Raises RelayUnready."""
        kept = fact(connection, Fact.CERTIFICATE)
        if not kept:
            raise RelayUnready
        data = bytes.fromhex(kept)
        return data, read_certificate(data, self.office(connection))


def fact(connection: Connection, name: Fact) -> str:
    """Return a fact, empty where it was never set."""
    return str(connection.execute(_VALUE, {"fact": name.value}).scalar_one_or_none() or "")


def keep(connection: Connection, name: Fact, value: str) -> None:
    """Set a fact."""
    connection.execute(_KEEP, {"key": name.value, "value": value})
