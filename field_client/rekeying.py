"""Encrypting this laptop's store anew after an operator was removed, as soon as it is unwatched."""

from dataclasses import replace
from pathlib import Path

from field_client.device import load_device, save_device
from field_client.tables import Tables
from field_client.vault.errors import DiskFull, RekeyNeedsRoom, VaultBusy, VaultIO
from field_client.vault.identity import fingerprint
from field_client.vault.keys import VaultKeys
from field_client.vault.rekey import rekey
from field_client.vault.snapshot import Progress, unseen
from field_client.vault.store import VaultDB
from shared_schema.errors import StorageError


def finish_removals(
    home: Path, keys: VaultKeys, progress: Progress = unseen
) -> tuple[VaultKeys, StorageError | None]:
    """Bring the store under the present root where it is not yet; return the keys that open it.

    Whatever hinders it hinders nobody's work: it is returned, and the next opening tries again.
    Another program that has the store open is no trouble, only a delay. Raises VaultDamaged,
    KeysReplaced.
    """
    try:
        return rekey(home, keys, _carry_fingerprint, progress) or keys, None
    except (RekeyNeedsRoom, DiskFull, VaultBusy, VaultIO) as trouble:
        return keys, trouble


def _carry_fingerprint(home: Path, new: VaultDB) -> None:
    """Let the new file pass for the old one, unless that was a copy that nobody noticed yet."""
    tables = Tables(new)
    device = load_device(tables)
    if device is not None and device.fingerprint == fingerprint(home):
        with new.transaction():
            save_device(tables, replace(device, fingerprint=new.fingerprint))
