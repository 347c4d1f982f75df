"""Passing on: one exchange with the office carries the relay's own section and one a device.

A device's section is its newest hello, what is held of it in order, and an end made anew (an end
is not signed). What the office answers is checked by its signature, kept frame by frame, and only
then is the item it answers given up. A line that is cut anywhere loses nothing that was answered;
repeating goes on behind it. A hello that was answered to its end is not sent again by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from shared_schema.canonical import Json
from shared_schema.clock import DAY_MS
from shared_schema.custody import Receipt, Status, receipt_from_json
from shared_schema.frames import Frame, FrameReader, Kind, SectionIncomplete, Tally
from shared_schema.messages import (
    MessageForged,
    MessageInvalid,
    open_page,
    read_object,
    read_server_frame,
)
from shared_schema.relaying import read_certificate
from sync_server.relay import replies, shelf
from sync_server.relay.errors import NotARelay, UpstreamCut, UpstreamRefused
from sync_server.relay.parties import EXCHANGE_BYTES, Party, parties
from sync_server.relay.relay import Fact, Relay, fact, keep

FIRST_WAIT_MS = 10 * 60 * 1000
CUTS_AT_MOST = 3
_ROW = 5
_OPENING = frozenset({Kind.WELCOME, Kind.ERROR})
DEVICE_REVOKED = "DEVICE_REVOKED"
DEVICE_UNKNOWN = "DEVICE_UNKNOWN"
_PASSING = frozenset(
    {
        "CONNECTION_CUT",
        "DATABASE_FAILED",
        "EXCHANGE_TOO_LARGE",
        "FRAME_INVALID",
        "SECTION_INCOMPLETE",
        "STORAGE",
    }
)
_ENROL_REFUSED = frozenset({"ENROL_UNKNOWN", "ENROL_EXPIRED", "ENROL_USED"})


class Transport(Protocol):
    """A way to the office that is open for one exchange."""

    def exchange(self, outgoing: Iterable[bytes]) -> Iterator[bytes]:
        """Send the pieces of ``outgoing`` and yield what comes back, as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What an exchange amounted to. ``answered``: items that the office has taken or refused."""

    devices: int = 0
    sent: int = 0
    answered: int = 0


def pass_on(
    relay: Relay, transport: Transport, *, own: bool = True, room_bytes: int = EXCHANGE_BYTES
) -> Passed:
    """Exchange once with the office; return what it amounted to.

    ``own``: with the relay's own section, which fetches the list of devices. ``room_bytes``: how
    much goes along. Raises a NetworkError
    where the line failed, an AccessError where the office refused this relay, and a CustodyError
    where it said what it must not. What was answered before is kept.
    """
    forwarding = Forwarding(relay, own=own, room_bytes=room_bytes)
    if not forwarding.parties:
        return Passed()
    reader = FrameReader()
    try:
        for data in transport.exchange(forwarding.outgoing()):
            for frame in reader.feed(data):
                forwarding.take(frame)
    except UpstreamRefused as error:
        forwarding.refused(str(error.details.get("reason")))
        raise
    finally:
        forwarding.settle()
    if not forwarding.complete:
        raise UpstreamCut
    return forwarding.passed


class Forwarding:
    """One exchange: what is said, and what is done with what comes back."""

    def __init__(self, relay: Relay, *, own: bool, room_bytes: int) -> None:
        """Decide what goes along."""
        self._relay = relay
        with relay.store.read() as connection:
            self._office = relay.office(connection)
            self.parties = parties(relay, connection, own=own, room_bytes=room_bytes)
            self._epoch = int(fact(connection, Fact.EPOCH) or "0")
        self._at = -1
        self._within = False
        self._cut = False
        self._broken = False
        self._said = Tally()
        self._reply: int | None = None
        self._own = OwnReply(relay)
        self._sent = 0
        self._answered = 0

    @property
    def passed(self) -> Passed:
        """What it amounted to so far."""
        devices = sum(not party.own for party in self.parties)
        return Passed(devices=devices, sent=self._sent, answered=self._answered)

    @property
    def complete(self) -> bool:
        """Whether the last section was answered to its end."""
        return self._at + 1 == len(self.parties) and not self._within and not self._cut

    def outgoing(self) -> Iterator[bytes]:
        """Yield the request, frame by frame."""
        for party in self.parties:
            tally = Tally()
            yield tally.add(party.hello)
            if party.enrol is not None:
                yield tally.add(party.enrol)
            for number in party.numbers:
                with self._relay.store.read() as connection:
                    frame = shelf.frame(connection, number)
                if frame is not None:
                    self._sent += 1
                    yield tally.add(frame)
            yield tally.end_frame().to_bytes()

    # What the office says

    def take(self, frame: Frame) -> None:
        """Carry out what follows from a frame, durably. Raises MessageForged, MessageInvalid."""
        if not self._within and frame.kind not in _OPENING:
            raise MessageInvalid(reason="order")
        party = self.parties[self._at] if self._within else self._find(frame)
        epoch, content = read_server_frame(frame, party.device, self._office)
        if not self._within:
            self._begin(epoch)
        self._broken = self._broken or _is_passing(frame, content)
        if frame.kind == Kind.DONE and not self._broken:
            self._require_whole(content)
        if party.own:
            self._own.take(frame, content)
        elif not self._broken:
            self._keep(party, frame, content)
        if frame.kind == Kind.DONE and self._broken:
            self.settle()
        elif frame.kind == Kind.DONE:
            self._end(party)
        else:
            self._said.add(frame)

    def _find(self, frame: Frame) -> Party:
        """Return whose reply begins: the next one's, or of one further on."""
        for at in range(self._at + 1, len(self.parties)):
            try:
                read_server_frame(frame, self.parties[at].device, self._office)
            except MessageForged:
                continue
            self._at = at
            return self.parties[at]
        raise MessageForged

    def _begin(self, epoch: int) -> None:
        self._within, self._broken, self._said, self._reply = True, False, Tally(), None
        if epoch <= self._epoch:
            return
        with self._relay.store.write() as connection:
            keep(connection, Fact.EPOCH, str(epoch))
            replies.drop_before(connection, epoch)
        self._epoch = epoch

    def _keep(self, party: Party, frame: Frame, content: bytes) -> None:
        now_ms = self._relay.now_ms()
        with self._relay.store.write() as connection:
            if self._reply is None:
                self._reply = replies.begin(connection, party.device, self._epoch, now_ms)
                self._relay.coming.add(self._reply)
            replies.add(connection, self._reply, self._said.count, frame)
            self._answered += _answers(connection, party, self._reply, frame.kind, content)

    def _require_whole(self, content: bytes) -> None:
        """Raise SectionIncomplete where a reply ends without all of it, before its end is kept."""
        done = read_object(content)
        if (done.get("frames"), done.get("hash")) != (self._said.count, self._said.digest().hex()):
            raise SectionIncomplete

    def _end(self, party: Party) -> None:
        """Close a reply: all of it came, and what it left unanswered is tried again later."""
        self._within = False
        self._relay.coming.clear()
        with self._relay.store.write() as connection:
            keep(connection, Fact.HEARD, str(self._relay.now_ms()))
            if party.own:
                self._own.apply(connection)
                return
            shelf.passed_on(connection, party.device, party.hello.body)
            if any(shelf.frame(connection, number) for number in party.numbers):
                self._put_off(connection, party)
            replies.shrink(connection, party.device, self._relay.limits.replies)

    def _put_off(self, connection: Connection, party: Party) -> None:
        wait_ms = min(FIRST_WAIT_MS << min(party.tries, 16), DAY_MS)
        retry_ms = self._relay.now_ms() + wait_ms
        shelf.put_off(connection, party.device, party.tries + 1, retry_ms)

    # Afterwards

    def refused(self, reason: str) -> None:
        """Take that the office did not listen, because of its first section or at all."""
        first = self.parties[0]
        if first.own or reason not in {DEVICE_UNKNOWN, "MESSAGE_INVALID", "MESSAGE_FORGED"}:
            return
        with self._relay.store.write() as connection:
            self._put_off(connection, first)

    def settle(self) -> None:
        """Keep of a reply that was cut what is true all the same; do nothing about a whole one.

        One is whole where its end is kept, also if the relay was stopped right behind that.
        """
        self._relay.coming.clear()
        if not self._within:
            return
        self._within, self._cut, party = False, True, self.parties[self._at]
        if self._reply is None:
            return
        with self._relay.store.write() as connection:
            kinds = {frame.kind for frame in replies.frames(connection, self._reply)}
            if Kind.DONE in kinds:
                return
            enough = party.tries + 1 >= CUTS_AT_MOST
            if Kind.PAGE in kinds and enough:
                shelf.passed_on(connection, party.device, party.hello.body)
                return
            shelf.put_off(connection, party.device, party.tries + 1, 0)
            replies.drop_pages(connection, self._reply)
            if kinds <= {Kind.WELCOME, Kind.PAGE}:
                replies.drop(connection, self._reply)


