"""A server of a few lines that speaks TLS on loopback, and one exchange with it."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from field_client.sync.transport_http import HttpTransport
from field_client.sync.trust import Trust
from tests.support.strangers import whole_request

QUESTION = re.compile(rb"GET /v1/line/([0-9a-f]{32}) ")
LOOPBACK = "127.0.0.1"
REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-jemput\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalo\r\n0\r\n\r\n"
)


DAY = timedelta(days=1)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kantor.example")])


def certificate(folder: Path, begins: timedelta = -DAY, ends: timedelta = DAY) -> Path:
    """Write a certificate that nobody else signed, its key behind it; days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now + begins).not_valid_after(now + ends)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "own.pem"
    file.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM) + plain)
    return file


@dataclass
class Server:
    """Speaks TLS on loopback; keeps what it heard and whether a line was resumed.

    ``word``: what it answers to the question for its word, by the nonce; None for what is no word.
    ``closes``: whether it leaves behind that answer, as one does that has many callers.
    """

    context: ssl.SSLContext
    word: Callable[[bytes], bytes] | None = None
    closes: bool = False
    heard: list[bytes] = field(default_factory=list)
    resumed: list[bool] = field(default_factory=list)

    @property
    def questions(self) -> int:
        """How often it was asked for its word."""
        return sum(each.startswith(b"GET ") for each in self.heard)

    @property
    def told_of_ours(self) -> list[bytes]:
        """What it was told beyond questions."""
        return [each for each in self.heard if each and not each.startswith(b"GET ")]

    def answer(self, line: socket.socket) -> None:
        """Answer one caller, who may leave at any point."""
        try:
            with self.context.wrap_socket(line, server_side=True) as secure:
                self.resumed.append(secure.session_reused or False)
                while heard := whole_request(secure):
                    self.heard.append(heard)
                    secure.sendall(self.reply(heard))
                    if self.closes and heard.startswith(b"GET "):
                        return
        except OSError:
            return

    def reply(self, heard: bytes) -> bytes:
        """Return the answer to one request."""
        if self.word is None or not (asked := QUESTION.match(heard)):
            return REPLY
        body = self.word(bytes.fromhex(asked[1].decode()))
        last = b"Connection: close\r\n" if self.closes else b""
        return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (last, len(body), body)

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Serve at a free port."""
        with socket.create_server((LOOPBACK, 0)) as listener:
            threading.Thread(target=partial(serve, listener, self.answer), daemon=True).start()
            yield listener.getsockname()[1]


def serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    """Answer callers one after another until the listener is closed."""
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            answer(line)


def raw(key: Ed25519PrivateKey) -> bytes:
    """Return the public half as it stands in an enrolment code."""
    return key.public_key().public_bytes_raw()


def exchange(trust: Trust, port: int, host: str = LOOPBACK, piece: bytes = b"rahasia") -> bytes:
    """Run one exchange."""
    transport = HttpTransport(
        url=f"https://{host}:{port}", trust=trust, connect_timeout_s=5, idle_timeout_s=5
    )
    return b"".join(transport.exchange(iter([piece])))
