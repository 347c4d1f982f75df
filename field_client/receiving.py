"""What the server answered, laid into the vault: receipts, pages, the enrolment, its clock.

Each function is one transaction and may be repeated: a receipt or page that was noted before
changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from field_client.device import load_device, save_device
from field_client.entries import record_document, state_of_document
from field_client.errors import NotEnrolled
from field_client.journal import Journal
from field_client.records import HELD
from field_client.recovery import note_key
from field_client.reduction import outlasts
from field_client.retention import count_from
from field_client.tables import add, change_key, id_of, put
from shared_schema.custody import Head, Receipt, Status
from shared_schema.fold import RecordState, join, state_from_json, state_to_json
from shared_schema.ids import Stream, parse_id
from shared_schema.messages import Page
from shared_schema.records import RECORD_TYPES
from shared_schema.wire import best_codec

RECEIVED = "received"
PIECE = 200
_HEADS = "heads"
_CURSOR = "cursor"
_SERVER = "server"
_CODECS = "codecs"
_COPIES = "copies"


def note_receipt(journal: Journal, receipt: Receipt, last: int) -> None:
    """Count the changes up to ``last``, the end of the receipted batch, as received."""
    stream = receipt.stream.hex()
    with journal.transaction():
        if last <= journal.received().get(stream, 0):
            return
        for sequence in range(receipt.first, last + 1):
            _note_change(journal, receipt, sequence)
        journal.tables.write_meta(RECEIVED, {stream: _through(journal, receipt.stream, last)})
        journal.tables.write_meta(_HEADS, {stream: [last, receipt.hash.hex()]})
        journal.tables.write_meta(
            "last_receipt", {"stream": stream, "sequence": last, "server_ms": receipt.server_ms}
        )


def _through(journal: Journal, stream: Stream, last: int) -> int:
    """Return ``last``, or a closed stream's end: beyond its fork only the server's own is left."""
    closed_after = journal.branches.closed_after(stream)
    closed = closed_after is not None and last >= closed_after
    return journal.branches.last_sequence(stream) if closed else last


def _note_change(journal: Journal, receipt: Receipt, sequence: int) -> None:
    """Let the days of a change's record begin, and keep what was remarked on it."""
    document = journal.tables.changes.get(doc_id=change_key(receipt.stream, sequence))
    if document is not None:
        count_from(journal.tables, document["record"], receipt.server_ms)
        _note_remarks(journal, receipt, sequence, document["record"])


def _note_remarks(journal: Journal, receipt: Receipt, sequence: int, record: str) -> None:
    """Keep what was remarked on one change; one without a remark settles earlier ones."""
    notes = [
        {"sequence": sequence, "code": remark.code, "field": remark.field}
        for remark in receipt.remarks
        if remark.sequence == sequence or receipt.status is Status.HELD
    ]
    if notes:
        put(journal.tables.remarks, record, {"notes": notes})
        return
    standing = journal.tables.remarks.get(doc_id=record)
    if standing and not outlasts(standing["notes"], receipt.stream.hex(), sequence):
        journal.tables.remarks.remove(doc_ids=[record])


def note_held(journal: Journal, stream: Stream, last: int) -> None:
    """Keep that a relay holds our changes up to ``last``: to be shown, and for nothing else."""
    name = stream.hex()
    if last > journal.tables.read_meta(HELD).get(name, 0):
        with journal.transaction():
            journal.tables.write_meta(HELD, {name: last})


def rewind(journal: Journal, stream: Stream, head: Head | None) -> None:
    """Count what lies beyond ``head`` as waiting again: the server was restored without it."""
    content = journal.tables.read_meta(_HEADS)
    through = head.sequence if head else 0
    with journal.transaction():
        if journal.received().get(stream.hex(), 0) > through:
            journal.tables.write_meta(RECEIVED, {stream.hex(): through})
            journal.tables.write_meta(HELD, {stream.hex(): 0})
            content[stream.hex()] = [through, head.hash.hex()] if head else None
            journal.tables.write_meta(_HEADS, content)


