"""Whether what answers on a protected line is our server, and what a second line saves.

Three kinds of certificate are good: one that the server's own key signed, which this laptop was
given at its enrolment, whatever address or day it bears; one for which that key gives its word when
asked over the line itself, a district's own; and one that the authorities of this system vouch for,
for this very address, today. Nothing of ours is sent before one was found.
"""

import hashlib
import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, RemoteDisconnected

from field_client.sync.errors import ServerUnreachable, ServerUntrusted
from shared_schema.line_certificate import is_relays, is_signed_by
from shared_schema.line_word import NONCE_BYTES, REPLY_LIMIT_BYTES, question, vouches


def _own_context() -> ssl.SSLContext:
    """Return a context that lets every certificate pass: the server's key is asked instead."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(slots=True, kw_only=True)
class Trust:
    """What one run of the program goes by. ``pinned``: the server's raw signing key.

    ``relays``: whether a relay for which that server gave its word is meant.

    Remembers which certificates the server gave its word for, which servers show one of the
    authorities, and each server's last TLS session: the next line to it needs no certificate at all
    (RFC 8446, section 2.2).
    """

    pinned: bytes
    relays: bool = False
    _own: ssl.SSLContext = field(default_factory=_own_context)
    _public: ssl.SSLContext | None = None
    _vouched: set[bytes] = field(default_factory=set)
    _authorised: set[str] = field(default_factory=set)
    _sessions: dict[tuple[str, bool], ssl.SSLSession] = field(default_factory=dict, repr=False)

    def secure(self, connect: Callable[[], socket.socket], host: str, name: str) -> ssl.SSLSocket:
        """Return a line from ``connect`` once it is known to lead to our server.

        ``host`` as it stands in the address, ``name`` with its port; a server that is met for
        the first time may be connected to twice. Raises ServerUntrusted, ServerUnreachable and
        what ``connect`` raises.
        """
        if name not in self._authorised:
            line = self._own_line(connect, host, name)
            if line is not None:
                return line
        if self._public is None:
            self._public = ssl.create_default_context()
        line = self._wrap(connect(), host, name, self._public)
        self._authorised.add(name)
        return line

    def _own_line(
        self, connect: Callable[[], socket.socket], host: str, name: str
    ) -> ssl.SSLSocket | None:
        """Return a line whose certificate our server stands for, None where it does not."""
        line = self._wrap(connect(), host, name, self._own)
        certificate = line.getpeercert(binary_form=True) or b""
        if self._knows(certificate):
            return line
        stays = self._ask(line, name, certificate)
        known = self._knows(certificate)
        if known and stays:
            return line
        if known:
            self.keep(line, name)
        line.close()
        return self._own_line(connect, host, name) if known else None

    def _knows(self, certificate: bytes) -> bool:
        if self.relays and is_relays(certificate, self.pinned):
            return True
        vouched = hashlib.sha256(certificate).digest() in self._vouched
        return vouched or is_signed_by(certificate, self.pinned)

    def _ask(self, line: ssl.SSLSocket, name: str, certificate: bytes) -> bool:
        """Ask for the server's word for a certificate; return whether the line stays open."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        try:
            body, stays = _asked(line, question(name, nonce))
        except OSError as error:
            line.close()
            raise _unreachable(name, error) from error
        if vouches(body, certificate, nonce, self.pinned, relays=self.relays):
            self._vouched.add(hashlib.sha256(certificate).digest())
        return stays

    def keep(self, line: ssl.SSLSocket, name: str) -> None:
        """Remember the session of a line that was used: the server names it behind its answer."""
        session = line.session
        if session is not None and session.has_ticket:
            self._sessions[name, line.context is self._own] = session

    def _wrap(
        self, line: socket.socket, host: str, name: str, context: ssl.SSLContext
    ) -> ssl.SSLSocket:
        session = self._sessions.get((name, context is self._own))
        try:
            return context.wrap_socket(line, server_hostname=host, session=session)
        except ssl.SSLCertVerificationError as error:
            line.close()
            raise ServerUntrusted(address=name) from error
        except OSError as error:
            line.close()
            raise _unreachable(name, error) from error


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


def _unreachable(name: str, error: OSError) -> ServerUnreachable:
    return ServerUnreachable(address=name, reason=error.strerror or type(error).__name__)
