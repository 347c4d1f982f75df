"""A regency's server that keeps everything in memory: the protocol's other side, for client tests.

It is built from the shared rules of custody alone (no store, no projection, no registry), so a
test can cut it off anywhere, restore it to an earlier moment, or let it misbehave on purpose.
"""

import copy
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared_schema.canonical import Json, encode
from shared_schema.changes import Change, change_digest
from shared_schema.custody import (
    Head,
    Judgement,
    Receipt,
    Remark,
    Status,
    judge,
    receipt_to_json,
)
from shared_schema.enrolment import EnrolmentCode, code_text, read_enrol
from shared_schema.envelope import Batch, key_id, open_batch, parse, verify
from shared_schema.fold import RecordState, fold, state_to_json
from shared_schema.frames import Frame, Kind, Tally, read_frames
from shared_schema.ids import Stream, device_id
from shared_schema.messages import Hello, Page, Signatory, read_hello, seal_page, server_frame
from shared_schema.wire import CODECS, decode_payload
from tests.support.memory_photos import MemoryPhotos

NOW_MS = 1_472_700_000_000


@dataclass(slots=True)
class Chain:
    """What is held of one stream."""

    head: Head = field(default_factory=Head)
    hashes: dict[int, bytes] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)


@dataclass(slots=True)
class MemoryServer:
    """``log``: accepted changes in their order. ``remarks``: code to put on records' changes."""

    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sealing: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    epoch: int = 1
    now_ms: int = NOW_MS
    devices: dict[bytes, Hello] = field(default_factory=dict)
    revoked: set[bytes] = field(default_factory=set)
    chains: dict[Stream, Chain] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    forks: list[Batch] = field(default_factory=list)
    quarantine: list[Batch] = field(default_factory=list)
    codecs: tuple[int, ...] = tuple(CODECS)
    remarks: dict[str, str] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    photos: MemoryPhotos = field(default_factory=MemoryPhotos)
    batches_seen: int = 0
    durable: bool = False

    def code(self, url: str = "http://127.0.0.1:9") -> str:
        """Issue an enrolment code; this server lets anybody in who holds one."""
        return code_text(
            EnrolmentCode(
                url=url,
                signing=self.signing.public_key().public_bytes_raw(),
                sealing=self.sealing.public_key().public_bytes_raw(),
                secret=secrets.token_bytes(16),
                expires_ms=NOW_MS * 2,
            )
        )

    def records(self) -> dict[Any, RecordState]:
        """Fold the log into records."""
        touched: dict[Any, list[Change]] = {}
        for change in self.log:
            touched.setdefault(change.record, []).append(change)
        return {record: fold(changes) for record, changes in touched.items()}

    def saved(self) -> "MemoryServer":
        """Return a backup: the same server with what it holds now."""
        kept = copy.copy(self)
        kept.chains = copy.deepcopy(self.chains)
        kept.log, kept.devices = list(self.log), dict(self.devices)
        kept.photos = self.photos.copy()
        return kept

    def restored(self) -> "MemoryServer":
        """Return the server as it comes back from this backup, in its next epoch."""
        back = self.saved()
        back.epoch += 1
        return back

    # The exchange

    def exchange(self, outgoing: Any) -> Iterator[bytes]:
        """Answer a whole section, a frame at a time: the shape of the client's transport."""
        yield from self.answer(b"".join(outgoing))

    def answer(self, request: bytes) -> Iterator[bytes]:
        """Yield the reply's frames."""
        frames = read_frames(request)
        hello = read_hello(frames[0])
        tally, reply = Tally(), _Reply(self, hello.device)
        for content in self._section(hello, frames[1:]):
            yield tally.add(reply.frame(*content))
        done: dict[str, Json] = {
            "frames": tally.count,
            "hash": tally.digest().hex(),
            "cursor": self._cursor(),
            "server_ms": self.now_ms,
        }
        yield reply.frame(Kind.DONE, encode(done)).to_bytes()

    def _section(self, hello: Hello, frames: list[Frame]) -> Iterator[tuple[Kind, bytes]]:
        yield Kind.WELCOME, encode(self._welcome(hello))
        for frame in frames:
            if frame.kind == Kind.ENROL:
                read_enrol(frame, self.sealing)
                self.devices[hello.device] = hello
                yield Kind.ENROLLED, encode(_enrolled(hello, self.now_ms))
            elif frame.kind == Kind.BATCH and hello.device in self.devices:
                receipt = self.take(parse(frame.body), hello)
                yield Kind.RECEIPT, encode(receipt_to_json(receipt))
            elif frame.kind == Kind.CHUNK and hello.device in self.devices:
                answer = self.photos.take(hello.device, frame, self.now_ms)
                yield Kind.CHUNK_RECEIPT, encode(answer)
        if hello.device in self.revoked:
            yield Kind.ERROR, encode({"code": "DEVICE_REVOKED", "details": {}})
        elif hello.device in self.devices and hello.pull:
            yield from self._pages(hello)

    def _welcome(self, hello: Hello) -> dict[str, Any]:
        heads = {
            stream.hex(): [chain.head.sequence, chain.head.hash.hex()]
            for stream, chain in self.chains.items()
            if stream.device == hello.device
        }
        return {
            "server_ms": self.now_ms, "region": "53.15", "name": "Kabupaten Contoh",
            "codecs": list(self.codecs), "types": self.types, "heads": heads,
        }  # fmt: skip

    def take(self, batch: Batch, hello: Hello) -> Receipt:
        """Judge a batch and keep what follows."""
        verify(batch, Ed25519PublicKey.from_public_bytes(hello.signing))
        self.batches_seen += 1
        chain = self.chains.setdefault(batch.header.stream, Chain())
        if hello.device in self.revoked:
            self.quarantine.append(batch)
            return self._receipt(batch, chain, Status.QUARANTINED)
        match judge(chain.head, chain.hashes, batch):
            case Judgement.NEXT:
                return self._accept(batch, chain)
            case Judgement.REPEAT:
                return chain.receipts[batch.header.first]
            case Judgement.GAP:
                return self._receipt(batch, chain, Status.GAP)
            case Judgement.FORK:
                self.forks.append(batch)
                return self._receipt(batch, chain, Status.FORK)

    def _accept(self, batch: Batch, chain: Chain) -> Receipt:
        header = batch.header
        keys = {key_id(self.sealing.public_key()): self.sealing}
        payload = open_batch(batch, keys)
        changes = decode_payload(header.codec, payload, header.stream, header.first, header.count)
        self.log += changes
        chain.head = Head(sequence=header.last, hash=batch.hash)
        chain.hashes[header.first] = batch.hash
        noted = tuple(
            Remark(sequence=change.sequence, code=code, field=name)
            for change in changes
            for name, code in self.remarks.items()
            if name in change.writes
        )
        receipt = self._receipt(batch, chain, Status.ACCEPTED, noted)
        chain.receipts[header.first] = receipt
        return receipt

    def _receipt(
        self, batch: Batch, chain: Chain, status: Status, remarks: tuple[Remark, ...] = ()
    ) -> Receipt:
        digests = None
        if status is Status.FORK:
            digests = {
                change.sequence: change_digest(change)
                for change in self.log
                if change.stream == batch.header.stream and change.sequence >= batch.header.first
            }
        return Receipt(
            stream=batch.header.stream, first=batch.header.first, hash=batch.hash,
            status=status, sequence=chain.head.sequence, head=chain.head.hash,
            durable_through=chain.head.sequence if self.durable else 0,
            server_ms=self.now_ms, remarks=remarks, digests=digests,
        )  # fmt: skip

    def _cursor(self) -> str:
        return f"{self.epoch}:{len(self.log)}"

    def _pages(self, hello: Hello) -> Iterator[tuple[Kind, bytes]]:
        """Send the whole state of every record touched since the cursor, five to a page."""
        epoch, _, position = (hello.cursor or "0:0").partition(":")
        anew = int(epoch) != self.epoch
        after = 0 if anew else int(position.rstrip("+"))
        touched = list(dict.fromkeys(change.record for change in self.log[after:]))
        known = self.records()
        previous = hello.cursor
        for at in range(0, len(touched), 5):
            last = at + 5 >= len(touched)
            following = self._cursor() if last else f"{previous or '0:0'}+"
            items: list[dict[str, Any]] = [{"kind": "reset"}] if anew and at == 0 else []
            items += [
                {"kind": "state", "state": state_to_json(known[record])}
                for record in touched[at : at + 5]
            ]
            page = Page(previous=previous, next=following, items=items)
            key = X25519PublicKey.from_public_bytes(hello.sealing)
            yield Kind.PAGE, seal_page(page, hello.device, key)
            previous = following


@dataclass(slots=True)
class _Reply:
    server: MemoryServer
    device: bytes

    def frame(self, kind: Kind, content: bytes) -> Frame:
        """Sign one message."""
        public = self.server.signing.public_key().public_bytes_raw()
        signatory = Signatory(
            server=device_id(public), epoch=self.server.epoch, key=self.server.signing
        )
        return server_frame(kind, content, self.device, signatory)


def _enrolled(hello: Hello, now_ms: int) -> dict[str, Any]:
    return {
        "device": hello.device.hex(), "label": "Laptop contoh", "scope": ["53.15.05"],
        "until_ms": None, "region": "53.15", "name": "Kabupaten Contoh",
        "timezone": "Asia/Makassar", "server_ms": now_ms,
        "regions": [["53.15.05", "Komodo"], ["53.15.05.2001", "Desa Contoh"]],
    }  # fmt: skip
