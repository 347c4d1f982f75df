"""By HTTP/1.1: one POST, chunked both ways, sent and read at once on one connection.

The server answers while we are still sending, so waiting for the end of the request would let
both sides' buffers fill up. One loop therefore does what the socket is ready for. Whatever is
not the expected answer (a hotspot's log-in page, garbage, a cut line) is a named error.
"""

import os
import selectors
import socket
import ssl
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import h11

from field_client.sync.errors import (
    LineCut,
    NoAddress,
    NotOurServer,
    ServerUnreachable,
)
from field_client.sync.fallback import Whole
from field_client.sync.lookout import Lookout
from field_client.sync.opening import Lines, Tries
from field_client.sync.pulse import Flow, feel
from field_client.sync.rejection import CONTENT_TYPE, require_accepted
from field_client.sync.trust import Trust

PATH = "/v1/exchange"
CONNECT_TIMEOUT_S = 30.0
IDLE_TIMEOUT_S = 120.0
READ_BYTES = 64 << 10
REJECTION_BYTES = 64 << 10
LOOK_S = 0.25
SOON_S = 0.03
RETRY_EVERY_S = 0.5
_PROTOCOL = b"HTTP/"
_AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def name(self) -> str:
        """Host and port, as they stand in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Return where ``url`` (http or https) leads. Raises NoAddress."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NoAddress from error
    if parts.scheme not in ("http", "https") or not host:
        raise NoAddress
    secure = parts.scheme == "https"
    return Address(
        host=host,
        port=port or (443 if secure else 80),
        path=parts.path.rstrip("/") + PATH,
        secure=secure,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTransport:
    """A way to the server at ``url``; each exchange opens a connection of its own.

    ``trust``: what vouches for the server where the line is protected; keep it for the run.
    """

    url: str
    trust: Trust = field(default_factory=lambda: Trust(pinned=b""))
    lines: Lines = field(default_factory=Lines)
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    idle_timeout_s: float = IDLE_TIMEOUT_S

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send the pieces of ``outgoing`` and yield the reply's bytes as they come.

        Raises NoAddress, ServerUnreachable, ServerUntrusted, NotOurServer, LineCut, OfficeBusy,
        ServerFailed, ServerRefused and the errors that a server's refusal names.
        """
        address = parse_address(self.url)
        line = self._open(address)
        try:
            line.setblocking(False)  # noqa: FBT003 - the socket's own signature
            yield from self._converse(line, address, outgoing)
        finally:
            if isinstance(line, ssl.SSLSocket):
                self.trust.keep(line, address.name)
            line.close()

    def _converse(
        self, line: socket.socket, address: Address, outgoing: Iterable[bytes]
    ) -> Iterator[bytes]:
        """Talk until the reply is whole; where another line is found better, keep it for next."""
        flow = Flow(partial(feel, line))
        places = self.lines.places(address.host, address.port)
        lookout = Lookout(flow, lambda: Tries(places, RETRY_EVERY_S))
        conversation = _Conversation(line, address, outgoing, flow, self.idle_timeout_s)
        try:
            yield from conversation.run(lookout)
        except _Overtaken as overtaken:
            self.lines.keep(overtaken.other)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            raise LineCut(moved=True) from overtaken
        finally:
            lookout.close()

    def _open(self, address: Address) -> socket.socket:
        connect = partial(_connect, self.lines, address, self.connect_timeout_s)
        if not address.secure:
            return connect()
        return self.trust.secure(connect, address.host, address.name)


def _connect(lines: Lines, address: Address, timeout_s: float) -> socket.socket:
    try:
        line = lines.open(address.host, address.port, timeout_s)
    except OSError as error:
        raise ServerUnreachable(address=address.name, reason=_reason(error)) from error
    line.settimeout(timeout_s)
    return line


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


class _Overtaken(Exception):
    """Another line came about while this one stood still."""

    def __init__(self, other: socket.socket) -> None:
        super().__init__()
        self.other = other


def _length(outgoing: Iterable[bytes]) -> tuple[str, str]:
    """Return the header by which a request's end is known."""
    if isinstance(outgoing, Whole):
        return "Content-Length", str(sum(map(len, outgoing)))
    return "Transfer-Encoding", "chunked"


