"""That a database is brought up to date, and how far it is: whoever waits shall not stop it."""

import click

from shared_schema.console import text
from sync_server.app import Step
from sync_server.commands.progress import Progress

_PACKAGE = "sync_server"


class Updating:
    """Says each step of an update as it begins, and how far it is every few seconds."""

    def __init__(self) -> None:
        """Say nothing: most databases are up to date."""
        self._steps: dict[Step, Progress] = {}

    def __call__(self, step: Step, done: int, total: int) -> None:
        """Say it on standard error."""
        if step not in self._steps:
            counted = _counted(step)
            click.echo(_begun(step), err=True)
            self._steps[step] = Progress(counted)
        self._steps[step](done, total)


def _begun(step: Step) -> str:
    texts = text(_PACKAGE)
    return {
        Step.TABLES: texts(
            "The database was written by an older version and is brought up to date. On a full "
            "register this takes minutes. Please let it run; should it be stopped, nothing is "
            "lost, and the next start goes on."
        ),
        Step.PEOPLE: texts("Residents are prepared for comparing."),
        Step.TALLIES: texts("What the pages count is counted anew."),
    }[step]


def _counted(step: Step) -> str:
    texts = text(_PACKAGE)
    if step is Step.PEOPLE:
        return texts("{count} of {total} residents, {rate} a second, {left} left")
    return texts("{count} of {total} records, {rate} a second, {left} left")
