"""Where the residents of a village were visited: the newest visits, with the place if noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from field_client.entries import shown, state_of_document
from field_client.journal import Journal
from field_client.tables import id_of
from shared_schema.clock import wall_of

LOOKED_THROUGH = 1000
_VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedPlace:
    """One visit. ``values``: the visit's own; ``resident``: those of who was visited."""

    person: UUID
    resident: Mapping[str, Any]
    outcome: str
    wall_ms: int
    values: Mapping[str, Any]

    @property
    def is_placed(self) -> bool:
        """Whether the place was noted."""
        return all(isinstance(self.values.get(name), int | float) for name in ("lat", "lon"))


def visited_places(journal: Journal, village: str) -> list[VisitedPlace]:
    """Return a village's visits among the newest thousand that are known here, the newest first."""
    documents = journal.tables.records.latest("type", _VISIT, LOOKED_THROUGH)
    found = [one for document in documents if (one := _visit(document)) is not None]
    residents = _residents(journal, [str(values["person"]) for _, _, values in found], village)
    placed = [
        VisitedPlace(
            person=UUID(str(values["person"])),
            resident=residents[str(values["person"])],
            outcome=outcome,
            wall_ms=wall_ms,
            values=values,
        )
        for outcome, wall_ms, values in found
        if str(values["person"]) in residents
    ]
    return sorted(placed, key=lambda one: -one.wall_ms)


def _visit(document: Mapping[str, Any]) -> tuple[str, int, Mapping[str, Any]] | None:
    state = state_of_document(document)
    part = state.fields.get("outcome")
    head = part.winner if part else None
    if head is None or state.void is not None or state.shown("person") is None:
        return None
    return str(head.value), wall_of(head.stamp.hlc), state.values()


def _residents(
    journal: Journal, people: Sequence[str], village: str
) -> dict[str, Mapping[str, Any]]:
    documents = journal.tables.records.get(doc_ids=list(dict.fromkeys(people)))
    read = {id_of(one): shown(one) for one in documents}
    return {one: values for one, values in read.items() if values.get("village") == village}
