"""The policy that keeps tests off the network."""

import socket

import pytest

from tests.support import sockets


def test_a_unit_test_cannot_open_a_connection() -> None:
    """Not even loopback: a unit test has no network."""
    with (
        socket.socket() as sock,
        pytest.raises(sockets.SocketRefusedError, match=r"127\.0\.0\.1"),
    ):
        sock.connect(("127.0.0.1", 9))


def test_a_unit_test_cannot_look_up_a_name() -> None:
    """A name that leaks to a resolver is refused before it is sent."""
    with pytest.raises(sockets.SocketRefusedError, match=r"example\.test"):
        socket.getaddrinfo("example.test", 80)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("/tmp/s", True),  # noqa: S108 - the address of a Unix socket, never opened
        ("10.0.0.1", False),
        ("192.168.1.1", False),
        ("8.8.8.8", False),
        ("example.test", False),
    ],
)
def test_loopback_means_this_machine_only(host: str, allowed: bool) -> None:
    """Private ranges are not this machine."""
    assert sockets.loopback(host) is allowed
