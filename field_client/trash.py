"""Drafts that were thrown away: kept a while, so that a hasty hand can be called back.

A draft goes with the visits and photos that only waited for it, and comes back with them, exactly
as they were. The 30 days until it is gone for good begin at the first time the server is heard
after it was thrown away; a laptop that hears no server keeps it. That they are over is believed
when a second time, a day or more after the first that said so, says it too: a server's clock that
jumps ahead and is set right within the day empties nothing.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from tinydb import where

from field_client.entries import Draft, state_of_document
from field_client.errors import DraftUnknown, NotDiscarded, RecordAmbiguous
from field_client.journal import Journal
from field_client.records import PHOTO, draft_of, named_by
from field_client.tables import Tables, id_of, put
from shared_schema.canonical import Json
from shared_schema.clock import DAY_MS


class _Step(Enum):
    """What a time that was heard means for a draft in the trash."""

    STAY = "nothing new"
    BEGIN = "its days begin now"
    DOUBT = "its days are over, if that is heard again"
    FORGET = "the time that said so was wrong"
    GO = "gone for good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """A draft in the trash. ``parts``: how many went with it. ``wall_ms``: when, by this laptop.

    ``due_ms``: until when it is kept by the server's time, None while that is not settled.
    """

    draft: Draft
    parts: int
    wall_ms: int
    due_ms: int | None


def holds(journal: Journal, record: UUID) -> bool:
    """Tell whether a record's draft is in the trash."""
    return bool(journal.tables.trash.contains(doc_id=str(record)))


def discard(journal: Journal, record: UUID) -> int:
    """Throw a draft away with what only waited for it; return how many drafts went.

    One transaction. Raises DraftUnknown where the record has no draft.
    """
    with journal.transaction():
        if journal.draft(record) is None:
            raise DraftUnknown(text=record)
        gone = [record, *(visit.record for visit in journal.waiting_parts(record))]
        for each in gone:
            _throw(journal, str(each), str(record))
        return len(gone)


def _throw(journal: Journal, draft: str, along: str) -> None:
    drafts = journal.tables.drafts
    evidence = journal.evidence()
    content: dict[str, Json] = {
        "draft": dict(drafts.get(doc_id=draft)),
        "with": along,
        "wall_ms": evidence.wall_ms,
        "heard_ms": evidence.server_ms,
        "due_ms": None,
        "over_ms": None,
    }
    drafts.remove(doc_ids=[draft])
    journal.tables.trash.remove(doc_ids=[draft])
    put(journal.tables.trash, draft, content)


def bring_back(journal: Journal, text: str) -> tuple[UUID, int]:
    """Undo `discard`: return the draft that is there again, and how many came back with it.

    ``text``: an id, or 8 letters of its start or end. Raises NotDiscarded, RecordAmbiguous.
    """
    with journal.transaction():
        record = _resolve(journal, text)
        group = journal.tables.trash.search(where("with") == record)
        if journal.tables.drafts.contains(doc_id=record):
            raise NotDiscarded(text=text)
        for document in group:
            put(journal.tables.drafts, id_of(document), document["draft"])
        journal.tables.trash.remove(doc_ids=map(id_of, group))
        return UUID(record), len(group)


def _resolve(journal: Journal, text: str) -> str:
    along = {id_of(document): str(document["with"]) for document in journal.tables.trash}
    found = {along[one] for one in named_by(text, along)}
    if len(found) > 1:
        raise RecordAmbiguous(text=text)
    if not found:
        raise NotDiscarded(text=text)
    return found.pop()


def discarded(journal: Journal) -> list[Discarded]:
    """Return what can be brought back, in the order in which it was thrown away."""
    every = list(journal.tables.trash)
    parts = Counter(document["with"] for document in every)
    return [
        Discarded(
            draft=draft_of(id_of(document), document["draft"]),
            parts=parts[id_of(document)] - 1,
            wall_ms=document["wall_ms"],
            due_ms=document["due_ms"],
        )
        for document in every
        if document["with"] == id_of(document)
    ]


def purge(journal: Journal, heard_ms: int, kept_ms: int) -> None:
    """Forget what has lain here for ``kept_ms``; writes only where something has to be written."""
    table = journal.tables.trash
    steps: dict[_Step, list[str]] = {step: [] for step in _Step}
    for document in table:
        steps[_step(document, heard_ms, kept_ms)].append(id_of(document))
    gone = steps[_Step.GO]
    if any(found for step, found in steps.items() if step is not _Step.STAY):
        with journal.transaction():
            begun = {"due_ms": heard_ms + kept_ms, "over_ms": None}
            table.update(begun, doc_ids=steps[_Step.BEGIN])
            table.update({"over_ms": heard_ms}, doc_ids=steps[_Step.DOUBT])
            table.update({"over_ms": None}, doc_ids=steps[_Step.FORGET])
            photos = {_photo(table.get(doc_id=one)) for one in gone}
            table.remove(doc_ids=gone)
            _forget_photos(journal.tables, photos)


def _step(document: Any, heard_ms: int, kept_ms: int) -> _Step:
    """Judge by the time heard now. ``over_ms``: the first time that said the days are over.

    A time beyond all that can be due was signed before the server's clock was set back.
    """
    due, over = document["due_ms"], document["over_ms"]
    if due is None and document["heard_ms"] == heard_ms:
        return _Step.STAY
    if due is None or due > heard_ms + kept_ms:
        return _Step.BEGIN
    if due > heard_ms:
        return _Step.STAY if over is None else _Step.FORGET
    if over is None or over > heard_ms:
        return _Step.DOUBT
    return _Step.GO if heard_ms - over >= DAY_MS else _Step.STAY


def _photo(document: Any) -> str | None:
    """Return the hash of the photo that a discarded draft is about; None for other drafts."""
    draft: Any = document["draft"] if document else {}
    return str(draft["values"]["sha256"]) if draft.get("type") == PHOTO else None


def _forget_photos(tables: Tables, photos: Collection[str | None]) -> None:
    """Remove the keys of photos that nothing names any more; the next start removes the files."""
    of_records = tables.records.search(where("type") == PHOTO) if any(photos) else []
    named = {state_of_document(one).shown("sha256") for one in of_records}
    named |= {one["values"].get("sha256") for one in tables.drafts if one["type"] == PHOTO}
    named |= {_photo(one) for one in tables.trash}
    for photo in set(photos) - named:
        tables.attachments.remove(where("sha256") == photo)
