"""Healing a fork in the vault: what the server's chain lacks is written again on a new branch.

Two copies of one store went on under the same branch, and the other was first. The server keeps
its chain; this copy moves what only it has, in one transaction, and never sends the rest of the
old branch again. Records begun here after the copies parted get new ids, because the other copy
may have given the old ones to somebody else.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from field_client.entries import record_document
from field_client.journal import Journal
from field_client.receiving import RECEIVED
from field_client.tables import change_key, id_of, put
from shared_schema.changes import Change, change_digest
from shared_schema.custody import Healing, Receipt, follow, heal
from shared_schema.fold import join, state_from_json, state_of, state_to_json
from shared_schema.ids import BRANCH_BYTES, Stream, record_number

_LABEL = b"jemput healing v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """A fork that was healed: the stream that was left, the one gone on with, and what moved.

    ``changes``: how many were written again. ``records``: old id -> new id.
    """

    old: Stream
    new: Stream
    changes: int
    records: Mapping[UUID, UUID]


def heal_fork(journal: Journal, receipt: Receipt, sealed: Callable[[Stream], int]) -> Healed | None:
    """Answer a FORK receipt; None where the stream was healed from there on before.

    After a server's restore the chains may turn out to part earlier than was seen at first.
    ``sealed``: gives the last sequence of a stream that is sealed; what lies beyond it on other
    streams follows the records that get new ids. The caller then drops the stream's batches
    from ``receipt.first`` on from the spool.
    """
    branches, old = journal.branches, receipt.stream
    with journal.transaction():
        if old not in branches.all():
            return None
        closed_after = branches.closed_after(old)
        if closed_after is not None and receipt.first > closed_after:
            return None
        own = list(journal.own_changes(old))
        new = _healing_branch(journal, own, receipt)
        healing = heal(own, receipt.first, receipt.digests or {}, new)
        if healing.changes:
            branches.begin(
                new, numbers=healing.numbers_used, sequence=len(healing.changes), behind=old
            )
        if branches.current() == old:
            fresh = branches.draw_branch()
            new = new if healing.changes else fresh
        renamed = {str(before): str(after) for before, after in healing.records.items()}
        renamed |= _draft_ids(journal, old)
        branches.close(old, receipt.first - 1)
        _move_changes(journal, old, healing)
        journal.tables.write_meta(RECEIVED, {old.hex(): branches.last_sequence(old)})
        _rename(journal, renamed)
        touched = {change.record for change in healing.changes}
        touched |= _follow_on_other_streams(journal, (old, new), healing, sealed)
        for record in {*touched, *(_before(renamed, record) for record in touched)}:
            _recompute(journal, record)
    return Healed(old=old, new=new, changes=len(healing.changes), records=healing.records)


def leave_branch(journal: Journal, old: Stream) -> Healed:
    """Go on under a new branch: another copy is ahead on ``old``, and all of ours is there.

    Only drafts move: the other copy may have given their numbers to somebody else.
    """
    with journal.transaction():
        new = journal.branches.draw_branch()
        renamed = _draft_ids(journal, old)
        _rename(journal, renamed)
    return Healed(
        old=old,
        new=new,
        changes=0,
        records={UUID(before): UUID(after) for before, after in renamed.items()},
    )


def _healing_branch(journal: Journal, own: Sequence[Change], receipt: Receipt) -> Stream:
    """Return the stream that takes what the server's chain lacks.

    It follows from the first change that is lacking: several copies that share what none of them
    has sent write it again alike, as the same changes of the same stream, so nobody is doubled.
    New records never go there, since each copy would number its own.
    """
    present = receipt.digests or {}
    digests = {one.sequence: change_digest(one) for one in own if one.sequence >= receipt.first}
    lost = [digest for at, digest in digests.items() if present.get(at) != digest]
    content = receipt.stream.to_bytes() + (lost[0] if lost else b"")
    branch = hashlib.sha256(_LABEL + content).digest()[:BRANCH_BYTES]
    stream = Stream(receipt.stream.device, branch)
    if stream not in journal.branches.all():
        return stream
    return Stream(receipt.stream.device, journal.branches.draw(BRANCH_BYTES))


def _before(renamed: Mapping[str, str], record: UUID) -> UUID:
    return next((UUID(old) for old, new in renamed.items() if new == str(record)), record)


def _draft_ids(journal: Journal, old: Stream) -> dict[str, str]:
    """Return new ids, numbered on the current stream, for drafts of records begun on ``old``.

    A record that the server sent under a draft's id is the other copy's, not the draft's.
    """
    begun = [str(d.record) for d in journal.drafts() if record_number(d.record, old) is not None]
    records = ((draft, journal.tables.records.get(doc_id=draft)) for draft in begun)
    moved = [draft for draft, document in records if document is None or not document["own"]]
    return {draft: str(journal.branches.next_record()) for draft in moved}


def _move_changes(journal: Journal, old: Stream, healing: Healing) -> None:
    journal.tables.changes.remove(doc_ids=[change_key(old, at) for at in healing.sources])
    for change in healing.changes:
        journal.log(change)


def _follow_on_other_streams(
    journal: Journal,
    healed: tuple[Stream, Stream],
    healing: Healing,
    sealed: Callable[[Stream], int],
) -> set[UUID]:
    """Rewrite what is not sealed yet and names what has moved; return the records it is about."""
    touched: set[UUID] = set()
    for stream in journal.branches.all():
        if stream in healed:
            continue
        for change in list(journal.own_changes(stream, sealed(stream))):
            following = follow(change, healing)
            if following != change:
                journal.log(following)
                touched |= {change.record, following.record}
    return touched


def _rename(journal: Journal, renamed: Mapping[str, str]) -> None:
    """Give drafts, remarks and remembered lines their records' new ids; keep the old as aliases."""
    tables = journal.tables
    for before, after in renamed.items():
        put(tables.aliases, before, {"record": after})
        for table in (tables.drafts, tables.remarks):
            document = table.get(doc_id=before)
            if document is not None:
                table.remove(doc_ids=[before])
                put(table, after, dict(document))
    for document in list(tables.imports):
        if document["record"] in renamed:
            put(tables.imports, id_of(document), {"record": renamed[document["record"]]})
    for document in list(tables.drafts):
        values = {
            name: renamed.get(value, value) if isinstance(value, str) else value
            for name, value in document["values"].items()
        }
        if values != document["values"]:
            put(tables.drafts, id_of(document), {"values": values})


def _recompute(journal: Journal, record: UUID) -> None:
    """Fold a record anew from the log and what the server sent."""
    table = journal.tables.records
    document = table.get(doc_id=str(record))
    changes = journal.changes_of(record)
    base = document["base"] if document else None
    table.remove(doc_ids=[str(record)])
    if not changes and base is None:
        return
    mine = reduce(join, map(state_of, changes)) if changes else None
    known = [state for state in (base and state_from_json(base), mine) if state]
    put(
        table,
        str(record),
        record_document(
            base,
            state_to_json(mine) if mine else None,
            reduce(join, known),
            max((change.version for change in changes), default=1),
            _last(changes),
        ),
    )


def _last(changes: Iterable[Change]) -> dict[str, int]:
    last: dict[str, int] = {}
    for change in changes:
        stream = change.stream.hex()
        last[stream] = max(change.sequence, last.get(stream, 0))
    return last
