"""Where the residents of a village were visited: the newest visits, with the place if noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from field_client.entries import shown, state_of_document
from field_client.journal import Journal
from field_client.tables import id_of
from shared_schema.changes import VOID
from shared_schema.clock import wall_of

LOOKED_THROUGH = 600
_VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedPlace:
    """One visit. ``values``: the visit's own; ``resident``: those of who was visited."""

    person: UUID
    resident: Mapping[str, Any]
    values: Mapping[str, Any]
    _document: Mapping[str, Any] = field(repr=False)

    @property
    def is_placed(self) -> bool:
        """Whether the place was noted."""
        return all(isinstance(self.values.get(name), int | float) for name in ("lat", "lon"))

    @property
    def wall_ms(self) -> int:
        """When the outcome was written; folded here, for those few that are shown."""
        outcome = state_of_document(self._document).fields["outcome"].winner
        return wall_of(outcome.stamp.hlc) if outcome else 0


def visited_places(journal: Journal, village: str) -> list[VisitedPlace]:
    """Return a village's visits among the newest that are known here, the last to come first."""
    documents = journal.tables.records.latest("type", _VISIT, LOOKED_THROUGH)
    read = [(shown(document), document) for document in documents]
    found = [
        (str(values["person"]), values, document)
        for values, document in read
        if values.get(VOID) is None and values.get("person") and values.get("outcome")
    ]
    residents = _residents(journal, [person for person, _, _ in found], village)
    return [
        VisitedPlace(
            person=UUID(person), resident=residents[person], values=values, _document=document
        )
        for person, values, document in found
        if person in residents
    ]


def _residents(
    journal: Journal, people: Sequence[str], village: str
) -> dict[str, Mapping[str, Any]]:
    documents = journal.tables.records.get(doc_ids=list(dict.fromkeys(people)))
    read = {id_of(one): shown(one) for one in documents}
    return {one: values for one, values in read.items() if values.get("village") == village}
