"""Devices that are enrolled, and the one-time codes by which they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from shared_schema.canonical import decode, encode
from shared_schema.regions import contains
from sync_server.store.driver import ask, run
from sync_server.store.tables import devices, enrolments

_ONE = (
    "SELECT device, label, signing, sealing, scope, scope_version, until_ms, enrolled_ms,"
    " revoked_ms, seen_ms, recovery, relay, software FROM devices WHERE device = ?"
)
_EVERYONE = select(devices).order_by(devices.c.enrolled_ms, devices.c.device)
_SEEN = update(devices).where(devices.c.device == bindparam("known"))
_SOFTWARE = "UPDATE devices SET software = ? WHERE device = ?"
_SOFTWARE_LETTERS = 80
_CODE = select(enrolments).where(enrolments.c.secret_id == bindparam("secret_id"))
_NEW = insert(devices)
_NAMED = ("label", "scope", "scope_version", "until_ms", "seen_ms", "relay")
_SAVE = _NEW.on_conflict_do_update(
    index_elements=["device"], set_={name: _NEW.excluded[name] for name in _NAMED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An enrolled device. ``scope``: region codes it pulls. Times in Unix ms.

    ``recovery``: the newest recovery key it said it took, 0 for none. ``relay``: it holds and
    passes on what others wrote. ``software``: what it named itself when it last spoke, or "".
    """

    id: bytes
    label: str
    signing: bytes = field(repr=False)
    sealing: bytes = field(repr=False)
    scope: tuple[str, ...]
    scope_version: int
    until_ms: int | None
    enrolled_ms: int
    revoked_ms: int | None
    seen_ms: int | None
    recovery: int = 0
    relay: bool = False
    software: str = ""

    def ended(self, now_ms: int) -> bool:
        """Tell whether its scope has ended: it then sends as before, and is sent nothing."""
        return self.until_ms is not None and now_ms > self.until_ms

    def covers(self, area: str | None) -> bool:
        """Tell whether an area is its to write in: inside its scope, or not known."""
        return area is None or any(contains(part, area) for part in self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A one-time code as the server keeps it; ``device`` hexadecimal once it was used."""

    secret_id: bytes
    label: str
    scope: tuple[str, ...]
    until_ms: int | None
    expires_ms: int
    device: str | None
    refused: int
    relay: bool = False


def get(connection: Connection, device: bytes) -> Device | None:
    """Return a device, revoked or not; None where it never enrolled."""
    rows = ask(connection, _ONE, device.hex())
    return _device(rows[0]) if rows else None


def everyone(connection: Connection) -> list[Device]:
    """Return all devices in the order in which they enrolled."""
    return [_device(row) for row in connection.execute(_EVERYONE)]


def count_active(connection: Connection) -> int:
    """Return the number of devices that are not revoked."""
    query = select(func.count()).select_from(devices).where(devices.c.revoked_ms.is_(None))
    return connection.execute(query).scalar_one()


def save(connection: Connection, device: Device) -> None:
    """Keep a newly enrolled device, or what a new code says of one that is known."""
    row = {
        "device": device.id.hex(),
        "label": device.label,
        "signing": device.signing,
        "sealing": device.sealing,
        "scope": encode(list(device.scope)).decode(),
        "scope_version": device.scope_version,
        "until_ms": device.until_ms,
        "enrolled_ms": device.enrolled_ms,
        "revoked_ms": device.revoked_ms,
        "seen_ms": device.seen_ms,
        "relay": device.relay,
    }
    connection.execute(_SAVE, row)


def revoke(connection: Connection, device: bytes, now_ms: int) -> None:
    """Revoke a device; one that is revoked keeps its first date."""
    connection.execute(
        update(devices)
        .where(devices.c.device == device.hex(), devices.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms)
    )


def begin_anew(connection: Connection) -> None:
    """Have every device begin a new snapshot at its next pull."""
    connection.execute(update(devices).values(scope_version=devices.c.scope_version + 1))


def seen(connection: Connection, device: bytes, now_ms: int) -> None:
    """Note when a device was last heard of."""
    connection.execute(_SEEN, {"known": device.hex(), "seen_ms": now_ms})


def names_itself(connection: Connection, device: bytes, software: str) -> None:
    """Note which program a device speaks with."""
    run(connection, _SOFTWARE, [(short(software), device.hex())])


def short(software: str) -> str:
    """Return as much of a program's name as is kept."""
    return software[:_SOFTWARE_LETTERS]


def took_recovery(connection: Connection, device: bytes, key: int) -> None:
    """Note which recovery key a device said it took."""
    connection.execute(update(devices).where(devices.c.device == device.hex()).values(recovery=key))


def add_enrolment(connection: Connection, enrolment: Enrolment, *, created_ms: int) -> None:
    """Keep a new code."""
    connection.execute(
        insert(enrolments).values(
            secret_id=enrolment.secret_id,
            label=enrolment.label,
            scope=encode(list(enrolment.scope)).decode(),
            until_ms=enrolment.until_ms,
            expires_ms=enrolment.expires_ms,
            created_ms=created_ms,
            relay=enrolment.relay,
        )
    )


def get_enrolment(connection: Connection, secret_id: bytes) -> Enrolment | None:
    """Return the code whose secret has this hash."""
    row = connection.execute(_CODE, {"secret_id": secret_id}).one_or_none()
    if row is None:
        return None
    return Enrolment(
        secret_id=row.secret_id,
        label=row.label,
        scope=_scope(row.scope),
        until_ms=row.until_ms,
        expires_ms=row.expires_ms,
        device=row.device,
        refused=row.refused,
        relay=row.relay,
    )


def use_enrolment(connection: Connection, secret_id: bytes, device: bytes, now_ms: int) -> None:
    """Note which device used a code."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.secret_id == secret_id)
        .values(device=device.hex(), used_ms=now_ms)
    )


def refuse_enrolment(connection: Connection, secret_id: bytes) -> None:
    """Count an attempt of another device to use a code again."""
    connection.execute(
        update(enrolments)
        .where(enrolments.c.secret_id == secret_id)
        .values(refused=enrolments.c.refused + 1)
    )


def refusals(connection: Connection) -> dict[str, int]:
    """Return how often other devices tried to use a device's code, by device, where they did."""
    query = select(enrolments.c.device, enrolments.c.refused).where(enrolments.c.refused > 0)
    return {row.device: row.refused for row in connection.execute(query) if row.device}


def _device(row: Sequence[Any]) -> Device:
    """Return what a row says, its columns in the order of the table."""
    device, label, signing, sealing, scope, version, until, enrolled, revoked, seen_ms, *rest = row
    return Device(
        id=bytes.fromhex(device),
        label=label,
        signing=signing,
        sealing=sealing,
        scope=_scope(scope),
        scope_version=version,
        until_ms=until,
        enrolled_ms=enrolled,
        revoked_ms=revoked,
        seen_ms=seen_ms,
        recovery=rest[0],
        relay=bool(rest[1]),
        software=rest[2],
    )


def _scope(text: str) -> tuple[str, ...]:
    found: Sequence[str] = decode(text.encode())
    return tuple(found)
