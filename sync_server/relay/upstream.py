"""The way from a relay to its office: one POST, sent and read at once on one connection.

The office answers while we are still sending; one loop does what the socket is ready for.
"""

import http
import selectors
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from shared_schema.canonical import NotCanonical, decode
from sync_server.relay.errors import (
    UpstreamCut,
    UpstreamMissing,
    UpstreamRefused,
)
from sync_server.relay.line import Lines

PATH = "/v1/exchange"
CONTENT_TYPE = "application/x-jemput"
IDLE_S = 120.0
_READ_BYTES = 64 << 10
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """The office at ``url``, over ``lines`` that know its key."""

    url: str
    lines: Lines
    idle_s: float = IDLE_S

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send the pieces of ``outgoing`` and yield the reply's bytes as they come.

        Raises UpstreamMissing, UpstreamUnreachable, UpstreamUntrusted, UpstreamCut,
        UpstreamRefused.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise UpstreamMissing
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
        target = parts.path.rstrip("/") + PATH
        line = self.lines.connect((host, port), secure=parts.scheme == "https")
        try:
            line.setblocking(False)  # noqa: FBT003 - the socket's own signature
            yield from _Post(line, parts.netloc, target, outgoing, self.idle_s).run()
        finally:
            self.lines.keep(line, (host, port))
            line.close()


class _Post:
    """One request and its response on an open line."""

    def __init__(
        self, line: socket.socket, host: str, target: str, outgoing: Iterable[bytes], idle_s: float
    ) -> None:
        self._line = line
        self._idle_s = idle_s
        self._outgoing: Iterator[bytes] | None = iter(outgoing)
        self._http = h11.Connection(h11.CLIENT)
        headers = [
            ("Host", host),
            ("Content-Type", CONTENT_TYPE),
            ("Accept", CONTENT_TYPE),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
        ]
        request = h11.Request(method="POST", target=target, headers=headers)
        self._unsent = self._http.send(request) or b""
        self._status = 0
        self._refusal = bytearray()
        self._complete = False

    def run(self) -> Iterator[bytes]:
        """Send and read until the response is complete; yield its body if it is an exchange's."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._line, selectors.EVENT_READ)
            while not self._complete:
                wanted = selectors.EVENT_READ
                if self._fill():
                    wanted |= selectors.EVENT_WRITE
                ready.modify(self._line, wanted)
                pending = isinstance(self._line, ssl.SSLSocket) and self._line.pending() > 0
                events = ready.select(0 if pending else self._idle_s)
                if not events and not pending:
                    raise UpstreamCut
                if events and events[0][1] & selectors.EVENT_WRITE:
                    self._send()
                yield from self._read()
        if self._status != http.HTTPStatus.OK:
            raise UpstreamRefused(reason=_code(bytes(self._refusal)) or self._status)

    def _fill(self) -> bool:
        """Have bytes ready to be sent, if there are any left; return whether there are."""
        while not self._unsent and self._outgoing is not None:
            piece = next(self._outgoing, None)
            if piece is None:
                self._outgoing = None
                self._unsent = self._http.send(h11.EndOfMessage()) or b""
            else:
                self._unsent = self._http.send(h11.Data(data=piece)) or b""
        return bool(self._unsent)

    def _send(self) -> None:
        """Send what the line takes now; where it takes no more, what came back may say why."""
        try:
            self._unsent = self._unsent[self._line.send(self._unsent) :]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        except OSError:
            self._unsent, self._outgoing = b"", None

    def _read(self) -> Iterator[bytes]:
        try:
            data = self._line.recv(_READ_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        except OSError as error:
            raise UpstreamCut from error
        try:
            self._http.receive_data(data)
            yield from self._events()
        except h11.RemoteProtocolError as error:
            raise UpstreamCut from error
        if not data and not self._complete:
            raise UpstreamCut

    def _events(self) -> Iterator[bytes]:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Response):
                self._begin(event.status_code)
            elif isinstance(event, h11.Data):
                yield from self._body(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self._complete = True
                return

    def _begin(self, status: int) -> None:
        self._status = status
        if status != http.HTTPStatus.OK:
            self._unsent, self._outgoing = b"", None

    def _body(self, data: bytes) -> Iterator[bytes]:
        if self._status == http.HTTPStatus.OK:
            yield data
        elif len(self._refusal) < _READ_BYTES:
            self._refusal += data


def _code(body: bytes) -> str | None:
    """Return the code that only our office's refusals have."""
    try:
        said = decode(body)
        return str(said["error"]["code"]) if isinstance(said, dict) else None
    except (NotCanonical, KeyError, TypeError):
        return None
