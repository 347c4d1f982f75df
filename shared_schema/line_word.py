"""The office's word for a certificate that it did not make: a district's own, of any authority.

A certificate that bears no signature of ours (`line_certificate`) says nothing by itself. Whoever
shows it is asked, over that very line and before anything of ours is sent:

    GET /v1/line/<nonce>      16 bytes that were never used before, in hexadecimal
    {"signature", "word"}     hexadecimal; Ed25519 by the server's key, and where it is a relay,
                              its office's word for that key

The signature is over a label, the nonce and SHA-256 of the certificate (DER): good for one line and
one moment. An old one cannot be shown again, and a certificate that the office has left is nothing.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared_schema.canonical import encode
from shared_schema.errors import CustodyError
from shared_schema.messages import read_object
from shared_schema.relaying import read_certificate

NONCE_BYTES = 16
REPLY_LIMIT_BYTES = 4096
_LABEL = b"jemput line v1"


def question(host: str, nonce: bytes) -> bytes:
    """Return the HTTP request. ``host``: as it stands in a Host header."""
    return f"GET /v1/line/{nonce.hex()} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def answer(
    certificate: bytes, nonce: bytes, signing: Ed25519PrivateKey, word: bytes = b""
) -> bytes:
    """Return the body that vouches for a certificate (DER). ``word``: a relay's, of its office."""
    signature = signing.sign(_signed(certificate, nonce))
    return encode({"signature": signature.hex(), "word": word.hex()})


def vouches(
    body: bytes, certificate: bytes, nonce: bytes, office: bytes, *, relays: bool = False
) -> bool:
    """Return whether ``body`` is the answer of ``office`` (its raw Ed25519 key), or of its relay.

    ``relays``: whether a relay is meant. When the time of a relay's word ends is judged elsewhere.
    """
    try:
        said = read_object(body)
        key, word = Ed25519PublicKey.from_public_bytes(office), bytes.fromhex(said["word"])
        if relays and word:
            key = read_certificate(word, key).key
        key.verify(bytes.fromhex(said["signature"]), _signed(certificate, nonce))
    except (CustodyError, InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _signed(certificate: bytes, nonce: bytes) -> bytes:
    return _LABEL + nonce + hashlib.sha256(certificate).digest()
