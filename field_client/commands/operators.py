"""`operator`: who can open this laptop's store, and who may decide about that."""

import click

from field_client.commands.unlocking import PACKAGE, new_passphrase, rekeying, unlocked
from field_client.config import load_config
from field_client.recovery import key_held
from field_client.rekeying import finish_removals
from field_client.vault import keys
from shared_schema.console import emit, output_options, report, text


@click.group
@output_options
def operator() -> None:
    """Add, list and remove the people who can open this laptop."""


@operator.command
@click.argument("name")
@click.option("--administrator", is_flag=True, help="Who may add, remove and reset others too.")
@output_options
def add(name: str, *, administrator: bool) -> None:
    """Give NAME a passphrase of their own, asked twice (or one line of standard input).

    An administrator of this laptop opens the store for this.
    """
    role = keys.ADMINISTRATOR if administrator else keys.OPERATOR
    with unlocked() as app:
        keys.check_administrator(app.home, app.keys)
        keys.add_operator(app.home, app.keys, name, new_passphrase(name), role=role)
    said = text(PACKAGE)("{operator} can open this laptop now.").format(operator=name)
    emit({"operator": name, "role": role}, lambda: said)


@operator.command("list")
@output_options
def list_names() -> None:
    """List the operators of this laptop with their roles; no passphrase is needed.

    Also says whether the office could help if a passphrase were forgotten.
    """
    home = load_config().home
    found, key = keys.operators(home), key_held(home)
    document = {
        "operators": [name for name, _ in found],
        "roles": dict(found),
        "recovery_key": key,
    }
    emit(document, lambda: "\n".join([*map(_line, found), _recovery(key)]))


@operator.command
@click.argument("name")
@output_options
def remove(name: str) -> None:
    """Take NAME's access away; the last administrator stays. What they wrote stays as well.

    The store is encrypted anew, at once or as soon as no other program has it open.
    """
    with unlocked() as app:
        home, renewed = app.home, keys.remove_operator(app.home, app.keys, name)
    with rekeying() as line:
        current, trouble = finish_removals(home, renewed, line)
    if trouble:
        report(trouble, PACKAGE, level="warning")
    emit(
        {"operator": name, "rekeyed": not current.previous},
        lambda: _removed(name, waits=bool(current.previous)),
    )


@operator.command
@click.argument("name", required=False)
@output_options
def passphrase(name: str | None) -> None:
    """Change your own passphrase; an administrator also resets NAME's, if it was forgotten."""
    with unlocked() as app:
        changed = name or app.keys.operator
        if changed != app.keys.operator:
            keys.check_administrator(app.home, app.keys)
        keys.change_passphrase(app.home, app.keys, changed, new_passphrase(changed))
    said = text(PACKAGE)("The passphrase of {operator} is changed.").format(operator=changed)
    emit({"operator": changed}, lambda: said)


def _removed(name: str, *, waits: bool) -> str:
    said = text(PACKAGE)("{operator} can no longer open this laptop.").format(operator=name)
    later = text(PACKAGE)(
        "The store is encrypted anew the next time it is opened while no other program has it open."
    )
    return f"{said}\n{later}" if waits else said


def _recovery(key: str | None) -> str:
    if key is None:
        return text(PACKAGE)(
            "The office cannot help yet if a passphrase is forgotten here: it has no recovery key,"
            " or this laptop has not synced since."
        )
    return text(PACKAGE)(
        "If a passphrase is forgotten, the office can help with recovery key {key}."
    ).format(key=key)


def _line(found: tuple[str, str]) -> str:
    name, role = found
    told = text(PACKAGE)("administrator") if role == keys.ADMINISTRATOR else ""
    return f"{name} ({told})" if told else name
