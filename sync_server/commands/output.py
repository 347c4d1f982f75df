"""Where documents and tables of the office go: to a file that is named, else to the screen."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from shared_schema.errors import InputError

OUTPUT = click.Path(dir_okay=False, path_type=Path)


class OutputNotWritten(InputError):
    """{file} cannot be written ({reason}). Name another file."""

    code = "OUTPUT_NOT_WRITTEN"


def json_text(document: Any) -> str:
    """Return a document as it is written to a file."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)


def write_file(output: Path | None, write: Callable[[TextIO], object]) -> None:
    """Write to the file, or to standard output where none is named. Raises OutputNotWritten."""
    if output is None:
        write(sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as target:
            write(target)
    except OSError as error:
        raise OutputNotWritten(file=output, reason=error.strerror or "?") from error


def write_bytes(output: Path | None, data: bytes) -> None:
    """Write a file that is no text, or to standard output. Raises OutputNotWritten."""
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise OutputNotWritten(file=output, reason=error.strerror or "?") from error
