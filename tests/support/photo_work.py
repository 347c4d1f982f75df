"""Photos attached to an outage, step by step, and what must be found of them after any cut."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from field_client.app import create_device, open_unlocked
from field_client.attaching import attach
from field_client.capture import assess
from field_client.entries import Edit
from field_client.opened import App
from field_client.records import PHOTO
from field_client.vault.keys import ATTACHMENTS, VaultKeys
from field_client.verification import examine
from shared_schema.records import CheckContext, record_type
from tests.support.scenes import far_code
from tests.support.synthetic import TODAY

PASSPHRASE = "sandi petugas contoh"
OPERATOR = "petugas"
LAST = 999


def content(number: int) -> bytes:
    """Return a photo's bytes, which follow from its number; nothing here looks inside."""
    return f"foto {number} ".encode() * (number * 2003 % 1500 + 1)


def attach_numbered(app: App, number: int) -> None:
    """Attach a photo to the outage; again changes nothing."""
    photo = content(number)
    values = {
        "record": str(_outage(app)),
        "sha256": hashlib.sha256(photo).hexdigest(),
        "media_type": "image/webp",
        "bytes": len(photo),
        "note": str(number),
    }
    attach(app, photo, assess(record_type(PHOTO), values, CheckContext(today=TODAY)))


def _outage(app: App) -> UUID:
    return next(entry.id for entry in app.journal.entries("outage"))


@dataclass(slots=True, kw_only=True)
class Photos:
    """Photos attached, some of them again; the store opened anew in between."""

    home: Path
    keys: VaultKeys
    app: App | None = None

    @staticmethod
    def prepare(home: Path) -> VaultKeys:
        """Set up a device that has reported an outage."""
        values = {"component": "recording_set", "started_precision": "unknown"}
        with create_device(home, far_code(), OPERATOR, PASSPHRASE, calibrate=False) as app:
            record = app.journal.new_record()
            app.journal.write([Edit(record=record, type="outage", version=1, values=values)])
            return app.keys

    @staticmethod
    def words(count: int) -> list[str]:
        """Return a day's photos, the same each time."""
        found: list[str] = []
        for number in range(count):
            found.append(f"{number:03d} attached {number}")
            if number % 3 == 2:
                found.append(f"{number:03d} attached {number - 1}")
            if number % 4 == 3:
                found.append(f"{number:03d} reopened")
        return found

    @staticmethod
    def after(state: Any, word: str) -> Any:
        """Return the sorted numbers of the photos."""
        _, kind, *rest = word.split() or ("", "")
        more = {int(rest[0])} if kind == "attached" else set()
        return tuple(sorted({*(state or ()), *more}))

    def act(self, word: str) -> None:
        """Do what a word says."""
        _, kind, *rest = word.split()
        if kind == "attached":
            if self.app is None:
                self.app = open_unlocked(self.home, self.keys)
            attach_numbered(self.app, int(rest[0]))
        else:
            self.close()

    def close(self) -> None:
        """Close the store."""
        app, self.app = self.app, None
        if app is not None:
            app.close()

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> Any:
        """Look at every photo, verify all, and attach one more.

        No file is there without its row once the store was opened, and no row without its file.
        """
        assert keys is not None
        with open_unlocked(home, keys) as app:
            photos = [entry.values for entry in app.journal.photos(_outage(app))]
            numbers = [int(values["note"]) for values in photos]
            assert len(numbers) == len(set(numbers)), "doubled"
            for number, values in zip(numbers, photos, strict=True):
                assert app.attachments.read(values["sha256"]) == content(number)
            folder = home / ATTACHMENTS
            files = list(folder.iterdir()) if folder.exists() else []
            assert len(files) == len(photos), files
            attach_numbered(app, LAST)
            assert app.attachments.check() == []
            faults = examine(app).faults
            assert faults == (), faults
        return tuple(sorted(numbers))
