"""Where the residents of a village were visited: the newest visits, with the place if noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from field_client.entries import shown, written_ms
from field_client.journal import Journal
from field_client.known import Known
from shared_schema.changes import VOID

LOOKED_THROUGH = 400
_VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedPlace:
    """One visit. ``values``: the visit's own; ``name``: of who was visited."""

    person: UUID
    name: str
    values: Mapping[str, Any]
    _document: Mapping[str, Any] = field(repr=False)

    @property
    def is_placed(self) -> bool:
        """Whether the place was noted."""
        return all(isinstance(self.values.get(name), int | float) for name in ("lat", "lon"))

    @property
    def wall_ms(self) -> int:
        """When the outcome was written; read here, for those few that are shown."""
        return written_ms(self._document, "outcome")


class _Visit(NamedTuple):
    person: str
    values: Mapping[str, Any]
    document: Mapping[str, Any]


class _Resident(NamedTuple):
    village: str
    name: str


class VisitedPlaces:
    """A store's visits, of which only those are read that have changed since the last time."""

    def __init__(self, journal: Journal) -> None:
        self._records = journal.tables.records
        self._visits = Known(_visit)
        self._residents = Known(_resident)

    def of(self, village: str) -> list[VisitedPlace]:
        """Return a village's visits among the newest known here, the last to come first."""
        latest = self._records.latest_bodies("type", _VISIT, LOOKED_THROUGH)
        visits = [one for one in reversed(self._visits.made(latest).values()) if one is not None]
        people = dict.fromkeys(one.person for one in visits)
        residents = self._residents.made(self._records.bodies(people))
        return [
            VisitedPlace(
                person=UUID(one.person),
                name=residents[one.person].name,
                values=one.values,
                _document=one.document,
            )
            for one in visits
            if one.person in residents and residents[one.person].village == village
        ]


def _visit(_one: str, document: Mapping[str, Any]) -> _Visit | None:
    values = shown(document)
    if values.get(VOID) is not None or not (values.get("person") and values.get("outcome")):
        return None
    return _Visit(str(values["person"]), values, document)


def _resident(_one: str, document: Mapping[str, Any]) -> _Resident:
    values = shown(document)
    return _Resident(str(values.get("village") or ""), str(values.get("name") or ""))
