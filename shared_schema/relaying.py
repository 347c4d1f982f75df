"""Relays: what one says of itself and of what it holds, and how a device checks that.

    certificate  signature 64 | JSON      by the office, over a label and the JSON
    HELD         signature 64 | JSON      by the relay, over a label, the device's id and the JSON

A relay's answer to a device begins with a *relay section*: HELD frames, of which the first says
who is speaking and the last counts and hashes those before it, and tells how many frames each of
the office's replies has that follow. A relay promises to keep and to pass on, nothing more: only
the office's receipt, which it cannot make, turns what waits into what was received.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared_schema.canonical import Json, encode, whole
from shared_schema.envelope import SIGNATURE_BYTES
from shared_schema.frames import Frame, Kind, SectionIncomplete, Tally
from shared_schema.ids import IdInvalid, Stream, device_id
from shared_schema.messages import MessageForged, MessageInvalid, read_object

_CERTIFICATE = b"jemput relay certificate v1"
_HELD = b"jemput relay v1"


class What(StrEnum):
    """What a HELD frame says."""

    RELAY = "relay"
    ENROL = "enrol"
    BATCH = "batch"
    CHUNK = "chunk"
    REFUSED = "refused"
    FULL = "full"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The office's word that a relay is its own. ``signing``: the relay's raw Ed25519 key.

    ``until_ms``: Unix milliseconds, None for no end.
    """

    signing: bytes
    label: str
    until_ms: int | None

    @property
    def relay(self) -> bytes:
        """The relay's id."""
        return device_id(self.signing)

    @property
    def key(self) -> Ed25519PublicKey:
        """The key by which what the relay says is checked."""
        return Ed25519PublicKey.from_public_bytes(self.signing)


def certify(certificate: Certificate, office: Ed25519PrivateKey) -> bytes:
    """Return the certificate, signed by the office's key."""
    content = encode(
        {
            "relay": certificate.relay.hex(),
            "signing": certificate.signing.hex(),
            "label": certificate.label,
            "until_ms": certificate.until_ms,
        }
    )
    return office.sign(_CERTIFICATE + content) + content


def read_certificate(data: bytes, office: Ed25519PublicKey) -> Certificate:
    """Return a certificate that bears the office's signature. Raises MessageForged, MessageInvalid.

    Whether its time is over is the caller's to judge.
    """
    signature, content = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
    _verify(office, signature, _CERTIFICATE + content)
    said = read_object(content)
    try:
        until = said["until_ms"]
        certificate = Certificate(
            signing=bytes.fromhex(said["signing"]),
            label=str(said["label"]),
            until_ms=None if until is None else whole(until),
        )
        _ = certificate.key
    except (KeyError, TypeError, ValueError) as error:
        raise MessageInvalid(reason="certificate") from error
    if said.get("relay") != certificate.relay.hex():
        raise MessageInvalid(reason="certificate")
    return certificate


def held_frame(content: Mapping[str, Json], device: bytes, relay: Ed25519PrivateKey) -> Frame:
    """Return what a relay says to a device, signed."""
    body = encode(content)
    return Frame(Kind.HELD, relay.sign(_HELD + device + body) + body)


def read_held(frame: Frame, device: bytes, relay: Ed25519PublicKey) -> dict[str, Json]:
    """Return what a HELD frame for ``device`` says. Raises MessageForged, MessageInvalid."""
    if frame.kind != Kind.HELD:
        raise MessageInvalid(reason="held")
    signature, body = frame.body[:SIGNATURE_BYTES], frame.body[SIGNATURE_BYTES:]
    _verify(relay, signature, _HELD + device + body)
    return read_object(body)


