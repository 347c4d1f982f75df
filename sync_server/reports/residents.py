"""The residents of the store, one for each cluster, for whatever report counts people."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from shared_schema.canonical import decode
from shared_schema.regions import contains
from sync_server.coverage import FIELD_RECORDED, Resident, cluster_values, is_complete
from sync_server.store import tables
from sync_server.store.driver import ask, listed
from sync_server.store.queries import records

_PERSON = "person"
_VISIT = "visit"
_MEMBERS = "SELECT record, root FROM clusters WHERE root IN (SELECT value FROM json_each(?))"
_ALONE = (
    "SELECT record, shown FROM records WHERE NOT void AND record"
    " IN (SELECT value FROM json_each(?))"
)


@dataclass(slots=True, kw_only=True)
class LeftOut:
    """How many are not counted: `void` records, `incomplete` residents, residents `elsewhere`.

    `elsewhere`: their village does not lie in the office's region.
    """

    void: int = 0
    incomplete: int = 0
    elsewhere: int = 0


@dataclass(slots=True, kw_only=True)
class Census:
    """The residents of a store; `left_out` is filled while they are read."""

    connection: Connection = field(repr=False)
    left_out: LeftOut = field(default_factory=LeftOut)

    def residents(self, office: str) -> Iterator[Resident]:
        """Yield every resident of a region who is complete and not void, each cluster once."""
        for resident in self._everyone():
            if contains(office, str(resident.values["village"])):
                yield resident
            else:
                self.left_out.elsewhere += 1

    def _everyone(self) -> Iterator[Resident]:
        roots = _roots(self.connection)
        recorded = _recorded_in_the_field(self.connection, roots)
        together: defaultdict[str, list[str]] = defaultdict(list)
        for record, values in self._records():
            if record in roots:
                together[roots[record]].append(record)
            else:
                yield from self._complete(values, is_recorded=record in recorded)
        for root, members in together.items():
            values = _shown_together(self.connection, members)
            yield from self._complete(values, is_recorded=root in recorded)

    def _records(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        table = tables.records
        query = select(table.c.record, table.c.shown, table.c.void)
        for row in self.connection.execute(query.where(table.c.type == _PERSON)):
            if row.void:
                self.left_out.void += 1
            else:
                yield row.record, decode(row.shown.encode())

    def _complete(self, values: Mapping[str, Any], *, is_recorded: bool) -> Iterator[Resident]:
        if is_complete(values):
            yield Resident(values=values, field_recorded=is_recorded)
        else:
            self.left_out.incomplete += 1


def _roots(connection: Connection) -> dict[str, str]:
    table = tables.clusters
    query = select(table.c.record, table.c.root)
    return {row.record: row.root for row in connection.execute(query)}


def _recorded_in_the_field(connection: Connection, roots: Mapping[str, str]) -> set[str]:
    """Return the clusters that a visit of ours recorded, by their root."""
    table = tables.records
    query = select(table.c.shown).where(table.c.type == _VISIT, table.c.void.is_(False))
    found = set()
    for shown in connection.execute(query).scalars():
        visit = decode(shown.encode())
        person = visit.get("person")
        if visit.get("outcome") in FIELD_RECORDED and person is not None:
            found.add(roots.get(person, person))
    return found


def _shown_together(connection: Connection, members: Iterable[str]) -> dict[str, Any]:
    found = records.many(connection, [UUID(member) for member in members])
    return cluster_values(current.state for current in found.values())


def shown_of(connection: Connection, roots: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what some residents show, by root: each cluster as one, void records left out."""
    wanted = list(roots)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for record, root in ask(connection, _MEMBERS, listed(wanted)):
        members[root].append(record)
    alone = listed([root for root in wanted if root not in members])
    found = {record: decode(shown.encode()) for record, shown in ask(connection, _ALONE, alone)}
    together = {root: _shown_together(connection, each) for root, each in members.items()}
    return found | together
