"""The line to phones: a second listener, on one address that was asked for, with TLS.

It serves the same pages with threads of its own, and marks each request, so that the guard knows
what came from a phone. It ends when the shift that began it does, and with the program.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from socket import socket
from threading import Event, Lock, Thread, current_thread
from typing import Any

from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server

from field_client.web.desk import Desk
from field_client.web.errors import AddressAway
from field_client.web.phones import ON_PHONE, Phones
from field_client.web.phones_key import LineKey

PORT = 8802
_THREADS = 12
_HEADER_BYTES = 32 << 10
_SLOWEST_S = 30
_HANDSHAKE_S = 3.0
_SHUTDOWN_S = 2
_LOOK_S = 0.5


class PhoneTls(BuiltinSSLAdapter):
    """TLS whose handshake is left to the thread that reads the request.

    cheroot makes it where it accepts connections: one phone that walks away would keep all
    others waiting.
    """

    def wrap(self, sock: socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Return the socket, its handshake still to come, and what it adds to a WSGI environ."""
        secure = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return secure, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class PhoneConnection(HTTPConnection):
    """A connection that begins with the handshake."""

    def communicate(self) -> bool:
        """Answer a request; tell whether another may follow."""
        try:
            self.socket.settimeout(_HANDSHAKE_S)
            self.socket.do_handshake()
            self.socket.settimeout(_SLOWEST_S)
        except OSError:
            return False
        return bool(super().communicate())  # type: ignore[no-untyped-call]


class PhoneGateway(Gateway_10):
    """Marks requests with the address that they came in by; no header can say so."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the WSGI environment."""
        found: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        host, port = self.req.server.bind_addr[:2]
        return {**found, ON_PHONE: f"{host}:{port}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A sharing that is under way. ``operator``: in whose shift it began."""

    server: Server
    operator: str
    key: LineKey

    @property
    def url(self) -> str:
        """Where phones find the pages."""
        return f"https://{self.key.address}:{self.server.bind_addr[1]}/"


@dataclass(slots=True, kw_only=True)
class Sharing:
    """Serves the pages to phones, or does not. ``pages``: the application, once it is made."""

    desk: Desk
    phones: Phones = field(default_factory=Phones)
    pages: Any = None
    _now: Shared | None = None
    _ended: Event = field(default_factory=Event)
    _threads: tuple[Thread, ...] = ()
    _turn: Lock = field(default_factory=Lock)
    _starting: Lock = field(default_factory=Lock)

    @property
    def now(self) -> Shared | None:
        """The sharing that is under way."""
        return self._now

    def count(self) -> int | None:
        """Return how many phones are in; None where the pages are not shared."""
        return len(self.phones.every()) if self._now else None

    def start(self, key: LineKey, operator: str) -> None:
        """Listen at the key's address; a sharing before it ends. Raises AddressAway."""
        with self._starting:
            self.stop()
            shared, ended = Shared(server=self._listen(key), operator=operator, key=key), Event()
            threads = (
                Thread(target=shared.server.serve, daemon=True),
                Thread(target=self._watch, args=(shared, ended), daemon=True),
            )
            with self._turn:
                self._now, self._ended, self._threads = shared, ended, threads
            for thread in threads:
                thread.start()

    def stop(self, only: Shared | None = None) -> None:
        """Put every phone out, and listen no more. ``only``: unless another one has begun since."""
        with self._turn:
            shared, threads = self._now, self._threads
            if shared is None or only not in (None, shared):
                return
            self._now = None
            self._ended.set()
            self.phones.put_all_out()
        shared.server.stop()
        for thread in threads:
            if thread is not current_thread():
                thread.join()

    def _watch(self, shared: Shared, ended: Event) -> None:
        """End it with the shift: who locks this laptop has locked the phones."""
        while not ended.wait(_LOOK_S):
            if self.desk.is_over(shared.operator):
                self.stop(shared)

    def _listen(self, key: LineKey) -> Server:
        """Return a server that holds the address; at another port where the usual one is taken."""
        try:
            with suppress(OSError):
                return self._prepared(key, PORT)
            return self._prepared(key, 0)
        except OSError as error:
            raise AddressAway(address=key.address, reason=error.strerror or error) from error

    def _prepared(self, key: LineKey, port: int) -> Server:
        server = Server(
            (key.address, port),
            self.pages,
            numthreads=_THREADS,
            server_name="jemput",
            timeout=_SLOWEST_S,
            shutdown_timeout=_SHUTDOWN_S,
        )
        server.gateway = PhoneGateway
        server.ConnectionClass = PhoneConnection
        server.max_request_header_size = _HEADER_BYTES
        server.ssl_adapter = key.with_files(
            lambda certificate, secret, passphrase: PhoneTls(
                certificate, secret, private_key_password=passphrase
            )
        )
        server.prepare()
        return server
