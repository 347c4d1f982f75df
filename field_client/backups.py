"""Backing this laptop up: what its backups say of it, and when the last one was made."""

from importlib.metadata import version
from pathlib import Path

from field_client.opened import App
from field_client.tables import Tables
from field_client.vault import durable
from field_client.vault.backup import make_backup
from field_client.vault.container import About, Manifest
from field_client.vault.keys import STORE_FILE
from field_client.vault.migrations import kept_copies
from field_client.vault.snapshot import Progress
from field_client.vault.spool import open_spool
from field_client.vault.store import open_vault

_BACKUP = "backup"


def back_up(app: App, path: Path, progress: Progress) -> Manifest:
    """Write a backup of this laptop to ``path`` and note when; see `make_backup`."""
    made_ms = app.journal.evidence().best_ms()
    manifest = make_backup(
        app.home,
        app.db,
        app.spool,
        path,
        lambda stage: _about(app, stage, made_ms),
        progress,
    )
    note_backup(app.tables, made_ms)
    forget_kept(app.home)
    return manifest


def _about(app: App, stage: Path, made_ms: int) -> About:
    """Open the copies as a store is opened, which proves that they can be, and count."""
    with open_vault(stage, app.keys) as db, open_spool(stage) as spool:
        tables = Tables(db)
        return About(
            made_ms=made_ms,
            device=app.device_keys.device.hex(),
            label=app.device.label,
            software=f"field-client {version('jemput')}",
            counts={
                "changes": len(tables.changes),
                "records": len(tables.records),
                "drafts": len(tables.drafts),
                "batches": sum(1 for each in spool.streams() for _ in spool.batches(each)),
            },
        )


def note_backup(tables: Tables, made_ms: int | None) -> None:
    """Keep when the last backup was made, Unix milliseconds."""
    tables.write_meta(_BACKUP, {"made_ms": made_ms})


def last_backup(tables: Tables) -> int | None:
    """Return when the last backup was made, Unix milliseconds; None for never."""
    made_ms = tables.read_meta(_BACKUP).get("made_ms")
    return None if made_ms is None else int(made_ms)


def forget_kept(home: Path) -> None:
    """Remove the copies that were kept before an update: something better has been found."""
    kept = kept_copies(home / STORE_FILE)
    if kept:
        durable.remove_files(*kept)
