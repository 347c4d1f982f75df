"""``POST /v1/exchange``: an exchange over HTTP, answered while the request is still being sent.

The status is decided by the first hello; after that, errors are frames. The connection is closed
behind each exchange, so that no half-read request can be taken for the next one. A place among
those that are answered at once is taken only by a device that the office knows.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from cheroot.errors import MaxSizeExceeded
from flask import Blueprint, Response, request

from shared_schema.errors import CustodyError, InputError, JemputError, NetworkError
from shared_schema.frames import HEAD_BYTES, Frame, FrameReader, Kind
from sync_server.api.doorkeeper import Doorkeeper, Visit
from sync_server.api.errors import error_response
from sync_server.exchange import Opening, converse, open_section
from sync_server.office import Office

CONTENT_TYPE = "application/x-jemput"
EXCHANGE_LIMIT_BYTES = 64 << 20
VISIT = "jemput.visit"
_PIECE_BYTES = 16 << 10
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


class OfficeRebuilding(NetworkError):
    """The office makes its tables anew, for some minutes. Nothing is lost; sync again later."""

    code = "OFFICE_REBUILDING"
    http_status = 503


class ConnectionCut(CustodyError):
    """The line was cut within an exchange. What was answered is kept; sync again."""

    code = "CONNECTION_CUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Who answers exchanges, an office or a relay: how a section is opened, and then answered."""

    open: Callable[[Iterator[Frame]], Opening | None]
    answer: Callable[[Iterator[Frame], Opening], Iterator[Frame]]


def by_office(office: Office) -> Answering:
    """Return how an office answers."""
    return Answering(
        open=partial(_open_at, office),
        answer=lambda frames, opening: converse(office, frames, opening, []),
    )


def _open_at(office: Office, frames: Iterator[Frame]) -> Opening | None:
    """Open a section, unless it would wait until its line has broken. Raises OfficeRebuilding."""
    if office.rebuilding.is_set():
        raise OfficeRebuilding
    return open_section(office, frames)


def blueprint(answering: Answering, doorkeeper: Doorkeeper) -> Blueprint:
    """Return the route. The server leaves each request's visit in its environment."""
    api = Blueprint("exchange", __name__)

    @api.post("/v1/exchange")
    def exchange() -> Response:
        if request.mimetype != CONTENT_TYPE:
            raise ContentTypeWrong
        return _reply(answering, doorkeeper, request.environ[VISIT])

    return api


def read_frames(read: Callable[[int], bytes]) -> Iterator[Frame]:
    """Yield frames as they arrive; ``read(n)`` gives n bytes, fewer only at the end.

    Raises FrameInvalid, SectionIncomplete, ConnectionCut, ExchangeTooLarge.
    """
    reader = FrameReader()
    total = 0
    while head := _exactly(read, HEAD_BYTES):
        yield from reader.feed(head)
        length = int.from_bytes(head[1:])
        total += HEAD_BYTES + length
        if total > EXCHANGE_LIMIT_BYTES:
            raise ExchangeTooLarge
        yield from reader.feed(_exactly(read, length))
        reader.finish()


def _reply(answering: Answering, doorkeeper: Doorkeeper, visit: Visit) -> Response:
    """Answer; what a refused device goes on sending is read and dropped behind the answer."""
    read = _counted(request.environ["wsgi.input"].read, visit)
    frames = read_frames(read)
    try:
        opening = _opening(answering, frames)
        if opening.known and not doorkeeper.admit(visit, opening.hello.device):
            raise ServerBusy
    except JemputError as error:
        refusal = error_response(error)
        refusal.call_on_close(lambda: _drain(read))
        return refusal
    said = answering.answer(frames, opening)
    admit = partial(doorkeeper.admit, visit, opening.hello.device)
    reply = Response(_pieces(said, visit, admit), content_type=CONTENT_TYPE)
    reply.headers["Connection"] = "close"
    return reply


def _counted(read: Callable[[int], bytes], visit: Visit) -> Callable[[int], bytes]:
    """Return ``read``, counting what comes."""

    def counting(size: int) -> bytes:
        data = read(size)
        visit.moved(len(data))
        return data

    return counting


def _pieces(frames: Iterator[Frame], visit: Visit, admit: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the bytes of a reply, counting those that went; who is enrolled on the way may stay."""
    for frame in frames:
        if frame.kind == Kind.ENROLLED:
            admit()
        data = frame.to_bytes()
        for at in range(0, len(data), _PIECE_BYTES):
            yield data[at : at + _PIECE_BYTES]
            visit.moved(min(_PIECE_BYTES, len(data) - at))


def _opening(answering: Answering, frames: Iterator[Frame]) -> Opening:
    opening = answering.open(frames)
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
