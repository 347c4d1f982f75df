"""Records that a supervisor returned to their officer, with a comment, and that still wait for it.

The office's word is a `review` record that came with a sync; whoever saves the record again has
answered it. Nothing is written here to close it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from field_client.entries import shown, state_of_document
from shared_schema.reviews import RETURNED, awaits_officer

Read = Callable[[str], Mapping[str, Any] | None]


def comments(reviews: Iterable[Mapping[str, Any]], read: Read) -> dict[str, str]:
    """Return by record the comments of those of ``reviews`` that wait for this laptop's officers.

    ``read`` gives the document of a record; "" for a review without a comment.
    """
    said = [(shown(review), review) for review in reviews]
    return {
        str(word["record"]): str(word.get("comment") or "")
        for word, review in said
        if word.get("state") == RETURNED and _waits(review, read(str(word.get("record"))))
    }


def _waits(review: Mapping[str, Any], record: Mapping[str, Any] | None) -> bool:
    if record is None or not record["own"]:
        return False
    return awaits_officer(state_of_document(review), state_of_document(record))
