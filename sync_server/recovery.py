"""The office's recovery key: made once, held as shares on paper, put together only to answer.

The server keeps the public half. The private half exists while shares are typed, in memory, and
nowhere else. A key that was replaced still opens what laptops sealed to it before they took the
new one; its shares are needed until all have.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection

from shared_schema import recovery as documents
from shared_schema.canonical import Json
from shared_schema.errors import AccessError, InputError
from shared_schema.recovery import Answer, Request, key_name
from sync_server import shares
from sync_server.office import Office
from sync_server.shares import Typed
from sync_server.store.queries import devices
from sync_server.store.queries import recovery as kept
from sync_server.store.queries.devices import Device
from sync_server.store.queries.recovery import Deed, Event, RecoveryKey

_MAKE_BELIEVE = bytes(8)


class RecoveryKeyExists(InputError):
    """There is a recovery key already, {key}. Nothing was changed; --replace makes a new one."""

    code = "RECOVERY_KEY_EXISTS"


class RecoveryKeyMissing(InputError):
    """The office has no recovery key yet. Make one with `sync-server recovery create`."""

    code = "RECOVERY_KEY_MISSING"


class RecoveryKeyForeign(InputError):
    """The request is sealed to key {key}, which this office never made. Look whose laptop it is."""

    code = "RECOVERY_KEY_FOREIGN"


class ThresholdInvalid(InputError):
    """Of {count} shares, {threshold} cannot be needed. Name a threshold from 2 to {count}."""

    code = "RECOVERY_THRESHOLD_INVALID"


class HoldersInvalid(InputError):
    """Holders named: {named}, shares: {count}. Name each holder once with --holder, or none."""

    code = "RECOVERY_HOLDERS_INVALID"


class ShareOfOtherKey(InputError):
    """Share {share} belongs to key {key}, and key {wanted} is asked for. Use that key's shares."""

    code = "SHARE_OF_OTHER_KEY"


class ShareForeign(InputError):
    """Share {share} belongs to no key of this office. Look where the paper comes from."""

    code = "SHARE_FOREIGN"


class RecoveryDeviceUnknown(AccessError):
    """The request comes from laptop {device}, which is not enrolled here. Answer nothing."""

    code = "RECOVERY_DEVICE_UNKNOWN"


class RecoveryDeviceRevoked(AccessError):
    """Laptop {label} was revoked, so nobody may open it. Answer nothing; enrol another laptop."""

    code = "RECOVERY_DEVICE_REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A key whose shares are about to be shown: nothing of it is kept yet."""

    key: RecoveryKey
    shares: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request that may be answered: of which device, sealed to which of our keys."""

    request: Request
    device: Device
    key: RecoveryKey
    earlier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How recovery stands. ``tried``: when each share of the key in use was last typed (Unix ms).

    ``laptops``: how many are enrolled; ``without``: those that have not said they took the key.
    ``labels``: of all devices ever enrolled, by hexadecimal id.
    """

    key: RecoveryKey | None
    earlier: tuple[RecoveryKey, ...]
    exercised_ms: int | None
    tried: Mapping[int, int]
    laptops: int
    without: tuple[Device, ...]
    labels: Mapping[str, str]
    events: tuple[Event, ...]


def draw(office: Office, threshold: int, count: int, holders: Sequence[str]) -> Drawn:
    """Draw a new key and its shares; `keep` puts it to use once they were shown.

    Raises ThresholdInvalid, HoldersInvalid.
    """
    if not 2 <= threshold <= count <= shares.MOST_SHARES:
        raise ThresholdInvalid(threshold=threshold, count=count)
    if holders and (len(holders) != count or len(set(holders)) != count):
        raise HoldersInvalid(named=len(holders), count=count)
    with office.store.read() as connection:
        known = kept.keys(connection)
    private = X25519PrivateKey.generate()
    words = shares.split(private.private_bytes_raw(), threshold, count)
    identifier = shares.read(words[0], 1).identifier
    if identifier in {key.identifier for key in known}:
        return draw(office, threshold, count, holders)
    key = RecoveryKey(
        id=max((key.id for key in known), default=0) + 1,
        public=private.public_key().public_bytes_raw(),
        identifier=identifier,
        threshold=threshold,
        holders=tuple(holders) or ("",) * count,
        made_ms=max(office.now_ms(), *(key.made_ms + 1 for key in known), 0),
    )
    return Drawn(key=key, shares=tuple(words))


def require_none(office: Office) -> None:
    """Raise RecoveryKeyExists where the office has a key."""
    with office.store.read() as connection:
        known = kept.newest(connection)
    if known is not None:
        raise RecoveryKeyExists(key=key_name(known.public))


def keep(office: Office, drawn: Drawn, actor: str) -> None:
    """Put a key to use whose shares were shown: laptops take it at their next sync.

    Raises RecoveryKeyExists where another was made meanwhile.
    """
    with office.store.write() as connection:
        newest = kept.newest(connection)
        if newest is not None and newest.id >= drawn.key.id:
            raise RecoveryKeyExists(key=key_name(newest.public))
        kept.add(connection, drawn.key)
        event = Event(at_ms=office.now_ms(), deed=Deed.CREATED, key=drawn.key.id, actor=actor)
        kept.note(connection, event)


