"""What a locked laptop needs in order to sync, prepared while it was open and kept in the spool.

A *departure* is a hello that is signed already, the enrolment if it is still to be answered, and
whose signatures count. It holds nothing secret. A hello changes nothing when it is sent again, so
one departure serves any number of exchanges.
"""

import secrets
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from field_client import receiving
from field_client.opened import App
from field_client.outbox import seal_waiting
from field_client.sync.errors import NothingPrepared
from field_client.sync.photos_out import line_up
from field_client.vault.errors import VaultDamaged
from field_client.vault.spool import SPOOL_FILE, Spool
from shared_schema.canonical import Json, NotCanonical, decode, encode
from shared_schema.enrolment import enrol_frame
from shared_schema.frames import Frame, Kind
from shared_schema.messages import Hello, hello_frame
from shared_schema.wire import CODECS

NONCE_BYTES = 16
_SETTING = "departure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """``server``: its raw signing key. ``epoch``: the highest it has signed for us.

    ``streams``: in the order in which they are sent. ``asking``, ``telling``: the hello that
    wants pages, and the one that wants none. ``enrolment``: the enrol frame's body, or None.
    """

    url: str
    server: bytes
    device: bytes
    epoch: int
    streams: tuple[bytes, ...]
    asking: bytes
    telling: bytes
    enrolment: bytes | None


def introduction(app: App, *, pull: bool = True) -> Frame:
    """Return a signed hello of now; ``pull``: whether pages are wanted."""
    device, keys = app.device, app.device_keys
    hello = Hello(
        signing=keys.signing_public,
        sealing=keys.sealing_public,
        server=device.server,
        nonce=secrets.token_bytes(NONCE_BYTES),
        cursor=receiving.cursor(app.journal),
        heads=receiving.heads(app.journal),
        codecs=tuple(CODECS),
        software=_software(),
        wall_ms=app.clocks().wall_ms,
        pull=pull,
    )
    return hello_frame(hello, keys.signing)


@cache
def _software() -> str:
    return f"field-client {version('jemput')}"


def enrolment(app: App) -> Frame | None:
    """Return the enrolment that the office has not answered yet, None once it has."""
    code, keys = app.device.enrolment, app.device_keys
    return enrol_frame(code, keys.signing_public, keys.sealing_public) if code else None


def depart(app: App) -> int:
    """Seal what waits and keep a departure of now; return how many batches were sealed."""
    cut = seal_waiting(app)
    line_up(app)
    asked = enrolment(app)
    content: dict[str, Json] = {
        "url": app.device.url,
        "server": app.device.signing,
        "device": app.device_keys.device.hex(),
        "epoch": receiving.known_epoch(app.journal),
        "streams": [stream.hex() for stream in app.journal.branches.all()],
        "asking": introduction(app).body.hex(),
        "telling": introduction(app, pull=False).body.hex(),
        "enrolment": asked.body.hex() if asked else None,
    }
    app.spool.set_setting(_SETTING, encode(content))
    return cut


def is_prepared(spool: Spool) -> bool:
    """Return whether there is a departure to work from."""
    return spool.get_setting(_SETTING) is not None


def load_departure(spool: Spool) -> Departure:
    """Return what was prepared. Raises NothingPrepared, VaultDamaged."""
    kept = spool.get_setting(_SETTING)
    if kept is None:
        raise NothingPrepared
    try:
        return _read(decode(kept))
    except (NotCanonical, KeyError, TypeError, ValueError) as error:
        raise VaultDamaged(file=SPOOL_FILE) from error


def _read(content: Any) -> Departure:
    asked = content["enrolment"]
    return Departure(
        url=str(content["url"]),
        server=bytes.fromhex(content["server"]),
        device=bytes.fromhex(content["device"]),
        epoch=int(content["epoch"]),
        streams=tuple(map(bytes.fromhex, content["streams"])),
        asking=bytes.fromhex(content["asking"]),
        telling=bytes.fromhex(content["telling"]),
        enrolment=None if asked is None else bytes.fromhex(asked),
    )


def opening(departure: Departure, *, pull: bool, enrol: bool) -> list[Frame]:
    """Return the frames that open a section: the hello, and the enrolment if it is wanted."""
    hello = Frame(Kind.HELLO, departure.asking if pull else departure.telling)
    if not enrol or departure.enrolment is None:
        return [hello]
    return [hello, Frame(Kind.ENROL, departure.enrolment)]