class OwnReply:
    """What the office says to the relay itself: its certificate, and the list of its devices."""

    def __init__(self, relay: Relay) -> None:
        """Start before the first frame."""
        self._relay = relay
        self._rows: list[list[Any]] = []
        self._cursor: str | None = None
        self._certificate: bytes | None = None
        self._errors: list[str] = []
        self._label = ""

    def take(self, frame: Frame, content: bytes) -> None:
        """Read one frame."""
        if frame.kind == Kind.ENROLLED:
            certificate = read_object(content).get("certificate")
            if not isinstance(certificate, str):
                raise NotARelay
            self._certificate = _hex(certificate)
        elif frame.kind == Kind.PAGE:
            page = open_page(content, self._relay.keys.id, self._relay.keys.sealing)
            for item in page.items:
                self._rows += item.get("rows", ()) if item.get("kind") == "devices" else ()
            self._cursor = page.next
        elif frame.kind == Kind.ERROR:
            self._errors.append(str(read_object(content).get("code")))

    def apply(self, connection: Connection) -> None:
        """Lay in what a whole reply said. Raises UpstreamRefused where an enrolment failed."""
        if self._certificate is not None:
            read_certificate(self._certificate, self._relay.office(connection))
            keep(connection, Fact.CERTIFICATE, self._certificate.hex())
            keep(connection, Fact.CODE, "")
        for row in self._rows:
            _name(connection, row)
        if self._cursor is not None:
            keep(connection, Fact.CURSOR, self._cursor)
        revoked = DEVICE_REVOKED in self._errors
        keep(connection, Fact.REVOKED, str(self._relay.now_ms()) if revoked else "")
        refused = sorted(_ENROL_REFUSED & set(self._errors))
        keep(connection, Fact.TROUBLE, refused[0] if refused else "")


