"""`verify`: is everything on this laptop still as it was written."""

import click

from field_client.commands.errors import StoreUnsound
from field_client.commands.unlocking import PACKAGE, unlocked
from field_client.verification import Examination, examine
from shared_schema.console import emit, output_options, text


@click.command
@output_options
def verify() -> None:
    """Read the whole store again: pages, log, records, sealed batches. Changes nothing."""
    with unlocked() as app:
        found = examine(app)
    document = {
        "sound": not found.faults,
        "changes": found.changes,
        "records": found.records,
        "batches": found.batches,
        "findings": [{"code": each.code, "place": each.place} for each in found.faults],
    }
    emit(document, lambda: _told(found))
    if found.faults:
        raise StoreUnsound(count=len(found.faults))


def _told(found: Examination) -> str:
    lines = [f"{each.code}  {each.place}" for each in found.faults]
    counted = text(PACKAGE)(
        "Read again: {changes} changes, {records} records, {batches} sealed batches."
    ).format(changes=found.changes, records=found.records, batches=found.batches)
    verdict = text(PACKAGE)("Everything is sound.") if not lines else ""
    return "\n".join(filter(None, (counted, *lines, verdict)))
