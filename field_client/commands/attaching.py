"""`attach`, `photo save`: photos go in reduced and sealed, and come out where asked for."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from field_client import display
from field_client.attaching import Attached, attach
from field_client.capture import Assessment, assess
from field_client.commands import documents
from field_client.commands.errors import (
    AttachRefused,
    FileThere,
    PhotoUnknown,
    PlaceNotSaid,
    TimeNotSaid,
    ValueRefused,
)
from field_client.commands.unlocking import PACKAGE, check_context, unlocked, warn_of_clock
from field_client.entries import Entry
from field_client.errors import RecordUnknown
from field_client.opened import App
from field_client.records import PHOTO
from field_client.vault import durable
from field_client.vault.attachments import RECEIVED, REFUSED, WAITING
from shared_schema.console import emit, language, output_options, report, text
from shared_schema.errors import FileUnreadable
from shared_schema.records import record_type

if TYPE_CHECKING:
    from field_client.photos import Photo

_SENT = {
    WAITING: "photo waiting to be sent",
    RECEIVED: "photo received by the office",
    REFUSED: "photo refused by the office: attach it again",
}
_WITHOUT_PHOTOS = frozenset({PHOTO, "link"})


@click.command("attach")
@click.argument("record", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keep-time", is_flag=True, help="Keep when the camera says it was taken.")
@click.option("--keep-place", is_flag=True, help="Keep where the camera says it was taken.")
@click.option("--note", metavar="T", help="What the photo shows.")
@output_options
def attach_photo(
    record: str, file: Path, note: str | None, *, keep_time: bool, keep_place: bool
) -> None:
    """Attach the photo in FILE to a record: reduced, sealed, and saved with it or not at all.

    What the camera wrote into the file is left out, time and place too unless you keep them. FILE
    itself stays as it is. Photograph equipment and papers, never faces or fingers.
    """
    photo = _reduced(file, keep_time=keep_time, keep_place=keep_place)
    with unlocked() as app:
        warn_of_clock(app)
        found = _attachable(app, record)
        done = attach(app, photo.content, _judged(app, found, photo, note))
        document = {
            "record": str(found),
            "already": done.already,
            **_document(app, _entry(app, done.id)),
        }
    if keep_time and photo.taken_at is None:
        report(TimeNotSaid(), PACKAGE, level="warning")
    if keep_place and photo.place is None:
        report(PlaceNotSaid(), PACKAGE, level="warning")
    emit(document, lambda: _told(done, document))


def _reduced(file: Path, *, keep_time: bool, keep_place: bool) -> "Photo":
    # Pillow takes 40 ms to load, which every other command would pay.
    from field_client.photos import MOST_BYTES, reduce_photo  # noqa: PLC0415 - see above

    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileUnreadable(path=file, reason=error.strerror or str(error)) from error
    return reduce_photo(content, keep_time=keep_time, keep_place=keep_place)


def _attachable(app: App, wanted: str) -> UUID:
    found = _entry(app, app.journal.resolve(wanted))
    if found.type in _WITHOUT_PHOTOS:
        raise AttachRefused(type=found.type)
    return found.id


def _entry(app: App, record: UUID) -> Entry:
    found = app.journal.entry(record)
    if found is None:
        raise RecordUnknown(text=record)
    return found


def _judged(app: App, record: UUID, photo: "Photo", note: str | None) -> Assessment:
    values = {"record": str(record), "note": note, **photo.values()}
    judged = assess(record_type(PHOTO), values, check_context(app))
    if judged.problems:
        raise ValueRefused(problems=documents.sentences(judged.problems, language()))
    return judged


def _told(done: Attached, document: dict[str, Any]) -> str:
    if done.already:
        return text(PACKAGE)("This photo is attached already; nothing changed.")
    said = text(PACKAGE)("Saved on this device: photo {id}, {width} x {height}, {size} kB.")
    return said.format(
        id=display.short_id(document["id"]), size=_kilobytes(document), **document["values"]
    )


@click.group("photo")
@output_options
def photo_group() -> None:
    """Look at photos again that are attached to records."""


@photo_group.command("save")
@click.argument("photo", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_options
def save_photo(photo: str, file: Path) -> None:
    """Write photo ID, opened, to FILE; delete FILE when you have looked at it.

    `show` names the photos of a record. A file that is there is never written over.
    """
    with unlocked() as app:
        found = _entry(app, app.journal.resolve(photo))
        if found.type != PHOTO:
            raise PhotoUnknown(text=photo)
        content = app.attachments.read(str(found.values["sha256"]))
        if file.exists():
            raise FileThere(path=file)
        durable.hand_over(file, content)
    document = {"id": str(found.id), "file": str(file), "bytes": len(content)}
    said = text(PACKAGE)("Written to {file}. Anybody who has this file can see it.")
    emit(document, lambda: said.format(file=file))


def photo_documents(app: App, record: UUID) -> list[dict[str, Any]]:
    """Return the photos of a record, void ones too; ``here``: this laptop can show it."""
    return [_document(app, photo) for photo in app.journal.photos(record)]


def _document(app: App, photo: Entry) -> dict[str, Any]:
    values = dict(photo.values)
    return {
        "id": str(photo.id),
        "state": str(photo.state),
        "void": photo.void,
        "here": app.attachments.holds(str(values.get("sha256"))),
        "sent": app.attachments.state(str(values.get("sha256"))),
        "values": values,
    }


def photo_rows(photos: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return a line for each photo: its id, what it shows, when it was taken, where it stands."""
    label = record_type(PHOTO).label.text(language())
    return [(label, _photo_text(photo)) for photo in photos]


def _photo_text(photo: dict[str, Any]) -> str:
    texts, values = text(PACKAGE), photo["values"]
    parts = (
        display.short_id(photo["id"]),
        f"{_kilobytes(photo)} kB",
        values.get("note"),
        values.get("taken_at"),
        display.state_word(photo["state"], language()),
        texts("void") if photo["void"] else None,
        None if photo["here"] else texts("not on this laptop"),
        texts(_SENT[photo["sent"]]) if photo["sent"] in _SENT else None,
    )
    return " · ".join(str(part) for part in parts if part)


def _kilobytes(photo: dict[str, Any]) -> int:
    return -(-int(photo["values"].get("bytes", 0)) // 1000)
