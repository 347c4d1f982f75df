"""The web server: Flask under cheroot, which streams both ways on one connection."""

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

from cheroot.server import ChunkedRFile, HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10, Server
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shared_schema.errors import InputError, NetworkError
from sync_server.api import about, errors, exchange, line_word, odata
from sync_server.api.body import ChunkedBody, KnownBody
from sync_server.api.cork import Cork
from sync_server.api.doorkeeper import Doorkeeper
from sync_server.api.line_key import with_own_certificate
from sync_server.api.v1 import site as v1
from sync_server.importing import Imports
from sync_server.keys import Keys
from sync_server.office import Office
from sync_server.upkeep import Upkeep
from sync_server.web import site

SLOW_LINE_S = 120
_THREADS = 40
EXCHANGES_AT_ONCE = 18
_BODY_SPARE_BYTES = 1 << 20
_HEADER_BYTES = 32 << 10
_SHUTDOWN_S = 10
_FAREWELL_S = 5.0
_LOOK_EVERY_S = 1.0
_HOUSE_EVERY = 5


class AddressInUse(NetworkError):
    """Cannot listen on {host} port {port} ({reason}). Choose another --host or --port."""

    code = "ADDRESS_UNAVAILABLE"


class TlsFilesInvalid(InputError):
    """The certificate or its key cannot be used ({reason}). Give both files, in PEM form."""

    code = "TLS_FILES_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to serve. Port 0 takes any free one. ``tls``: certificate and key, or None.

    ``protected``: TLS even so, by a certificate that the server's own key signs. ``word``: the
    office's for a relay and its line, as it is now. ``hosts``: names under which the
    supervisors' pages answer. ``proxies``: how many proxies before us are believed.
    """

    host: str
    port: int
    tls: tuple[Path, Path] | None
    protected: bool = False
    word: Callable[[], bytes] = bytes
    hosts: frozenset[str] = frozenset()
    proxies: int = 0


class ClosingGateway(Gateway_10):
    """Reads bodies in our way, and lets cheroot know in time that a reply is the last.

    It always is where there is a body: otherwise, when a reply begins before it is read, cheroot
    reads all of it itself and throws it away.
    """

    def __init__(self, req: Any) -> None:
        """Take over a request whose headers were read."""
        if isinstance(req.rfile, ChunkedRFile):
            source = req.conn.rfile
            cork = Cork(req.conn.socket, lambda: len(source.peek()) if source.has_data() else 0)
            req.conn.cork = cork
            limit_bytes = req.server.max_request_body_size
            req.rfile = req.conn.body = ChunkedBody(source, limit_bytes, cork.before_read)
        elif length := req.inheaders.get(b"Content-Length"):
            req.rfile = KnownBody(req.conn.rfile, length)
            req.close_connection = True
        super().__init__(req)

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the WSGI environment, with the visit that the request belongs to."""
        found: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        return {**found, exchange.VISIT: self.req.conn.visit}

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Any:
        """Take the status and headers of a reply (WSGI)."""
        if ("Connection", "close") in headers:
            self.req.close_connection = True
        return super().start_response(status, headers, exc_info)


