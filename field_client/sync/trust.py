"""Whether what answers on a protected line is our server, and what a second line saves.

Two kinds of certificate are good: one that the server's own key signed, which this laptop was
given at its enrolment, whatever address or day it bears; and one that the authorities of this
system vouch for, for this very address, today. Nothing of ours is sent before one was found.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from field_client.sync.errors import ServerUnreachable, ServerUntrusted
from shared_schema.line_certificate import is_relays, is_signed_by


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

    Remembers which servers show a certificate of the authorities, and each server's last TLS
    session: the next line to it needs no certificate at all (RFC 8446, section 2.2).
    """

    pinned: bytes
    relays: bool = False
    _own: ssl.SSLContext = field(default_factory=_own_context)
    _public: ssl.SSLContext | None = None
    _authorised: set[str] = field(default_factory=set)
    _sessions: dict[tuple[str, bool], ssl.SSLSession] = field(default_factory=dict, repr=False)

    def secure(self, connect: Callable[[], socket.socket], host: str, name: str) -> ssl.SSLSocket:
        """Return a line from ``connect`` once it is known to lead to our server.

        ``host`` as it stands in the address, ``name`` with its port; a server that is met for
        the first time may be connected to twice. Raises ServerUntrusted, ServerUnreachable and
        what ``connect`` raises.
        """
        if name not in self._authorised:
            line = self._wrap(connect(), host, name, self._own)
            if self._knows(line.getpeercert(binary_form=True) or b""):
                return line
            line.close()
        if self._public is None:
            self._public = ssl.create_default_context()
        line = self._wrap(connect(), host, name, self._public)
        self._authorised.add(name)
        return line

    def _knows(self, certificate: bytes) -> bool:
        if self.relays and is_relays(certificate, self.pinned):
            return True
        return is_signed_by(certificate, self.pinned)

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
            reason = error.strerror or type(error).__name__
            raise ServerUnreachable(address=name, reason=reason) from error
