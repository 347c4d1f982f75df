"""``POST /v1/exchange``: an exchange over HTTP, answered while the request is still being sent.

The status is decided by the first hello; after that, errors are frames. The connection is closed
behind each exchange, so that no half-read request can be taken for the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import BoundedSemaphore

from cheroot.errors import MaxSizeExceeded
from flask import Blueprint, Response, request

from shared_schema.errors import CustodyError, InputError, JemputError, NetworkError
from shared_schema.frames import Frame, FrameReader
from sync_server.api.errors import error_response
from sync_server.exchange import Opening, converse, open_section
from sync_server.office import Office

CONTENT_TYPE = "application/x-jemput"
EXCHANGE_LIMIT_BYTES = 64 << 20
_HEAD_BYTES = 5
_PIECE_BYTES = 64 << 10
_DRAIN_BYTES = 1 << 20


class ContentTypeWrong(InputError):
    """The request is not of type application/x-jemput. Update the program that sent it."""

    code = "CONTENT_TYPE_WRONG"
    http_status = 415


class ExchangeEmpty(InputError):
    """The request holds no section. Send one that begins with a hello."""

    code = "EXCHANGE_EMPTY"


class ExchangeTooLarge(CustodyError):
    """One exchange is at most 64 MiB. What was answered is kept; go on in another exchange."""

    code = "EXCHANGE_TOO_LARGE"
    http_status = 413


class ServerBusy(NetworkError):
    """The server is talking to too many devices at once. Nothing is lost; try again in a while."""

    code = "SERVER_BUSY"
    http_status = 503


class ConnectionCut(CustodyError):
    """The line was cut within an exchange. What was answered is kept; sync again."""

    code = "CONNECTION_CUT"


def blueprint(office: Office, at_once: int) -> Blueprint:
    """Return the route. ``at_once``: how many exchanges may run, so that threads stay free."""
    api = Blueprint("exchange", __name__)
    places = BoundedSemaphore(at_once)

    @api.post("/v1/exchange")
    def exchange() -> Response:
        if request.mimetype != CONTENT_TYPE:
            raise ContentTypeWrong
        if not places.acquire(blocking=False):
            raise ServerBusy
        read = request.environ["wsgi.input"].read
        reply = _reply(office, read)
        reply.call_on_close(places.release)
        return reply

    return api


def read_frames(read: Callable[[int], bytes]) -> Iterator[Frame]:
    """Yield frames as they arrive; ``read(n)`` gives n bytes, fewer only at the end.

    Raises FrameInvalid, SectionIncomplete, ConnectionCut, ExchangeTooLarge.
    """
    reader = FrameReader()
    total = 0
    while head := _exactly(read, _HEAD_BYTES):
        yield from reader.feed(head)
        length = int.from_bytes(head[1:])
        total += _HEAD_BYTES + length
        if total > EXCHANGE_LIMIT_BYTES:
            raise ExchangeTooLarge
        yield from reader.feed(_exactly(read, length))
        reader.finish()


def _reply(office: Office, read: Callable[[int], bytes]) -> Response:
    """Answer; what a refused device goes on sending is read and dropped behind the answer."""
    frames = read_frames(read)
    try:
        opening = _opening(office, frames)
    except JemputError as error:
        refusal = error_response(error)
        refusal.call_on_close(lambda: _drain(read))
        return refusal
    said = (frame.to_bytes() for frame in converse(office, frames, opening, []))
    reply = Response(said, content_type=CONTENT_TYPE)
    reply.headers["Connection"] = "close"
    return reply


def _opening(office: Office, frames: Iterator[Frame]) -> Opening:
    opening = open_section(office, frames)
    if opening is None:
        raise ExchangeEmpty
    if opening.refused is not None:
        raise opening.refused
    return opening


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """Return ``size`` bytes, fewer where the body ends. Raises ConnectionCut."""
    parts = []
    try:
        while size and (part := read(min(size, _PIECE_BYTES))):
            parts.append(part)
            size -= len(part)
    except (OSError, ValueError, MaxSizeExceeded) as error:
        raise ConnectionCut from error
    return b"".join(parts)


def _drain(read: Callable[[int], bytes]) -> None:
    """Take what is still under way, so that closing the line does not destroy the answer."""
    with suppress(ConnectionCut):
        _exactly(read, _DRAIN_BYTES)
