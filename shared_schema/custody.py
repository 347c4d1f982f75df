"""Custody: who holds which batch, proven by numbers without gaps and a chain of hashes.

A receiver takes the next batch with the right previous hash; gives a repeat the receipt it gave
before; answers a gap with the number it needs; and on a fork (two copies of one device went on
under the same branch) keeps the first chain and sets the other batch aside. A forked copy heals
itself: it draws a new branch and writes there again what the receiver's chain lacks.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared_schema.canonical import Json
from shared_schema.changes import Change, Stamp, Write, change_digest
from shared_schema.envelope import GENESIS, Batch
from shared_schema.errors import CustodyError
from shared_schema.ids import Stream, parse_id, record_id, record_number
from shared_schema.links import link_id


class ReceiptInvalid(CustodyError):
    """A receipt is not formed as the protocol says. It was not used; sync again."""

    code = "RECEIPT_INVALID"


class Judgement(StrEnum):
    """How a batch stands to the chain that a receiver already holds."""

    NEXT = "next"
    REPEAT = "repeat"
    GAP = "gap"
    FORK = "fork"


class Status(StrEnum):
    """What became of a batch. Only ACCEPTED and HELD move the stream on.

    QUARANTINED and FORK mean that the bytes are kept for a supervisor; GAP that nothing is kept.
    """

    ACCEPTED = "accepted"
    HELD = "held"
    QUARANTINED = "quarantined"
    FORK = "fork"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: the last sequence and the hash of the last batch."""

    sequence: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What was not plainly accepted of one change: a stable code, and the field it is about."""

    sequence: int
    code: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the server answers to one batch; the only thing that makes a change *received*.

    ``sequence`` and ``head``: the end of the stream's chain at the server. ``durable_through``:
    the last sequence that is in a backup. ``first``, ``hash``: which batch this answers.
    ``digests``, ``traces`` (FORK only): sequence -> digest and trace of each change the server
    holds in the place of the batch's own.
    """

    stream: Stream
    first: int
    hash: bytes
    status: Status
    sequence: int
    head: bytes
    durable_through: int
    server_ms: int
    remarks: tuple[Remark, ...] = ()
    digests: Mapping[int, bytes] | None = None
    traces: Mapping[int, bytes] | None = None


def judge(head: Head, known: Mapping[int, bytes], batch: Batch) -> Judgement:
    """Return how ``batch`` stands to a chain that ends in ``head``.

    ``known``: hash of each batch held for the stream, by its first sequence; the one at the
    batch's own first sequence is enough.
    """
    header = batch.header
    if header.first > head.sequence + 1:
        return Judgement.GAP
    if header.first == head.sequence + 1:
        return Judgement.NEXT if header.previous == head.hash else Judgement.FORK
    return Judgement.REPEAT if known.get(header.first) == batch.hash else Judgement.FORK


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """Return the form in which a receipt is signed and sent."""
    data: dict[str, Any] = {
        "stream": receipt.stream.hex(),
        "first": receipt.first,
        "hash": receipt.hash.hex(),
        "status": receipt.status.value,
        "sequence": receipt.sequence,
        "head": receipt.head.hex(),
        "durable_through": receipt.durable_through,
        "server_ms": receipt.server_ms,
        "remarks": [[note.sequence, note.code, note.field] for note in receipt.remarks],
    }
    for name, found in (("digests", receipt.digests), ("traces", receipt.traces)):
        if found is not None:
            data[name] = {str(at): digest.hex() for at, digest in found.items()}
    return data


