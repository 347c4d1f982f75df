"""Who has something to say to the office: the relay itself, and each device whose time has come."""

import secrets
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version

from sqlalchemy import Connection

from shared_schema.enrolment import enrol_frame, parse_code
from shared_schema.frames import Frame, Kind
from shared_schema.messages import Hello, hello_frame
from shared_schema.wire import CODECS
from sync_server.relay import shelf
from sync_server.relay.relay import Fact, Relay, fact
from sync_server.relay.shelf import Caller

SECTION_BYTES = 32 << 20
EXCHANGE_BYTES = 56 << 20
PARTIES = 500


@dataclass(slots=True, kw_only=True)
class Party:
    """Whose section it is. ``numbers``: the items that go along; ``sent``: those that went."""

    device: bytes
    hello: Frame = field(repr=False)
    enrol: Frame | None = field(default=None, repr=False)
    numbers: tuple[int, ...] = ()
    size: int = 0
    photo_bytes: int = 0
    tries: int = 0
    own: bool = False


def is_due(relay: Relay) -> bool:
    """Tell whether anything of a device waits to be passed on now."""
    with relay.store.read() as connection:
        return any(_due(connection, one, relay.now_ms()) for one in shelf.everyone(connection))


def parties(
    relay: Relay, connection: Connection, *, own: bool, room_bytes: int = EXCHANGE_BYTES
) -> list[Party]:
    """Return whose sections go along: our own, then those that are due, least photos first.

    They hold about ``room_bytes``, but one item at least.
    """
    found = [
        _party(connection, one, min(room_bytes, SECTION_BYTES))
        for one in shelf.everyone(connection)
        if _due(connection, one, relay.now_ms())
    ]
    found.sort(key=lambda party: (party.photo_bytes, party.device))
    size = 0
    going: list[Party] = []
    for party in found[:PARTIES]:
        size += party.size
        if going and size > room_bytes:
            break
        going.append(party)
    return ([_own_party(relay, connection)] if own else []) + going


def _due(connection: Connection, one: Caller, now_ms: int) -> bool:
    if one.retry_ms > now_ms:
        return False
    return not one.passed_on or bool(shelf.waiting(connection, one.device))


def _party(connection: Connection, one: Caller, room_bytes: int) -> Party:
    """Return a device's section; what is too much for one exchange goes with the next."""
    numbers: list[int] = []
    size = photo_bytes = 0
    for number, kind, item_bytes in shelf.waiting(connection, one.device):
        if numbers and size + item_bytes > room_bytes:
            break
        size += item_bytes
        numbers.append(number)
        photo_bytes += item_bytes if kind == Kind.CHUNK else 0
    return Party(
        device=one.device,
        hello=Frame(Kind.HELLO, one.hello or b""),
        numbers=tuple(numbers),
        size=size,
        photo_bytes=photo_bytes,
        tries=one.tries,
    )


def _own_party(relay: Relay, connection: Connection) -> Party:
    keys, code = relay.keys, fact(connection, Fact.CODE)
    hello = Hello(
        signing=keys.signing_public,
        sealing=keys.sealing_public,
        server=relay.server(connection),
        nonce=secrets.token_bytes(16),
        cursor=fact(connection, Fact.CURSOR),
        heads={},
        codecs=tuple(CODECS),
        software=_software(),
        wall_ms=relay.now_ms(),
    )
    asked = (
        enrol_frame(parse_code(code), keys.signing_public, keys.sealing_public) if code else None
    )
    return Party(device=keys.id, hello=hello_frame(hello, keys.signing), enrol=asked, own=True)


@cache
def _software() -> str:
    return f"sync-server relay {version('jemput')}"