def _name(connection: Connection, row: object) -> None:
    """Take one row of the list of devices; what a newer office adds to it is left out."""
    if not isinstance(row, list) or len(row) < _ROW:
        raise MessageInvalid(reason="devices")
    device, signing, _sealing, revoked, label, *_ = row
    known = _hex(device), _hex(signing), str(label)
    shelf.name_device(connection, *known, revoked=bool(revoked))


def _hex(text: object) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError as error:
        raise MessageInvalid(reason="hex") from error


def _is_passing(frame: Frame, content: bytes) -> bool:
    """Tell whether the office says of a section that it could not hear it out this time."""
    return frame.kind == Kind.ERROR and read_object(content).get("code") in _PASSING


def _answers(connection: Connection, party: Party, reply: int, kind: int, content: bytes) -> int:
    """Give up the items that a frame answers; return how many."""
    if kind == Kind.RECEIPT:
        return _receipted(connection, party, reply, receipt_from_json(read_object(content)))
    if kind == Kind.CHUNK_RECEIPT:
        return _chunks(connection, party, reply, read_object(content))
    settled = kind == Kind.ENROLLED or (
        kind == Kind.ERROR and read_object(content).get("code") in _ENROL_REFUSED
    )
    if settled:
        return shelf.answered(connection, party.device, reply, kind=int(Kind.ENROL))
    return 0


def _receipted(connection: Connection, party: Party, reply: int, receipt: Receipt) -> int:
    """Give up a batch that the office has; one with a gap before it is kept."""
    if receipt.status is Status.GAP:
        return 0
    return shelf.answered(
        connection,
        party.device,
        reply,
        kind=int(Kind.BATCH),
        stream=receipt.stream.hex(),
        first=receipt.first,
        hash=receipt.hash,
    )


def _chunks(connection: Connection, party: Party, reply: int, said: dict[str, Json]) -> int:
    """Give up the chunks that the office has, or all of a file that it refused."""
    try:
        name, have = bytes.fromhex(str(said["name"])), int(str(said["have"]))
        ended = said["state"] in {"complete", "refused"}
    except (KeyError, ValueError) as error:
        raise MessageInvalid(reason="chunk receipt") from error
    reach = 1 << 40 if ended else have
    return shelf.chunks_before(connection, party.device, name, reply, reach)
