"""Recovery: how an office opens a laptop's store whose passphrase was forgotten.

A laptop keeps its store's root sealed to the office's recovery key, whose private half exists only
as shares on paper. To recover, the laptop writes a *request* (that sealed root, and the public key
of a new slot), the office an *answer* (the root, sealed to the new slot). Neither holds a secret:
both may travel on any stick.

    sealed root   HPKE (RFC 9180, base mode) to the recovery key; ``info``: label | device id 8
    slot's root   HPKE to the slot's key; ``info``: label

The device id is bound so that a thief cannot ask in the name of another laptop. Each document is
one line of canonical JSON with its own checksum, whose first digits are the code that officer and
office compare aloud: it tells a request that was exchanged on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.canonical import Json, NotCanonical, decode, digest, encode
from shared_schema.envelope import HPKE, WRAPPED_BYTES, key_id
from shared_schema.errors import AccessError, InputError
from shared_schema.ids import DEVICE_BYTES

VERSION = 1
FILE_LIMIT_BYTES = 16 << 10
_REQUEST = "jemput recovery request"
_ANSWER = "jemput recovery answer"
_ROOT = b"jemput recovery root v1"
_SLOT = b"jemput slot root v1"
_KEY_BYTES = 32
_CODE_DIGITS = 16
_CODE_GROUP = 4
# Agreeing on a secret with it shows whether anything can be sealed to a key: some points cannot.
_ANY_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))


class RecoveryRequestInvalid(InputError):
    """The file is no whole recovery request. Copy it again from the laptop that wrote it."""

    code = "RECOVERY_REQUEST_INVALID"


class RecoveryAnswerInvalid(InputError):
    """The file is no whole recovery answer. Copy it again from the office that wrote it."""

    code = "RECOVERY_ANSWER_INVALID"


class RecoveryFileNewer(InputError):
    """A newer program wrote this recovery file. Update the program here, then try again."""

    code = "RECOVERY_FILE_NEWER"


class RecoveryRequestForged(AccessError):
    """Another laptop than the request names has sealed it. Answer nothing; ask who brought it."""

    code = "RECOVERY_REQUEST_FORGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a laptop asks. ``sealed``: its store's root, sealed to the key ``recovery``.

    ``slot``: the new slot's key. Both keys are raw X25519 public keys.
    """

    device: bytes
    operator: str
    slot: bytes
    recovery: bytes
    sealed: bytes = field(repr=False)

    @property
    def code(self) -> str:
        """The digits to compare aloud, in groups of four."""
        return _spoken(digest(_request_body(self)).hex())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the office gives back. ``slot``: whose key ``sealed``, the root, can be opened with."""

    device: bytes
    slot: bytes
    code: str
    sealed: bytes = field(repr=False)


def key_name(recovery: bytes) -> str:
    """Return the 16 digits by which people name a recovery key."""
    return key_id(X25519PublicKey.from_public_bytes(recovery)).hex()


def seal_root(root: bytes, device: bytes, recovery: bytes) -> bytes:
    """Seal a store's root to the office's recovery key (raw, public), in this device's name."""
    return HPKE.encrypt(root, X25519PublicKey.from_public_bytes(recovery), info=_ROOT + device)


def open_root(request: Request, recovery: X25519PrivateKey) -> bytes:
    """Return the root that a request holds. Raises RecoveryRequestForged."""
    try:
        return HPKE.decrypt(request.sealed, recovery, info=_ROOT + request.device)
    except (InvalidTag, ValueError) as error:
        raise RecoveryRequestForged from error


def seal_for_slot(root: bytes, slot: bytes) -> bytes:
    """Seal a root to a slot's raw public key: the form in which every slot holds it."""
    return HPKE.encrypt(root, X25519PublicKey.from_public_bytes(slot), info=_SLOT)


def open_for_slot(sealed: bytes, slot: X25519PrivateKey) -> bytes | None:
    """Return the root that a slot holds; None where it was not sealed to this slot."""
    try:
        return HPKE.decrypt(sealed, slot, info=_SLOT)
    except (InvalidTag, ValueError):
        return None


def answer(request: Request, recovery: X25519PrivateKey) -> Answer:
    """Return the answer to a request. Raises RecoveryRequestForged.

    The caller has checked who asks: whoever has the laptop and its new passphrase can then read
    all that is on it.
    """
    root = open_root(request, recovery)
    return Answer(
        device=request.device,
        slot=request.slot,
        code=request.code,
        sealed=seal_for_slot(root, request.slot),
    )


def is_key(raw: bytes) -> bool:
    """Tell whether anything can be sealed to a raw public key."""
    try:
        _ANY_KEY.exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError:
        return False
    return True


def request_document(request: Request) -> bytes:
    """Return a request as the bytes of a file."""
    return _document(_request_body(request))


def answer_document(given: Answer) -> bytes:
    """Return an answer as the bytes of a file."""
    body: dict[str, Json] = {
        "kind": _ANSWER,
        "version": VERSION,
        "device": given.device.hex(),
        "slot": given.slot.hex(),
        "code": given.code,
        "sealed": given.sealed.hex(),
    }
    return _document(body)


def read_request(data: bytes) -> Request:
    """Read a request's file. Raises RecoveryRequestInvalid, RecoveryFileNewer."""
    try:
        body = _read(data, _REQUEST)
        return Request(
            device=_bytes(body["device"], DEVICE_BYTES),
            operator=_text(body["operator"]),
            slot=_key(body["slot"]),
            recovery=_key(body["recovery"]),
            sealed=_bytes(body["sealed"], WRAPPED_BYTES),
        )
    except (KeyError, TypeError, ValueError, NotCanonical) as error:
        raise RecoveryRequestInvalid from error


def read_answer(data: bytes) -> Answer:
    """Read an answer's file. Raises RecoveryAnswerInvalid, RecoveryFileNewer."""
    try:
        body = _read(data, _ANSWER)
        return Answer(
            device=_bytes(body["device"], DEVICE_BYTES),
            slot=_key(body["slot"]),
            code=_text(body["code"]),
            sealed=_bytes(body["sealed"], WRAPPED_BYTES),
        )
    except (KeyError, TypeError, ValueError, NotCanonical) as error:
        raise RecoveryAnswerInvalid from error


def _request_body(request: Request) -> dict[str, Json]:
    return {
        "kind": _REQUEST,
        "version": VERSION,
        "device": request.device.hex(),
        "operator": request.operator,
        "slot": request.slot.hex(),
        "recovery": request.recovery.hex(),
        "sealed": request.sealed.hex(),
    }


def _document(body: dict[str, Json]) -> bytes:
    return encode({**body, "checksum": digest(body).hex()}) + b"\n"


def _read(data: bytes, kind: str) -> Mapping[str, Any]:
    """Return the body of a document of ``kind``. Raises what its readers translate."""
    content = decode(data[:FILE_LIMIT_BYTES])
    if not isinstance(content, dict):
        raise TypeError
    body = {name: value for name, value in content.items() if name != "checksum"}
    if body["kind"] != kind or digest(body).hex() != content["checksum"]:
        raise ValueError
    if body["version"] != VERSION:
        raise RecoveryFileNewer
    return body


def _spoken(digits: str) -> str:
    return " ".join(digits[at : at + _CODE_GROUP] for at in range(0, _CODE_DIGITS, _CODE_GROUP))


def _bytes(text: Any, length: int) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != length:
        raise ValueError
    return raw


def _key(text: Any) -> bytes:
    raw = _bytes(text, _KEY_BYTES)
    if not is_key(raw):
        raise ValueError
    return raw


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
