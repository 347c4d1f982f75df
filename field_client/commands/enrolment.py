"""`enrol`: this laptop gets its store and keys; the office confirms them at the first exchange."""

import click

from field_client.app import create_device
from field_client.commands.errors import OperatorMissing
from field_client.commands.unlocking import PACKAGE, in_terminal, leave_prepared, new_passphrase
from field_client.config import load_config
from shared_schema.console import emit, output_options, text


@click.command
@click.argument("code")
@click.option("--operator", "named", metavar="NAME", help="Who will open this laptop's store.")
@output_options
def enrol(code: str, named: str | None) -> None:
    """Enrol this laptop with the one-time CODE from the office; no line is needed.

    The passphrase is asked twice, or taken from FIELD_CLIENT_PASSPHRASE. Work can begin at once;
    the next `sync` or `export` brings the enrolment to the office.
    """
    config = load_config()
    operator = named or config.operator or _ask_name()
    passphrase = config.passphrase or new_passphrase(operator)
    with create_device(config.home, code, operator, passphrase) as app:
        document = {
            "device": app.device_keys.device.hex(),
            "operator": operator,
            "enrolled": app.device.enrolled,
            "url": app.device.url,
        }
        leave_prepared(app)
    emit(
        document,
        lambda: text(PACKAGE)(
            "This laptop is ready. {operator} can register people now; the office confirms the"
            " enrolment at the first sync."
        ).format(operator=operator),
    )


def _ask_name() -> str:
    if not in_terminal():
        raise OperatorMissing
    answer: str = click.prompt(text(PACKAGE)("Operator"), err=True)
    return answer
