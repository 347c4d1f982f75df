"""The code on an interim letter: what it says, signed, so that a forged one is known offline.

One line of text, which any phone reads and a desk scanner types: `SUKET1`, the fields, the first
eight hexadecimal digits of the key's SHA-256, and the signature, joined by `|`. Fields are
percent-encoded (RFC 3986) where they hold `|`, `%` or what is not printable ASCII.

    signature   Ed25519 (RFC 8032) over "jemput suket v1" | 0 | all that stands before it
"""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared_schema.errors import CustodyError, InputError

MARK = "SUKET1"
_LABEL = b"jemput suket v1\x00"
_KEY_DIGITS = 8
_SAFE = frozenset(range(0x20, 0x7F)) - frozenset(b"|%")
_ESCAPED = re.compile(rb"%([0-9A-F]{2})")


class LetterUnreadable(InputError):
    """There is no letter's code in this text. Scan the code again, or type the whole line."""

    code = "LETTER_UNREADABLE"


class LetterForged(CustodyError):
    """The office did not sign this letter: it is forged or was changed. Do not accept it."""

    code = "LETTER_FORGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says. `expires_on` empty: until the card is issued. Dates are YYYY-MM-DD."""

    region: str
    number: str
    nik: str
    name: str
    birth_date: str
    issued_on: str
    expires_on: str = ""

    def expired(self, on: date) -> bool:
        """Tell whether it holds no more on a day."""
        return bool(self.expires_on) and self.expires_on < on.isoformat()


_NAMES = tuple(one.name for one in fields(Letter))


def fingerprint(public: Ed25519PublicKey) -> str:
    """Return the eight digits by which a code names the key that signed it."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:_KEY_DIGITS]


def signed(letter: Letter, key: Ed25519PrivateKey) -> str:
    """Return the code of a letter; always the same for the same letter."""
    parts = [_escaped(getattr(letter, name)) for name in _NAMES]
    said = "|".join([MARK, *parts, fingerprint(key.public_key())])
    return f"{said}|{_written(key.sign(_LABEL + said.encode()))}"


def verified(code: str, published: Iterable[Ed25519PublicKey]) -> Letter:
    """Return what a code says, if one of the published keys signed it. Needs no network.

    Raises LetterUnreadable for another text, LetterForged.
    """
    said, _, signature = code.strip().rpartition("|")
    parts = said.split("|")
    if len(parts) != len(_NAMES) + 2 or parts[0] != MARK:
        raise LetterUnreadable
    keys = [one for one in published if fingerprint(one) == parts[-1]]
    if not any(_fits(key, said, signature) for key in keys):
        raise LetterForged
    return Letter(**dict(zip(_NAMES, map(_plain, parts[1:-1]), strict=True)))


def _escaped(text: str) -> str:
    return "".join(chr(one) if one in _SAFE else f"%{one:02X}" for one in text.encode())


def _plain(text: str) -> str:
    raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text.encode())
    return raw.decode(errors="replace")


def _fits(key: Ed25519PublicKey, said: str, signature: str) -> bool:
    try:
        raw = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        key.verify(raw, _LABEL + said.encode())
    except (InvalidSignature, ValueError):
        return False
    return signature == _written(raw)


def _written(signature: bytes) -> str:
    return urlsafe_b64encode(signature).decode().rstrip("=")
