"""Which addresses a test may talk to.

Machine tests never leave loopback, and a unit or property test has no business with sockets.
"""

import functools
import ipaddress
from collections.abc import Callable
from typing import Any

Policy = Callable[[object], bool]


class SocketRefusedError(RuntimeError):
    """A test tried to reach an address that its kind of test may not use."""


def nothing(host: object) -> bool:
    """Allow no host at all."""
    del host
    return False


def loopback(host: object) -> bool:
    """Allow 127.0.0.0/8, ::1, localhost and Unix sockets (whose address is a path)."""
    if host in {None, "", "localhost"}:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text.startswith(("/", "\0")):
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def guard(method: Callable[..., Any], allowed: Policy) -> Callable[..., Any]:
    """Wrap a socket method whose last argument is the address."""

    @functools.wraps(method)
    def guarded(sock: Any, *args: Any) -> Any:
        address = args[-1]
        host = address[0] if isinstance(address, tuple) else address
        if not allowed(host):
            message = f"this kind of test may not use the address {address!r}"
            raise SocketRefusedError(message)
        return method(sock, *args)

    return guarded


def guard_names(getaddrinfo: Callable[..., Any], allowed: Policy) -> Callable[..., Any]:
    """Wrap a resolver, so that no name is looked up that may not be reached."""

    @functools.wraps(getaddrinfo)
    def guarded(host: object, *args: Any, **kwargs: Any) -> Any:
        if not allowed(host):
            message = f"this kind of test may not look up {host!r}"
            raise SocketRefusedError(message)
        return getaddrinfo(host, *args, **kwargs)

    return guarded
