"""`operator`: who can open this laptop's store."""

import click

from field_client.commands.unlocking import PACKAGE, new_passphrase, unlocked
from field_client.config import load_config
from field_client.vault import keys
from shared_schema.console import emit, output_options, text


@click.group
@output_options
def operator() -> None:
    """Add, list and remove the people who can open this laptop."""


@operator.command
@click.argument("name")
@output_options
def add(name: str) -> None:
    """Give NAME a passphrase of their own, asked twice (or one line of standard input).

    An operator who is already in opens the store for this.
    """
    with unlocked() as app:
        keys.add_operator(app.home, app.keys, name, new_passphrase(name))
    said = text(PACKAGE)("{operator} can open this laptop now.").format(operator=name)
    emit({"operator": name}, lambda: said)


@operator.command("list")
@output_options
def list_names() -> None:
    """List the operators of this laptop; no passphrase is needed."""
    names = keys.list_operators(load_config().home)
    emit({"operators": names}, lambda: "\n".join(names))


@operator.command
@click.argument("name")
@output_options
def remove(name: str) -> None:
    """Take NAME's access away; the last operator stays. What they wrote stays as well."""
    with unlocked() as app:
        keys.remove_operator(app.home, name)
    said = text(PACKAGE)("{operator} can no longer open this laptop.").format(operator=name)
    emit({"operator": name}, lambda: said)


@operator.command
@click.argument("name", required=False)
@output_options
def passphrase(name: str | None) -> None:
    """Change the passphrase of NAME, or your own; also resets one that was forgotten."""
    with unlocked() as app:
        changed = name or app.keys.operator
        keys.change_passphrase(app.home, app.keys, changed, new_passphrase(changed))
    said = text(PACKAGE)("The passphrase of {operator} is changed.").format(operator=changed)
    emit({"operator": changed}, lambda: said)
