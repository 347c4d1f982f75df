"""Whether a record that a supervisor returned still waits for its officer.

Pure, and the same on both sides: nothing is written to close a review. Whoever saves the record
again after it came back, be it one field, has answered; a later return opens it anew.
"""

from uuid import UUID

from shared_schema.fold import RecordState
from shared_schema.ids import derived_id

RETURNED = "returned"
ACCEPTED = "accepted"
_LABEL = "jemput review"


def review_id(record: UUID) -> UUID:
    """Return the id of the one review of a record, the same wherever it is written."""
    return derived_id(_LABEL, record.bytes)


def awaits_officer(review: RecordState, record: RecordState) -> bool:
    """Tell whether a returned record has not been saved again, by anybody else, since then."""
    state = review.fields.get("state")
    said = state.winner if state else None
    if said is None or said.value != RETURNED or review.void is not None:
        return False
    stamps = (head.stamp for known in record.fields.values() for head in known.heads)
    return not any(s > said.stamp and s.stream != said.stamp.stream for s in stamps)
