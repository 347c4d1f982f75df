"""Opening this laptop's store for one command, in an operator's name."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import click

from field_client.app import open_app
from field_client.commands.errors import OperatorMissing, PassphraseMissing
from field_client.commands.progress import PercentLine
from field_client.config import Config, load_config
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.sync.departure import depart
from field_client.sync.errors import ClockOff
from field_client.vault.keys import list_operators
from shared_schema.clock import DAY_MS
from shared_schema.console import ask_twice, report, text
from shared_schema.display import time_zone
from shared_schema.errors import StorageError
from shared_schema.records import CheckContext

PACKAGE = "field_client"


def who() -> Config:
    """Return the environment's settings with operator and passphrase, asked for where left out."""
    config = load_config()
    operator = config.operator or ask_operator(config)
    return replace(
        config, operator=operator, passphrase=config.passphrase or ask_passphrase(operator)
    )


@contextlib.contextmanager
def unlocked(asked: Config | None = None) -> Iterator[App]:
    """Open the store named by the environment; ``asked``: what `who` gave already."""
    config = asked or who()
    with rekeying() as line, _updating() as update:
        app = open_app(config, progress=line, updating=update)
    with app:
        report_warnings(app)
        yield app
        leave_prepared(app, whole=True)


def rekeying() -> PercentLine:
    """Return the line that shows how far the store is encrypted anew; a small store shows none."""
    return PercentLine(text(PACKAGE)("Encrypting the store anew: {percent} percent"))


def _updating() -> PercentLine:
    """Return the line that shows how far an older program's store is updated."""
    return PercentLine(text(PACKAGE)("Updating the store: {percent} percent"))


def report_warnings(app: App) -> None:
    """Tell what the user has not been told yet."""
    while app.warnings:
        report(app.warnings.pop(0), PACKAGE, level="warning")


def leave_prepared(app: App, *, whole: bool = False) -> None:
    """Seal what waits and prepare a locked sync; ``whole``: only seal the batches that are full.

    Whatever hinders it takes nothing back of what was saved: it is sealed the next time.
    """
    with contextlib.suppress(StorageError):
        if not app.closed and whole:
            seal_waiting(app, whole=True)
        elif not app.closed:
            depart(app)


def ask_passphrase(operator: str) -> str:
    """Ask for a passphrase without showing it. Raises PassphraseMissing where nobody can answer."""
    if not in_terminal():
        raise PassphraseMissing
    asked = text(PACKAGE)("Passphrase of {operator}").format(operator=operator)
    answer: str = click.prompt(asked, hide_input=True, err=True)
    return answer


def new_passphrase(operator: str) -> str:
    """Ask twice for a new passphrase; where there is no terminal, read one line of input."""
    if not in_terminal():
        typed = sys.stdin.readline().rstrip("\r\n")
        if not typed:
            raise PassphraseMissing
        return typed
    return ask_twice(text(PACKAGE)("New passphrase of {operator}").format(operator=operator))


def in_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def check_context(app: App) -> CheckContext:
    """Return what checks need: the office's today by the best known time, and its regions."""
    return CheckContext(today=_today(app), regions=app.journal.regions())


def warn_of_clock(app: App) -> None:
    """Say so where this laptop's clock is more than a day behind the office's last known time."""
    evidence = app.journal.evidence()
    if evidence.server_ms is not None and evidence.wall_ms < evidence.server_ms - DAY_MS:
        said = text(PACKAGE)(
            "This laptop's clock is more than a day behind the office's. What you save now is"
            " kept; set date and time."
        )
        click.echo(f"warning [{ClockOff.code}]: {said}", err=True)


def _today(app: App) -> date:
    now = datetime.fromtimestamp(app.journal.evidence().best_ms() / 1000, tz=UTC)
    return now.astimezone(time_zone(app.device.timezone)).date()


def ask_operator(config: Config) -> str:
    """Return the only operator, or ask which. Raises OperatorMissing where nobody can answer."""
    operators = list_operators(config.home)
    if len(operators) == 1:
        return operators[0]
    if not in_terminal():
        raise OperatorMissing
    named = f"{text(PACKAGE)('Operator')} ({', '.join(operators)})"
    answer: str = click.prompt(named, err=True)
    return answer
