"""What a relay says, read from PROTOCOL.md section 13 alone, for the small client beside it."""

import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.e2e.small_client import frame, sha


def heard(device, reply):
    """Return what a relay's section says, and the office's replies behind it, each for `read`.

    Raises InvalidSignature where office or relay did not say it, ValueError where it is not whole.
    """
    said, whole, key = list[dict](), b"", None
    while not said or said[-1]["what"] != "done":
        kind, body, reply = _next(reply)
        told = json.loads(body[64:])
        if key is None:
            key = _certified(device, bytes.fromhex(told["certificate"]))
        key.verify(body[:64], b"jemput relay v1" + device.id + body[64:])
        said.append(told)
        whole += frame(kind, body) if told["what"] != "done" else b""
    last = said[-1]
    if (last["frames"], last["hash"]) != (len(said) - 1, sha(whole, 16).hex()):
        raise ValueError("the relay's section was altered")
    replies = []
    for count in last["replies"]:
        replies.append(b"")
        for _ in range(count):
            kind, body, reply = _next(reply)
            replies[-1] += frame(kind, body)
    return said, replies


def _next(reply):
    if len(reply) < 5 or len(reply) < 5 + int.from_bytes(reply[1:5]):
        raise ValueError("the reply is not whole")
    kind, size = struct.unpack_from(">BI", reply)
    return kind, reply[5 : 5 + size], reply[5 + size :]


def _certified(device, certificate):
    """Return the relay's key, for which the office gave its word."""
    label = b"jemput relay certificate v1"
    device.office_signing.verify(certificate[:64], label + certificate[64:])
    word = json.loads(certificate[64:])
    signing = bytes.fromhex(word["signing"])
    if word["relay"] != sha(signing, 8).hex():
        raise ValueError("the certificate is of another relay")
    return Ed25519PublicKey.from_public_bytes(signing)
