"""The link of a bench: a radio link of namespaces, or where none is permitted, a proxy."""

from collections.abc import Callable
from typing import TypeAlias

from bench.linking.proxy import ProxyLink
from tests.support.radio import Radio, RadioLink

Link: TypeAlias = RadioLink | ProxyLink
Laying: TypeAlias = Callable[[Radio, int], Link]
"""Makes a link; the number is the seed of its losses."""


def radio_link(radio: Radio, seed: int) -> Link:
    """Return a link of real packets."""
    return RadioLink(radio=radio, seed=seed)


def proxy_link(radio: Radio, _seed: int) -> Link:
    """Return a link that loses nothing."""
    return ProxyLink(radio=radio)


def carried(link: Link) -> dict[str, int]:
    """Return what a link carried, under names that say what was counted."""
    up, down = link.up, link.down
    if isinstance(link, ProxyLink):
        return {"bytes_up": up.size_bytes, "bytes_down": down.size_bytes}
    return {
        "ip_bytes_up": up.size_bytes,
        "ip_bytes_down": down.size_bytes,
        "packets_lost": up.lost + down.lost,
    }
