"""A supervisor's word on one record: accepted, or returned to its officer with a comment.

Both are ordinary changes of the server's stream to the record's one review, which travels to every
laptop that wrote or holds the record. Every function runs within the caller's transaction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.errors import InputError
from shared_schema.fold import RecordState
from shared_schema.reviews import ACCEPTED, RETURNED, awaits_officer, review_id
from sync_server import ingest
from sync_server.ingest import Edit
from sync_server.lookup import resolve
from sync_server.people import members_of
from sync_server.store import tables
from sync_server.store.queries import records

REVIEW = "review"
_NOT_REVIEWED = frozenset({REVIEW, "link"})


class CommentMissing(InputError):
    """A record is returned with a comment. Say in it what is to be corrected."""

    code = "REVIEW_COMMENT_MISSING"


class NotReviewed(InputError):
    """Record {text} is itself a decision. Name what an officer wrote: a resident, a visit."""

    code = "RECORD_NOT_REVIEWED"


class NotFromField(InputError):
    """No officer wrote record {text}, so none corrects it. Return one that they wrote: {others}."""

    code = "RECORD_NOT_FROM_FIELD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was said of a record; `awaits`: its officer has not saved it again since."""

    review: RecordState
    record: RecordState

    @property
    def awaits(self) -> bool:
        """Whether it is the officer's turn."""
        return awaits_officer(self.review, self.record)

    def as_dict(self) -> dict[str, Any]:
        """Return the review as a JSON document."""
        return {
            "id": str(self.review.record),
            "record": str(self.record.record),
            "type": self.record.type,
            "state": self.review.shown("state"),
            "comment": self.review.shown("comment"),
            "awaits": self.awaits,
        }


def give_back(connection: Connection, text: str, comment: str, operator: str) -> Review:
    """Return a record to its officer; repeated before they answered it changes nothing.

    Raises RecordUnknown, RecordAmbiguous, NotReviewed, CommentMissing; NotFromField where it comes
    from a register: no laptop would show it to anybody.
    """
    if not comment.strip():
        raise CommentMissing
    target = resolve(connection, text).state
    if target.type not in _NOT_REVIEWED and not from_field(connection, [target.record]):
        others = from_field(connection, members_of(connection, target.record))
        raise NotFromField(text=text, others=", ".join(map(str, others)) or "-")
    return _say(connection, text, RETURNED, comment.strip(), operator)


def from_field(connection: Connection, ids: Iterable[UUID]) -> list[UUID]:
    """Return those records that a laptop wrote, in the order given."""
    asked = list(ids)
    wrote = records.writers(connection, asked)
    return [one for one in asked if one in wrote]


def accept(connection: Connection, text: str, comment: str | None, operator: str) -> Review:
    """Accept a record as it is. Raises RecordUnknown, RecordAmbiguous, NotReviewed."""
    return _say(connection, text, ACCEPTED, (comment or "").strip() or None, operator)


def _say(
    connection: Connection, text: str, state: str, comment: str | None, operator: str
) -> Review:
    target = resolve(connection, text).state
    if target.type in _NOT_REVIEWED:
        raise NotReviewed(text=text)
    review = review_id(target.record)
    known = records.get(connection, review)
    wanted = {"record": str(target.record), "state": state, "comment": comment}
    if known is None or not _stands(known.state, target, wanted):
        edit = Edit(record=review, type=REVIEW, values=wanted)
        ingest.write_own(connection, [edit], operator)
    return Review(review=records.many(connection, [review])[review].state, record=target)


def _stands(review: RecordState, target: RecordState, wanted: dict[str, Any]) -> bool:
    said = all(review.shown(name) == value for name, value in wanted.items())
    return said and (wanted["state"] == ACCEPTED or awaits_officer(review, target))


def reviews(connection: Connection, *, only_awaiting: bool) -> Iterator[Review]:
    """Yield what was said of every record, the newest last."""
    table = tables.records
    query = select(table.c.record).where(table.c.type == REVIEW, table.c.void.is_(False))
    ids = [UUID(one) for one in connection.execute(query.order_by(table.c.position)).scalars()]
    found = records.many(connection, ids)
    about = {one: UUID(str(found[one].state.shown("record"))) for one in ids}
    targets = records.many(connection, set(about.values()))
    for one in ids:
        target = targets.get(about[one])
        if target is not None:
            review = Review(review=found[one].state, record=target.state)
            if review.awaits or not only_awaiting:
                yield review
