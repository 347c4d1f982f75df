"""A relay's line to its office, and what the second one saves.

A protected line is safe where the office's own key signed its certificate, or gives its word for it
when asked; or where the authorities of this system vouch for the address. The session of the last
line is kept: the next one needs no certificate at all (RFC 8446, section 2.2).
"""

import hashlib
import secrets
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, RemoteDisconnected

from shared_schema.line_certificate import is_signed_by
from shared_schema.line_word import NONCE_BYTES, REPLY_LIMIT_BYTES, question, vouches
from sync_server.relay.errors import UpstreamUnreachable, UpstreamUntrusted

CONNECT_S = 30.0
Address = tuple[str, int]


def _pinned_context() -> ssl.SSLContext:
    """Return a context that lets every certificate pass: the office's key is asked instead."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(slots=True, kw_only=True)
class Lines:
    """Lines to one office. ``signing``: its raw key, pinned at the relay's enrolment."""

    signing: bytes
    _pinned: ssl.SSLContext = field(default_factory=_pinned_context)
    _public: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _vouched: set[bytes] = field(default_factory=set)
    _authorised: set[Address] = field(default_factory=set)
    _sessions: dict[tuple[Address, bool], ssl.SSLSession] = field(default_factory=dict, repr=False)

    def connect(self, address: Address, *, secure: bool) -> socket.socket:
        """Return an open line. Raises UpstreamUnreachable, UpstreamUntrusted."""
        try:
            return self._protected(address) if secure else _reached(address)
        except ssl.SSLCertVerificationError as error:
            raise UpstreamUntrusted(address="{}:{}".format(*address)) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UpstreamUnreachable(address="{}:{}".format(*address), reason=reason) from error

    def keep(self, line: socket.socket, address: Address) -> None:
        """Remember the session of a line that was used: the office names it behind its answer."""
        session = line.session if isinstance(line, ssl.SSLSocket) else None
        if isinstance(line, ssl.SSLSocket) and session is not None and session.has_ticket:
            self._sessions[address, line.context is self._pinned] = session

    def _protected(self, address: Address) -> ssl.SSLSocket:
        if address not in self._authorised:
            line = self._own_line(address)
            if line is not None:
                return line
        line = self._wrapped(address, self._public)
        self._authorised.add(address)
        return line

    def _own_line(self, address: Address) -> ssl.SSLSocket | None:
        """Return a line whose certificate the office stands for, None where it does not."""
        line = self._wrapped(address, self._pinned)
        certificate = line.getpeercert(binary_form=True) or b""
        if self._knows(certificate):
            return line
        stays = self._ask(line, address, certificate)
        known = self._knows(certificate)
        if known and stays:
            return line
        if known:
            self.keep(line, address)
        line.close()
        return self._own_line(address) if known else None

    def _knows(self, certificate: bytes) -> bool:
        vouched = hashlib.sha256(certificate).digest() in self._vouched
        return vouched or is_signed_by(certificate, self.signing)

    def _ask(self, line: ssl.SSLSocket, address: Address, certificate: bytes) -> bool:
        """Ask for the office's word for a certificate; return whether the line stays open."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        try:
            body, stays = _asked(line, question("{}:{}".format(*address), nonce))
        except OSError:
            line.close()
            raise
        if vouches(body, certificate, nonce, self.signing):
            self._vouched.add(hashlib.sha256(certificate).digest())
        return stays

    def _wrapped(self, address: Address, context: ssl.SSLContext) -> ssl.SSLSocket:
        line, session = _reached(address), self._sessions.get((address, context is self._pinned))
        try:
            return context.wrap_socket(line, server_hostname=address[0], session=session)
        except OSError:
            line.close()
            raise


def _asked(line: ssl.SSLSocket, request: bytes) -> tuple[bytes, bool]:
    """Return the body of the answer, nothing for what is none; and whether the line stays open."""
    line.sendall(request)
    with closing(HTTPResponse(line, method="GET")) as reply:
        try:
            reply.begin()
            return reply.read(REPLY_LIMIT_BYTES), not reply.will_close
        except RemoteDisconnected:  # an OSError, which a line that broke is
            raise
        except (HTTPException, ValueError):
            return b"", False


def _reached(address: Address) -> socket.socket:
    line = socket.create_connection(address, CONNECT_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line
