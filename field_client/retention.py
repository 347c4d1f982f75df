"""How long this laptop keeps the details of what the office has: 30 days by the office's time.

The days count from the last word of the office about a record: the receipt for a change made
here, or a page that brought something new. Only times the server has signed are compared, so a
laptop's clock erases nothing, whatever it says. What waits, is a draft, is in conflict or needs
attention keeps its details, and is looked at again 30 days later. So is a photo's record while the
photo is not at the office; with the details of the last record that names a photo its key goes,
and the sealed file stays, for an office that is restored to before it had it.

The table ``due`` is a queue, the soonest first: who is put back goes to its end.
"""

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from tinydb import where

from field_client import trash
from field_client.entries import Entry, Standing, shown, standing
from field_client.journal import Journal
from field_client.records import PHOTO
from field_client.reduction import reduced_change, reduced_record
from field_client.tables import Tables, id_of, put
from field_client.vault.attachments import RECEIVED
from shared_schema.changes import VOID
from shared_schema.clock import DAY_MS
from shared_schema.records import RECORD_TYPES

KEPT_MS = 30 * DAY_MS
PIECE = 20
MOST = 500


def count_from(tables: Tables, record: str, server_ms: int) -> None:
    """Let the days of a record begin anew at a time the server has signed."""
    tables.due.remove(doc_ids=[record])
    put(tables.due, record, {"due_ms": server_ms + KEPT_MS})


def keep_again(journal: Journal, entry: Entry) -> None:
    """Let the days of a record begin anew whose details went and came back by other ways."""
    heard = journal.server_ms()
    if entry.reduced_ms is not None and heard is not None:
        count_from(journal.tables, str(entry.id), heard)


def tidy(journal: Journal, most: int = MOST) -> int:
    """Take away what is overdue, a transaction for each 20 records; return how many were reduced.

    At most ``most`` are looked at; the next call goes on. Where nothing is due nothing is
    written, and before the server's time is known nothing is due.
    """
    heard = journal.server_ms()
    if heard is None:
        return 0
    trash.purge(journal, heard, KEPT_MS)
    pieces: list[int] = []
    while len(pieces) * PIECE < most and next(_overdue(journal.tables, heard), None) is not None:
        with journal.transaction():
            overdue = list(islice(_overdue(journal.tables, heard), PIECE))
            pieces.append(sum(_settle(journal, id_of(one), heard) for one in overdue))
    if pieces:
        _close_photos(journal.tables)
    return sum(pieces)


def _overdue(tables: Tables, heard: int) -> Iterator[Any]:
    """Yield what heads the queue until something is due later.

    A time beyond all that can be due was signed before the server's clock was set back.
    """
    return takewhile(lambda one: not heard < one["due_ms"] <= heard + KEPT_MS, tables.due)


def _settle(journal: Journal, record: str, heard: int) -> bool:
    tables = journal.tables
    document = tables.records.get(doc_id=record)
    due = tables.due.get(doc_id=record)
    tables.due.remove(doc_ids=[record])
    if document is None or not document["own"]:
        return False
    if due["due_ms"] > heard or not _is_settled(journal, record, document):
        count_from(tables, record, heard)
        return False
    return _reduce(tables, record, document, heard)


def _is_settled(journal: Journal, record: str, document: Any) -> bool:
    now = standing(
        document,
        journal.received(),
        drafted=journal.tables.drafts.contains(doc_id=record),
        remarked=journal.tables.remarks.contains(doc_id=record) or record in journal.returned(),
    )
    return now is Standing.RECEIVED and not _photo_lacks(journal.tables, document)


def _photo_lacks(tables: Tables, document: Any) -> bool:
    """Tell whether a record's photo is still to come to the office; of a void one none is."""
    if document["type"] != PHOTO:
        return False
    values = shown(document)
    row = tables.attachments.get(where("sha256") == values.get("sha256"))
    return row is not None and row["state"] != RECEIVED and values.get(VOID) is None


def _reduce(tables: Tables, record: str, document: Any, heard: int) -> bool:
    rtype = RECORD_TYPES.get(document["type"])
    parts = reduced_record(document, rtype, heard) if rtype else None
    if rtype is None or parts is None:
        return False
    put(tables.records, record, parts)
    for change in tables.changes.search(where("record") == record):
        if not change.get("reduced"):
            put(tables.changes, id_of(change), reduced_change(change, rtype))
    return True


def _close_photos(tables: Tables) -> None:
    """Take away the keys of photos that only reduced records name; writes only where one is."""
    keyed = {row["sha256"]: id_of(row) for row in tables.attachments if row["key"]}
    if not keyed:
        return
    of_records = tables.records.search(where("type") == PHOTO)
    needed = {shown(one).get("sha256") for one in of_records if _is_whole(tables, one)}
    needed |= {one["values"].get("sha256") for one in tables.drafts}
    needed |= {one["draft"]["values"].get("sha256") for one in tables.trash}
    if gone := [name for photo, name in keyed.items() if photo not in needed]:
        tables.attachments.update({"key": None}, doc_ids=gone)


def _is_whole(tables: Tables, document: Any) -> bool:
    """Tell whether the details of a photo's own record are here, or it is to be looked at again."""
    if not document["own"]:
        return False
    due = tables.due.contains(doc_id=id_of(document))
    return due or not document.get("reduced") or _photo_lacks(tables, document)
