"""A radio link that can be slow, far, lossy and gone: real IP packets between two namespaces.

Each end is a network namespace with a TUN device; this program carries every packet from one to
the other, so that the kernel's real TCP meets the rate, the delay, the losses and the gaps. Needs
root and network namespaces; `permitted` tells.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import secrets
import select
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_MTU = 1500
_NEAR, _FAR = "10.77.0.1", "10.77.0.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """What a link is like. ``up_s``, ``down_s``: turns of coverage and gap, 0 for no gaps.

    ``delay_s``: one way. ``loss``: share of packets lost in the air. ``queue_bytes``: what the
    modem holds before it drops. What is sent or in the air during a gap is lost.
    """

    rate_bit_s: float
    delay_s: float
    loss: float = 0.0
    up_s: float = 0.0
    down_s: float = 0.0
    queue_bytes: int = 64_000

    def covered(self, since_s: float) -> bool:
        """Whether there is coverage so long after the first packet."""
        turn = self.up_s + self.down_s
        return not self.down_s or since_s % turn < self.up_s

    def bound_s(self, size_bytes: int) -> float:
        """Return the earliest finish of a perfect sender of so many IP bytes, plus two round trips.

        It sends at the full rate from the first instant of coverage to the last, nothing twice.
        """
        air_s = size_bytes * 8 / self.rate_bit_s
        gaps = int(air_s // self.up_s) if self.down_s else 0
        return air_s + gaps * self.down_s + 4 * self.delay_s


@dataclass(slots=True)
class Way:
    """One direction: when the modem is free again, and what was carried.

    ``payload_bytes``: within TCP, repeated or lost ones included. ``last_s``: when a packet with
    any of it was delivered last.
    """

    free_at: float = 0.0
    packets: int = 0
    size_bytes: int = 0
    payload_bytes: int = 0
    lost: int = 0
    last_s: float = 0.0


def permitted() -> str | None:
    """Return None where a link can be laid here, else the reason why not."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "not root"
    if not Path("/dev/net/tun").exists():
        return "no TUN device"
    probe = "jemput-" + secrets.token_hex(4)
    try:
        made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    except FileNotFoundError:
        return "no ip command (Debian: iproute2)"
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return None if made.returncode == 0 else "no network namespaces"


@dataclass(slots=True, kw_only=True)
class RadioLink:
    """A link between ``near`` (the laptop) and ``far`` (the office); use it with ``with``."""

    radio: Radio
    seed: int = 1
    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    first_s: float | None = None
    last_s: float = 0.0
    far_address: str = _FAR
    office_port: int = 8800
    _name: str = field(default_factory=lambda: "jemput-" + secrets.token_hex(3))
    _tuns: tuple[int, int] = (-1, -1)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _air: list[tuple[float, int, int, bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where the near end finds the office: as the far end does."""
        return self.office_port

    def near(self, *command: str) -> list[str]:
        """Return ``command`` as it runs at the laptop's end."""
        return ["ip", "netns", "exec", f"{self._name}-a", *command]

    def far(self, *command: str) -> list[str]:
        """Return ``command`` as it runs at the office's end."""
        return ["ip", "netns", "exec", f"{self._name}-b", *command]

    def restart(self) -> None:
        """Count from the next packet on, which also begins a time of coverage."""
        self.up, self.down = Way(), Way()
        self.first_s = None

    @property
    def seconds(self) -> float:
        """The time from the first packet counted to the last one delivered that carried data."""
        return self._since(max(self.up.last_s, self.down.last_s))

    @property
    def closed_seconds(self) -> float:
        """The time from the first packet counted to the last one delivered at all."""
        return self._since(self.last_s)

    def _since(self, at_s: float) -> float:
        return 0.0 if self.first_s is None else max(0.0, at_s - self.first_s)

    def __enter__(self) -> Self:
        for end in ("a", "b"):
            _run("ip", "netns", "add", f"{self._name}-{end}")
        ready = threading.Event()
        self._thread = threading.Thread(target=self._carry, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the link was not laid")
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for tun in self._tuns:
            with contextlib.suppress(OSError):
                os.close(tun)
        for end in ("a", "b"):
            _run("ip", "netns", "del", f"{self._name}-{end}")

    def _carry(self, ready: threading.Event) -> None:
        """Open both devices (a thread may change its own namespace) and move packets."""
        self._tuns = (self._open("a", _NEAR, _FAR), self._open("b", _FAR, _NEAR))
        ready.set()
        chance = random.Random(self.seed)
        while not self._stop.is_set():
            wait_s = min(0.05, max(0.0, self._air[0][0] - time.monotonic())) if self._air else 0.05
            for tun in select.select(self._tuns, [], [], wait_s)[0]:
                self._send(self._tuns.index(tun), os.read(tun, _MTU + 100), chance)
            self._deliver()

    def _open(self, end: str, own: str, peer: str) -> int:
        name = f"{self._name}-{end}"
        with Path(f"/run/netns/{name}").open("rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", b"radio", _IFF_TUN | _IFF_NO_PI))
        inside = ("ip", "netns", "exec", name, "ip")
        _run(*inside, "address", "add", own, "peer", peer, "dev", "radio")
        _run(*inside, "link", "set", "radio", "mtu", str(_MTU), "up")
        _run(*inside, "link", "set", "lo", "up")
        return tun

    def _send(self, end: int, packet: bytes, chance: random.Random) -> None:
        if packet[0] >> 4 != 4:
            return
        now, way = time.monotonic(), (self.up, self.down)[end]
        if self.first_s is None:
            self.first_s = now
        begin = max(now, way.free_at)
        if (begin - now) * self.radio.rate_bit_s / 8 > self.radio.queue_bytes:
            way.lost += 1
            return
        way.free_at = begin + len(packet) * 8 / self.radio.rate_bit_s
        way.packets += 1
        way.size_bytes += len(packet)
        way.payload_bytes += payload_bytes(packet)
        covered = self._covered(begin) and self._covered(way.free_at)
        if chance.random() < self.radio.loss or not covered:
            way.lost += 1
            return
        heapq.heappush(self._air, (way.free_at + self.radio.delay_s, way.packets, 1 - end, packet))

    def _deliver(self) -> None:
        while self._air and self._air[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(self._air)
            with contextlib.suppress(BlockingIOError):
                os.write(self._tuns[end], packet)
            self.last_s = time.monotonic()
            if payload_bytes(packet):
                (self.up, self.down)[1 - end].last_s = self.last_s

    def _covered(self, at_s: float) -> bool:
        return self.first_s is None or self.radio.covered(at_s - self.first_s)


def payload_bytes(packet: bytes) -> int:
    """Return how much data an IPv4 packet carries within TCP, 0 for any other packet."""
    header = (packet[0] & 15) * 4
    if packet[9] != socket.IPPROTO_TCP or len(packet) < header + 20:
        return 0
    return int.from_bytes(packet[2:4]) - header - (packet[header + 12] >> 4) * 4


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
