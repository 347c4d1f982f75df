"""The command line of the office's server; each module of `commands` adds its own."""

import pkgutil
from importlib import import_module

import click

from shared_schema.console import Console, output_options
from sync_server import commands


class ServerConsole(Console):
    """The root command; its texts come from this package's catalogue."""

    package = "sync_server"


@click.group(cls=ServerConsole)
@click.version_option(package_name="jemput")
@output_options
def main() -> None:
    """Run the sync server of a civil registration office: devices, records, reports."""


def _add_commands() -> None:
    for module in pkgutil.iter_modules(commands.__path__):
        loaded = import_module(f"{commands.__name__}.{module.name}")
        for command in getattr(loaded, "COMMANDS", ()):
            main.add_command(command)


_add_commands()
