"""Enrolment at the server: a code is made once, used once, and then known to one device only."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from shared_schema.canonical import Json
from shared_schema.enrolment import (
    SECRET_BYTES,
    DeviceRevoked,
    EnrolExpired,
    EnrolmentCode,
    EnrolRefused,
    EnrolRequest,
    EnrolUsed,
    code_text,
    read_enrol,
    secret_id,
)
from shared_schema.errors import InputError
from shared_schema.frames import Frame
from shared_schema.ids import device_id
from shared_schema.messages import Hello
from shared_schema.regions import contains, parse_region
from sync_server import projections
from sync_server.office import Office
from sync_server.recovery import told
from sync_server.store.queries import devices, facts, recovery
from sync_server.store.queries.devices import Device, Enrolment
from sync_server.store.queries.facts import Fact


class ScopeInvalid(InputError):
    """The scope {text} does not lie in region {region}. Give codes inside it, with commas."""

    code = "SCOPE_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What an administrator gives a team. ``valid_ms``: how long the code may be used.

    ``until_ms``: when its scope ends (Unix ms), None for never. ``url``: empty for files only.
    ``relay``: for a relay, not for a laptop.
    """

    label: str
    scope: tuple[str, ...]
    url: str
    valid_ms: int
    until_ms: int | None
    relay: bool = False


def parse_scope(text: str, region: str) -> tuple[str, ...]:
    """Return the region codes in a list with commas, in order. Raises ScopeInvalid."""
    try:
        codes = sorted({parse_region(part) for part in text.split(",") if part.strip()})
    except InputError as error:
        raise ScopeInvalid(text=text, region=region) from error
    if not codes or not all(contains(region, code) for code in codes):
        raise ScopeInvalid(text=text, region=region)
    return tuple(codes)


def invite(office: Office, invitation: Invitation) -> str:
    """Make a one-time code and return its text; of its secret only a hash is kept."""
    secret = secrets.token_bytes(SECRET_BYTES)
    now_ms = office.now_ms()
    code = EnrolmentCode(
        url=invitation.url,
        signing=office.keys.signing_public,
        sealing=office.keys.sealing_public,
        secret=secret,
        expires_ms=now_ms + invitation.valid_ms,
    )
    enrolment = Enrolment(
        secret_id=secret_id(secret),
        label=invitation.label,
        scope=invitation.scope,
        until_ms=invitation.until_ms,
        expires_ms=code.expires_ms,
        device=None,
        refused=0,
        relay=invitation.relay,
    )
    with office.store.write() as connection:
        devices.add_enrolment(connection, enrolment, created_ms=now_ms)
    return code_text(code)


def enrol(office: Office, hello: Hello, frame: Frame) -> Device:
    """Enrol the device that said ``hello`` by the code it names, or repeat the answer given.

    Raises EnrolRefused, EnrolExpired, EnrolUsed (which is counted for the administrator),
    DeviceRevoked, MessageInvalid.
    """
    request = read_enrol(frame, office.keys.sealing)
    if (request.signing, request.sealing) != (hello.signing, hello.sealing):
        raise EnrolRefused
    with office.store.write() as connection:
        enrolment = devices.get_enrolment(connection, request.secret_id)
        if enrolment is None:
            raise EnrolRefused
        if enrolment.device in {None, hello.device.hex()}:
            return _admit(office, connection, enrolment, request)
        devices.refuse_enrolment(connection, request.secret_id)
    raise EnrolUsed


def _admit(
    office: Office, connection: Connection, enrolment: Enrolment, request: EnrolRequest
) -> Device:
    now_ms = office.now_ms()
    name = device_id(request.signing)
    known = devices.get(connection, name)
    if known is not None and known.revoked_ms is not None:
        raise DeviceRevoked
    if known is not None and enrolment.device is not None:
        return known
    if now_ms >= enrolment.expires_ms:
        raise EnrolExpired
    device = Device(
        id=name,
        label=enrolment.label,
        signing=request.signing,
        sealing=request.sealing,
        scope=enrolment.scope,
        scope_version=1 if known is None else known.scope_version + 1,
        until_ms=enrolment.until_ms,
        enrolled_ms=now_ms if known is None else known.enrolled_ms,
        revoked_ms=None,
        seen_ms=now_ms,
        relay=enrolment.relay,
    )
    devices.save(connection, device)
    if known is not None:
        projections.judge_again(connection, device)
    devices.use_enrolment(connection, enrolment.secret_id, name, now_ms)
    return device


def answer(
    connection: Connection, device: Device, now_ms: int, certificate: bytes | None = None
) -> dict[str, Json]:
    """Return what an enrolled device is told: the content of an ENROLLED frame.

    ``certificate``: of a relay, else None.
    """
    key = recovery.newest(connection)
    vouched = {} if certificate is None else {"certificate": certificate.hex()}
    return {
        **vouched,
        "device": device.id.hex(),
        "label": device.label,
        "scope": list(device.scope),
        "until_ms": device.until_ms,
        "region": facts.need(connection, Fact.REGION),
        "name": facts.need(connection, Fact.NAME),
        "timezone": facts.need(connection, Fact.TIMEZONE),
        "server_ms": now_ms,
        "regions": [list(row) for row in facts.region_rows(connection)],
        "recovery": told(key) if key else None,
    }
