"""The `field-client` program: its name, its commands, nothing else."""

from typing import Any

import click

from field_client.commands import (
    attaching,
    backup,
    conflicts,
    discarding,
    enrolment,
    exchange,
    locking,
    operators,
    reading,
    recovery,
    verifying,
    web,
    writing,
)
from field_client.process_guard import forbid_memory_dumps
from shared_schema.console import Console, output_options


class FieldConsole(Console):
    """The console of a laptop in the field."""

    package = "field_client"

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line, whose memory the system is asked to write nowhere."""
        forbid_memory_dumps()
        return super().main(*args, **kwargs)


@click.group(cls=FieldConsole, name="field-client")
@output_options
def main() -> None:
    """Register residents, visits and outages on this laptop, with or without a line.

    Everything is saved encrypted on this device first; `sync` sends it when there is a line.
    """


for command in (
    enrolment.enrol,
    operators.operator,
    recovery.recover,
    writing.add,
    writing.edit,
    writing.void,
    discarding.discard,
    attaching.attach_photo,
    attaching.photo_group,
    reading.show,
    reading.history,
    reading.list_records,
    reading.search,
    reading.status,
    exchange.sync,
    locking.lock,
    exchange.export_file,
    exchange.import_file,
    conflicts.conflicts,
    verifying.verify,
    backup.backup,
    backup.restore,
    web.web,
):
    main.add_command(command)
