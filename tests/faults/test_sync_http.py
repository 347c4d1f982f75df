"""What answers on the line is not always our server: each stranger and each cut has its name."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from field_client.sync.errors import (
    LineCut,
    NoAddress,
    NotOurServer,
    OfficeBusy,
    ProxyRefused,
    ServerFailed,
    ServerRefused,
    ServerUnreachable,
)
from field_client.sync.pulse import LEAST_BYTES
from field_client.sync.transport_http import HttpTransport
from field_client.sync.watch import Watch
from shared_schema.enrolment import DeviceUnknown
from shared_schema.errors import EXIT_NETWORK, NetworkError
from tests.support.strangers import whole_request

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-jemput\r\nTransfer-Encoding: chunked\r\n\r\n"
)
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 27\r\n\r\n"
    b"<html>Selamat datang</html>"
)
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://masuk.example/\r\nContent-Length: 0\r\n\r\n"


def refused(status: str, code: str, *headers: str) -> bytes:
    """Return a refusal as our server writes it."""
    body = b'{"error":{"code":"%s","message":"?"}}' % code.encode()
    length = f"Content-Length: {len(body)}"
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", length, *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@contextmanager
def stranger(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen on loopback and let ``answer`` deal with each line; give the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    answer(line)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def saying(reply: bytes, *, early: bool = False) -> Callable[[socket.socket], None]:
    """Answer with ``reply``, after the whole request or (early) before reading any of it."""

    def answer(line: socket.socket) -> None:
        if early:
            line.sendall(reply)
            line.shutdown(socket.SHUT_WR)
        whole_request(line)
        if not early:
            line.sendall(reply)

    return answer


def exchange(url: str, outgoing: list[bytes] | None = None) -> bytes:
    """Run one exchange and return what came back."""
    transport = HttpTransport(url=url, connect_timeout_s=2, idle_timeout_s=1)
    return b"".join(transport.exchange(outgoing or [b"halo"]))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (PORTAL, NotOurServer),
        (REDIRECT, NotOurServer),
        (b"SSH-2.0-OpenSSH_9.2\r\n", NotOurServer),
        (b"\x16\x03\x01\x00\x05hello" * 99, NotOurServer),
        (refused("404 Not Found", "X").replace(b"application/json", b"text/html"), NotOurServer),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n[1]", NotOurServer),
        (refused("403 Forbidden", "DEVICE_UNKNOWN"), DeviceUnknown),
        (refused("403 Forbidden", "ENROL_EXPIRED"), NotOurServer),
        (refused("403 Forbidden", "DEVICE_REVOKED"), NotOurServer),
        (refused("403 Forbidden", "LOGIN_REQUIRED"), NotOurServer),
        (refused("401 Unauthorized", "LOGIN_REQUIRED"), NotOurServer),
        (refused("200 OK", "LOGIN_REQUIRED"), NotOurServer),
        (refused("200 OK", "DEVICE_UNKNOWN"), NotOurServer),
        (refused("302 Found", "DEVICE_UNKNOWN"), NotOurServer),
        (refused("413 Too Large", "TOO_MUCH"), ProxyRefused),
        (refused("413 Too Large", "EXCHANGE_TOO_LARGE"), ServerRefused),
        (refused("400 Bad Request", "MESSAGE_INVALID"), ServerRefused),
        (refused("500 Oops", "FAILURE"), ServerFailed),
        (refused("503 Service Unavailable", "SERVER_BUSY"), OfficeBusy),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", OfficeBusy),
        (b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", OfficeBusy),
        (b"", LineCut),
        (b"HTTP/1.1 200 OK\r\nContent-Ty", LineCut),
        (CHUNKED, LineCut),
        (CHUNKED + b"5\r\nhal", LineCut),
        (CHUNKED + b"not a length\r\n", LineCut),
    ],
)
@pytest.mark.parametrize("early", [False, True])
def test_whatever_answers_is_named(reply: bytes, error: type[Exception], early: bool) -> None:
    """Also where it does not wait for the end of what we say."""
    with stranger(saying(reply, early=early)) as url, pytest.raises(error):
        exchange(url)


@pytest.mark.parametrize(
    ("asked", "pause_s"),
    [("Retry-After: 7", 7), ("Retry-After: 99999", 3600), ("retry-after: besok", 0), ("X: 7", 0)],
)
def test_a_busy_office_may_say_how_long(asked: str, pause_s: int) -> None:
    """In seconds; what cannot be read asks for nothing."""
    reply = refused("503 Service Unavailable", "SERVER_BUSY", asked)
    with stranger(saying(reply)) as url, pytest.raises(OfficeBusy) as told:
        exchange(url)
    assert told.value.details == {"reason": "SERVER_BUSY", "pause_s": pause_s}


@pytest.mark.parametrize("code", ["LOGIN_REQUIRED", "DEVICE_UNKNOWN", "MESSAGE_INVALID"])
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "403 Forbidden"])
def test_no_stranger_ends_a_watch(status: str, code: str) -> None:
    """A hotspot that speaks JSON is waited out: nobody has signed what it says."""
    attempts: list[bytes] = []
    with stranger(saying(refused(status, code))) as url:
        watch = Watch(
            attempt=lambda: attempts.append(exchange(url)),
            stopped=lambda _seconds: watch.attempts == 3,
            warn=lambda _error: None,
            routed=str,
            clock=count(step=1000).__next__,
        )
        watch.run()
    assert (watch.attempts, watch.successes, attempts) == (3, 0, [])


def test_our_server_is_heard_to_the_end() -> None:
    """The very same stranger is listened to when it speaks as our server does."""
    with stranger(saying(CHUNKED + b"4\r\nhalo\r\n0\r\n\r\n")) as url:
        assert exchange(url) == b"halo"


def test_a_request_that_fills_its_packets_is_ended() -> None:
    """Where everything else is under way already, the few bytes of the end still follow."""
    heard: list[int] = []

    def answer(line: socket.socket) -> None:
        heard.append(len(whole_request(line)) - len(b"0\r\n\r\n"))
        line.sendall(CHUNKED + b"0\r\n\r\n")

    packet = LEAST_BYTES // 4
    with stranger(answer) as url:
        exchange(url, [bytes(300)])
        exchange(url, [bytes(300 + packet - heard[0])])
    assert heard[1] == packet


def test_a_reply_is_read_while_we_are_still_sending() -> None:
    """A server that answers each piece at once fills no buffer until both stand still."""
    piece = bytes(64 << 10)

    def echo(line: socket.socket) -> None:
        line.sendall(CHUNKED)
        heard = b""
        while not heard.endswith(b"\r\n0\r\n\r\n"):
            heard = heard[-7:] + line.recv(65536)
            line.sendall(b"10000\r\n" + piece + b"\r\n")
        line.sendall(b"0\r\n\r\n")

    with stranger(echo) as url:
        assert len(exchange(url, [piece] * 300)) >= 300 * len(piece)


def test_a_silent_server_is_given_up() -> None:
    """No byte either way for the idle time is a cut line."""
    with stranger(lambda _line: time.sleep(3)) as url:
        begun = time.monotonic()
        with pytest.raises(LineCut):
            exchange(url)
        assert time.monotonic() - begun < 2.5


def test_a_server_that_hangs_up_while_we_send_is_a_cut_line() -> None:
    """A reset within the request is not a crash."""

    def hang_up(line: socket.socket) -> None:
        line.recv(10)

    with stranger(hang_up) as url, pytest.raises(LineCut):
        exchange(url, [bytes(1 << 20)] * 20)


def test_nobody_listens() -> None:
    """A refused connection says where it was refused."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerUnreachable, match=f"127.0.0.1:{port}") as raised:
        exchange(f"http://127.0.0.1:{port}")
    assert isinstance(raised.value, NetworkError)
    assert raised.value.exit_code == EXIT_NETWORK


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that has no answer, or no name server at all."""

    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ServerUnreachable):
        exchange("http://kantor.example:8800")


@pytest.mark.parametrize("url", ["", "kantor", "ftp://kantor", "http://", "http://[::1"])
def test_a_code_without_a_usable_address(url: str) -> None:
    """Then only files travel, and the user is told so."""
    with pytest.raises(NoAddress):
        exchange(url)


def test_a_plain_server_on_a_secure_address_is_not_trusted() -> None:
    """TLS fails closed: nothing of ours is sent."""
    heard: list[bytes] = []

    def listen(line: socket.socket) -> None:
        heard.append(line.recv(65536))
        line.sendall(PORTAL)

    with stranger(listen) as url, pytest.raises(ServerUnreachable):
        exchange(url.replace("http:", "https:"), [b"rahasia"])
    assert b"rahasia" not in b"".join(heard)
