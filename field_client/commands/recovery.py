"""`recover`: a forgotten passphrase, from the request that goes to the office to its answer."""

from pathlib import Path

import click

from field_client.commands.unlocking import (
    PACKAGE,
    ask_operator,
    ask_passphrase,
    new_passphrase,
)
from field_client.config import load_config
from field_client.recovery import find_waiting
from field_client.vault import durable, keys
from shared_schema.console import emit, output_options, text
from shared_schema.errors import FileUnreadable, InputError
from shared_schema.recovery import (
    FILE_LIMIT_BYTES,
    Answer,
    RecoveryRequestInvalid,
    read_answer,
    read_request,
    request_document,
)

_FILE = click.Path(path_type=Path, dir_okay=False)


class RecoveryTargetTaken(InputError):
    """There is something else at {file} already. Nothing was written; choose another name."""

    code = "RECOVERY_FILE_TAKEN"


@click.group
@output_options
def recover() -> None:
    """Get back into this laptop after a passphrase was forgotten, with the office's help."""


@recover.command("request")
@click.argument("file", type=_FILE)
@click.option("--operator", "named", metavar="NAME", help="Whose passphrase was forgotten.")
@output_options
def write_request(file: Path, named: str | None) -> None:
    """Write a request to FILE for the office; a new passphrase is asked twice (or read from input).

    Nothing changes until the answer comes: whoever remembers the old passphrase still gets in. A
    new request replaces the one before.
    """
    config = load_config()
    operator = named or config.operator or ask_operator(config)
    _check_target(file)
    request = keys.begin_recovery(config.home, operator, new_passphrase(operator))
    durable.hand_over(file, request_document(request))
    document = {
        "file": str(file),
        "operator": operator,
        "device": request.device.hex(),
        "code": request.code,
    }
    said = text(PACKAGE)(
        "Written to {file}. Take it to the office yourself. Code to compare there: {code}"
    )
    emit(document, lambda: said.format(**document))


@recover.command("apply")
@click.argument("file", type=_FILE)
@output_options
def apply_answer(file: Path) -> None:
    """Take in the office's answer in FILE: from now on the new passphrase opens this laptop.

    The passphrase is the one that was chosen with the request. Taking it in twice changes nothing.
    """
    config = load_config()
    answer = _read(file)
    waiting = find_waiting(config.home, answer)
    operator = waiting.operator
    passphrase = config.passphrase or ask_passphrase(operator)
    if waiting.applied:
        keys.unlock(config.home, operator, passphrase)
    else:
        keys.finish_recovery(config.home, operator, passphrase, answer.sealed)
    said = text(PACKAGE)("{operator} can open this laptop with the new passphrase now.")
    emit({"operator": operator}, lambda: said.format(operator=operator))


def _read(file: Path) -> Answer:
    """Read an answer. Raises FileUnreadable, RecoveryAnswerInvalid, RecoveryFileNewer."""
    return read_answer(_content(file))


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as data:
            return data.read(FILE_LIMIT_BYTES)
    except OSError as error:
        raise FileUnreadable(path=file, reason=error.strerror) from error


def _check_target(file: Path) -> None:
    """Leave everything alone but an earlier request. Raises RecoveryTargetTaken, FileUnreadable."""
    if file.exists():
        try:
            read_request(_content(file))
        except RecoveryRequestInvalid as error:
            raise RecoveryTargetTaken(file=file) from error
