"""Exact duplicates as far as this laptop can see them: told to the officer, never in the way.

The same NIK, or the same family card, birth date and folded name. Whether two records are one
person is decided at the regency; here it is a word at the right moment.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tinydb import where

from field_client.capture import Assessment
from field_client.entries import state_of_document
from field_client.intake import Item
from field_client.journal import Journal
from shared_schema.changes import VOID
from shared_schema.fold import RecordState
from shared_schema.names import fold_name

_NIK, _CARD = "nik", "kk_number"
_SEEN = frozenset({"name", "birth_date", VOID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record that looks like the same person; ``field`` is what they share."""

    id: UUID
    name: str
    field: str


class KnownPeople:
    """The people in own records, drafts and the roster, found by what identifies them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._drafts: dict[tuple[str, str], list[tuple[UUID, Mapping[str, Any]]]]
        self._drafts = defaultdict(list)
        for draft in journal.drafts():
            if draft.type == "person":
                self._note(draft.record, draft.values)

    def twins(self, judged: Assessment, record: UUID) -> tuple[Twin, ...]:
        """Return the other records that are exactly alike, each once."""
        if judged.type.name != "person":
            return ()
        found: dict[UUID, Twin] = {}
        for field in (_NIK, _CARD):
            for other, values in self._sharing(field, judged.values.get(field)):
                if other != record and (field == _NIK or _alike(judged.values, values)):
                    name = str(values.get("name", ""))
                    found.setdefault(other, Twin(id=other, name=name, field=field))
        return tuple(found.values())

    def add_draft(self, record: UUID, item: Item) -> None:
        """Know of a draft that was saved since."""
        if item.record.type.name == "person":
            self._note(record, item.record.values)

    def _note(self, record: UUID, values: Mapping[str, Any]) -> None:
        for field in (_NIK, _CARD):
            if values.get(field):
                self._drafts[field, values[field]].append((record, values))

    def _sharing(self, field: str, value: Any) -> Iterator[tuple[UUID, Mapping[str, Any]]]:
        if not value:
            return
        for document in self._journal.tables.records.search(where(field) == value):
            state = _glimpse(document)
            if state.type == "person" and state.void is None:
                yield UUID(str(document.doc_id)), state.values()
        yield from self._drafts.get((field, value), ())


def _glimpse(document: Mapping[str, Any]) -> RecordState:
    """Fold only what is looked at here: a roster may have thousands in one batch's families."""
    known = {part: document[part] for part in ("base", "mine") if document.get(part)}
    return state_of_document(
        {
            part: {**state, "fields": {n: f for n, f in state["fields"].items() if n in _SEEN}}
            for part, state in known.items()
        }
    )


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two people of one family card share birth date and folded name."""
    dates = one.get("birth_date") == other.get("birth_date")
    return dates and fold_name(str(one.get("name", ""))) == fold_name(str(other.get("name", "")))
