"""The addresses of this laptop that phones could reach: private IPv4, the hotspot's first.

Python has no one way to ask for them. Linux is asked for each interface, Windows for the addresses
of its own name, and any system for the one that it would speak from to a private network, which
sends nothing. None of it waits for a network.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, ip_address

from field_client.web.errors import AddressNotPrivate

# Windows' and Linux' own hotspots; then what a phone's or a router's may be.
_HOTSPOTS = ("192.168.137.1", "10.42.0.1")
_PROBES = ("192.168.137.2", "10.42.0.2", "192.168.1.2", "10.0.0.2", "172.16.0.2")
_SIOCGIFADDR = 0x8915


def found() -> list[str]:
    """Return the private addresses of this laptop, those of a hotspot first."""
    known = dict.fromkeys(one for one in _every() if _is_reachable(one))
    return sorted(known, key=lambda one: (one not in _HOTSPOTS, not one.startswith("192.168.")))


def checked(text: str) -> str:
    """Return an address that was chosen or typed. Raises AddressNotPrivate."""
    given = text.strip()
    try:
        address = ip_address(given)
    except ValueError as error:
        raise AddressNotPrivate(address=given) from error
    if not isinstance(address, IPv4Address) or not address.is_private or address.is_unspecified:
        raise AddressNotPrivate(address=given)
    return str(address)


def _is_reachable(text: str) -> bool:
    address = ip_address(text)
    return address.is_private and not (address.is_loopback or address.is_unspecified)


def _every() -> Iterator[str]:
    if sys.platform == "linux":
        yield from _by_interface()
    elif sys.platform == "win32":
        yield from _by_own_name()
    for probe in _PROBES:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.connect((probe, 9))
            yield str(asked.getsockname()[0])


def _by_own_name() -> Iterator[str]:
    """Ask for the addresses of this laptop's name, which Windows knows without a network."""
    with suppress(OSError):
        for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            yield str(one[4][0])


def _by_interface() -> Iterator[str]:
    import fcntl  # noqa: PLC0415 - Linux alone has it

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                said = fcntl.ioctl(
                    asked.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15])
                )
                yield socket.inet_ntoa(said[20:24])
