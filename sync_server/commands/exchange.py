"""``exchange``: what ``POST /v1/exchange`` does, with a file on a stick in place of a line.

Batches that verify are taken in even where the file ends too early, since each is signed and
chained by itself; the answer is then written all the same, and the command fails, so that whoever
carried the stick copies the file again. Doing so doubles nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from shared_schema.console import emit, output_options, text
from shared_schema.errors import (
    FileEmpty,
    FileUnreadable,
    InputError,
    JemputError,
    StorageError,
)
from shared_schema.frames import FRAME_LIMIT_BYTES, Frame, FrameReader, Kind
from sync_server.commands.opening import opened
from sync_server.exchange import converse, open_next
from sync_server.inbound import Inbound
from sync_server.keys import write_durably

_PACKAGE = "sync_server"
_PIECE_BYTES = 1 << 20
_HEAD_BYTES = 5
_ANSWERS_BEGIN = (b"", bytes([Kind.WELCOME]), bytes([Kind.ERROR]))
_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


class FileNotWritten(StorageError):
    """The answer {path} could not be written ({reason}). What was taken in is kept; try again."""

    code = "FILE_NOT_WRITTEN"


class TargetTaken(InputError):
    """The file {path} is something else than an answer of this office. Choose another name."""

    code = "EXCHANGE_TARGET_TAKEN"


@click.command("exchange")
@click.argument("source", metavar="IN", type=_IN)
@click.argument("target", metavar="OUT", type=_OUT)
@output_options
def exchange(source: Path, target: Path) -> None:
    """Answer the file IN that devices exported, into the file OUT that they import."""
    office = opened()
    _check_target(target)
    troubles: list[JemputError] = []
    frames = Inbound(_frames(source), all_here=True)
    opening = open_next(office, frames, troubles)
    if opening is None:
        raise troubles[0] if troubles else FileEmpty(path=source)
    said = list(converse(office, frames, opening, troubles))
    try:
        write_durably(target, b"".join(frame.to_bytes() for frame in said))
    except OSError as error:
        raise FileNotWritten(path=target, reason=error.strerror) from error
    if troubles:
        raise troubles[0]
    counts = {
        "sections": sum(frame.kind == Kind.DONE for frame in said),
        "receipts": sum(frame.kind == Kind.RECEIPT for frame in said),
        "pages": sum(frame.kind == Kind.PAGE for frame in said),
    }
    emit(
        counts,
        lambda: text(_PACKAGE)(
            "{sections} devices answered: {receipts} receipts, {pages} pages."
        ).format(**counts),
    )


def _check_target(target: Path) -> None:
    """Leave everything alone but an earlier answer: an export, a database, somebody's letter.

    Raises TargetTaken, FileUnreadable.
    """
    if not target.exists():
        return
    try:
        with target.open("rb") as data:
            head = data.read(_HEAD_BYTES)
    except OSError as error:
        raise FileUnreadable(path=target, reason=error.strerror) from error
    begins = head[:1] in _ANSWERS_BEGIN and int.from_bytes(head[1:]) <= FRAME_LIMIT_BYTES
    if not begins:
        raise TargetTaken(path=target)


def _frames(source: Path) -> Iterator[Frame]:
    """Yield the frames of a file. Raises FrameInvalid, SectionIncomplete, FileUnreadable."""
    reader = FrameReader()
    try:
        with source.open("rb") as data:
            while piece := data.read(_PIECE_BYTES):
                yield from reader.feed(piece)
    except OSError as error:
        raise FileUnreadable(path=source, reason=error.strerror) from error
    reader.finish()


COMMANDS = (exchange,)
