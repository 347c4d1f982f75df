"""``photo``: the photos that belong to records, and one of them written out to be looked at."""

from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from shared_schema import display
from shared_schema.console import emit, output_options, screen_width, text
from shared_schema.errors import InputError, StorageError
from sync_server import photo_records, photos
from sync_server.commands.opening import opened, zone_of
from sync_server.commands.people import SHORT_ID_LENGTH
from sync_server.keys import write_durably

_PACKAGE = "sync_server"
_PRIVATE = 0o600


class PhotoTargetTaken(InputError):
    """The file {path} is there already. Choose another name; nothing was written over."""

    code = "PHOTO_TARGET_TAKEN"


class PhotoNotWritten(StorageError):
    """The photo could not be written to {path} ({reason}). It is kept; try another place."""

    code = "PHOTO_NOT_WRITTEN"


@click.group("photo")
def photo() -> None:
    """Look at photos that laptops sent."""


@photo.command("list")
@output_options
def list_photos() -> None:
    """Show the photos of records, and which of them have come."""
    with opened().store.read() as connection:
        rows = photo_records.listed(connection)
        zone = zone_of(connection)
    emit({"count": len(rows), "photos": rows}, lambda: _table(rows, zone))


@photo.command("save")
@click.argument("wanted", metavar="RECORD|SHA256")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def save_photo(wanted: str, file: Path) -> None:
    """Write a photo, opened, to FILE; delete FILE when you have looked at it.

    RECORD is the photo's own record. A file that is there is never written over.
    """
    office = opened()
    with office.store.read() as connection:
        kept = photo_records.find(connection, wanted)
    content = photos.read(office, kept)
    if file.exists():
        raise PhotoTargetTaken(path=file)
    try:
        write_durably(file, content, mode=_PRIVATE)
    except OSError as error:
        raise PhotoNotWritten(path=file, reason=error.strerror) from error
    document = {"sha256": kept.sha256, "file": str(file), "bytes": len(content)}
    said = text(_PACKAGE)("Written to {file}. Anybody who has this file can see it.")
    emit(document, lambda: said.format(file=file))


def _table(rows: list[dict[str, Any]], zone: tzinfo | None) -> str:
    texts = text(_PACKAGE)
    headers = [texts(word) for word in ("Photo", "Of record", "kB", "Received", "Note")]
    lines = [
        [
            (row["id"] or row["sha256"])[-SHORT_ID_LENGTH:],
            (row["record"] or "-")[-SHORT_ID_LENGTH:],
            str(-(-(row["bytes"] or 0) // 1000)),
            display.local_time(row["received"], zone) if row["here"] else texts("not here yet"),
            texts("Void") if row["void"] else row["note"] or "",
        ]
        for row in rows
    ]
    nothing = texts("No record has a photo.")
    return display.table(headers, lines, width=screen_width()) if rows else nothing


COMMANDS = (photo,)
