"""Photos from the field: pieces of sealed files come in, and a whole one is kept as it came.

    photos/<name>                  a sealed file; the table `photos` has a row for it
    photos/parts/<device>/<name>   what has come of one, from its beginning, without a gap
    photos/aside/<device>/<name>   a whole one of a revoked device, which is no photo yet

The length of a part is all that is known of it, so nothing is lost when the server is killed. A
whole file is written, flushed and named before its row commits, and the row before anybody is told
that it is complete; a file whose row a crash forestalled gets it with the next piece. Parts are
kept by device, so that nobody spoils what another one sends.

Nobody vouches for a revoked device: what it sends is bounded, and shown to nobody until a record
that the office has names it. The device is told that it is complete, and may forget its keys.
"""

import hashlib
import os
import shutil
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared_schema.attachments import open_file
from shared_schema.chunks import FILE_LIMIT_BYTES, Chunk, ChunkReceipt, ChunkState
from shared_schema.errors import CustodyError, StorageError
from sync_server.keys import flush_folder, write_durably
from sync_server.office import Office
from sync_server.store.queries import photos
from sync_server.store.queries.devices import Device
from sync_server.store.queries.photos import Kept

PARTS_LIMIT = 64
PARTS_LIMIT_BYTES = 64 << 20
ASIDE_LIMIT_BYTES = 64 << 20
LEAST_FREE_BYTES = 256 << 20
DAMAGED = "CHUNKS_DAMAGED"
NO_ROOM = "PHOTO_NO_ROOM"
NOT_STORED = "PHOTO_NOT_STORED"
TOO_LARGE = "ATTACHMENT_TOO_LARGE"
_PARTS = "parts"
_ASIDE = "aside"


class PhotoAltered(StorageError):
    """Photo {name} is not as it was received ({reason}). Put a copy of its file into `photos`."""

    code = "PHOTO_ALTERED"


