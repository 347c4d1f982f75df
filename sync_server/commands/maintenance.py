"""``rebuild``, ``verify`` and ``stats``: whether what is shown follows from what was received."""

from dataclasses import asdict

import click

from shared_schema.console import emit, output_options, text
from shared_schema.display import pairs
from sync_server import counting, rebuilding, verification
from sync_server.commands.opening import opened
from sync_server.commands.progress import Progress

_PACKAGE = "sync_server"
_COUNTED = {
    "changes": "Changes in the log",
    "persons": "Records of residents",
    "clusters": "People, those declared the same counted once",
    "devices": "Devices",
    "batches": "Batches received",
    "conflicts": "Fields in conflict",
    "duplicates": "Possible duplicates",
    "quarantined": "Batches in quarantine",
}


@click.command()
@output_options
def rebuild() -> None:
    """Make every table of current records anew from the change log."""
    told = text(_PACKAGE)("{count} of {total} changes, {rate} a second, {left} left")
    done = rebuilding.rebuild(opened(), Progress(told))
    emit(
        asdict(done),
        lambda: text(_PACKAGE)(
            "{changes} changes folded anew, {reopened} batches taken up."
        ).format(**asdict(done)),
    )


@click.command()
@output_options
def verify() -> None:
    """Check log, batches, signatures and photos, and that all tables follow from the log."""
    found = verification.verify_all(opened())
    emit(
        asdict(found),
        lambda: text(_PACKAGE)(
            "{changes} changes in {batches} batches, and {photos} photos, are as they were"
            " received."
        ).format(**asdict(found)),
    )


@click.command()
@output_options
def stats() -> None:
    """Count what the server holds."""
    office = opened()
    with office.store.read() as connection:
        counts = counting.counts(connection)
    texts = text(_PACKAGE)
    emit(counts, lambda: pairs([(texts(_COUNTED[name]), str(n)) for name, n in counts.items()]))


COMMANDS = (rebuild, verify, stats)