def _verify(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        key.verify(signature, signed)
    except InvalidSignature as error:
        raise MessageForged from error


@dataclass(slots=True, kw_only=True)
class Speaker:
    """A relay's own section to one device, frame by frame."""

    device: bytes
    key: Ed25519PrivateKey = field(repr=False)
    tally: Tally = field(default_factory=Tally)

    def say(self, what: What, **content: Json) -> Frame:
        """Return the next frame of the section."""
        frame = held_frame({"what": what.value, **content}, self.device, self.key)
        self.tally.add(frame)
        return frame

    def done(self, replies: list[int]) -> Frame:
        """Return the last frame. ``replies``: how many frames each reply has that follows."""
        ended: dict[str, Json] = {
            "frames": self.tally.count,
            "hash": self.tally.digest().hex(),
            "replies": list(replies),
        }
        return self.say(What.DONE, **ended)


# What a device hears


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduced:
    """The first frame: who is speaking. ``heard_ms``: when it last heard the office, or None."""

    certificate: Certificate
    relay_ms: int
    heard_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBatch:
    """A batch is on the relay's disk since ``relay_ms`` (the relay's clock)."""

    stream: Stream
    first: int
    count: int
    hash: bytes
    relay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldChunk:
    """Of the sealed file ``name`` the relay has the first ``have`` bytes without a gap."""

    name: bytes
    have: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEnrolment:
    """The enrolment is on the relay's disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHeld:
    """Something was not taken, by its ``code``. ``full``: nothing more can be; try later."""

    code: str
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The relay section is whole. ``replies``: how many frames each reply has that follows."""

    replies: tuple[int, ...]


Heard = Introduced | HeldBatch | HeldChunk | HeldEnrolment | NotHeld | Ended


@dataclass(slots=True, kw_only=True)
class Listener:
    """Reads a relay section; ``office`` is the key that vouches for the relay."""

    device: bytes
    office: Ed25519PublicKey
    certificate: Certificate | None = None
    tally: Tally = field(default_factory=Tally)
    ended: bool = False

    def hear(self, frame: Frame) -> Heard | None:
        """Return what a frame says, None for what is not known here.

        Raises MessageForged, MessageInvalid, SectionIncomplete.
        """
        try:
            heard = self._first(frame) if self.certificate is None else self._next(frame)
        except (KeyError, TypeError, ValueError, IdInvalid) as error:
            raise MessageInvalid(reason="held") from error
        self.tally.add(frame)
        return heard

    def _first(self, frame: Frame) -> Introduced:
        if frame.kind != Kind.HELD:
            raise MessageInvalid(reason="held")
        claimed = read_object(frame.body[SIGNATURE_BYTES:])
        certificate = read_certificate(bytes.fromhex(claimed["certificate"]), self.office)
        said = read_held(frame, self.device, certificate.key)
        if said["what"] != What.RELAY:
            raise MessageInvalid(reason="held")
        heard = said.get("heard_ms")
        introduced = Introduced(
            certificate=certificate,
            relay_ms=whole(said["relay_ms"]),
            heard_ms=None if heard is None else whole(heard),
        )
        self.certificate = certificate
        return introduced

    def _next(self, frame: Frame) -> Heard | None:
        if self.ended or self.certificate is None:
            raise MessageInvalid(reason="held")
        said = read_held(frame, self.device, self.certificate.key)
        match said["what"]:
            case What.BATCH:
                return _batch(said)
            case What.CHUNK:
                return _chunk(said)
            case What.ENROL:
                return HeldEnrolment()
            case What.FULL | What.REFUSED:
                return NotHeld(code=str(said["code"]), full=said["what"] == What.FULL)
            case What.DONE:
                return self._end(said)
        return None

    def _end(self, said: Mapping[str, Json]) -> Ended:
        whole_section = (said["frames"], said["hash"]) == (
            self.tally.count,
            self.tally.digest().hex(),
        )
        replies = said["replies"]
        if not whole_section or not isinstance(replies, list):
            raise SectionIncomplete
        self.ended = True
        return Ended(replies=tuple(map(whole, replies)))


def batch_said(batch: HeldBatch) -> dict[str, Json]:
    """Return what a relay says of a batch that it holds."""
    return {
        "stream": batch.stream.hex(),
        "first": batch.first,
        "count": batch.count,
        "hash": batch.hash.hex(),
        "relay_ms": batch.relay_ms,
    }


def _batch(said: Mapping[str, Json]) -> HeldBatch:
    return HeldBatch(
        stream=Stream.from_hex(str(said["stream"])),
        first=whole(said["first"]),
        count=whole(said["count"]),
        hash=bytes.fromhex(str(said["hash"])),
        relay_ms=whole(said["relay_ms"]),
    )


def _chunk(said: Mapping[str, Json]) -> HeldChunk:
    return HeldChunk(
        name=bytes.fromhex(str(said["name"])),
        have=whole(said["have"]),
        total=whole(said["total"]),
    )