class _Refused(Exception):
    """A piece that is not taken: the code that says why, and how much is here."""

    def __init__(self, code: str, have: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.have = have


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a device's file is put together, and where it stands when it is whole."""

    folder: Path
    device: str
    name: str

    @property
    def whole(self) -> Path:
        return self.folder / self.name

    @property
    def part(self) -> Path:
        return self.folder / _PARTS / self.device / self.name

    @property
    def aside(self) -> Path:
        return self.folder / _ASIDE / self.device / self.name

    def have(self) -> int:
        """Return how many bytes have come."""
        return self.part.stat().st_size if self.part.exists() else 0


def take(office: Office, device: Device, chunk: Chunk) -> ChunkReceipt:
    """Take in a piece and return its answer; what it says is on the disk.

    A disk that fails is said in the answer: a photo never ends an exchange. Raises DatabaseFailed.
    """
    place = _Place(folder=office.photos, device=device.id.hex(), name=chunk.name.hex())
    code = None
    try:
        have, state = _taken(office, device, place, chunk)
    except _Refused as refused:
        have, state, code = refused.have, ChunkState.REFUSED, refused.code
    except OSError:
        have, state, code = 0, ChunkState.REFUSED, NOT_STORED
    return ChunkReceipt(
        name=chunk.name,
        have=have,
        total=chunk.total,
        state=state,
        code=code,
        server_ms=office.now_ms(),
    )


def _taken(office: Office, device: Device, place: _Place, chunk: Chunk) -> tuple[int, ChunkState]:
    """Return how much of a file is here after this piece, and whether that is all of it."""
    revoked = device.revoked_ms is not None
    if _is_kept(office, place) or (revoked and place.aside.is_file()):
        place.part.unlink(missing_ok=True)
        return chunk.total, ChunkState.COMPLETE
    if chunk.total > FILE_LIMIT_BYTES:
        raise _Refused(TOO_LARGE)
    if revoked:
        _require_room_aside(place, chunk)
    have = place.have()
    if chunk.offset == have:
        _require_room(place, chunk)
        _append(place.part, chunk)
        have = chunk.end
    if have < chunk.total:
        return have, ChunkState.PARTIAL
    put = _put_aside if revoked else _complete
    put(office, place, place.part.read_bytes())
    return chunk.total, ChunkState.COMPLETE


def _is_kept(office: Office, place: _Place) -> bool:
    """Return whether a file is here whole, giving it the row that a crash forestalled."""
    if not place.whole.is_file():
        return False
    with office.store.read() as connection:
        kept = photos.get(connection, place.name) is not None
    return kept or _adopted(office, place)


def _adopted(office: Office, place: _Place) -> bool:
    try:
        _complete(office, place, place.whole.read_bytes())
    except _Refused:
        place.whole.unlink()
        return False
    return True


def _require_room(place: _Place, chunk: Chunk) -> None:
    """Leave the last of the disk to records; of unfinished files the longest untouched goes."""
    _make_folder(place.part.parent)
    if shutil.disk_usage(place.folder).free < LEAST_FREE_BYTES:
        raise _Refused(NO_ROOM, chunk.offset)
    parts = [(path, path.stat()) for path in place.part.parent.iterdir() if path != place.part]
    parts.sort(key=lambda part: part[1].st_mtime_ns)
    held = chunk.end + sum(stat.st_size for _, stat in parts)
    while parts and (len(parts) >= PARTS_LIMIT or held > PARTS_LIMIT_BYTES):
        path, stat = parts.pop(0)
        path.unlink(missing_ok=True)
        held -= stat.st_size


def _require_room_aside(place: _Place, chunk: Chunk) -> None:
    """Bound what a revoked device may leave here; nothing of it is thrown away for more."""
    folder = place.aside.parent
    held = sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
    if held + chunk.total > ASIDE_LIMIT_BYTES:
        raise _Refused(NO_ROOM, place.have())


def _append(path: Path, chunk: Chunk) -> None:
    """Write a piece where it belongs, durably. Two who write the same one write the same bytes."""
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as part:
        part.seek(chunk.offset)
        part.write(chunk.content)
        part.flush()
        os.fsync(part.fileno())
    if chunk.offset == 0:
        flush_folder(path.parent)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, durably."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        flush_folder(folder.parent)


def _complete(office: Office, place: _Place, sealed: bytes) -> None:
    """Keep a whole file: on the disk under its name, then its row. Raises _Refused."""
    plain = _opened(office, place, sealed)
    if not place.whole.exists():
        write_durably(place.whole, sealed, mode=0o600)
    kept = Kept(
        name=place.name,
        sha256=hashlib.sha256(plain).hexdigest(),
        bytes=len(plain),
        sealed_bytes=len(sealed),
        device=place.device,
        received_ms=office.now_ms(),
    )
    with office.store.write() as connection:
        photos.add(connection, kept)
    place.part.unlink(missing_ok=True)


def _put_aside(office: Office, place: _Place, sealed: bytes) -> None:
    """Keep a revoked device's whole file apart from the photos. Raises _Refused."""
    _opened(office, place, sealed)
    _make_folder(place.aside.parent)
    write_durably(place.aside, sealed, mode=0o600)
    place.part.unlink(missing_ok=True)


def is_aside(office: Office, device: bytes) -> bool:
    """Tell whether anything of a device is set aside."""
    folder = office.photos / _ASIDE / device.hex()
    return folder.is_dir() and any(folder.iterdir())


def take_over(office: Office, device: bytes, wanted: Container[str]) -> int:
    """Make photos of those files set aside whose hash is ``wanted``; return how many.

    What cannot be read or written now stays where it is.
    """
    folder = office.photos / _ASIDE / device.hex()
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    places = [_Place(folder=office.photos, device=device.hex(), name=name) for name in names]
    return sum(_taken_over(office, place, wanted) for place in places)


def _taken_over(office: Office, place: _Place, wanted: Container[str]) -> bool:
    with suppress(OSError, _Refused):
        sealed = place.aside.read_bytes()
        if hashlib.sha256(_opened(office, place, sealed)).hexdigest() in wanted:
            _complete(office, place, sealed)
            place.aside.unlink()
            return True
    return False


def _opened(office: Office, place: _Place, sealed: bytes) -> bytes:
    """Return the photo in a file that came whole; one that is not what it says is dropped."""
    code = DAMAGED
    if hashlib.sha256(sealed).hexdigest() == place.name:
        try:
            return open_file(sealed, office.keys.openers())
        except CustodyError as error:
            code = error.code
    place.part.unlink(missing_ok=True)
    raise _Refused(code)


def read(office: Office, kept: Kept) -> bytes:
    """Return an opened photo. Raises PhotoAltered."""
    try:
        sealed = (office.photos / kept.name).read_bytes()
    except OSError as error:
        raise PhotoAltered(name=kept.name, reason=error.strerror) from error
    if hashlib.sha256(sealed).hexdigest() != kept.name or len(sealed) != kept.sealed_bytes:
        raise PhotoAltered(name=kept.name, reason="content")
    try:
        plain = open_file(sealed, office.keys.openers())
    except CustodyError as error:
        raise PhotoAltered(name=kept.name, reason=error.code) from error
    if (hashlib.sha256(plain).hexdigest(), len(plain)) != (kept.sha256, kept.bytes):
        raise PhotoAltered(name=kept.name, reason="row")
    return plain


def check(office: Office) -> int:
    """Read every photo; return how many there are. Raises PhotoAltered at the first that is not."""
    with office.store.read() as connection:
        every = photos.everything(connection)
    for kept in every:
        read(office, kept)
    return len(every)
