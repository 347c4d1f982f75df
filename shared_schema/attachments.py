"""The sealed file: one photo, encrypted to its recipients, addressed by the hash of its bytes.

    header      version u8 = 1 | recipients u8 = n | n x key id 8
    wrapped     n x 80: HPKE (RFC 9180, base mode) of the content key to each recipient
    ciphertext  ChaCha20-Poly1305 (RFC 8439) of the file

The content key is fresh for every file and used once, so the nonce is zero. Label and header
are HPKE's ``info``; label, header and wrapped keys are the ciphertext's associated data, so that
no bit of the whole can change unnoticed. There is no signature: the record that names the file
carries the SHA-256 of the plain bytes and comes in a signed batch. Whoever opens a file compares
the two (the caller's duty).

A file is sealed once, stored before its first byte leaves, and sent as it is; its *name* is the
SHA-256 of the sealed bytes, so pieces of it can be asked for, and carried by anybody.
"""

import hashlib
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from shared_schema.envelope import HPKE, KEY_ID_BYTES, WRAPPED_BYTES, key_id
from shared_schema.errors import CustodyError

VERSION = 1
RECIPIENTS_LIMIT = 255
_LABEL = b"jemput attachment v1"
_FIXED_BYTES = 2
_TAG_BYTES = 16
_NONCE = bytes(12)


class AttachmentMalformed(CustodyError):
    """The bytes are not a sealed file ({reason}). Send or copy it again."""

    code = "ATTACHMENT_MALFORMED"


class AttachmentVersionUnknown(CustodyError):
    """The sealed file is of version {version}, unknown to this program. Update the program."""

    code = "ATTACHMENT_VERSION_UNKNOWN"


class AttachmentUnreadable(CustodyError):
    """The sealed file is damaged, or sealed to another key. Send or copy it again."""

    code = "ATTACHMENT_UNREADABLE"


def seal_file(content: bytes, recipients: Sequence[X25519PublicKey], content_key: bytes) -> bytes:
    """Return the sealed file. ``content_key``: 32 fresh random bytes, never used again.

    Raises AttachmentMalformed without a recipient, or with more than 255.
    """
    if not 0 < len(recipients) <= RECIPIENTS_LIMIT:
        raise AttachmentMalformed(reason="recipients")
    head = bytes([VERSION, len(recipients)]) + b"".join(map(key_id, recipients))
    wrapped = [HPKE.encrypt(content_key, public, info=_LABEL + head) for public in recipients]
    bound = head + b"".join(wrapped)
    return bound + ChaCha20Poly1305(content_key).encrypt(_NONCE, content, _LABEL + bound)


def name_of(sealed: bytes) -> str:
    """Return the name of a sealed file: the SHA-256 of all of it, in hexadecimal."""
    return hashlib.sha256(sealed).hexdigest()


def open_file(sealed: bytes, keys: Mapping[bytes, X25519PrivateKey]) -> bytes:
    """Return the plain file, opened with whichever of ``keys`` (by key id) the header names.

    Raises AttachmentMalformed, AttachmentVersionUnknown, and AttachmentUnreadable without
    telling a wrong key from altered bytes.
    """
    head, wrapped = _divide(sealed)
    for at in range(head[1]):
        name = head[_FIXED_BYTES + at * KEY_ID_BYTES :][:KEY_ID_BYTES]
        if name in keys:
            try:
                part = wrapped[at * WRAPPED_BYTES :][:WRAPPED_BYTES]
                content_key = HPKE.decrypt(part, keys[name], info=_LABEL + head)
            except (InvalidTag, ValueError) as error:
                raise AttachmentUnreadable from error
            return open_with(sealed, content_key)
    raise AttachmentUnreadable


def open_with(sealed: bytes, content_key: bytes) -> bytes:
    """Return the plain file, opened with the content key itself, which its sealer kept.

    Raises as `open_file` does.
    """
    head, wrapped = _divide(sealed)
    bound = head + wrapped
    try:
        return ChaCha20Poly1305(content_key).decrypt(_NONCE, sealed[len(bound) :], _LABEL + bound)
    except (InvalidTag, ValueError) as error:
        raise AttachmentUnreadable from error


def _divide(sealed: bytes) -> tuple[bytes, bytes]:
    """Return header and wrapped keys; the ciphertext is the rest."""
    if len(sealed) < _FIXED_BYTES:
        raise AttachmentMalformed(reason="header")
    version, recipients = sealed[:_FIXED_BYTES]
    if version != VERSION:
        raise AttachmentVersionUnknown(version=version)
    head = _FIXED_BYTES + recipients * KEY_ID_BYTES
    bound = head + recipients * WRAPPED_BYTES
    if not recipients:
        raise AttachmentMalformed(reason="recipients")
    if len(sealed) < bound + _TAG_BYTES:
        raise AttachmentMalformed(reason="length")
    return sealed[:head], sealed[head:bound]
