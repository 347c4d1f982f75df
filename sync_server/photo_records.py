"""Which records name which photo, and whether the photo has come.

A record and its photo travel by themselves: either may be here first.
"""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.display import iso_time
from shared_schema.errors import InputError
from sync_server import photos as photo_files
from sync_server.lookup import resolve
from sync_server.office import Office
from sync_server.people import PHOTO
from sync_server.store import tables
from sync_server.store.queries import photos, records
from sync_server.store.queries.photos import Kept
from sync_server.store.queries.records import Current

_SHA256 = re.compile(r"[0-9a-f]{64}")


class NotAPhoto(InputError):
    """Record {text} is no photo. `photo list` shows the photos, and `show ID` those of a record."""

    code = "RECORD_NOT_PHOTO"


class PhotoAwaited(InputError):
    """The photo {text} has not come yet: the laptop still has to send it. Records come first."""

    code = "PHOTO_AWAITED"


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Return every record of a photo, the oldest first, then the photos that no record names."""
    ids = _ids(connection)
    known = records.many(connection, ids)
    here = photos.showing(connection, (_sha256(known[one]) for one in ids))
    named = [_document(known[one], here.get(_sha256(known[one]))) for one in ids]
    lone = [one for one in photos.everything(connection) if one.sha256 not in here]
    return [*named, *(_nameless(one) for one in lone)]


def _ids(connection: Connection) -> list[UUID]:
    table = tables.records
    query = select(table.c.record).where(table.c.type == PHOTO).order_by(table.c.born)
    return [UUID(record) for record in connection.execute(query).scalars()]


def find(connection: Connection, wanted: str) -> Kept:
    """Return the photo that its record's id or its SHA-256 names.

    Raises NotAPhoto, PhotoAwaited, RecordUnknown, RecordAmbiguous.
    """
    sha256 = wanted.strip().lower()
    if not _SHA256.fullmatch(sha256):
        current = resolve(connection, wanted)
        if current.state.type != PHOTO:
            raise NotAPhoto(text=wanted)
        sha256 = _sha256(current)
    kept = photos.showing(connection, [sha256]).get(sha256)
    if kept is None:
        raise PhotoAwaited(text=wanted)
    return kept


def take_over(office: Office, device: bytes) -> int:
    """Keep what a revoked device sent of the photos that records name; return how many.

    Nothing else of what it sent is a photo of the office.
    """
    if not photo_files.is_aside(office, device):
        return 0
    with office.store.read() as connection:
        known = records.many(connection, _ids(connection))
    return photo_files.take_over(office, device, {_sha256(one) for one in known.values()})


def _sha256(current: Current) -> str:
    return str(current.state.shown("sha256"))


def _document(current: Current, kept: Kept | None) -> dict[str, Any]:
    state = current.state
    return {
        "id": str(state.record),
        "record": state.shown("record"),
        "note": state.shown("note"),
        "sha256": _sha256(current),
        "bytes": state.shown("bytes"),
        "void": state.void is not None,
        "here": kept is not None,
        "received": iso_time(kept.received_ms) if kept else None,
    }


def _nameless(kept: Kept) -> dict[str, Any]:
    return {
        "id": None,
        "record": None,
        "note": None,
        "sha256": kept.sha256,
        "bytes": kept.bytes,
        "void": False,
        "here": True,
        "received": iso_time(kept.received_ms),
    }
