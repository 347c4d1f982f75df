"""A device reduced to the protocol: keys, one stream and its chain; no vault, no session.

It seals whatever it is told to, right or wrong, which the real client never would.
"""

import http.client
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.changes import Change, Write
from shared_schema.clock import Evidence
from shared_schema.custody import Head, Receipt, receipt_from_json
from shared_schema.enrolment import EnrolmentCode, enrol_frame, parse_code
from shared_schema.envelope import GENESIS, Header, key_id, seal
from shared_schema.envelope import parse as parse_batch
from shared_schema.frames import Frame, Kind, Tally, read_frames
from shared_schema.ids import Stream, device_id, record_id
from shared_schema.messages import (
    Hello,
    Page,
    hello_frame,
    open_page,
    read_object,
    read_server_frame,
)
from shared_schema.wire import CODECS, DEFAULT_CODEC, encode_payload

NOW_MS = 1_700_000_000_000
CONTENT_TYPE = "application/x-jemput"


@dataclass(slots=True, kw_only=True)
class Answer:
    """One section of a reply, checked and opened."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def objects(self, kind: Kind) -> list[Any]:
        """Give the JSON contents of all frames of a kind."""
        return [read_object(content) for found, content in self.frames if found == kind]

    @property
    def receipts(self) -> list[Receipt]:
        """Give the receipts, in order."""
        return [receipt_from_json(data) for data in self.objects(Kind.RECEIPT)]

    @property
    def errors(self) -> list[str]:
        """Give the codes of the errors, in order."""
        return [data["code"] for data in self.objects(Kind.ERROR)]

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """Give the items of all pages, in order."""
        return [item for page in self.pages for item in page.items]

    @property
    def states(self) -> dict[str, Mapping[str, Any]]:
        """Give the pulled states by record; the last one counts."""
        found = [item["state"] for item in self.items if item["kind"] == "state"]
        return {state["record"]: state for state in found}

    @property
    def cursor(self) -> str:
        """Give the cursor that the section ends with."""
        return str(self.objects(Kind.DONE)[-1]["cursor"])


@dataclass(slots=True, kw_only=True)
class RawDevice:
    """One device; ``code`` is the enrolment code it was given."""

    code: EnrolmentCode
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sealing: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    branch: bytes = field(default_factory=lambda: secrets.token_bytes(4))
    sequence: int = 0
    previous: bytes = GENESIS
    numbers: int = 0
    hlc: int = NOW_MS << 16
    cursor: str = ""

    @classmethod
    def of(cls, code: str) -> "RawDevice":
        """Make a device with fresh keys that was given a code's text."""
        return cls(code=parse_code(code))

    @property
    def id(self) -> bytes:
        """Give the device's id."""
        return device_id(self.signing.public_key().public_bytes_raw())

    @property
    def stream(self) -> Stream:
        """Give the stream it writes to."""
        return Stream(self.id, self.branch)

    @property
    def server_public(self) -> Ed25519PublicKey:
        """Give the key that the server signs with."""
        return Ed25519PublicKey.from_public_bytes(self.code.signing)

    def change(self, values: Mapping[str, Any], **more: Any) -> Change:
        """Write the next change, by default to a new person; ``replaces`` are stamps for all."""
        self.sequence += 1
        self.hlc += 1 << 16
        replaces = tuple(more.pop("replaces", ()))
        if "record" not in more:
            self.numbers += 1
            more["record"] = record_id(self.stream, self.numbers)
        settings = {"type": "person", "version": 1, "operator": "Operator 1", **more}
        return Change(
            stream=self.stream,
            sequence=self.sequence,
            hlc=self.hlc,
            evidence=Evidence(wall_ms=NOW_MS),
            writes={name: Write(value=value, replaces=replaces) for name, value in values.items()},
            **settings,
        )

    def people(self, count: int, village: str = "53.15.05.2001") -> list[Change]:
        """Write changes that register synthetic people in a village."""
        return [
            self.change(person(f"Warga Contoh {self.numbers + 1}", village)) for _ in range(count)
        ]

    def batch(self, changes: Sequence[Change], **odd: Any) -> bytes:
        """Seal changes that follow those sealed before, and move the chain on.

        ``payload``, ``codec``, ``recipient`` and ``previous`` put something odd inside.
        """
        recipient = odd.get("recipient") or X25519PublicKey.from_public_bytes(self.code.sealing)
        codec = odd.get("codec", DEFAULT_CODEC)
        header = Header(
            stream=changes[0].stream,
            first=changes[0].sequence,
            count=len(changes),
            previous=odd.get("previous", self.previous),
            codec=codec,
            recipients=(key_id(recipient),),
        )
        payload = odd.get("payload")
        if payload is None:
            payload = encode_payload(codec if codec in CODECS else DEFAULT_CODEC, changes)
        data = seal(header, payload, [recipient], secrets.token_bytes(32), self.signing)
        self.previous = parse_batch(data).hash
        return data

    def hello(self, *, heads: Mapping[Stream, Head] | None = None, pull: bool = True) -> Frame:
        """Say hello, by default without proof of what was acknowledged."""
        hello = Hello(
            signing=self.signing.public_key().public_bytes_raw(),
            sealing=self.sealing.public_key().public_bytes_raw(),
            server=device_id(self.code.signing),
            nonce=random.randbytes(16),
            cursor=self.cursor,
            heads=heads or {},
            codecs=tuple(CODECS),
            software="raw device",
            wall_ms=NOW_MS,
            pull=pull,
        )
        return hello_frame(hello, self.signing)

    def enrol(self) -> Frame:
        """Ask to be enrolled."""
        return enrol_frame(
            self.code,
            self.signing.public_key().public_bytes_raw(),
            self.sealing.public_key().public_bytes_raw(),
        )

    def section(self, *frames: Frame | bytes, hello: Frame | None = None) -> bytes:
        """Join hello, frames (bytes are batches) and end."""
        tally = Tally()
        said = [hello or self.hello(), *(_frame(part) for part in frames)]
        return b"".join(tally.add(frame) for frame in said) + tally.end_frame().to_bytes()

    def read(self, reply: bytes | Iterable[Frame]) -> Answer:
        """Check and open the one section of a reply; remember its cursor."""
        before = self.cursor
        answer = self.read_late(read_frames(reply) if isinstance(reply, bytes) else reply)
        assert [page.previous for page in answer.pages][:1] in ([], [before])
        assert answer.cursor == self.cursor
        return answer

    def read_late(self, frames: Iterable[Frame]) -> Answer:
        """Check and open a reply that may have no end; pages that fit no more are left out."""
        answer = Answer()
        for frame in frames:
            _, content = read_server_frame(frame, self.id, self.server_public)
            answer.frames.append((frame.kind, content))
            if frame.kind == Kind.PAGE:
                page = open_page(content, self.id, self.sealing)
                if page.previous == self.cursor:
                    self.cursor = page.next
                    answer.pages.append(page)
        return answer

    def post(self, body: bytes) -> Answer:
        """Send a whole body to the code's address and read the reply."""
        status, reply = post(self.code.url, body)
        assert status == http.HTTPStatus.OK, reply
        return self.read(reply)


def person(name: str, village: str = "53.15.05.2001", **more: Any) -> dict[str, Any]:
    """Give the values of a valid person."""
    found = {"name": name, "sex": "P", "village": village, "birth_date": "1970-01-01"}
    return {**found, "birth_date_precision": "year", **more}


def post(url: str, body: bytes, content_type: str = CONTENT_TYPE) -> tuple[int, bytes]:
    """Send a body by one request; return status and reply."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        headers = {"Content-Type": content_type}
        connection.request("POST", "/v1/exchange", body=body, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def _frame(part: Frame | bytes) -> Frame:
    return part if isinstance(part, Frame) else Frame(Kind.BATCH, part)
