"""Destroying the keys of a device for good, and with them all that they open (revocation)."""

import json
import os
import shutil
from pathlib import Path

from field_client.vault import durable
from field_client.vault.errors import DeviceWiped
from field_client.vault.lock import locked
from field_client.vault.slotfile import SLOT_FILE, SLOT_LOCK

TOMBSTONE = "wiped.json"
STORE_FILE = "vault.db"
ATTACHMENTS = "attachments"


def wipe(home: Path) -> None:
    """Destroy every slot for good, and with them all that the store holds (revocation).

    The tombstone is durable first: a wipe that was cut short is finished by whoever comes next.
    Flash memory may keep old blocks of the slot file; the passphrase still stands before those.
    The sealed spool and the sealed photos stay: nobody on this laptop can open them, the regency
    can.
    """
    with locked(home / SLOT_LOCK):
        content = json.dumps({"version": 1}).encode()
        durable.write_file(home / TOMBSTONE, content)
        _destroy(home)


def require_not_wiped(home: Path) -> None:
    """Raise DeviceWiped where a tombstone stands, finishing the wipe it announces."""
    if (home / TOMBSTONE).exists():
        _destroy(home)
        raise DeviceWiped(home=home)


def _destroy(home: Path) -> None:
    """Remove slots, store and whatever was being made of them; locks may stay."""
    for path in home.glob("slots*.json*"):
        with durable.translated(path), path.open("r+b") as file:
            file.write(os.urandom(max(path.stat().st_size, 1)))
            file.flush()
            os.fsync(file.fileno())
    stores = [path for path in home.glob(STORE_FILE + "*") if ".lock" not in path.suffixes]
    durable.remove_files(home / SLOT_FILE, *home.glob("slots*.json*"), *stores)
    for path in home.glob("*" + durable.NEW_SUFFIX):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