def need(connection: Connection) -> RecoveryKey:
    """Return the key in use. Raises RecoveryKeyMissing."""
    found = kept.newest(connection)
    if found is None:
        raise RecoveryKeyMissing
    return found


def survey(office: Office) -> Survey:
    """Return how recovery stands."""
    with office.store.read() as connection:
        found, events = kept.keys(connection), kept.events(connection)
        everyone = devices.everyone(connection)
    key = found[-1] if found else None
    number = key.id if key else 0
    active = [one for one in everyone if one.revoked_ms is None]
    own = [one for one in events if one.key == number]
    exercised = [one.at_ms for one in own if one.deed is Deed.EXERCISED]
    return Survey(
        key=key,
        earlier=tuple(found[:-1]),
        exercised_ms=max(exercised, default=None),
        tried={share: one.at_ms for one in own for share in one.shares},
        laptops=len(active),
        without=tuple(one for one in active if one.recovery != number),
        labels={one.id.hex(): one.label for one in everyone},
        events=tuple(events),
    )


def told(key: RecoveryKey) -> dict[str, Json]:
    """Return what a laptop is told of a key: what to seal to, and which of two is newer."""
    return {"public": key.public.hex(), "made_ms": key.made_ms}


def check_share(office: Office, key: RecoveryKey, words: str, place: int) -> Typed:
    """Read a share and see that it is one of ``key``'s.

    Raises ShareOfOtherKey, ShareForeign and what `shares.read` raises.
    """
    typed = shares.read(words, place)
    if typed.identifier == key.identifier:
        return typed
    with office.store.read() as connection:
        for other in kept.keys(connection):
            if other.identifier == typed.identifier:
                wanted = key_name(key.public)
                raise ShareOfOtherKey(share=place, key=key_name(other.public), wanted=wanted)
    raise ShareForeign(share=place)


def private_of(key: RecoveryKey, typed: Sequence[Typed]) -> X25519PrivateKey:
    """Return the private half of a key. Raises SharesWrong and what `shares.combine` raises."""
    if len(typed) < key.threshold:
        raise shares.SharesTooFew(count=len(typed), threshold=key.threshold)
    private = X25519PrivateKey.from_private_bytes(shares.combine(typed))
    if private.public_key().public_bytes_raw() != key.public:
        raise shares.SharesWrong
    return private


def open_case(office: Office, request: Request) -> Case:
    """Return what there is to know of a request before any share is typed.

    Raises RecoveryDeviceUnknown, RecoveryDeviceRevoked, RecoveryKeyMissing, RecoveryKeyForeign.
    """
    with office.store.read() as connection:
        device = devices.get(connection, request.device)
        newest = need(connection)
        known = {key.public: key for key in kept.keys(connection)}
    if device is None:
        raise RecoveryDeviceUnknown(device=request.device.hex())
    if device.revoked_ms is not None:
        raise RecoveryDeviceRevoked(label=device.label)
    key = known.get(request.recovery)
    if key is None:
        raise RecoveryKeyForeign(key=key_name(request.recovery))
    return Case(request=request, device=device, key=key, earlier=key.id != newest.id)


def answer(office: Office, case: Case, typed: Sequence[Typed], actor: str) -> Answer:
    """Answer a request with shares, noting who did so before anything is handed out.

    Raises RecoveryRequestForged and what `private_of` and `open_case` raise.
    """
    given = documents.answer(case.request, private_of(case.key, typed))
    case = open_case(office, case.request)
    _note(office, Deed.ANSWERED, case.key, actor, typed, case.request)
    return given


def exercise(office: Office, key: RecoveryKey, typed: Sequence[Typed], actor: str) -> None:
    """Recover a make-believe laptop with the shares and note that it worked; nothing is opened.

    Raises what `private_of` raises.
    """
    private = private_of(key, typed)
    slot, root = X25519PrivateKey.generate(), secrets.token_bytes(shares.SECRET_BYTES)
    request = Request(
        device=_MAKE_BELIEVE,
        operator="",
        slot=slot.public_key().public_bytes_raw(),
        recovery=key.public,
        sealed=documents.seal_root(root, _MAKE_BELIEVE, key.public),
    )
    request = documents.read_request(documents.request_document(request))
    given = documents.answer_document(documents.answer(request, private))
    if documents.open_for_slot(documents.read_answer(given).sealed, slot) != root:
        raise shares.SharesWrong
    _note(office, Deed.EXERCISED, key, actor, typed)


def _note(
    office: Office,
    deed: Deed,
    key: RecoveryKey,
    actor: str,
    typed: Sequence[Typed],
    request: Request | None = None,
) -> None:
    event = Event(
        at_ms=office.now_ms(),
        deed=deed,
        key=key.id,
        actor=actor,
        shares=tuple(sorted(share.number for share in typed)),
        device=request.device.hex() if request else None,
        operator=request.operator if request else None,
    )
    with office.store.write() as connection:
        kept.note(connection, event)
