"""By file: the bytes an exchange would send, on a stick, and the answer that comes back on it.

An export is whole or not there. An answer is read to its end before anything of it is used, so a
half-copied one changes nothing; one that was imported before changes nothing either.
"""

from pathlib import Path

from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.retention import tidy
from field_client.sync.engine import Exchange, require_clock
from field_client.sync.errors import ExportForeign, ReplyForeign, ReplyMissing
from field_client.sync.inbox import absorb
from field_client.sync.outcome import Outcome
from field_client.sync.session import section_for
from field_client.vault import durable
from shared_schema.chunks import CHUNK_LIMIT_BYTES
from shared_schema.errors import CustodyError
from shared_schema.frames import FrameReader, read_frames
from shared_schema.messages import read_hello


def write_export(app: App, path: Path) -> Outcome:
    """Write what waits, and a pending enrolment, to ``path``; return what is in it.

    An older export of this laptop is replaced. Raises ExportForeign, DiskFull, VaultIO.
    """
    _require_own(app, path)
    absorb(app)
    seal_waiting(app)
    exchange = Exchange(app=app)
    exchange.photos.size_bytes = CHUNK_LIMIT_BYTES
    durable.hand_over(path, b"".join(exchange.outgoing()))
    return exchange.outcome


def read_reply(app: App, path: Path) -> Outcome:
    """Take in the answer in ``path`` and return what it amounted to.

    Raises SectionIncomplete, FrameInvalid, ReplyForeign, ReplyStale, ReplyMissing before anything
    was used, and then what `Exchange.refuse` raises, or ClockOff.
    """
    exchange = Exchange(app=app, by_line=False)
    session = exchange.session()
    section = section_for(read_frames(_content(path)), session)
    if not section:
        raise ReplyForeign
    effects = [effect for frame in section if (effect := session.receive(frame))]
    session.finish()
    exchange.outcome = Outcome(bytes_received=sum(len(frame.to_bytes()) for frame in section))
    try:
        for effect in effects:
            exchange.apply(effect)
    finally:
        exchange.settle()
    exchange.refuse()
    tidy(app.journal)
    require_clock(app, by_line=False)
    return exchange.outcome


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReplyMissing(file=path.name, reason=error.strerror) from error


def _require_own(app: App, path: Path) -> None:
    """Refuse to write over a file that does not begin with a hello of this device."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    try:
        first = next(FrameReader().feed(_content(path)), None)
        own = first is not None and read_hello(first).device == app.device_keys.device
    except (CustodyError, ReplyMissing) as error:
        raise ExportForeign(file=path.name) from error
    if not own:
        raise ExportForeign(file=path.name)
