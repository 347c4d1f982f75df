"""Healing a fork in the vault: what the server's chain lacks is written again on a new branch.

Two copies of one store went on under the same branch, and the other was first. The server keeps
its chain; this copy moves what only it has, in one transaction, and never sends the rest of the
old branch again. Records begun here after the copies parted get new ids, because the other copy
may have given the old ones to somebody else.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from field_client.entries import record_document
from field_client.journal import Journal
from field_client.receiving import RECEIVED, forget_head
from field_client.reduction import floor
from field_client.reissue import Own, let_go, own_log, point_out
from field_client.tables import Tables, change_key, id_of, put
from field_client.vault.table import VaultTable
from shared_schema.changes import Change
from shared_schema.custody import Fork, Healing, follow, heal
from shared_schema.fold import join, state_from_json, state_of, state_to_json
from shared_schema.ids import BRANCH_BYTES, Stream, record_stream

_LABEL = b"jemput healing v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """A fork that was healed: the stream that was left, the one gone on with, and what moved.

    ``changes``: how many were written again. ``records``: old id -> new id. ``unsent``: records
    of which only the roster row could be written again, by their new ids.
    """

    old: Stream
    new: Stream
    changes: int
    records: Mapping[UUID, UUID]
    unsent: tuple[UUID, ...] = ()


def heal_fork(journal: Journal, fork: Fork, sealed: Callable[[Stream], int]) -> Healed | None:
    """Answer the FORK receipts of a stream; None where it was healed from there on before.

    After a server's restore the chains may turn out to part earlier than was seen at first.
    ``sealed``: gives the last sequence of a stream that is sealed; what lies beyond it on other
    streams follows the records that get new ids. The caller then drops the stream's batches
    from ``fork.first`` on from the spool.
    """
    branches, old = journal.branches, fork.stream
    with journal.transaction():
        if old not in branches.all():
            return None
        closed_after = branches.closed_after(old)
        if closed_after is not None and fork.first > closed_after:
            return None
        own = own_log(journal, fork)
        new = moved_to = _healing_branch(journal, own, old)
        healing = heal(own.changes, fork.first, own.present, new, own.shared)
        if healing.changes:
            branches.begin(
                new, numbers=healing.numbers_used, sequence=len(healing.changes), behind=old
            )
        if branches.current() == old:
            branches.draw_branch()
        new = new if healing.changes else branches.current()
        renamed = {str(before): str(after) for before, after in healing.records.items()}
        renamed |= _draft_ids(journal)
        branches.close(old, fork.first - 1)
        _move_changes(journal, old, own, healing)
        let_go(journal, own, healing)
        journal.tables.write_meta(RECEIVED, {old.hex(): branches.last_sequence(old)})
        forget_head(journal, old, fork.first - 1)
        _rename(journal, renamed)
        touched = {change.record for change in (*healing.changes, *own.lost)}
        touched |= _follow_on_other_streams(journal, (old, new), healing, sealed)
        for record in {*touched, *(_before(renamed, record) for record in touched)}:
            _recompute(journal, record)
        unsent = point_out(journal, own, healing, moved_to)
    return Healed(
        old=old,
        new=new,
        changes=len(healing.changes),
        records=healing.records,
        unsent=unsent,
    )


def leave_branch(journal: Journal, old: Stream) -> Healed:
    """Go on under a new branch: another copy may go on under ``old``, and all of ours is there.

    Only drafts move: the other copy may have given their numbers to somebody else, or finish
    the same ones.
    """
    with journal.transaction():
        new = journal.branches.draw_branch()
        renamed = _draft_ids(journal)
        _rename(journal, renamed)
    return Healed(
        old=old,
        new=new,
        changes=0,
        records={UUID(before): UUID(after) for before, after in renamed.items()},
    )


def _healing_branch(journal: Journal, own: Own, old: Stream) -> Stream:
    """Return the stream that takes what the server's chain lacks.

    It follows from the first change that is lacking: several copies that share what none of them
    has sent write it again alike, as the same changes of the same stream, so nobody is doubled.
    New records never go there, since each copy would number its own.
    """
    content = old.to_bytes() + b"".join(own.lacking[:1])
    branch = hashlib.sha256(_LABEL + content).digest()[:BRANCH_BYTES]
    stream = Stream(old.device, branch)
    if stream not in journal.branches.all():
        return stream
    return Stream(old.device, journal.branches.draw(BRANCH_BYTES))


def _before(renamed: Mapping[str, str], record: UUID) -> UUID:
    return next((UUID(old) for old, new in renamed.items() if new == str(record)), record)


def _draft_ids(journal: Journal) -> dict[str, str]:
    """Return new ids, numbered on the current stream, for the drafts of records begun on others.

    Those in the trash as well. A draft that corrects a record stays with it.
    """
    current = journal.branches.current()
    begun = [
        id_of(document)
        for table in _drafted(journal.tables)
        for document in table
        if _begins_a_record(journal, document, current)
    ]
    return {draft: str(journal.branches.next_record()) for draft in begun}


def _begins_a_record(journal: Journal, document: Any, current: Stream) -> bool:
    """Tell whether a draft is of a record that was begun on one of our other streams.

    One that an earlier program kept does not say so. A record that the server sent under such a
    draft's id is the other copy's, not the draft's.
    """
    stream = record_stream(UUID(id_of(document)))
    if stream is None or stream == current or stream.device != current.device:
        return False
    corrects = document.get("draft", document).get("corrects")
    if corrects is None:
        record = journal.tables.records.get(doc_id=id_of(document))
        corrects = record is not None and record["own"]
    return not corrects


def _move_changes(journal: Journal, old: Stream, own: Own, healing: Healing) -> None:
    """Move what is written again in the log; what the office has as well stays in it."""
    changes, lost = journal.tables.changes, {change.sequence for change in own.lost}
    gone = [change_key(old, at) for at in healing.sources if at not in own.shared]
    changes.remove(doc_ids=gone)
    for at, change in zip(healing.sources, healing.changes, strict=True):
        journal.log(change)
        if at in lost:
            put(changes, change_key(change.stream, change.sequence), {"remains": True})


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
        for table in (*_drafted(tables), tables.remarks):
            document = table.get(doc_id=before)
            if document is not None:
                table.remove(doc_ids=[before])
                put(table, after, dict(document))
    for document in list(tables.imports):
        if document["record"] in renamed:
            put(tables.imports, id_of(document), {"record": renamed[document["record"]]})
    _point_drafts(tables, renamed)


def _point_drafts(tables: Tables, renamed: Mapping[str, str]) -> None:
    """Let what drafts refer to have its new id, also in the trash."""
    for document in list(tables.drafts):
        if (draft := _pointing(document, renamed)) != document:
            put(tables.drafts, id_of(document), draft)
    for document in list(tables.trash):
        draft = _pointing(document["draft"], renamed)
        along = renamed.get(document["with"], document["with"])
        put(tables.trash, id_of(document), {"draft": draft, "with": along})


def _drafted(tables: Tables) -> tuple[VaultTable, VaultTable]:
    return tables.drafts, tables.trash


def _pointing(draft: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Return a draft's document with the new ids of the records it refers to."""
    values = {
        name: renamed.get(value, value) if isinstance(value, str) else value
        for name, value in draft["values"].items()
    }
    return {**draft, "values": values}


def _recompute(journal: Journal, record: UUID) -> None:
    """Fold a record anew from the log, what is left of reduced changes, and the base."""
    table = journal.tables.records
    document = table.get(doc_id=str(record))
    log, left = journal.log_of(record), floor(document)
    base = document["base"] if document else None
    table.remove(doc_ids=[str(record)])
    own = [left] if left else []
    own += [state_of(one.change) for one in log if not one.reduced]
    if not own and base is None:
        return
    mine = reduce(join, own) if own else None
    known = [state for state in (base and state_from_json(base), mine) if state]
    changes = [one.change for one in log]
    content = record_document(
        base,
        state_to_json(mine) if mine else None,
        reduce(join, known),
        max((change.version for change in changes), default=1),
        _last(changes),
    )
    put(table, str(record), content | {"reduced": document["reduced"] if left else None})


def _last(changes: Iterable[Change]) -> dict[str, int]:
    last: dict[str, int] = {}
    for change in changes:
        stream = change.stream.hex()
        last[stream] = max(change.sequence, last.get(stream, 0))
    return last