class _Conversation:
    """One request and its response on an open line."""

    def __init__(
        self,
        line: socket.socket,
        address: Address,
        outgoing: Iterable[bytes],
        flow: Flow,
        idle_s: float,
    ) -> None:
        self._line = line
        self._flow = flow
        self._idle_s = idle_s
        self._outgoing = iter(outgoing)
        self._http = h11.Connection(h11.CLIENT)
        self._status = 0
        self._first = b""
        self._rejection = bytearray()
        self._content_type = self._retry_after = ""
        headers = [
            ("Host", address.name),
            ("Content-Type", CONTENT_TYPE),
            ("Accept", CONTENT_TYPE),
            _length(outgoing),
            ("Connection", "close"),
        ]
        request = h11.Request(method="POST", target=address.path, headers=headers)
        self._unsent = self._http.send(request) or b""
        self._tail: list[bytes] = []
        self._sending = True
        self._complete = False

    def run(self, lookout: Lookout) -> Iterator[bytes]:
        """Send and read until the response is complete; yield its body if it is an exchange's."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._line, selectors.EVENT_READ)
            while not self._complete:
                self._flow.look()
                room = self._room()
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if room else 0)
                ready.modify(self._line, wanted)
                pending = isinstance(self._line, ssl.SSLSocket) and self._line.pending() > 0
                quiet_s = self._flow.quiet_s
                events = ready.select(0 if pending else self._pause_s(lookout))
                if events and events[0][1] & selectors.EVENT_WRITE:
                    self._send(room)
                if events or pending:
                    yield from self._read()
                else:
                    self._stand_still(lookout, quiet_s)
        rejection = bytes(self._rejection)
        require_accepted(self._status, self._content_type, rejection, self._retry_after)

    def _pause_s(self, lookout: Lookout) -> float:
        """Return how soon to look again: soon where we wait for room or for another line."""
        return SOON_S if self._unsent or lookout.searching else min(LOOK_S, self._idle_s)

    def _stand_still(self, lookout: Lookout, quiet_s: float) -> None:
        """Where nothing moves, look for another line, and give up in the end.

        ``quiet_s`` is from before we looked: while this program stood still, much may have come.
        """
        other = lookout.other(quiet_s)
        if other is not None:
            raise _Overtaken(other)
        if quiet_s > self._idle_s:
            raise LineCut

    def _room(self) -> int:
        """Return how much of what is ready may go now: whole packets, or at the end the rest."""
        packet = self._flow.packet_bytes
        self._fill(packet)
        if len(self._unsent) <= self._flow.room and not self._sending:
            return len(self._unsent)
        return min(len(self._unsent), self._flow.room) // packet * packet

    def _fill(self, least: int) -> None:
        """Have ``least`` bytes ready to be sent, as long as there are any left."""
        while self._sending and len(self._unsent) < least:
            piece = next(self._outgoing, None)
            if piece is None:
                end = self._http.send(h11.EndOfMessage()) or b""
                self._tail = [end[at : at + 1] for at in range(len(end))]
                self._sending = False
            else:
                self._unsent += self._http.send(h11.Data(data=piece)) or b""
        if not self._unsent and self._tail:
            self._unsent = self._tail.pop(0)

    def _send(self, room: int) -> None:
        """Send what the line takes now, the few bytes of the end in packets of their own.

        What is lost last is missed only when something arrives behind it: else TCP repeats it
        after twice the round trip.
        """
        self._pass_on(room)
        while self._tail and not self._unsent:
            self._unsent = self._tail.pop(0)
            self._pass_on(len(self._unsent))

    def _pass_on(self, room: int) -> None:
        """Give bytes to the line; where it takes no more, what came back may say why."""
        secure = isinstance(self._line, ssl.SSLSocket)
        try:
            sent = self._line.send(self._unsent if secure else self._unsent[:room])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        except OSError:
            self._stop_sending()
            return
        self._flow.handed_over()
        self._unsent = self._unsent[sent:]

    def _stop_sending(self) -> None:
        self._unsent, self._tail, self._sending = b"", [], False

    def _read(self) -> Iterator[bytes]:
        try:
            data = self._line.recv(READ_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        except OSError as error:
            raise self._cut() from error
        self._flow.moved()
        self._first = (self._first + data)[: len(_PROTOCOL)]
        try:
            self._http.receive_data(data)
            yield from self._events()
        except h11.RemoteProtocolError as error:
            raise self._cut(unreadable=bool(data)) from error
        if not data and not self._complete:
            raise self._cut()

    def _cut(self, *, unreadable: bool = False) -> LineCut | NotOurServer:
        """Tell an answer that never was HTTP from one that broke off."""
        strange = not _PROTOCOL.startswith(self._first)
        return NotOurServer() if strange or (unreadable and not self._status) else LineCut()

    def _events(self) -> Iterator[bytes]:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Response):
                self._begin(event)
            elif isinstance(event, h11.Data):
                if self._is_exchange():
                    yield bytes(event.data)
                elif len(self._rejection) < REJECTION_BYTES:
                    self._rejection += event.data
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self._complete = True
                return

    def _begin(self, response: h11.Response) -> None:
        self._status = response.status_code
        headers = dict(response.headers)
        kind = headers.get(b"content-type", b"").decode("latin-1")
        self._content_type = kind.partition(";")[0].strip().lower()
        self._retry_after = headers.get(b"retry-after", b"").decode("latin-1")
        if not self._is_exchange():
            self._stop_sending()

    def _is_exchange(self) -> bool:
        return self._status == 200 and self._content_type == CONTENT_TYPE