def forget_head(journal: Journal, stream: Stream, kept: int) -> None:
    """Claim a stream's acknowledged end no more where we let go what lies beyond ``kept``.

    The server leaves out of its pages what we say that we have.
    """
    head = journal.tables.read_meta(_HEADS).get(stream.hex())
    if head is not None and head[0] > kept:
        journal.tables.write_meta(_HEADS, {stream.hex(): None})


def heads(journal: Journal) -> dict[Stream, Head]:
    """Return the end of each of our streams as last acknowledged."""
    return {
        Stream.from_hex(stream): Head(sequence=head[0], hash=bytes.fromhex(head[1]))
        for stream, head in journal.tables.read_meta(_HEADS).items()
        if head is not None
    }


def meet_copies(journal: Journal, streams: Iterable[Stream]) -> bool:
    """Note streams of this device that another copy of the store writes; True for a new one."""
    known = {stream.hex() for stream in journal.branches.all()}
    met = {stream.hex() for stream in streams} - known - set(journal.tables.read_meta(_COPIES))
    if met:
        with journal.transaction():
            journal.tables.write_meta(_COPIES, dict.fromkeys(met, True))
    return bool(met)


def cursor(journal: Journal) -> str:
    """Return how far the server's changes were pulled; empty for nothing yet."""
    return str(journal.tables.read_meta(_CURSOR).get("at", ""))


def apply_page(journal: Journal, page: Page) -> bool:
    """Lay a page into the records, with its cursor, in one transaction.

    Returns False, changing nothing, for a page that does not follow our cursor. Raises
    ChangeInvalid where the page holds what is no state. Only a roster that goes as a whole goes
    in pieces, before: nobody waits for all of it, and cut short it is asked for again.
    """
    read = [(item, _state_of(item)) for item in page.items]
    if page.previous == cursor(journal) and any(item.get("kind") == "reset" for item in page.items):
        _leave_all(journal)
    with journal.transaction():
        if page.previous != cursor(journal):
            return False
        newest = [_apply_item(journal, item, state) for item, state in read]
        clock, best_ms = journal.branches.clock(), journal.evidence().best_ms()
        for reading in newest:
            clock = clock.learn(reading, best_ms)
        journal.branches.set_clock(clock)
        journal.tables.write_meta(_CURSOR, {"at": page.next})
    return True


def _state_of(item: Mapping[str, Any]) -> RecordState | None:
    """Read the state an item carries, before anybody has to wait for its page."""
    return state_from_json(item.get("state")) if item.get("kind") == "state" else None


def _apply_item(journal: Journal, item: Mapping[str, Any], state: RecordState | None) -> int:
    """Apply one item; return the highest clock reading within. Unknown kinds are skipped."""
    if state is not None:
        return _join_pulled(journal, state)
    match item.get("kind"):
        case "leave":
            _leave(journal, str(parse_id(str(item.get("record")))))
        case "reset":
            _leave_all(journal)
        case "regions":
            write_regions(journal, item.get("rows", ()))
        case "recovery":
            note_key(journal.tables, item)
        case "scope":
            _note_scope(journal, item)
    return 0


def _join_pulled(journal: Journal, pulled: RecordState) -> int:
    """Join a state into its record, writing only what is new; return its highest reading."""
    document = journal.tables.records.get(doc_id=str(pulled.record))
    base, known = pulled, pulled
    newest = max((h.stamp.hlc for f in pulled.fields.values() for h in f.heads), default=0)
    if document is not None:
        before = state_of_document(document)
        known = join(before, pulled)
        told = state_from_json(document["base"]) if document["base"] else None
        base = join(told, pulled) if told else pulled
        # What is ours as well stands on the server's word too: ours may be let go in a healing.
        if known == before and base == told:
            return newest
        if known != before and document["own"] and (heard := journal.server_ms()):
            count_from(journal.tables, str(pulled.record), heard)
    rtype = RECORD_TYPES.get(pulled.type)
    save = put if document else add
    save(
        journal.tables.records,
        str(pulled.record),
        record_document(
            state_to_json(base),
            document["mine"] if document else None,
            known,
            document["version"] if document else rtype.version if rtype else 1,
            document["last"] if document else {},
        ),
    )
    return newest


