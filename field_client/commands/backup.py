"""`backup`, `restore`: the whole store of this laptop in one file, and back."""

from pathlib import Path
from typing import Any

import click

from field_client.backups import back_up
from field_client.commands.progress import PercentLine
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.config import load_config
from field_client.vault.backup import restore_backup
from field_client.vault.container import Manifest, require_new
from field_client.vault.keys import ATTACHMENTS
from shared_schema.console import emit, output_options, text
from shared_schema.display import iso_time, local_time

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command
@click.argument("file", type=_FILE)
@output_options
def backup(file: Path) -> None:
    """Write everything on this laptop to FILE, encrypted, and read it back to be sure.

    The pages and a sync may go on meanwhile. A file that is there already is never written over.
    """
    require_new(file)
    with unlocked() as app, _progress() as progress:
        manifest = back_up(app, file, progress)
    document = _document(file, manifest)
    said = text(PACKAGE)(
        "Written to {file} and read back: {changes} changes, {records} records, {drafts} drafts,"
        " {photos} photos. Keep the stick away from the laptop."
    )
    emit(document, lambda: said.format(**_shown(document)))


@click.command
@click.argument("file", type=_FILE)
@output_options
def restore(file: Path) -> None:
    """Make the store of this laptop from the backup in FILE; there must not be one yet.

    The passphrases are those of the backup's day. What the laptop goes on to save never collides
    with what was saved elsewhere after the backup.
    """
    home = load_config().home
    with _progress() as progress:
        manifest = restore_backup(file, home, progress)
    document = {**_document(file, manifest), "home": str(home)}
    said = text(PACKAGE)(
        "Restored as of {made}: {changes} changes, {records} records, {drafts} drafts, {photos}"
        " photos. Sync as soon as there is a line."
    )
    emit(document, lambda: said.format(**_shown(document)))


def _progress() -> PercentLine:
    return PercentLine(text(PACKAGE)("Copying: {percent} percent"))


def _document(file: Path, manifest: Manifest) -> dict[str, Any]:
    about = manifest.about
    return {
        "file": str(file),
        "bytes": manifest.size_bytes,
        "made": iso_time(about.made_ms),
        "device": about.device,
        "label": about.label,
        "photos": sum(part.name.startswith(ATTACHMENTS) for part in manifest.parts),
        **{name: about.counts.get(name) for name in ("changes", "records", "drafts", "batches")},
    }


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "made": local_time(document["made"], None)}
