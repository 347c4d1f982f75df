"""The messages of one exchange: what a device and the server say, signed and sealed.

Every kind is signed or sealed under a label of its own, so that no message can stand for
another. A hello changes nothing when it is replayed. Server messages are signed over label,
protocol, server, epoch, device, kind and content, whatever way they travel.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.canonical import Json, NotCanonical, decode, encode, whole
from shared_schema.custody import Head
from shared_schema.envelope import HPKE, SIGNATURE_BYTES
from shared_schema.errors import CustodyError
from shared_schema.frames import Frame, Kind
from shared_schema.ids import Stream, device_id

PROTOCOL = 1
PAGE_LIMIT_BYTES = 16 << 20
HEADS_LIMIT = 1000
_HELLO = b"jemput hello v1"
_SERVER = b"jemput server v1"
_PAGE = b"jemput page v1"
_ANY_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
_SERVER_HEAD = struct.Struct(">I")
_SIGNED = struct.Struct(">B8sI8sB")
_PAGE_HEAD = struct.Struct(">H")


class MessageForged(CustodyError):
    """The message does not come from whom it claims to. It was not used."""

    code = "MESSAGE_FORGED"
    http_status = 403


class MessageInvalid(CustodyError):
    """The message cannot be read ({reason}). It was not used."""

    code = "MESSAGE_INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """How a device opens its section.

    ``signing``, ``sealing``: raw public keys (Ed25519, X25519). ``server``: id of the server it
    means. ``cursor``: how far it has pulled, empty for nothing. ``heads``: the end of each of its
    streams as last acknowledged. ``nonce``: 16 random bytes, fresh for each hello (a locked
    device sends the same one again).
    ``pull``: whether pages are wanted. ``wall_ms``: its clock.
    """

    signing: bytes
    sealing: bytes
    server: bytes
    nonce: bytes
    cursor: str
    heads: Mapping[Stream, Head]
    codecs: tuple[int, ...]
    software: str
    wall_ms: int
    pull: bool = True

    @property
    def device(self) -> bytes:
        """The device's id, which follows from its signing key."""
        return device_id(self.signing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who signs server messages: ``server`` id 8 bytes, ``epoch`` counted up at each restore."""

    server: bytes
    epoch: int
    key: Ed25519PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a pull. ``previous`` and ``next``: the cursors it stands between.

    ``items``: objects with a ``kind``; see PROTOCOL.md. ``heads``: ends of chains that whoever
    asked has; what they hold may be left out.
    """

    previous: str
    next: str
    items: Sequence[Mapping[str, Any]]
    heads: Mapping[Stream, Head] = field(default_factory=dict)


def hello_frame(hello: Hello, signer: Ed25519PrivateKey) -> Frame:
    """Return the signed hello."""
    content = encode(
        {
            "protocol": PROTOCOL,
            "signing": hello.signing.hex(),
            "sealing": hello.sealing.hex(),
            "server": hello.server.hex(),
            "nonce": hello.nonce.hex(),
            "cursor": hello.cursor,
            "heads": _heads_to_json(hello.heads),
            "codecs": list(hello.codecs),
            "software": hello.software,
            "wall_ms": hello.wall_ms,
            "pull": hello.pull,
        }
    )
    return Frame(Kind.HELLO, signer.sign(_HELLO + content) + content)


def read_hello(frame: Frame) -> Hello:
    """Return the hello, its signature checked by the key it carries.

    Raises MessageInvalid, MessageForged. The caller decides whether that key is known.
    """
    if frame.kind != Kind.HELLO:
        raise MessageInvalid(reason="no hello")
    signature, content = frame.body[:SIGNATURE_BYTES], frame.body[SIGNATURE_BYTES:]
    data = _object(content)
    if data.get("protocol") != PROTOCOL:
        raise MessageInvalid(reason="protocol")
    try:
        hello = Hello(
            signing=bytes.fromhex(data["signing"]),
            sealing=bytes.fromhex(data["sealing"]),
            server=bytes.fromhex(data["server"]),
            nonce=bytes.fromhex(data["nonce"]),
            cursor=str(data["cursor"]),
            heads=_heads_from_json(data["heads"]),
            codecs=tuple(map(whole, data["codecs"])),
            software=str(data["software"]),
            wall_ms=whole(data["wall_ms"]),
            pull=bool(data["pull"]),
        )
        if not sealable(hello.sealing):
            raise MessageInvalid(reason="hello")
        Ed25519PublicKey.from_public_bytes(hello.signing).verify(signature, _HELLO + content)
    except InvalidSignature as error:
        raise MessageForged from error
    except (KeyError, TypeError, ValueError, AttributeError, CustodyError) as error:
        raise MessageInvalid(reason="hello") from error
    return hello


def sealable(key: bytes) -> bool:
    """Whether something can be sealed to a raw X25519 public key: some points make no secret."""
    try:
        _ANY_KEY.exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return False
    return True


def server_frame(kind: Kind, content: bytes, device: bytes, signatory: Signatory) -> Frame:
    """Return a server message for ``device``: epoch u32 | signature 64 | content."""
    signed = _signed(signatory.server, signatory.epoch, device, kind) + content
    head = _SERVER_HEAD.pack(signatory.epoch)
    return Frame(kind, head + signatory.key.sign(signed) + content)


def read_server_frame(frame: Frame, device: bytes, signing: Ed25519PublicKey) -> tuple[int, bytes]:
    """Return epoch and content of a server message meant for ``device``. Raises MessageForged."""
    start = _SERVER_HEAD.size + SIGNATURE_BYTES
    if len(frame.body) < start:
        raise MessageForged
    (epoch,) = _SERVER_HEAD.unpack_from(frame.body)
    content = frame.body[start:]
    server = device_id(signing.public_bytes_raw())
    try:
        signing.verify(
            frame.body[_SERVER_HEAD.size : start],
            _signed(server, epoch, device, frame.kind) + content,
        )
    except InvalidSignature as error:
        raise MessageForged from error
    return epoch, content


def seal_page(page: Page, device: bytes, sealing: X25519PublicKey) -> bytes:
    """Return a page's content: length u16 | cursors as JSON | HPKE of the compressed items."""
    heads = {"heads": _heads_to_json(page.heads)} if page.heads else {}
    cursors = encode({"previous": page.previous, "next": page.next, **heads})
    plain = zstandard.ZstdCompressor(level=6).compress(encode(list(page.items)))
    sealed = HPKE.encrypt(plain, sealing, info=_PAGE + device + cursors)
    return _PAGE_HEAD.pack(len(cursors)) + cursors + sealed


def page_cursors(content: bytes) -> tuple[str, str]:
    """Return a page's previous and next cursor without opening it. Raises MessageInvalid."""
    data = _object(_cursor_bytes(content))
    return str(data.get("previous")), str(data.get("next"))


def open_page(content: bytes, device: bytes, sealing: X25519PrivateKey) -> Page:
    """Return the page. Raises MessageInvalid where it cannot be opened with this key."""
    cursors = _cursor_bytes(content)
    sealed = content[_PAGE_HEAD.size + len(cursors) :]
    try:
        plain = HPKE.decrypt(sealed, sealing, info=_PAGE + device + cursors)
        reader = zstandard.ZstdDecompressor().stream_reader(plain)
        items = decode(reader.read(PAGE_LIMIT_BYTES))
    except (InvalidTag, ValueError, zstandard.ZstdError, NotCanonical) as error:
        raise MessageInvalid(reason="page") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise MessageInvalid(reason="page")
    previous, following = page_cursors(content)
    try:
        heads = _heads_from_json(_object(cursors).get("heads", {}))
    except (TypeError, ValueError, AttributeError, CustodyError) as error:
        raise MessageInvalid(reason="page") from error
    return Page(previous=previous, next=following, items=items, heads=heads)


def read_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a message's content is. Raises MessageInvalid."""
    return _object(content)


def _heads_to_json(heads: Mapping[Stream, Head]) -> dict[str, Json]:
    return {stream.hex(): [head.sequence, head.hash.hex()] for stream, head in heads.items()}


def _heads_from_json(heads: Mapping[str, Any]) -> dict[Stream, Head]:
    """Read ends of chains. Raises ValueError for more streams than a device can have, and others.

    Each of them is looked up.
    """
    if len(heads) > HEADS_LIMIT:
        raise ValueError
    return {
        Stream.from_hex(stream): Head(sequence=whole(sequence), hash=bytes.fromhex(digest))
        for stream, (sequence, digest) in heads.items()
    }


def _object(content: bytes) -> dict[str, Any]:
    try:
        data = decode(content)
    except NotCanonical as error:
        raise MessageInvalid(reason="content") from error
    if not isinstance(data, dict):
        raise MessageInvalid(reason="content")
    return data


def _signed(server: bytes, epoch: int, device: bytes, kind: int) -> bytes:
    return _SERVER + _SIGNED.pack(PROTOCOL, server, epoch, device, kind)


def _cursor_bytes(content: bytes) -> bytes:
    if len(content) < _PAGE_HEAD.size:
        raise MessageInvalid(reason="page")
    (length,) = _PAGE_HEAD.unpack_from(content)
    return content[_PAGE_HEAD.size : _PAGE_HEAD.size + length]