class PatientTls(BuiltinSSLAdapter):
    """TLS whose handshake is left to the thread that reads the request.

    cheroot makes it where it accepts connections: one caller that says nothing would keep all
    others waiting.
    """

    def wrap(self, sock: socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Return the socket, its handshake still to come, and what it adds to a WSGI environ."""
        secure = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return secure, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class OwnTls(PatientTls):
    """TLS by a certificate of our own, made anew when the office's word for a relay has changed."""

    def __init__(self, signing: Ed25519PrivateKey, listening: Listening) -> None:
        """Make the first certificate."""
        self._signing, self._listening, self._word = signing, listening, listening.word()
        self._make(super().__init__)
        self.context.num_tickets = 1

    def wrap(self, sock: socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """Return the socket, its handshake still to come."""
        word = self._listening.word()
        if word != self._word:
            self._word = word
            self._make(self._show)
        return super().wrap(sock)

    def _make(self, load: Callable[..., None]) -> None:
        with_own_certificate(
            self._signing,
            self._listening.host,
            lambda certificate, key, passphrase: load(
                certificate, key, private_key_password=passphrase
            ),
            self._word,
        )

    def _show(self, certificate: str, key: str, *, private_key_password: str) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key, private_key_password)
        context.num_tickets = 1
        self.context = context


class PatientServer(Server):
    """A server with somebody at the door."""

    doorkeeper: Doorkeeper

    def keep_the_door(self) -> None:
        """Show out whose time is over, until the server stops."""
        while self.ready:
            self.doorkeeper.look(self.requests.qsize)
            time.sleep(_LOOK_EVERY_S)


class PatientConnection(HTTPConnection):
    """A connection that begins with the handshake, where it is one of TLS."""

    cork: Cork | None = None
    body: ChunkedBody | None = None

    def communicate(self) -> bool:
        """Answer a request; tell whether another may follow."""
        with self.server.doorkeeper.visit(self.socket) as self.visit:
            try:
                return self._communicate()
            finally:
                if self.cork is not None:
                    self.cork.release()
                if self.body is not None:
                    self._hear_the_end(self.body)

    def _hear_the_end(self, body: ChunkedBody) -> None:
        with suppress(OSError):
            self.socket.settimeout(_FAREWELL_S)
            body.finish()

    def _communicate(self) -> bool:
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.do_handshake()
            except OSError:
                return False
        return bool(super().communicate())  # type: ignore[no-untyped-call]


def create_app(
    office: Office, doorkeeper: Doorkeeper, hosts: frozenset[str] = frozenset(), proxies: int = 0
) -> Flask:
    """Return the WSGI application; ``hosts``: names under which its pages answer.

    ``proxies``: of so many before us the headers are believed that say how and under which name
    they were asked; of none by default, since anybody can send such headers.
    """
    app = Flask(__name__, static_folder=None)
    if proxies:
        believed = dict.fromkeys(("x_for", "x_proto", "x_host"), proxies)
        app.wsgi_app = ProxyFix(app.wsgi_app, **believed)  # type: ignore[method-assign]
    app.register_blueprint(about.blueprint(office))
    app.register_blueprint(exchange.blueprint(exchange.by_office(office), doorkeeper))
    errors.install(app)
    imports = Imports(office)
    site.install(app, office, imports, hosts)
    v1.install(app, office, imports, hosts)
    odata.install(app, office, hosts)
    return app


def prepare(office: Office, listening: Listening) -> Server:
    """Return a server that already holds its address; ``serve()`` runs it until ``stop()``.

    Raises AddressInUse, TlsFilesInvalid.
    """
    doorkeeper = Doorkeeper(EXCHANGES_AT_ONCE)
    app = create_app(office, doorkeeper, listening.hosts, listening.proxies)
    server = listen(app, doorkeeper, office.keys, listening)
    Thread(target=_keep_house, args=(server, office), daemon=True).start()
    return server


def _keep_house(server: PatientServer, office: Office) -> None:
    """Do what follows from arrivals by itself, every few looks, until the server stops."""
    upkeep, looks = Upkeep(office), 0
    while server.ready:
        if looks % _HOUSE_EVERY == 0:
            upkeep.turn()
        looks += 1
        time.sleep(_LOOK_EVERY_S)


def listen(app: Flask, doorkeeper: Doorkeeper, keys: Keys, listening: Listening) -> PatientServer:
    """Return a server for ``app``; ``keys`` are those of whoever answers."""
    server = PatientServer(
        (listening.host, listening.port),
        app,
        numthreads=_THREADS,
        server_name="jemput",
        timeout=SLOW_LINE_S,
        shutdown_timeout=_SHUTDOWN_S,
        request_queue_size=128,
    )
    server.doorkeeper = doorkeeper
    server.gateway = ClosingGateway
    server.ConnectionClass = PatientConnection
    server.max_request_header_size = _HEADER_BYTES
    server.max_request_body_size = exchange.EXCHANGE_LIMIT_BYTES + _BODY_SPARE_BYTES
    if listening.tls is not None:
        server.ssl_adapter, shown = _tls(*listening.tls)
        app.register_blueprint(line_word.blueprint(shown, keys.signing, listening.word))
    elif listening.protected:
        server.ssl_adapter = OwnTls(keys.signing, listening)
    try:
        server.prepare()
    except OSError as error:
        raise AddressInUse(host=listening.host, port=listening.port, reason=error) from error
    Thread(target=server.keep_the_door, daemon=True).start()
    return server


def address(server: Server) -> str:
    """Return the URL at which a prepared server answers."""
    host, port = server.bind_addr[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'http' if server.ssl_adapter is None else 'https'}://{shown}:{port}"


def _tls(certificate: Path, key: Path) -> tuple[PatientTls, line_word.Shown]:
    try:
        return PatientTls(str(certificate), str(key)), line_word.shown(certificate)
    except (OSError, ValueError) as error:
        raise TlsFilesInvalid(reason=type(error).__name__) from error
