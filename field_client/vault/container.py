"""The file a backup travels in: a plain ZIP archive, its parts stored as they are.

Any system opens it, with or without this program: the parts are the files of a store's folder,
as encrypted as they were there, beside a note that says so and a manifest.

    jemput-backup.txt   the first part: what this is, for whoever finds it
    manifest.json       the last: format, version, what is known of the backup, and of each part
                        its name, length in bytes and SHA-256 (checked against damage: the store
                        and the batches prove themselves by their keys)
"""

import errno
import hashlib
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from field_client.vault import durable
from field_client.vault.errors import BackupDamaged, BackupExists, BackupForeign, BackupNewer
from shared_schema.display import iso_time
from shared_schema.errors import FileEmpty, FileUnreadable

FORMAT = "jemput backup"
VERSION = 1
NOTE_NAME = "jemput-backup.txt"
MANIFEST_NAME = "manifest.json"
NOTE = """\
Cadangan satu laptop Jemput, terenkripsi. / The backup of one Jemput laptop, encrypted.

field-client restore BERKAS-INI
field-client restore THIS-FILE

Tanpa program: isi arsip ini adalah berkas dari folder data laptop itu. vault.db adalah basis data
SQLCipher; kuncinya ada di slots.json, terbungkus frasa sandi petugas (docs/operations.md).
Without the program: the parts are the files of that laptop's folder. vault.db is a SQLCipher
database; its key is in slots.json, wrapped by the operators' passphrases (docs/operations.md).
"""
_HEADER_BYTES = 30
_CHUNK = 1 << 20
_MANIFEST_LIMIT = 64 << 20
_NO_SUCH_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES}
UNREADABLE = (
    *(zipfile.BadZipFile, struct.error, EOFError, RuntimeError, OverflowError),
    *(ValueError, KeyError, TypeError, AttributeError, OSError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a backup. ``digest``: SHA-256 in hexadecimal."""

    name: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a backup: when it was made (Unix ms), of which device, by which program.

    ``counts``: how many changes, records, drafts, batches it holds.
    """

    made_ms: int
    device: str
    label: str
    software: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    about: About
    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        """The length of all parts."""
        return sum(part.size_bytes for part in self.parts)

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands in the file."""
        parts = [{"name": p.name, "bytes": p.size_bytes, "sha256": p.digest} for p in self.parts]
        about = {**asdict(self.about), "counts": dict(self.about.counts)}
        made = iso_time(self.about.made_ms)
        body = {"format": FORMAT, "version": VERSION, "made": made, **about, "parts": parts}
        return json.dumps(body, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self | None:
        """Read a manifest; None for one of a later version. Raises one of UNREADABLE."""
        body = json.loads(content)
        if body["format"] != FORMAT or int(body["version"]) < 1:
            raise ValueError
        if body["version"] > VERSION:
            return None
        about = About(
            made_ms=int(body["made_ms"]),
            device=str(body["device"]),
            label=str(body["label"]),
            software=str(body["software"]),
            counts={str(name): int(count) for name, count in body["counts"].items()},
        )
        parts = tuple(
            Part(name=str(p["name"]), size_bytes=int(p["bytes"]), digest=str(p["sha256"]))
            for p in body["parts"]
        )
        return cls(about=about, parts=parts)


Written = Callable[[int], None]


def require_new(path: Path) -> None:
    """Raise BackupExists where something bears this name."""
    if os.path.lexists(path):
        raise BackupExists(file=path.name)


def write(
    path: Path,
    sources: Iterable[tuple[str, Path]],
    about: About,
    written: Written,
) -> Manifest:
    """Write a backup of ``sources`` (name and file) to ``path``, which must be new.

    It takes its name only when it is on the disk and every part was read back. ``written`` is
    told of each piece, when written and when read back. Raises BackupExists, DiskFull, VaultIO.
    """
    require_new(path)
    new = durable.fresh_name(path)
    with durable.translated(path):
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, durable.PRIVATE_FILE)
    try:
        with durable.translated(path):
            with os.fdopen(handle, "wb") as file:
                manifest = _fill(file, sources, about, written)
                file.flush()
                os.fsync(file.fileno())
            forget_cached(new)
        with opened(new) as (_, archive):
            for part in manifest.parts:
                copy_part(archive, part, None, written)
        require_new(path)
        with durable.translated(path):
            new.rename(path)
            flush_folder_if_it_can(path.parent)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    return manifest


def _fill(
    file: IO[bytes],
    sources: Iterable[tuple[str, Path]],
    about: About,
    written: Written,
) -> Manifest:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(NOTE_NAME, NOTE)
        parts = [_store(archive, name, source, written) for name, source in sources]
        manifest = Manifest(parts=tuple(parts), about=about)
        archive.writestr(MANIFEST_NAME, manifest.to_bytes())
    return manifest


def _store(archive: zipfile.ZipFile, name: str, source: Path, written: Written) -> Part:
    digest, length = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.external_attr = durable.PRIVATE_FILE << 16
    with source.open("rb") as file, archive.open(entry, "w", force_zip64=True) as part:
        while piece := file.read(_CHUNK):
            part.write(piece)
            digest.update(piece)
            length += len(piece)
            written(len(piece))
    return Part(name=name, size_bytes=length, digest=digest.hexdigest())


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, zipfile.ZipFile]]:
    """Open a backup and read its manifest; the parts are not read yet.

    Raises FileUnreadable, FileEmpty, BackupForeign, BackupDamaged, BackupNewer.
    """
    _require_ours(path)
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise BackupDamaged(file=path.name) from error
    with archive:
        if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
            raise BackupDamaged(file=path.name)
        yield _manifest(archive, path), archive


def _require_ours(path: Path) -> None:
    """Look at the first bytes only, so that a cut backup is called damaged and not foreign."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES + len(NOTE_NAME))
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror) from error
    if not head:
        raise FileEmpty(path=path)
    if head[:4] != b"PK\x03\x04" or head[_HEADER_BYTES:] != NOTE_NAME.encode():
        raise BackupForeign(file=path.name)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        if archive.getinfo(MANIFEST_NAME).file_size > _MANIFEST_LIMIT:
            raise BackupDamaged(file=path.name)
        manifest = Manifest.from_bytes(archive.read(MANIFEST_NAME))
    except UNREADABLE as error:
        raise BackupDamaged(file=path.name) from error
    if manifest is None:
        raise BackupNewer(file=path.name)
    return manifest


def copy_part(
    archive: zipfile.ZipFile, part: Part, target: IO[bytes] | None, written: Written
) -> None:
    """Read a part to its end and compare it with the manifest; write it to ``target``, if any.

    Raises BackupDamaged; OSError of ``target`` passes.
    """
    digest, length = hashlib.sha256(), 0
    for piece in _pieces(archive, part):
        digest.update(piece)
        length += len(piece)
        written(len(piece))
        if target is not None:
            target.write(piece)
    if (length, digest.hexdigest()) != (part.size_bytes, part.digest):
        raise BackupDamaged(file=Path(str(archive.filename)).name)


def _pieces(archive: zipfile.ZipFile, part: Part) -> Iterator[bytes]:
    try:
        with archive.open(part.name) as source:
            while piece := source.read(_CHUNK):
                yield piece
    except UNREADABLE as error:
        raise BackupDamaged(file=Path(str(archive.filename)).name) from error


def forget_cached(path: Path) -> None:
    """Have the next reading come from the disk itself, where the system can be asked to."""
    if hasattr(os, "posix_fadvise"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def flush_folder_if_it_can(folder: Path) -> None:
    """Flush a folder's entries; sticks whose file system knows no such thing are let be."""
    try:
        durable.flush_folder(folder)
    except OSError as error:
        if error.errno not in _NO_SUCH_FLUSH:
            raise
