"""Photos on this laptop: sealed files in a folder of their own, their keys in the vault.

A photo is there when its row is: the sealed file is written under another name, flushed, renamed
and its folder flushed before the row that names it commits. A crash in between leaves a file
without a row, which nobody can open and the next start removes; never a row without its file.
The file is sealed to the regency and named by its hash; the content key in its row lets this
laptop's operators look at the photo again, until `retention` takes it away: from then on the file
can be sent, and nobody here can open it. Nothing decrypted is ever written here.

    attachments   hash of the sealed file   sha256, key, bytes, sealed_bytes, state

Two records with the same photo share its file. ``state``: `WAITING`, the office does not have it
yet; `RECEIVED`, it said that it does; `REFUSED`, it cannot use the sealed file.
``key``: None once it was taken away.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from tinydb import where

from field_client.vault import durable
from field_client.vault.errors import PhotoAbsent, PhotoAtOffice, PhotoDamaged
from field_client.vault.keys import ATTACHMENTS
from field_client.vault.lock import locked
from field_client.vault.store import VaultDB
from field_client.vault.table import document_of
from shared_schema.attachments import name_of, open_with, seal_file
from shared_schema.envelope import CONTENT_KEY_BYTES
from shared_schema.errors import CustodyError

TABLE = "attachments"
LOCK_FILE = "attachments.lock"
WAITING = "waiting"
RECEIVED = "received"
REFUSED = "refused"


class Attachments:
    """The photos of one open vault."""

    def __init__(self, home: Path, db: VaultDB) -> None:
        self._home = home
        self._folder = home / ATTACHMENTS
        self._lock = home / LOCK_FILE
        self._db = db
        self._rows = db.table(TABLE)

    @contextmanager
    def keeping(self, content: bytes, recipients: Sequence[X25519PublicKey]) -> Iterator[str]:
        """Keep a photo together with what the block writes, or neither; yields its SHA-256.

        The sealed file is durable before the block begins; its row and the block's writes are one
        commit. A photo that is here, whole, and not refused by the office is not sealed again. Not
        within a transaction: the file must not wait for a commit outside. Raises DiskFull, VaultIO,
        VaultBusy.
        """
        digest = hashlib.sha256(content).hexdigest()
        with locked(self._lock):
            self._remove_strays()
            old = self._row(digest)
            good = old and old["state"] != REFUSED and self._opened(old)
            state = RECEIVED if old and old["state"] == RECEIVED else WAITING
            new = None if good else self._seal(content, digest, recipients, state)
            with self._db.transaction():
                if new is not None:
                    self._rows.remove(where("sha256") == digest)
                    self._rows.insert(new)
                yield digest

    def _seal(
        self, content: bytes, digest: str, recipients: Sequence[X25519PublicKey], state: str
    ) -> Any:
        """Write a photo's sealed file durably and return the row that is to name it."""
        key = secrets.token_bytes(CONTENT_KEY_BYTES)
        sealed = seal_file(content, recipients, key)
        name = name_of(sealed)
        durable.make_private_folder(self._folder)
        durable.write_file(self._folder / name, sealed)
        row = {
            "sha256": digest,
            "key": key.hex(),
            "bytes": len(content),
            "sealed_bytes": len(sealed),
            "state": state,
        }
        return document_of(row, name)

    def holds(self, sha256: str) -> bool:
        """Return whether the photo with this hash can be looked at here."""
        row = self._row(sha256)
        return bool(row and row["key"]) and (self._folder / str(row.doc_id)).exists()

    def read(self, sha256: str) -> bytes:
        """Return the photo with this hash, into memory only.

        Raises PhotoAbsent, PhotoAtOffice, PhotoDamaged.
        """
        row = self._row(sha256)
        if row is None or not (self._folder / str(row.doc_id)).exists():
            raise PhotoAbsent
        if not row["key"]:
            raise PhotoAtOffice
        content = self._opened(row)
        if content is None:
            raise PhotoDamaged
        return content

    # What the office has

    def state(self, sha256: str) -> str | None:
        """Return how far the photo with this hash has come, None where it is not from here."""
        row = self._row(sha256)
        return None if row is None else str(row["state"])

    def in_state(self, state: str) -> list[Any]:
        """Return the rows in this state; their ids are the names of the sealed files."""
        return [row for row in self._rows if row["state"] == state]

    def settle(self, name: str, state: str) -> None:
        """Note durably how far a sealed file has come; one that has no row is no error."""
        self._rows.update({"state": state}, doc_ids=[name])

    def check(self) -> list[str]:
        """Read every photo and return what is wrong, a line each; an empty list when sound.

        Files without a row are no fault: the next start removes them.
        """
        return [line for row in self._rows for line in self._complaint(row)]

    def _complaint(self, row: Any) -> Iterator[str]:
        if not (self._folder / str(row.doc_id)).exists():
            yield f"{row.doc_id}: missing"
        elif (self._opened(row) if row["key"] else self._sealed(row)) is None:
            yield f"{row.doc_id}: damaged"

    def tidy(self) -> None:
        """Remove what a crash left: files that no row names. Cheap where there are none."""
        if self._has_strays():
            with locked(self._lock):
                self._remove_strays()

    def _remove_strays(self) -> None:
        if self._has_strays():
            found = [path for path in self._files() if not self._rows.contains(doc_id=path.name)]
            if found:
                durable.remove_files(*found)

    def _has_strays(self) -> bool:
        """Return whether there are more files than rows; only then one of them can be a stray."""
        return len(self._files()) > len(self._rows)

    def _files(self) -> list[Path]:
        with durable.translated(self._folder):
            return list(self._folder.iterdir()) if self._folder.exists() else []

    def _row(self, sha256: str) -> Any:
        return self._rows.get(where("sha256") == sha256)

    def _sealed(self, row: Any) -> bytes | None:
        return sealed_file(self._home, str(row.doc_id))

    def _opened(self, row: Any) -> bytes | None:
        """Return a row's photo, None where its file is not, to the bit, what was written."""
        sealed = self._sealed(row)
        if sealed is None or not row["key"]:
            return None
        try:
            content = open_with(sealed, bytes.fromhex(row["key"]))
        except CustodyError:
            return None
        return content if hashlib.sha256(content).hexdigest() == row["sha256"] else None


def sealed_file(home: Path, name: str) -> bytes | None:
    """Return a sealed file, None where it is not there to the bit; no key is needed."""
    path = home / ATTACHMENTS / name
    if not path.exists():
        return None
    with durable.translated(path):
        sealed = path.read_bytes()
    return sealed if name_of(sealed) == name else None
