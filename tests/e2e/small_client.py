"""Another client, written from shared_schema/PROTOCOL.md alone; it imports nothing of ours.

Numbers are its sections. A client for work would keep its state on the disk.
"""

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import struct
import time
import uuid
from itertools import pairwise

import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
HELLO, ENROL, BATCH, CHUNK, END = range(1, 6)
WELCOME, ENROLLED, RECEIPT, PAGE, DONE, ERROR, HELD, CHUNK_RECEIPT = range(65, 73)


def sha(data, size=32):
    """Return the first bytes of SHA-256."""
    return hashlib.sha256(data).digest()[:size]


def canonical(value):
    """RFC 8785, as far as whole numbers and keys of ASCII need it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def numbered_id(stream, number):
    """2: the id of a record, 122 bits around the version and the variant of a UUID."""
    bits = int.from_bytes(stream) << 26 | number
    high, middle, low = bits >> 74, bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return str(uuid.UUID(int=high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low))


def frame(kind, body):
    """5: one message."""
    return struct.pack(">BI", kind, len(body)) + body


class Device:
    """One device with one stream, enrolled by a code."""

    def __init__(self, code, signing=None, sealing=None, branch=b""):
        """1, 8: keys are drawn where none are given; the server's stand in the code."""
        bare = "".join(code.upper().split()).replace("-", "").removeprefix("JEMPUT")
        data = base64.b32decode(bare + "=" * (-len(bare) % 8))
        if data[0] != 1 or sha(data[:-4], 4) != data[-4:]:
            raise ValueError("the code is not whole")
        self.server, self.secret, self.url = sha(data[1:33], 8), data[65:81], data[89:-4].decode()
        self.office_signing = Ed25519PublicKey.from_public_bytes(data[1:33])
        self.office_sealing = X25519PublicKey.from_public_bytes(data[33:65])
        self.office_key = sha(data[33:65], 8)
        self.signing = signing or Ed25519PrivateKey.generate()
        self.sealing = sealing or X25519PrivateKey.generate()
        self.public = self.signing.public_key().public_bytes_raw()
        self.sealing_public = self.sealing.public_key().public_bytes_raw()
        self.id = sha(self.public, 8)
        self.stream = self.id + (branch or secrets.token_bytes(4))
        self.reading, self.sealed, self.previous = 0, 0, bytes(16)
        self.cursor, self.epoch, self.enrolled = "", 0, False
        self.heads, self.photos = dict[str, list](), dict[str, tuple]()
        self.records = dict[str, int]()
        self.saved, self.waiting, self.items = list[tuple](), list[tuple](), list[dict]()

    def save(self, kind, values, record="", replaces=()):
        """3: one change, to a new record unless one is named; each write replaces the stamps."""
        wall_ms = time.time_ns() // 10**6
        self.reading = max(wall_ms << 16, self.reading + 1)
        if not record:
            record = numbered_id(self.stream, len(self.records) + 1)
            self.records[record] = len(self.records) + 1
        names, place = sorted(values), self.records.get(record, record)
        columns = [[values[name]] for name in names]
        stamps = [[name, sorted(replaces)] for name in names if replaces]
        late = wall_ms - (self.reading >> 16)
        self.saved.append(([kind, 1, names], columns, stamps, place, self.reading, late))
        return record

    def seal(self):
        """4: what was saved becomes batches of codec 1, each once; a shape for each change."""
        while self.saved:
            now, self.saved = self.saved[:200], self.saved[200:]
            shapes, values, replaced, places, readings, late = zip(*now, strict=True)
            payload = {
                "shapes": shapes,
                "shape": list(range(len(now))),
                "values": values,
                "replaces": [[at, *one] for at, many in enumerate(replaced) for one in many],
                "record": places,
                "operator": ["Operator 1"] * len(now),
                "hlc": [f"{readings[0]:016x}", *(b - a for a, b in pairwise(readings))],
                "evidence": {"wall_ms": late},
            }
            head = struct.pack(">B12sIB", 1, self.stream, self.sealed + 1, len(now))
            plain = zstandard.compress(canonical(payload))
            body = self.encrypt(b"jemput batch v1", head + self.previous + b"\1", plain)
            self.previous, self.sealed = sha(body, 16), self.sealed + len(now)
            self.waiting.append((self.sealed, body + self.signing.sign(b"jemput batch v1" + body)))

    def encrypt(self, label, head, plain, *, bound=False):
        """4, 11: header, wrapped content key, ciphertext; a file is bound to all before it."""
        key, head = secrets.token_bytes(32), head + b"\1" + self.office_key
        wrapped = HPKE.encrypt(key, self.office_sealing, info=label + head)
        data = label + head + wrapped if bound else head
        return head + wrapped + ChaCha20Poly1305(key).encrypt(bytes(12), plain, data)

    def attach(self, record, photo, media_type):
        """11: a record for a photo, and its sealed file."""
        sealed = self.encrypt(b"jemput attachment v1", b"\1", photo, bound=True)
        self.photos[sha(sealed).hex()] = (0, sealed)
        about = {"sha256": sha(photo).hex(), "media_type": media_type, "bytes": len(photo)}
        return self.save("attachment", {"record": record, **about})

    def section(self):
        """5: hello, enrolment (8), batches, chunks (11), end."""
        self.seal()
        keys = {"signing": self.public.hex(), "sealing": self.sealing_public.hex()}
        hello = {**keys, "protocol": 1, "server": self.server.hex(), "nonce": secrets.token_hex(16)}
        hello |= {"cursor": self.cursor, "heads": self.heads, "codecs": [1], "pull": True}
        hello |= {"software": "small client", "wall_ms": time.time_ns() // 10**6}
        said = canonical(hello)
        parts = [frame(HELLO, self.signing.sign(b"jemput hello v1" + said) + said)]
        if not self.enrolled:
            proven = b"jemput enrol v1" + self.public + self.sealing_public
            proof = hmac.digest(self.secret, proven, "sha256").hex()
            asks = canonical({**keys, "secret": self.secret.hex(), "proof": proof})
            asks = HPKE.encrypt(asks, self.office_sealing, info=b"jemput enrol v1")
            parts.append(frame(ENROL, asks))
        parts += [frame(BATCH, batch) for _, batch in self.waiting]
        for name, (have, sealed) in self.photos.items():
            for at in range(have, len(sealed), 16384):
                place = bytes.fromhex(name) + struct.pack(">II", len(sealed), at)
                parts.append(frame(CHUNK, place + sealed[at : at + 16384]))
        whole = b"".join(parts)
        return whole + frame(END, struct.pack(">I", len(parts)) + sha(whole, 16))

    def read(self, reply):
        """5: take in what is said to this device, and return it."""
        said, whole = list[tuple](), b""
        while reply:
            kind, size = struct.unpack_from(">BI", reply)
            body, reply = reply[5 : 5 + size], reply[5 + size :]
            about = struct.pack(">B8s4s8sB", 1, self.server, body[:4], self.id, kind)
            try:
                self.office_signing.verify(body[4:68], b"jemput server v1" + about + body[68:])
            except InvalidSignature:
                continue  # said to another device, or by a relay
            told = self.page(body[68:]) if kind == PAGE else json.loads(body[68:])
            if kind == DONE and (told["frames"], told["hash"]) != (len(said), sha(whole, 16).hex()):
                raise ValueError("the reply was altered on its way")
            self.take(kind, told, int.from_bytes(body[:4]))
            said.append((kind, told))
            whole += frame(kind, body)
        if not said or said[-1][0] != DONE:
            raise ValueError("the reply is not whole, or not for this device")
        return said

    def take(self, kind, told, epoch):
        """6, 8, 11: what follows from one frame."""
        if kind == WELCOME and epoch < self.epoch:
            raise ValueError("the reply is from before a restore")
        self.epoch, self.enrolled = max(self.epoch, epoch), self.enrolled or kind == ENROLLED
        if kind == RECEIPT and told["status"] in ("accepted", "held"):
            self.waiting = [one for one in self.waiting if one[0] > told["sequence"]]
            self.heads[told["stream"]] = [told["sequence"], told["head"]]
        if kind == CHUNK_RECEIPT and told["name"] in self.photos:
            self.photos[told["name"]] = (told["have"], self.photos[told["name"]][1])

    def page(self, content):
        """7: a page; its items are kept where it follows the cursor."""
        start = 2 + int.from_bytes(content[:2])
        info = b"jemput page v1" + self.id + content[2:start]
        plain = HPKE.decrypt(content[start:], self.sealing, info=info)
        items = json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(plain))
        page = json.loads(content[2:start])
        if page["previous"] == self.cursor:
            self.cursor, self.items = page["next"], self.items + items
        return {**page, "items": items}

    def post(self, url=""):
        """9: one exchange over HTTP, its body in chunks; return the reply for `read`."""
        line = http.client.HTTPConnection((url or self.url).removeprefix("http://"), timeout=60)
        kind = {"Content-Type": "application/x-jemput"}
        line.request("POST", "/v1/exchange", iter([self.section()]), kind)
        reply = line.getresponse()
        if reply.status != http.HTTPStatus.OK:
            raise ValueError(reply.read())
        return reply.read()