def _leave_all(journal: Journal) -> None:
    """Remove what others wrote, a piece at a time unless within a transaction; ours stays.

    A restored server may lack what it once said of our own records too.
    """
    told = (id_of(one) for one in journal.tables.records if not one["own"] or one["base"])
    while piece := list(islice(told, PIECE)):
        with journal.transaction():
            for record in piece:
                _leave(journal, record)
                _unsay(journal, record)


def _leave(journal: Journal, record: str) -> None:
    document = journal.tables.records.get(doc_id=record)
    if document is not None and not document["own"]:
        journal.tables.records.remove(doc_ids=[record])


def _unsay(journal: Journal, record: str) -> None:
    """Let only what was written here remain of a record."""
    document = journal.tables.records.get(doc_id=record)
    if document is None or not document["base"]:
        return
    mine = document["mine"]
    content = record_document(
        None, mine, state_from_json(mine), document["version"], document["last"]
    )
    put(journal.tables.records, record, content | {"reduced": document.get("reduced")})


def write_regions(journal: Journal, rows: Sequence[Sequence[str]]) -> None:
    """Keep the regency's regions (pairs of code and name)."""
    journal.tables.write_meta("regions", {"rows": [[str(part) for part in row] for row in rows]})


def _note_scope(journal: Journal, item: Mapping[str, Any]) -> None:
    """Keep which regions the office sends us from now on, and until when."""
    device = load_device(journal.tables)
    if device is not None:
        scope = tuple(map(str, item.get("scope", ())))
        save_device(journal.tables, replace(device, scope=scope, until_ms=item.get("until_ms")))


def apply_enrolment(journal: Journal, content: Mapping[str, Any]) -> None:
    """Note that the server has enrolled this device; the code's secret is forgotten.

    Raises NotEnrolled where this vault has no device.
    """
    device = load_device(journal.tables)
    if device is None:
        raise NotEnrolled
    with journal.transaction():
        enrolled = replace(
            device,
            code="",
            enrolled=True,
            label=str(content.get("label", "")),
            scope=tuple(map(str, content.get("scope", ()))),
            until_ms=content.get("until_ms"),
            region=str(content.get("region", "")),
            name=str(content.get("name", "")),
            timezone=str(content.get("timezone", "")),
        )
        save_device(journal.tables, enrolled)
        write_regions(journal, content.get("regions", ()))
        if content.get("recovery"):
            note_key(journal.tables, content["recovery"])


def note_server(journal: Journal, epoch: int, server_ms: int) -> None:
    """Keep the server's epoch and its time, which may go back where the server's clock was set."""
    with journal.transaction():
        journal.tables.write_meta(_SERVER, {"epoch": epoch, "server_ms": server_ms})


def note_codecs(journal: Journal, numbers: Sequence[int]) -> None:
    """Keep which payload codecs the server reads, as its last welcome said."""
    if list(numbers) != journal.tables.read_meta(_CODECS).get("read"):
        with journal.transaction():
            journal.tables.write_meta(_CODECS, {"read": list(numbers)})


def sealing_codec(journal: Journal) -> int:
    """Return the codec to seal with: the best that the server is known to read, else the first."""
    return best_codec(journal.tables.read_meta(_CODECS).get("read", ()))


def known_epoch(journal: Journal) -> int:
    """Return the highest epoch the server has signed for us, 0 before the first exchange."""
    return int(journal.tables.read_meta(_SERVER).get("epoch", 0))
