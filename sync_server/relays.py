"""Relays as the office knows them: its word for each, and the list of devices they are sent.

A relay is enrolled like a laptop and pulls like one, but no record: only which devices are the
office's own, so that strangers cannot fill it. Its cursor is the digest of that list.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from shared_schema.canonical import encode
from shared_schema.messages import Page
from shared_schema.relaying import Certificate, certify
from sync_server.keys import Keys
from sync_server.office import Office
from sync_server.store.queries import devices
from sync_server.store.queries.devices import Device

ROWS_A_PAGE = 2000
_CURSOR = "devices:"


def certificate_of(device: Device, keys: Keys) -> bytes:
    """Return the office's signed word that this device is a relay of its own."""
    certificate = Certificate(signing=device.signing, label=device.label, until_ms=device.until_ms)
    return certify(certificate, keys.signing)


def pages(office: Office, cursor: str) -> Iterator[Page]:
    """Yield the list of devices, unless ``cursor`` says that the relay has it as it is."""
    with office.store.read() as connection:
        rows = _rows(connection)
    following = _CURSOR + hashlib.sha256(encode(rows)).hexdigest()[:16]
    if following == cursor:
        return
    for at in range(0, max(len(rows), 1), ROWS_A_PAGE):
        last = at + ROWS_A_PAGE >= len(rows)
        items = [{"kind": "devices", "rows": rows[at : at + ROWS_A_PAGE]}]
        yield Page(previous=cursor, next=following if last else cursor, items=items)


def _rows(connection: Connection) -> list[Any]:
    return [
        [
            one.id.hex(),
            one.signing.hex(),
            one.sealing.hex(),
            one.revoked_ms is not None,
            one.label,
        ]
        for one in devices.everyone(connection)
        if not one.relay
    ]
