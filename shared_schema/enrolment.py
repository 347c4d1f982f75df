"""Enrolment: how a laptop and a regency come to know each other, once, by a code.

The code carries all that the laptop must trust (address, both public keys of the server) and a
secret of 128 bits, of which the server keeps a hash. It is text that survives being read aloud,
printed, or put in a QR code: base32 in groups, with a checksum.

The laptop answers with its keys and an HMAC over them by the secret, sealed to the server.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.canonical import encode
from shared_schema.envelope import HPKE
from shared_schema.errors import AccessError, InputError
from shared_schema.frames import Frame, Kind
from shared_schema.messages import MessageInvalid, read_object, sealable

SECRET_BYTES = 16
_VERSION = 1
_FIXED = struct.Struct(">B32s32s16sQ")
_CHECK_BYTES = 4
_PREFIX = "JEMPUT"
_GROUP = 5
_LABEL_ENROL = b"jemput enrol v1"
_LABEL_SECRET = b"jemput enrol secret v1"


class EnrolCodeInvalid(InputError):
    """The enrolment code is not whole. Copy it again, from the first letter to the last."""

    code = "ENROL_CODE_INVALID"


class EnrolRefused(AccessError):
    """The server does not know this enrolment code. Ask your administrator for a new one."""

    code = "ENROL_UNKNOWN"


class EnrolExpired(AccessError):
    """The enrolment code has expired. Ask your administrator for a new one."""

    code = "ENROL_EXPIRED"


class EnrolUsed(AccessError):
    """Another device has already used this enrolment code. Ask for a new one, and say so."""

    code = "ENROL_USED"


class DeviceUnknown(AccessError):
    """The server does not know this laptop. Ask your administrator for an enrolment code."""

    code = "DEVICE_UNKNOWN"


class DeviceRevoked(AccessError):
    """The laptop was revoked; once all is handed over, its keys are wiped. Ask for a new code."""

    code = "DEVICE_REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCode:
    """What a code says. ``url``: where to sync, empty where only files will travel.

    ``signing``, ``sealing``: the server's raw public keys. ``expires_ms``: Unix milliseconds,
    judged by the server.
    """

    url: str
    signing: bytes
    sealing: bytes
    secret: bytes = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolRequest:
    """What a device asks with: the code's public name, its keys, and the proof."""

    secret_id: bytes
    signing: bytes
    sealing: bytes
    proof: bytes = field(repr=False)


def code_text(code: EnrolmentCode) -> str:
    """Return the code as text: JEMPUT-, then base32 in groups of five."""
    fixed = _FIXED.pack(_VERSION, code.signing, code.sealing, code.secret, code.expires_ms)
    data = fixed + code.url.encode()
    text = base64.b32encode(data + _check(data)).decode().rstrip("=")
    return "-".join([_PREFIX, *(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))])


def parse_code(text: str) -> EnrolmentCode:
    """Read a code; case, spaces and dashes do not matter. Raises EnrolCodeInvalid."""
    bare = "".join(text.upper().split()).replace("-", "").removeprefix(_PREFIX)
    try:
        data = base64.b32decode(bare + "=" * (-len(bare) % 8))
        body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
        version, signing, sealing, secret, expires_ms = _FIXED.unpack_from(body)
        url = body[_FIXED.size :].decode()
    except (ValueError, struct.error) as error:
        raise EnrolCodeInvalid(reason="code") from error
    exact = base64.b32encode(data).decode().rstrip("=") == bare
    if not sealable(sealing) or not exact or check != _check(body) or version != _VERSION:
        raise EnrolCodeInvalid(reason="code")
    return EnrolmentCode(
        url=url, signing=signing, sealing=sealing, secret=secret, expires_ms=expires_ms
    )


def secret_id(secret: bytes) -> bytes:
    """Return the hash by which the server keeps and finds a secret (32 bytes)."""
    return hashlib.sha256(_LABEL_SECRET + secret).digest()


def proof(secret: bytes, signing: bytes, sealing: bytes) -> bytes:
    """Return HMAC-SHA256 by the secret over the device's two public keys."""
    return hmac.digest(secret, _LABEL_ENROL + signing + sealing, "sha256")


def enrol_frame(code: EnrolmentCode, signing: bytes, sealing: bytes) -> Frame:
    """Return the ENROL frame for the server that issued ``code``: HPKE of a JSON object.

    The secret itself travels, sealed: the server, which keeps only its hash, needs it to check
    the proof.
    """
    content = encode(
        {
            "secret": code.secret.hex(),
            "signing": signing.hex(),
            "sealing": sealing.hex(),
            "proof": proof(code.secret, signing, sealing).hex(),
        }
    )
    server = X25519PublicKey.from_public_bytes(code.sealing)
    return Frame(Kind.ENROL, HPKE.encrypt(content, server, info=_LABEL_ENROL))


def read_enrol(frame: Frame, sealing: X25519PrivateKey) -> EnrolRequest:
    """Open an ENROL frame and check its proof. Raises MessageInvalid, EnrolRefused.

    A frame sealed for another server cannot be opened, which is EnrolRefused as well.
    """
    try:
        content = HPKE.decrypt(frame.body, sealing, info=_LABEL_ENROL)
    except (InvalidTag, ValueError) as error:
        raise EnrolRefused from error
    data = read_object(content)
    try:
        secret = bytes.fromhex(data["secret"])
        request = EnrolRequest(
            secret_id=secret_id(secret),
            signing=bytes.fromhex(data["signing"]),
            sealing=bytes.fromhex(data["sealing"]),
            proof=bytes.fromhex(data["proof"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MessageInvalid(reason="enrol") from error
    if not hmac.compare_digest(request.proof, proof(secret, request.signing, request.sealing)):
        raise EnrolRefused
    return request


def _check(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_CHECK_BYTES]