def receipt_from_json(data: Any) -> Receipt:
    """Read ``receipt_to_json``. Raises ReceiptInvalid."""
    try:
        return Receipt(
            stream=Stream.from_hex(data["stream"]),
            first=int(data["first"]),
            hash=bytes.fromhex(data["hash"]),
            status=Status(data["status"]),
            sequence=int(data["sequence"]),
            head=bytes.fromhex(data["head"]),
            durable_through=int(data["durable_through"]),
            server_ms=int(data["server_ms"]),
            remarks=tuple(
                Remark(sequence=int(at), code=str(code), field=name)
                for at, code, name in data["remarks"]
            ),
            digests=_by_place(data.get("digests")),
            traces=_by_place(data.get("traces")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, CustodyError) as error:
        raise ReceiptInvalid from error


def _by_place(data: Any) -> dict[int, bytes] | None:
    return None if data is None else {int(at): bytes.fromhex(one) for at, one in data.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """What the FORK receipts of one stream say together: ``present`` from ``first`` on.

    ``traces``: of the same changes. ``end``, ``head``: of the server's chain.
    """

    stream: Stream
    first: int
    present: Mapping[int, bytes]
    end: int
    head: bytes = GENESIS
    traces: Mapping[int, bytes] = field(default_factory=dict)

    def is_our_beginning(self, own: Mapping[int, bytes]) -> bool:
        """Tell whether the server's chain is as ours, and only ends sooner.

        The other copy may still hold the rest as we do: ours continues the chain then, so that
        whoever comes second finds it there.
        """
        held = range(self.first, self.end + 1)
        return self.end < max(own, default=0) and all(
            at in own and own[at] == self.present.get(at) for at in held
        )

    def parted(self, own: Mapping[int, bytes], traces: Mapping[int, bytes]) -> bool:
        """Tell whether it is known where two copies parted; ``own``: digest of each of our changes.

        It is where a change differs, since copies share nothing but their beginning; or where
        all that both have was compared. What the server holds and cannot read yet was not. A change
        with the trace of ours is ours, of which another copy had fewer values left, or more.
        """
        both = {at: digest for at, digest in own.items() if self.first <= at <= self.end}
        compared = both.keys() & self.present.keys()
        return len(compared) == len(both) or any(
            both[at] != self.present[at] and traces.get(at) != self.traces.get(at)
            for at in compared
        )


def gather_fork(receipts: Iterable[tuple[Receipt, int]]) -> Fork:
    """Put the FORK receipts of one stream together; each with the last sequence of its batch."""
    by_place = sorted(receipts, key=lambda one: one[0].first)
    first = by_place[0][0].first
    through, present, traces = first - 1, dict[int, bytes](), dict[int, bytes]()
    for receipt, last in by_place:
        if receipt.first <= through + 1:
            present.update(receipt.digests or {})
            traces.update(receipt.traces or {})
            through = max(through, last, *present)
    newest = by_place[-1][0]
    return Fork(
        stream=newest.stream,
        first=first,
        present=present,
        traces=traces,
        end=newest.sequence,
        head=newest.head,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing:
    """What a forked copy writes again, on its new branch, numbered from 1.

    ``records``: old id -> new id of records that only this copy knows. ``stamps``: old stamp ->
    new stamp of what was written again. ``standing``: those old stamps that the server has too,
    with other values. ``sources``: the old sequence of each new change, in order.
    ``numbers_used``: record numbers given out.
    """

    changes: tuple[Change, ...]
    records: Mapping[UUID, UUID]
    stamps: Mapping[Stamp, Stamp]
    sources: tuple[int, ...]
    numbers_used: int
    standing: frozenset[Stamp] = frozenset()


def heal(
    own: Sequence[Change],
    fork_at: int,
    present: Mapping[int, bytes],
    branch: Stream,
    shared: Collection[int] = (),
) -> Healing:
    """Return what a forked copy must write again on ``branch``, a stream of its own.

    ``own``: all changes this copy wrote to the forked stream, by rising sequence. ``fork_at``:
    the first sequence of the batch that was refused. ``present``: digest of each change the
    server's chain holds from there on. A change that the server has is not written again. A
    record that only this copy began is given a new id, since the other copy may have begun
    another under the old one; references and replaced stamps follow. ``shared``: sequences of
    which the server has other values of the very save; ours are laid over those.
    """
    lost = [
        change
        for change in own
        if change.sequence >= fork_at and present.get(change.sequence) != change_digest(change)
    ]
    lost_at = {change.sequence for change in lost} - set(shared)
    held = {change.record for change in own if change.sequence not in lost_at}
    orphans = [
        record
        for record in dict.fromkeys(change.record for change in lost)
        if record not in held and record_number(record, own[0].stream) is not None
    ]
    renamed = {record: record_id(branch, at) for at, record in enumerate(orphans, 1)}
    stamps = {change.stamp: Stamp(change.hlc, branch) for change in lost}
    standing = frozenset(change.stamp for change in lost if change.sequence in shared)
    moved = {old: (old, new) if old in standing else (new,) for old, new in stamps.items()}
    return Healing(
        changes=tuple(
            replace(
                _over(_follow(change, renamed, moved), change.stamp, standing),
                stream=branch,
                sequence=at,
            )
            for at, change in enumerate(lost, 1)
        ),
        records=renamed,
        stamps=stamps,
        standing=standing,
        sources=tuple(change.sequence for change in lost),
        numbers_used=len(orphans),
    )


def follow(change: Change, healing: Healing) -> Change:
    """Return a change of another stream, not sealed yet, as it must read after a healing.

    It may correct or point at records that have got new ids, and name stamps that have moved.
    """
    moved = {
        old: (old, new) if old in healing.standing else (new,)
        for old, new in healing.stamps.items()
    }
    return _follow(change, healing.records, moved)


def _over(change: Change, before: Stamp, standing: Collection[Stamp]) -> Change:
    """Lay a change over what the server has under its own former stamp, if it has anything."""
    if before not in standing:
        return change
    writes = {
        name: replace(write, replaces=(*write.replaces, before))
        for name, write in change.writes.items()
    }
    return replace(change, writes=writes)


def _follow(
    change: Change, renamed: Mapping[UUID, UUID], moved: Mapping[Stamp, tuple[Stamp, ...]]
) -> Change:
    names = {str(old): str(new) for old, new in renamed.items()}
    writes = {
        name: Write(
            value=_rename(write.value, names),
            replaces=tuple(now for stamp in write.replaces for now in moved.get(stamp, (stamp,))),
        )
        for name, write in change.writes.items()
    }
    record = parse_id(names.get(str(change.record), str(change.record)))
    if change.type == "link":
        ends = (writes[name].value for name in ("a", "b") if name in writes)
        parsed = [parse_id(str(end)) for end in ends]
        record = link_id(*parsed) if len(parsed) == 2 else record
    return replace(change, record=record, writes=writes)


def _rename(value: Json, names: Mapping[str, str]) -> Json:
    """Return ``value`` with every renamed record's id exchanged, however deep it stands."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {name: _rename(part, names) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [_rename(part, names) for part in value]
    return value
